//! What people can tell Baton itself: `/reset`, `/model`, `/stop`, `/status`, `/queue`, `/retry`. The
//! same in every channel; each offers them in its own way, and decides who may use which.

use std::fmt::Write;

use crate::activity::shortened;
use crate::id::MessageId;
use crate::inbox::Inbox;
use crate::message::{Message, MessageState};
use crate::name::{PersonId, PersonaName};
use crate::place::Place;
use crate::store::{ControlError, ConversationView, StoreError, WaitingQuery};
use crate::turn::Usage;

/// How many waiting messages `/queue` lists.
const LISTED: usize = 20;

/// How much of a message is shown in a list, in characters.
const EXCERPT: usize = 60;

/// How long the name of a model may be, in bytes.
const MODEL_LIMIT: usize = 200;

/// The word that gives the choice of the model back to the agent.
const OWN_MODEL: &str = "default";

/// Something that people tell Baton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The conversation's session is forgotten.
    Reset,
    /// Says which model answers, or chooses one.
    Model(Option<Model>),
    /// What runs is stopped.
    Stop,
    /// Says how the conversation is.
    Status,
    /// Says what waits.
    Queue,
    /// The last message that was given up is tried again.
    Retry,
}

/// A choice of model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// The agent's own.
    Own,
    /// This one, as the agent names it.
    Named(String),
}

/// A command as channels offer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its word, without the stroke.
    pub name: &'static str,
    /// What may follow; empty where nothing may.
    pub argument: &'static str,
    /// What it does, in a line.
    pub what: &'static str,
}

/// Every command.
pub const OFFERS: [Offer; 6] = [
    Offer {
        name: "reset",
        argument: "",
        what: "Forget the session; the next message begins a new one",
    },
    Offer {
        name: "model",
        argument: "[NAME | default]",
        what: "Say which model answers here, or choose one",
    },
    Offer {
        name: "stop",
        argument: "",
        what: "Stop what runs here",
    },
    Offer {
        name: "status",
        argument: "",
        what: "Say what runs and waits here, and what was used",
    },
    Offer {
        name: "queue",
        argument: "",
        what: "List what waits here",
    },
    Offer {
        name: "retry",
        argument: "",
        what: "Try again what was given up last",
    },
];

/// A command that cannot be carried out as it was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Something follows that means nothing.
    #[error("write it as: /{name}{}{argument}", if argument.is_empty() { "" } else { " " })]
    Usage {
        /// Its word.
        name: &'static str,
        /// What may follow.
        argument: &'static str,
    },
    /// There is no such conversation.
    #[error("nobody has written to {0} here yet")]
    Nothing(PersonaName),
    /// It could not be done.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Command {
    /// The command that a text is; `None` where it is none of ours, and so is for the agent.
    pub fn parse(text: &str) -> Option<Result<Self, CommandError>> {
        let words = text.trim().strip_prefix('/')?;
        let (word, argument) = words
            .split_once(char::is_whitespace)
            .map_or((words, ""), |(word, argument)| (word, argument.trim()));
        let offer = OFFERS
            .iter()
            .find(|offer| offer.name.eq_ignore_ascii_case(word))?;
        Some(Self::of(offer, argument).ok_or(CommandError::Usage {
            name: offer.name,
            argument: offer.argument,
        }))
    }

    fn of(offer: &Offer, argument: &str) -> Option<Self> {
        if offer.argument.is_empty() && !argument.is_empty() {
            return None;
        }
        Some(match offer.name {
            "reset" => Self::Reset,
            "stop" => Self::Stop,
            "status" => Self::Status,
            "queue" => Self::Queue,
            "retry" => Self::Retry,
            "model" => Self::Model(match argument {
                "" => None,
                OWN_MODEL => Some(Model::Own),
                // A word: it becomes an argument of programs, and must not look like an option.
                name if name.len() <= MODEL_LIMIT
                    && !name.starts_with('-')
                    && name.chars().all(|c| c.is_ascii_graphic() && c != '`') =>
                {
                    Some(Model::Named(name.to_owned()))
                }
                _ => return None,
            }),
            _ => return None,
        })
    }
}

impl Inbox {
    /// Carries out a command in the conversation of a place and a persona; what to tell whoever gave
    /// it, as Markdown. Nothing here waits for a turn.
    pub async fn command(
        &self,
        place: &Place,
        persona: &PersonaName,
        by: &PersonId,
        command: Command,
    ) -> Result<String, CommandError> {
        let conversation = self.store().conversation(place, persona).await?;
        let here = conversation.ok_or_else(|| CommandError::Nothing(persona.clone()))?;
        match command {
            Command::Reset => {
                self.store().reset(here.id).await?;
                Ok(reset(&here).to_owned())
            }
            Command::Model(None) => Ok(model(&here)),
            Command::Model(Some(choice)) => {
                let name = match choice {
                    Model::Own => None,
                    Model::Named(name) => Some(name),
                };
                self.store().set_model(here.id, name.clone()).await?;
                Ok(model(&ConversationView {
                    model: name,
                    ..here
                }))
            }
            Command::Stop => self.stop_here(&here, by).await,
            Command::Status => Ok(self.status(persona, &here)),
            Command::Queue => self.queue(place, persona).await,
            Command::Retry => match here.retry {
                Some(message) => {
                    self.replay(message.into(), by).await?;
                    Ok(format!("Message {message} is tried again."))
                }
                None => Ok("Nothing was given up here since the last answer.".to_owned()),
            },
        }
    }

