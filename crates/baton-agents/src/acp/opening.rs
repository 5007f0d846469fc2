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
use super::choices::{self, Choices, What};
use super::failure::{Trouble, wants_sign_in};
use super::talk::{Answer, Talk};
use crate::child::program_error;
use crate::policy::Otherwise;
use crate::text;

/// Limit of a session's id, in bytes.
const SESSION_LIMIT: usize = 1024;

/// A session that is ready for a prompt.
pub(super) struct Opened {
    pub(super) session: SessionId,
    /// Whether the session is new.
    pub(super) fresh: bool,
    /// Whether the agent can resume the session later.
    pub(super) lasts: bool,
    /// Whether the agent accepts images.
    pub(super) sees: bool,
    /// The ways to sign in, for an agent that demands a sign-in only at the prompt.
    pub(super) ways: Vec<String>,
}

/// The agent's description of itself.
struct Introduced {
    abilities: AgentCapabilities,
    /// The ways to sign in.
    ways: Vec<String>,
}

impl Talk<'_, '_> {
    /// Opens the session of the turn's conversation.
    pub(super) async fn open(&mut self, agent: &AcpAgent, turn: &Turn) -> Result<Opened, Trouble> {
        let about = self.introduce().await?;
        let lasts = about.can_resume() || about.abilities.load_session;
        let earlier = turn.claim.session.as_ref();
        let again = match earlier {
            Some(session) => self.take_up(agent, session, &about).await?,
            None => None,
        };
        if earlier.is_some() && again.is_none() {
            self.hearing.notes.push(forgotten(lasts));
        }
        let fresh = again.is_none();
        let (session, choices) = match again {
            Some(again) => again,
            None => self.begin(&about).await?,
        };
        match &agent.settings.mode {
            Some(mode) => {
                self.choose(&session, &choices, What::Mode, mode, &about)
                    .await?;
            }
            None if agent.settings.policy.otherwise != Otherwise::Allow => {
                self.make_it_ask(agent, &session, &choices, fresh).await?;
            }
            None => {}
        }
        let model = turn.claim.model.as_ref().or(agent.settings.model.as_ref());
        if let Some(model) = model {
            self.choose(&session, &choices, What::Model, model, &about)
                .await?;
        }
        Ok(Opened {
            session,
            fresh,
            lasts,
            sees: about.abilities.prompt_capabilities.image,
            ways: about.ways,
        })
    }

    async fn introduce(&mut self) -> Result<Introduced, Trouble> {
        // Baton offers the agent no file access and no terminal.
        let ours =
            Implementation::new("baton", env!("CARGO_PKG_VERSION")).title("Baton".to_owned());
        let request = InitializeRequest::new(ProtocolVersion::V1).client_info(ours);
        let answer = self.request(&request).await?.map_err(Trouble::Refused)?;
        let version = answer.get("protocolVersion").cloned();
        let Some(version) = version else {
            return Err(Trouble::Unclear("initialize"));
        };
        if ProtocolVersion::deserialize(&version).ok() != Some(ProtocolVersion::V1) {
            return Err(Trouble::Version(version.to_string()));
        }
        let about =
            InitializeResponse::deserialize(&answer).map_err(|_| Trouble::Unclear("initialize"))?;
        tracing::debug!(agent = ?about.agent_info, "an agent is there");
        let ways = about.auth_methods.iter();
        Ok(Introduced {
            ways: ways.map(way).collect(),
            abilities: about.agent_capabilities,
        })
    }

    /// Resumes an earlier session; returns `None` if the agent cannot.
    async fn take_up(
        &mut self,
        agent: &AcpAgent,
        session: &SessionId,
        about: &Introduced,
    ) -> Result<Option<(SessionId, Choices)>, Trouble> {
        let id = session.to_string();
        let mut answer = None;
        if about.can_resume() {
            let request = ResumeSessionRequest::new(id.clone(), self.hearing.directory);
            answer = Some(self.request(&request).await?);
        }
        // Some agents claim to support this request, but do not.
        let not_there = |answer: &Answer| {
            let error = answer.as_ref().err();
            error.is_some_and(|error| error.code == ErrorCode::METHOD_NOT_FOUND)
        };
        if about.abilities.load_session && answer.as_ref().is_none_or(not_there) {
            let request = LoadSessionRequest::new(id, self.hearing.directory);
            answer = Some(self.request(&request).await?);
        }
        match answer {
            None => Ok(None),
            Some(Ok(answer)) => Ok(Some((session.clone(), Choices::read(&answer)))),
            Some(Err(error)) if wants_sign_in(&error) => Err(about.trouble(error)),
            Some(Err(error)) => {
                let error = text::beginning(&error.to_string(), agent.settings.env.values());
                tracing::warn!(%session, error, "an agent cannot take up a session");
                Ok(None)
            }
        }
    }

