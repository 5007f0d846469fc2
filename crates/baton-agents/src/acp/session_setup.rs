//! Prepares an agent for the prompt: reads the agent's abilities, resumes or begins the session, and sets the
//! model and the mode.

use std::sync::atomic::Ordering;

use agent_client_protocol::schema::ProtocolVersion;
use agent_client_protocol::v1::schema::{
    AgentCapabilities, AuthMethod, Implementation, InitializeRequest, InitializeResponse,
    LoadSessionRequest, NewSessionRequest, ResumeSessionRequest,
};
use agent_client_protocol::{Error, ErrorCode};
use baton_core::agent::Turn;
use baton_core::name::SessionId;
use serde::Deserialize;
use serde_json::Value;

use super::AcpAgent;
use super::acp_errors::{AcpError, wants_sign_in};
use super::acp_exchange::{AcpExchange, AgentAnswer};
use super::session_choices::{ChoiceKind, ChoiceRequest, SessionChoices};
use crate::child::program_error;
use crate::policy::Otherwise;
use crate::safe_text;

/// Limit of a session's id, in bytes.
const SESSION_LIMIT: usize = 1024;

/// A session that is ready for a prompt.
pub(super) struct ReadySession {
    pub(super) session: SessionId,
    /// Whether the session is new.
    pub(super) is_new: bool,
    /// Whether the agent can resume the session later.
    pub(super) is_resumable: bool,
    /// Whether the agent accepts images.
    pub(super) accepts_images: bool,
    /// The ways to sign in, for an agent that demands a sign-in only at the prompt.
    pub(super) sign_in_ways: Vec<String>,
}

/// The agent's description of itself.
struct AgentDescription {
    capabilities: AgentCapabilities,
    /// The ways to sign in.
    sign_in_ways: Vec<String>,
}

impl AcpExchange<'_, '_> {
    /// Opens the session of the turn's conversation.
    pub(super) async fn open_session(
        &mut self,
        agent: &AcpAgent,
        turn: &Turn,
    ) -> Result<ReadySession, AcpError> {
        let description = self.initialize_agent().await?;
        let is_resumable = description.can_resume() || description.capabilities.load_session;
        let earlier = turn.claim.session.as_ref();
        let resumed = match earlier {
            Some(session) => self.resume_session(agent, session, &description).await?,
            None => None,
        };
        if earlier.is_some() && resumed.is_none() {
            self.updates.notes.push(new_session_note(is_resumable));
        }
        let is_new = resumed.is_none();
        let (session, choices) = match resumed {
            Some(resumed) => resumed,
            None => self.begin_session(&description).await?,
        };
        match &agent.settings.mode {
            Some(mode) => {
                self.make_choice(&session, &choices, ChoiceKind::Mode, mode, &description)
                    .await?;
            }
            None if agent.settings.policy.otherwise != Otherwise::Allow => {
                self.select_asking_mode(agent, &session, &choices, is_new)
                    .await?;
            }
            None => {}
        }
        let model = turn.claim.model.as_ref().or(agent.settings.model.as_ref());
        if let Some(model) = model {
            self.make_choice(&session, &choices, ChoiceKind::Model, model, &description)
                .await?;
        }
        Ok(ReadySession {
            session,
            is_new,
            is_resumable,
            accepts_images: description.capabilities.prompt_capabilities.image,
            sign_in_ways: description.sign_in_ways,
        })
    }

    async fn initialize_agent(&mut self) -> Result<AgentDescription, AcpError> {
        // Baton offers the agent no file access and no terminal.
        let ours =
            Implementation::new("baton", env!("CARGO_PKG_VERSION")).title("Baton".to_owned());
        let request = InitializeRequest::new(ProtocolVersion::V1).client_info(ours);
        let answer = self
            .send_request(&request)
            .await?
            .map_err(AcpError::Refused)?;
        let version = answer.get("protocolVersion").cloned();
        let Some(version) = version else {
            return Err(AcpError::Unclear("initialize"));
        };
        if ProtocolVersion::deserialize(&version).ok() != Some(ProtocolVersion::V1) {
            return Err(AcpError::Version(version.to_string()));
        }
        let description = InitializeResponse::deserialize(&answer)
            .map_err(|_| AcpError::Unclear("initialize"))?;
        tracing::debug!(agent = ?description.agent_info, "an agent is ready");
        let sign_in_ways = description.auth_methods.iter();
        Ok(AgentDescription {
            sign_in_ways: sign_in_ways.map(describe_sign_in).collect(),
            capabilities: description.agent_capabilities,
        })
    }

