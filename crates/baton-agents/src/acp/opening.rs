//! Until an agent can be prompted: it says what it can do, takes up the conversation's session or
//! begins one, and is given its model and mode.

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
use super::choices::{Choices, What};
use super::failure::{Trouble, wants_sign_in};
use super::talk::{Answer, Talk};
use crate::text;

/// How long a session's id may be, in bytes; what is longer is no name for anything.
const SESSION_LIMIT: usize = 1024;

/// A session that can be prompted.
pub(super) struct Opened {
    pub(super) session: SessionId,
    /// It holds nothing yet.
    pub(super) fresh: bool,
    /// The agent can take it up again.
    pub(super) lasts: bool,
    /// The agent looks at images.
    pub(super) sees: bool,
    /// How somebody could sign in, should that be wanted only now.
    pub(super) ways: Vec<String>,
}

/// What an agent said of itself.
struct Introduced {
    abilities: AgentCapabilities,
    /// How somebody could sign in.
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
        let model = turn.claim.model.as_ref().or(agent.settings.model.as_ref());
        for (what, wanted) in [
            (What::Mode, agent.settings.mode.as_ref()),
            (What::Model, model),
        ] {
            if let Some(wanted) = wanted {
                self.choose(&session, &choices, what, wanted, &about)
                    .await?;
            }
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
        // We offer nothing: no files, no terminal.
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

    /// Goes on in an earlier session; `None` where that is not possible.
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
        // Some agents say that they can resume, and cannot.
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

    async fn choose(
        &mut self,
        session: &SessionId,
        choices: &Choices,
        what: What,
        wanted: &str,
        about: &Introduced,
    ) -> Result<(), Trouble> {
        let answer = match choices.choice(session, what, wanted)? {
            None => return Ok(()),
            Some(super::choices::Request::Option(request)) => self.request(&request).await?,
            Some(super::choices::Request::Mode(request)) => self.request(&request).await?,
        };
        answer.map_err(|error| about.trouble(error))?;
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

/// What people are told when an earlier session is not gone on with.
fn forgotten(lasts: bool) -> String {
    let why = if lasts {
        "The agent no longer knows the session of this conversation"
    } else {
        "The agent cannot take up earlier sessions"
    };
    format!("{why}, so it began a new one: it does not remember what was said before.")
}
