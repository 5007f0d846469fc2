//! The reasons for a missing reply. People see the agent's name; the agent's own words are for operators
//! only.

use std::fmt;
use std::process::ExitStatus;
use std::time::Duration;

use agent_client_protocol::{Error, ErrorCode};
use baton_core::agent::{AgentError, ErrorClass, Harmless, PublicText, TurnOver};
use secrecy::SecretString;
use serde_json::Value;

use super::acp_settings::AcpSettings;
use super::error_classification;
use crate::child::program_error::{self, ProgramName};
use crate::safe_text;

/// Why a talk failed.
#[derive(Debug)]
pub(super) enum AcpError {
    /// The output ended before the answer.
    Silent,
    /// The output is not the protocol.
    Garbage,
    /// A line was longer than this limit in bytes.
    LongLine(usize),
    /// The reply was longer than this limit in bytes.
    LongReply(usize),
    /// The agent was not ready within this time.
    NotReady(Duration),
    /// The agent speaks only this version of the protocol.
    Version(String),
    /// Somebody must sign in first, in one of these ways.
    SignIn(Vec<String>),
    /// The agent answered a request with an error.
    Refused(Error),
    /// The answer to this request could not be parsed.
    Unclear(&'static str),
    /// The agent has no such model or mode.
    NoSuch {
        what: &'static str,
        wanted: String,
        /// The id and the name of each available choice.
        known: Vec<(String, String)>,
    },
    /// The agent refused to answer.
    Unwilling,
    /// The agent reported a cancel that nobody had requested.
    Cancelled,
    /// The turn is over, and nobody waits for a reply.
    Over(TurnOver),
    /// The turn was stopped before the prompt.
    Stopped,
}

impl From<TurnOver> for AcpError {
    fn from(over: TurnOver) -> Self {
        Self::Over(over)
    }
}

impl AcpError {
    /// Wraps an error of an agent; `sign_in_ways` are the ways to sign in.
    pub(super) fn from_error(error: Error, sign_in_ways: &[String]) -> Self {
        if wants_sign_in(&error) {
            Self::SignIn(sign_in_ways.to_vec())
        } else {
            Self::Refused(error)
        }
    }

    /// Whether the agent is killed at once, without time to exit.
    pub(super) fn is_killed_at_once(&self) -> bool {
        matches!(
            self,
            Self::Garbage
                | Self::LongLine(_)
                | Self::LongReply(_)
                | Self::NotReady(_)
                | Self::Over(_)
        )
    }

    /// The error for the dispatcher; `status` is the exit status of the program.
    pub(super) fn into_agent_error(
        self,
        settings: &AcpSettings,
        status: std::io::Result<ExitStatus>,
    ) -> AgentError {
        let name = program_error::public_name(&settings.program);
        let failed = |words| AgentError::failed(PublicText::of(words, &[&name]));
        let rejected = |words| AgentError::rejected(PublicText::of(words, &[&name]));
        match self {
            Self::Silent => match status {
                Ok(status) if status.success() => failed("the agent {} ended before its answer"),
                // Baton sends a signal to an agent that closed its output and does not exit.
                Ok(status) if std::os::unix::process::ExitStatusExt::signal(&status).is_some() => {
                    failed(
                        "the agent {} was ended by a signal, or closed its output, before its answer",
                    )
                }
                Ok(status) => program_error::failed_exit(&settings.program, status, "", []),
                Err(error) => program_error::unknown_exit(&settings.program, &error),
            },
            Self::Garbage => failed(
                "the program {} does not speak the Agent Client Protocol; check whether its command needs an \
                 argument for the protocol, such as `--acp`",
            ),
            Self::LongLine(limit) => {
                let words = "the agent {} wrote a line of more than {} bytes and was ended";
                AgentError::failed(PublicText::of(words, &[&name, &limit]))
            }
            Self::LongReply(limit) => {
                let words = "the agent {} wrote a reply of more than {} bytes and was ended";
                AgentError::failed(PublicText::of(words, &[&name, &limit]))
            }
            Self::NotReady(limit) => {
                let words = "the agent {} was not ready within {} s and was ended; check whether its command \
                    speaks the Agent Client Protocol";
                AgentError::failed(PublicText::of(words, &[&name, &limit.as_secs_f32()]))
            }
            Self::Version(version) => rejected(
                "the agent {} speaks another version of the Agent Client Protocol than Baton, which \
                 speaks version 1; use a release of the agent with that version",
            )
            .with_detail(format!("version {version}")),
            Self::SignIn(sign_in_ways) => rejected(
                "the agent {} needs a sign-in; sign in with the agent as Baton's user on Baton's machine, or \
                 add its key to `secrets` in the configuration",
            )
            .with_detail(safe_text::safe_beginning(&sign_in_ways.join("; "), settings.env.values())),
            Self::Refused(error) => classify_agent_error(&name, &error, settings),
            Self::Unclear(what) => {
                let words = "the agent {} gave an unreadable answer to {}";
                AgentError::failed(PublicText::of(words, &[&name, &PublicText::from(what)]))
            }
            Self::NoSuch {
                what,
                wanted,
                known,
            } => missing_choice(&name, &what.into(), &wanted, &known),
            Self::Unwilling => rejected("the agent {} refused to answer this"),
            Self::Cancelled | Self::Stopped => failed("the agent {} ended the turn by itself"),
            Self::Over(over) => over.into(),
        }
    }
}

/// Classifies an agent's own error. An overload of the model's server allows many tries, and a request that
/// the server will never accept allows none.
fn classify_agent_error(
    name: &ProgramName<'_>,
    error: &Error,
    settings: &AcpSettings,
) -> AgentError {
    let (class, pause) = error_classification::classify_error(error);
    let words = match class {
        ErrorClass::Unavailable => "the agent {} cannot reach its model now",
        ErrorClass::Rejected => "the model's server refused the request of the agent {}",
        ErrorClass::Failed | ErrorClass::TimeLimit => "the agent {} answered with an error",
    };
    AgentError {
        class,
        retry_after: pause,
        ..AgentError::failed(PublicText::of(words, &[name]))
    }
    .with_detail(error_text(error, settings.env.values()))
}

/// Whether an error demands a sign-in.
pub(super) fn wants_sign_in(error: &Error) -> bool {
    error.code == ErrorCode::AUTH_REQUIRED
}

/// Limit of the name of a model or mode in a message to people, in characters.
const LONGEST_CHOICE: usize = 60;

/// A name of a model or mode that is safe to show: neither a path of this machine nor a sentence.
struct SafeChoiceName<'a>(&'a str);