    async fn begin(&mut self, about: &Introduced) -> Result<(SessionId, Choices), Trouble> {
        let request = NewSessionRequest::new(self.hearing.directory);
        let answer = self.request(&request).await?;
        let answer = answer.map_err(|error| about.trouble(error))?;
        let session = answer.get("sessionId").and_then(Value::as_str);
        match session {
            Some(session) if session.len() <= SESSION_LIMIT && !session.is_empty() => {
                Ok((session.into(), Choices::read(&answer)))
            }
            _ => Err(Trouble::Unclear("session/new")),
        }
    }

    /// Selects a mode in which the agent asks before it acts, because some agents begin in a mode that never
    /// asks. Tells people once if the agent offers no such mode.
    async fn make_it_ask(
        &mut self,
        agent: &AcpAgent,
        session: &SessionId,
        choices: &Choices,
        fresh: bool,
    ) -> Result<(), Trouble> {
        let request = match choices.asking_mode() {
            Some(mode) => choices.choice(session, What::Mode, mode)?,
            // A resumed session may report no modes, and keeps its mode.
            None if !fresh => return Ok(()),
            None => {
                self.tell_once(agent, unasking(agent));
                None
            }
        };
        let Some(request) = request else {
            return Ok(());
        };
        if let Err(error) = self.request_choice(request).await? {
            let error = text::beginning(&error.to_string(), agent.settings.env.values());
            tracing::warn!(error, "an agent cannot be put into the mode that asks");
            self.tell_once(agent, unasking(agent));
        }
        Ok(())
    }

    fn tell_once(&mut self, agent: &AcpAgent, note: String) {
        if !agent.told_unasking.swap(true, Ordering::Relaxed) {
            tracing::warn!("{note}");
            self.hearing.notes.push(note);
        }
    }

    async fn request_choice(&mut self, request: choices::Request) -> Result<Answer, Trouble> {
        match request {
            choices::Request::Option(request) => self.request(&request).await,
            choices::Request::Mode(request) => self.request(&request).await,
        }
    }

    async fn choose(
        &mut self,
        session: &SessionId,
        choices: &Choices,
        what: What,
        wanted: &str,
        about: &Introduced,
    ) -> Result<(), Trouble> {
        if let Some(request) = choices.choice(session, what, wanted)? {
            let answer = self.request_choice(request).await?;
            answer.map_err(|error| about.trouble(error))?;
        }
        Ok(())
    }
}

impl Introduced {
    fn can_resume(&self) -> bool {
        self.abilities.session_capabilities.resume.is_some()
    }

    fn trouble(&self, error: Error) -> Trouble {
        Trouble::refused(error, &self.ways)
    }
}

fn way(method: &AuthMethod) -> String {
    match method.description() {
        Some(description) => format!("{}: {description}", method.name()),
        None => method.name().to_owned(),
    }
}

/// The note about an agent without a known mode that asks.
fn unasking(agent: &AcpAgent) -> String {
    let name = program_error::public_name(&agent.settings.program);
    format!(
        "The agent {name} has no mode in which it is known to ask before it acts, so it may change files and \
         run commands without a question. Name a mode that asks in the configuration (`mode`), or give it \
         rules of its own."
    )
}

/// The note about an earlier session that was not resumed.
fn forgotten(lasts: bool) -> String {
    let why = if lasts {
        "The agent no longer knows the session of this conversation"
    } else {
        "The agent cannot take up earlier sessions"
    };
    format!("{why}, so it began a new one: it does not remember what was said before.")
}