    async fn stop_here(
        &self,
        here: &ConversationView,
        by: &PersonId,
    ) -> Result<String, CommandError> {
        let running = here.running.as_ref().and_then(|turn| turn.messages.first());
        let stopped = match running {
            // Ended meanwhile by itself: as good as stopped, and nobody's mistake.
            Some(message) => match self.stop(*message, by).await {
                Ok(()) => true,
                Err(ControlError::NotPossible { .. }) => false,
                Err(error) => return Err(error.into()),
            },
            // It may have begun since the store was read.
            None => self.stop_conversation(here.id, by),
        };
        let text = match (stopped, here.waiting) {
            (false, _) => "Nothing runs here.".to_owned(),
            (true, 0) => "Stopped.".to_owned(),
            (true, waiting) => format!("Stopped. {} next.", wait(waiting)),
        };
        Ok(text)
    }

    fn status(&self, persona: &PersonaName, here: &ConversationView) -> String {
        let mut text = format!("**{persona}** (agent {})", here.agent);
        let mut line = |what: &str| {
            let _ = write!(text, "\n- {what}");
        };
        match &here.running {
            Some(turn) => {
                let message = turn.messages.first().copied().unwrap_or(MessageId(0));
                let seconds = (self.now().0 - turn.started_at.0).max(0) / 1_000;
                line(&format!(
                    "answering message {message} for {}, try {}",
                    span(seconds),
                    turn.attempt
                ));
            }
            None => line("nothing runs"),
        }
        line(&match here.waiting {
            0 => "nothing waits".to_owned(),
            waiting => wait(waiting),
        });
        line(&match &here.session {
            Some(session) => format!("session `{session}`"),
            None => "no session yet".to_owned(),
        });
        if let Some(model) = &here.model {
            line(&format!("model `{model}`"));
        }
        if let Some(used) = used(&here.usage) {
            line(&used);
        }
        if let Some(message) = here.retry {
            line(&format!(
                "message {message} was given up; /retry tries it again"
            ));
        }
        text
    }

    async fn queue(&self, place: &Place, persona: &PersonaName) -> Result<String, CommandError> {
        let Place {
            channel,
            account,
            address,
        } = place.clone();
        let query = WaitingQuery {
            of: Some((channel, account)),
            addresses: Some(vec![address]),
            personas: vec![persona.clone()],
            limit: LISTED + 1,
            ..WaitingQuery::default()
        };
        let messages = self.store().waiting(query).await?;
        if messages.is_empty() {
            return Ok("Nothing waits here.".to_owned());
        }
        let mut text = String::new();
        let mut position = 0;
        for message in messages.iter().take(LISTED) {
            let mark = if message.state == MessageState::Running {
                "now".to_owned()
            } else {
                position += 1;
                position.to_string()
            };
            let _ = writeln!(text, "- {mark}: {}", excerpt(message));
        }
        if messages.len() > LISTED {
            text.push_str("- and more\n");
        }
        Ok(text.trim_end().to_owned())
    }
}

fn reset(here: &ConversationView) -> &'static str {
    match (&here.running, &here.session) {
        (Some(_), _) => {
            "The session is forgotten. What runs now goes on, and the message after it begins anew."
        }
        (None, Some(_)) => "The session is forgotten; the next message begins a new one.",
        (None, None) => "There was no session; the next message begins one.",
    }
}

fn model(here: &ConversationView) -> String {
    match &here.model {
        Some(model) => format!("From the next message on, `{model}` answers here."),
        None => "The agent's own model answers here.".to_owned(),
    }
}

fn wait(count: u32) -> String {
    match count {
        1 => "1 message waits".to_owned(),
        _ => format!("{count} messages wait"),
    }
}

fn excerpt(message: &Message) -> String {
    // One line, and nothing in it is markup.
    let line = message
        .text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let plain = line.replace('`', "'");
    format!("{}: `{}`", message.author.name, shortened(plain, EXCERPT))
}

fn span(seconds: i64) -> String {
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

fn used(usage: &Usage) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(tokens) = usage.input_tokens {
        parts.push(format!("{tokens} tokens in"));
    }
    if let Some(tokens) = usage.output_tokens {
        parts.push(format!("{tokens} tokens out"));
    }
    if let Some(micros) = usage.cost_micros {
        parts.push(format!(
            "{}.{:02} $",
            micros / 1_000_000,
            micros % 1_000_000 / 10_000
        ));
    }
    if let Some(millis) = usage.duration_ms {
        let seconds = i64::try_from(millis / 1_000).unwrap_or(i64::MAX);
        parts.push(format!("{} of work", span(seconds)));
    }
    (!parts.is_empty()).then(|| format!("used in this session: {}", parts.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_the_first_word() {
        let parse = |text: &str| Command::parse(text).map(Result::ok);
        assert_eq!(parse("/reset"), Some(Some(Command::Reset)));
        assert_eq!(parse("  /STOP \n"), Some(Some(Command::Stop)));
        assert_eq!(parse("/model"), Some(Some(Command::Model(None))));
        let named = Command::Model(Some(Model::Named("opus".to_owned())));
        assert_eq!(parse("/model opus"), Some(Some(named)));
        let own = Command::Model(Some(Model::Own));
        assert_eq!(parse("/model default"), Some(Some(own)));
        for text in [
            "/reset all",
            "/model --help",
            "/model two words",
            "/queue 3",
        ] {
            assert_eq!(parse(text), Some(None), "{text}");
        }
        for text in [
            "reset",
            "/",
            "/compact",
            "/resetting",
            "say /stop",
            "//stop",
        ] {
            assert_eq!(parse(text), None, "{text} is for the agent");
        }
    }

    #[test]
    fn every_offer_is_a_command() {
        for offer in OFFERS {
            let parsed = Command::parse(&format!("/{}", offer.name));
            assert!(matches!(parsed, Some(Ok(_))), "{}", offer.name);
        }
    }
}