impl<'a> SafeChoiceName<'a> {
    fn new(name: &'a str) -> Option<Self> {
        let is_name = |letter: char| letter.is_alphanumeric() || " ._:@/()[]+-".contains(letter);
        let length = name.chars().count();
        let fits = (1..=LONGEST_CHOICE).contains(&length) && name.chars().all(is_name);
        let is_path = name.starts_with(['/', '.', '~']) || name.contains("/.");
        (fits && !is_path).then_some(Self(name))
    }
}

impl fmt::Display for SafeChoiceName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Harmless for SafeChoiceName<'_> {}

/// Limit of the models or modes in a message to people.
const CHOICES_SHOWN: usize = 20;

fn missing_choice(
    name: &ProgramName<'_>,
    what: &PublicText,
    wanted: &str,
    known: &[(String, String)],
) -> AgentError {
    let wanted_name = SafeChoiceName::new(wanted).map_or_else(
        || PublicText::from("with that name"),
        |wanted| PublicText::of("\"{}\"", &[&wanted]),
    );
    // Some ids are made for programs (`$runtime|openai|qwen3`), so the name is shown instead.
    let shown = known
        .iter()
        .filter_map(|(id, name)| SafeChoiceName::new(id).or_else(|| SafeChoiceName::new(name)));
    let list = shown.take(CHOICES_SHOWN).fold(None, |list, choice| {
        Some(match list {
            None => PublicText::of("{}", &[&choice]),
            Some(list) => PublicText::of("{}, {}", &[&list, &choice]),
        })
    });
    let reason = match list {
        _ if known.is_empty() => PublicText::of(
            "the agent {} offers no choice of a {}, so Baton cannot choose {}; choose in the agent's own \
             settings or command",
            &[name, what, &wanted_name],
        ),
        None => PublicText::of("the agent {} has no {} {}", &[name, what, &wanted_name]),
        Some(list) => PublicText::of(
            "the agent {} has no {} {} (known: {})",
            &[name, what, &wanted_name, &list],
        ),
    };
    AgentError::rejected(reason).with_detail(format!("asked for {wanted:?}, known: {known:?}"))
}

/// The error in the agent's own words.
fn error_text<'a>(error: &Error, secrets: impl IntoIterator<Item = &'a SecretString>) -> String {
    // The message is often only the name of the code, and the data holds the details.
    let data = match &error.data {
        Some(Value::String(text)) => Some(text.as_str()),
        Some(data) => ["details", "message", "reason"]
            .iter()
            .find_map(|key| data.get(key)?.as_str()),
        None => None,
    };
    let text = match data {
        Some(data) if !error.message.contains(data) => format!("{}: {data}", error.message),
        _ => error.message.clone(),
    };
    safe_text::safe_beginning(&text, secrets)
}