    /// Resumes an earlier session; returns `None` if the agent cannot.
    async fn resume_session(
        &mut self,
        agent: &AcpAgent,
        session: &SessionId,
        description: &AgentDescription,
    ) -> Result<Option<(SessionId, SessionChoices)>, AcpError> {
        let id = session.to_string();
        let mut answer = None;
        if description.can_resume() {
            let request = ResumeSessionRequest::new(id.clone(), self.updates.directory);
            answer = Some(self.send_request(&request).await?);
        }
        // Some agents claim to support this request, but do not.
        let is_missing = |answer: &AgentAnswer| {
            let error = answer.as_ref().err();
            error.is_some_and(|error| error.code == ErrorCode::METHOD_NOT_FOUND)
        };
        if description.capabilities.load_session && answer.as_ref().is_none_or(is_missing) {
            let request = LoadSessionRequest::new(id, self.updates.directory);
            answer = Some(self.send_request(&request).await?);
        }
        match answer {
            None => Ok(None),
            Some(Ok(answer)) => Ok(Some((
                session.clone(),
                SessionChoices::from_answer(&answer),
            ))),
            Some(Err(error)) if wants_sign_in(&error) => Err(description.wrap_error(error)),
            Some(Err(error)) => {
                let error =
                    safe_text::safe_beginning(&error.to_string(), agent.settings.env.values());
                tracing::warn!(%session, error, "an agent cannot resume a session");
                Ok(None)
            }
        }
    }

    async fn begin_session(
        &mut self,
        description: &AgentDescription,
    ) -> Result<(SessionId, SessionChoices), AcpError> {
        let request = NewSessionRequest::new(self.updates.directory);
        let answer = self.send_request(&request).await?;
        let answer = answer.map_err(|error| description.wrap_error(error))?;
        let session = answer.get("sessionId").and_then(Value::as_str);
        match session {
            Some(session) if session.len() <= SESSION_LIMIT && !session.is_empty() => {
                Ok((session.into(), SessionChoices::from_answer(&answer)))
            }
            _ => Err(AcpError::Unclear("session/new")),
        }
    }

    /// Selects a mode in which the agent asks before it acts, because some agents begin in a mode that never
    /// asks. Tells people once if the agent offers no such mode.
    async fn select_asking_mode(
        &mut self,
        agent: &AcpAgent,
        session: &SessionId,
        choices: &SessionChoices,
        is_new: bool,
    ) -> Result<(), AcpError> {
        let request = match choices.asking_mode() {
            Some(mode) => choices.build_request(session, ChoiceKind::Mode, mode)?,
            // A resumed session may report no modes, and keeps its mode.
            None if !is_new => return Ok(()),
            None => {
                self.note_once(agent, missing_mode_note(agent));
                None
            }
        };
        let Some(request) = request else {
            return Ok(());
        };
        if let Err(error) = self.request_choice(request).await? {
            let error = safe_text::safe_beginning(&error.to_string(), agent.settings.env.values());
            tracing::warn!(error, "an agent cannot be switched to the mode that asks");
            self.note_once(agent, missing_mode_note(agent));
        }
        Ok(())
    }

    fn note_once(&mut self, agent: &AcpAgent, note: String) {
        if !agent.noted_missing_mode.swap(true, Ordering::Relaxed) {
            tracing::warn!("{note}");
            self.updates.notes.push(note);
        }
    }

    async fn request_choice(&mut self, request: ChoiceRequest) -> Result<AgentAnswer, AcpError> {
        match request {
            ChoiceRequest::Option(request) => self.send_request(&request).await,
            ChoiceRequest::Mode(request) => self.send_request(&request).await,
        }
    }

    async fn make_choice(
        &mut self,
        session: &SessionId,
        choices: &SessionChoices,
        kind: ChoiceKind,
        wanted: &str,
        description: &AgentDescription,
    ) -> Result<(), AcpError> {
        if let Some(request) = choices.build_request(session, kind, wanted)? {
            let answer = self.request_choice(request).await?;
            answer.map_err(|error| description.wrap_error(error))?;
        }
        Ok(())
    }
}

impl AgentDescription {
    fn can_resume(&self) -> bool {
        self.capabilities.session_capabilities.resume.is_some()
    }

    fn wrap_error(&self, error: Error) -> AcpError {
        AcpError::from_error(error, &self.sign_in_ways)
    }
}

fn describe_sign_in(method: &AuthMethod) -> String {
    match method.description() {
        Some(description) => format!("{}: {description}", method.name()),
        None => method.name().to_owned(),
    }
}

/// The note about an agent without a known mode that asks.
fn missing_mode_note(agent: &AcpAgent) -> String {
    let name = program_error::public_name(&agent.settings.program);
    format!(
        "The agent {name} has no known mode that asks before it acts. So the agent may change files and run \
         commands without a question. Name a mode that asks in the configuration (`mode`), or give the agent rules of its own."
    )
}

/// The note about an earlier session that was not resumed.
fn new_session_note(is_resumable: bool) -> String {
    let why = if is_resumable {
        "The agent no longer knows the session of this conversation"
    } else {
        "The agent cannot resume earlier sessions"
    };
    format!("{why}, and began a new session: the agent does not remember the earlier messages.")
}
