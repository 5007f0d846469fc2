//! Why an agent brought no reply, in words for people: its name, never its path or a part of a key.

use std::process::ExitStatus;
use std::time::Duration;

use agent_client_protocol::{Error, ErrorCode};
use baton_core::agent::{AgentError, TurnOver};
use secrecy::SecretString;
use serde_json::Value;

use super::AcpSettings;
use crate::child::failure;
use crate::text;

/// Why a talk came to no good end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Its output ended before it had answered.
    Silent,
    /// It writes what is no message.
    Garbage,
    /// It wrote a line longer than so many bytes.
    LongLine(usize),
    /// Its reply is longer than so many bytes.
    LongReply(usize),
    /// It was not ready within that time.
    NotReady(Duration),
    /// It speaks only this version of the protocol.
    Version(String),
    /// Somebody must sign in first; how, as it says.
    SignIn(Vec<String>),
    /// It answered a request with an error.
    Refused(Error),
    /// It answered what cannot be understood.
    Unclear(&'static str),
    /// It has no such model or mode.
    NoSuch {
        what: &'static str,
        wanted: String,
        known: Vec<String>,
    },
    /// It would not do it.
    Unwilling,
    /// It ended the turn as if somebody had cancelled it.
    Cancelled,
    /// Nobody waits for the turn any more.
    Over(TurnOver),
    /// The turn was stopped before there was anything to cancel.
    Stopped,
}

impl From<TurnOver> for Trouble {
    fn from(over: TurnOver) -> Self {
        Self::Over(over)
    }
}

impl Trouble {
    /// An error that an agent answered; `ways` are how somebody could sign in to it.
    pub(super) fn refused(error: Error, ways: &[String]) -> Self {
        if wants_sign_in(&error) {
            Self::SignIn(ways.to_vec())
        } else {
            Self::Refused(error)
        }
    }

    /// Whether the agent is not one to be given time to end by itself.
    pub(super) fn ends_at_once(&self) -> bool {
        matches!(
            self,
            Self::Garbage
                | Self::LongLine(_)
                | Self::LongReply(_)
                | Self::NotReady(_)
                | Self::Over(_)
        )
    }

    /// What people are told; `status` is how the program ended.
    pub(super) fn told(
        self,
        settings: &AcpSettings,
        status: std::io::Result<ExitStatus>,
    ) -> AgentError {
        let name = failure::name(&settings.program);
        let failed = |reason| AgentError::Failed { reason };
        let rejected = |reason| AgentError::Rejected { reason };
        match self {
            Self::Silent => match status {
                Ok(status) if status.success() => {
                    failed(format!("the agent {name} ended before it had answered"))
                }
                // It was we who killed it, for it lived on.
                Ok(status) if std::os::unix::process::ExitStatusExt::signal(&status).is_some() => {
                    failed(format!(
                        "the agent {name} was ended by a signal, or closed its output, before it had \
                         answered"
                    ))
                }
                Ok(status) => failure::ended(&settings.program, status, "", []),
                Err(error) => failure::lost(&settings.program, &error),
            },
            Self::Garbage => failed(format!(
                "the program {name} does not speak the Agent Client Protocol; look whether its \
                 command needs a word for that, such as `--acp`"
            )),
            Self::LongLine(limit) => failed(format!(
                "the agent {name} wrote a line of more than {limit} bytes and was ended"
            )),
            Self::LongReply(limit) => failed(format!(
                "the agent {name} wrote a reply of more than {limit} bytes and was ended"
            )),
            Self::NotReady(limit) => failed(format!(
                "the agent {name} was not ready within {} s and was ended; look whether its command \
                 is one that speaks the Agent Client Protocol",
                limit.as_secs_f32()
            )),
            Self::Version(version) => rejected(format!(
                "the agent {name} speaks version {version} of the Agent Client Protocol, and Baton \
                 speaks version 1; use a release of it that speaks that"
            )),
            Self::SignIn(ways) => rejected(sign_in(&name, &ways)),
            Self::Refused(error) => failed(refused(&name, &error, settings.env.values())),
            Self::Unclear(what) => failed(format!(
                "the agent {name} answered {what} with what cannot be understood"
            )),
            Self::NoSuch {
                what,
                wanted,
                known,
            } => rejected(no_such(&name, what, &wanted, &known)),
            Self::Unwilling => rejected(format!("the agent {name} refused to answer this")),
            Self::Cancelled | Self::Stopped => {
                failed(format!("the agent {name} ended the turn by itself"))
            }
            Self::Over(over) => failed(over.to_string()),
        }
    }
}

/// Whether an error says that somebody must sign in first.
pub(super) fn wants_sign_in(error: &Error) -> bool {
    error.code == ErrorCode::AUTH_REQUIRED
}

fn sign_in(name: &str, ways: &[String]) -> String {
    let ways = match text::beginning(&ways.join("; "), []) {
        none if none.is_empty() => none,
        ways => format!(" (it offers: {ways})"),
    };
    format!(
        "the agent {name} wants somebody to sign in first{ways}; sign in with it on the machine and as \
         the user that Baton runs as, or give it its key under `secrets` in the configuration"
    )
}

fn no_such(name: &str, what: &str, wanted: &str, known: &[String]) -> String {
    let wanted = text::beginning(wanted, []);
    if known.is_empty() {
        return format!(
            "the agent {name} lets nobody choose a {what}, so it cannot take {wanted:?}; choose it in \
             the agent's own settings or command"
        );
    }
    let known = text::beginning(&known.join(", "), []);
    format!("the agent {name} has no {what} {wanted:?} (known: {known})")
}

fn refused<'a>(
    name: &str,
    error: &Error,
    secrets: impl IntoIterator<Item = &'a SecretString>,
) -> String {
    // The message is often only the name of the code; what happened is then in the data.
    let data = match &error.data {
        Some(Value::String(text)) => Some(text.as_str()),
        Some(data) => ["details", "message", "reason"]
            .iter()
            .find_map(|key| data.get(key)?.as_str()),
        None => None,
    };
    let said = match data {
        Some(data) if !error.message.contains(data) => format!("{}: {data}", error.message),
        _ => error.message.clone(),
    };
    let said = text::beginning(&said, secrets);
    format!("the agent {name} answered with an error: {said}")
}
