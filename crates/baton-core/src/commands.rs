//! What people can tell Baton itself: `/reset`, `/model`, `/stop`, `/status`, `/queue`,
//! `/retry`, `/trace`. The same in every channel; each offers them in its own way, and decides who may use
//! which.

use std::fmt::Write;

use crate::id::MessageId;
use crate::inbox::Inbox;
use crate::message::MessageState;
use crate::name::{PersonId, PersonaName};
use crate::place::Place;
use crate::store::{ControlError, ConversationView, NOT_NOW, StoreError, WaitingQuery};

#[cfg(test)]
mod tests;
mod text;

/// How many waiting messages `/queue` lists.
const LISTED: usize = 20;
/// The most bytes that are read for that: room for so many of the longest messages.
const LISTED_BYTES: usize = 4 * 1024 * 1024;

/// How long the name of a model may be, in bytes.
const MODEL_LIMIT: usize = 200;

/// How long a number may be, in digits: so many are no more than is counted to.
const NUMBER_LIMIT: usize = 18;

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
    /// Says what became of a message of this place.
    Trace(MessageId),
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
    /// What may follow; `None` where nothing may.
    pub argument: Option<Argument>,
    /// What it does, in a line.
    pub what: &'static str,
}

/// What may follow a command's word, as channels offer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argument {
    /// What it is called.
    pub name: &'static str,
    /// How it is written.
    pub written: &'static str,
    /// What it says, in a line.
    pub what: &'static str,
    /// Whether the command is none without it.
    pub required: bool,
    /// How long it may be, in bytes; all of it is ASCII.
    pub limit: usize,
}

/// Every command.
pub const OFFERS: [Offer; 7] = [
    Offer {
        name: "reset",
        argument: None,
        what: "Forget what was said; the next message begins anew",
    },
    Offer {
        name: "model",
        argument: Some(Argument {
            name: "name",
            written: "[NAME | default]",
            what: "Which one, or default for the agent's own; nothing to be told which it is",
            required: false,
            limit: MODEL_LIMIT,
        }),
        what: "Say which model answers here, or choose one",
    },
    Offer {
        name: "stop",
        argument: None,
        what: "Stop what runs here",
    },
    Offer {
        name: "status",
        argument: None,
        what: "Say what runs and waits here, and what was used",
    },
    Offer {
        name: "queue",
        argument: None,
        what: "List what waits here",
    },
    Offer {
        name: "retry",
        argument: None,
        what: "Try again what was given up last",
    },
    Offer {
        name: "trace",
        argument: Some(Argument {
            name: "number",
            written: "NUMBER",
            what: "The message's number, as /status says it",
            required: true,
            limit: NUMBER_LIMIT,
        }),
        what: "Say what happened to a message here, step by step",
    },
];

/// A command that cannot be carried out as it was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// Something follows that means nothing.
    #[error("write it as: /{}{}", .0.name, .0.argument.map(|it| format!(" {}", it.written)).unwrap_or_default())]
    Usage(Offer),
    /// There is no such conversation.
    #[error("nobody has written to {0} here yet")]
    Nothing(PersonaName),
    /// There is no such message.
    #[error("there is no message {0} here")]
    NoMessage(MessageId),
    /// It could not be done.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The store could not.
    #[error("{NOT_NOW}")]
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
        Some(Self::of(offer, argument).ok_or(CommandError::Usage(*offer)))
    }

    fn of(offer: &Offer, argument: &str) -> Option<Self> {
        let limit = offer.argument.map_or(0, |argument| argument.limit);
        if argument.len() > limit {
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
                name if !name.starts_with('-')
                    && name.chars().all(|c| c.is_ascii_graphic() && c != '`') =>
                {
                    Some(Model::Named(name.to_owned()))
                }
                _ => return None,
            }),
            "trace" => {
                let number = argument.parse().ok().filter(|number| *number > 0)?;
                Self::Trace(MessageId(number))
            }
            _ => return None,
        })
    }
}

impl Inbox {
    /// Carries out a command in the conversation of a place and a persona; what to tell whoever gave
    /// it, as Markdown. An `operator` sees details of failures, which nobody else does. Nothing here waits
    /// for a turn.
    pub async fn command(
        &self,
        place: &Place,
        persona: &PersonaName,
        by: &PersonId,
        operator: bool,
        command: Command,
    ) -> Result<String, CommandError> {
        // Only asked for where it is waited for.
        let here = self.here(place, persona);
        match command {
            Command::Reset => {
                let here = here.await?;
                self.store().reset(here.id).await?;
                Ok(text::reset(&here).to_owned())
            }
            Command::Model(None) => Ok(text::model(&here.await?)),
            Command::Model(Some(choice)) => {
                let here = here.await?;
                let name = match choice {
                    Model::Own => None,
                    Model::Named(name) => Some(name),
                };
                self.store().set_model(here.id, name.clone()).await?;
                Ok(text::model(&ConversationView {
                    model: name,
                    ..here
                }))
            }
            Command::Stop => self.stop_here(&here.await?, by).await,
            Command::Status => Ok(text::status(persona, &here.await?, self.now())),
            Command::Queue => {
                here.await?;
                self.queue(place, persona).await
            }
            Command::Retry => match here.await?.retry {
                Some(message) => {
                    self.replay(message.into(), by).await?;
                    Ok(format!("Message {message} is tried again."))
                }
                None => Ok("Nothing was given up here since the last answer.".to_owned()),
            },
            Command::Trace(message) => self.trace(place, message, operator).await,
        }
    }

    async fn here(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<ConversationView, CommandError> {
        let conversation = self.store().conversation(place, persona).await?;
        conversation.ok_or_else(|| CommandError::Nothing(persona.clone()))
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
        Ok(match (stopped, here.waiting) {
            (false, _) => "Nothing runs here.".to_owned(),
            (true, 0) => "Stopped.".to_owned(),
            (true, waiting) => format!("Stopped. {} next.", text::wait(waiting)),
        })
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
            ..WaitingQuery::at_most(LISTED + 1)
        };
        let messages = self.store().waiting(query, LISTED_BYTES).await?;
        if messages.is_empty() {
            return Ok("Nothing waits here.".to_owned());
        }
        let mut list = String::new();
        let mut position = 0;
        for message in messages.iter().take(LISTED) {
            let mark = if message.state == MessageState::Running {
                "now".to_owned()
            } else {
                position += 1;
                position.to_string()
            };
            let _ = writeln!(list, "- {mark}: {}", text::excerpt(message));
        }
        if messages.len() > LISTED {
            list.push_str("- and more\n");
        }
        Ok(list.trim_end().to_owned())
    }

    /// What became of a message, whoever it was for; of this place only, as elsewhere are other people.
    async fn trace(
        &self,
        place: &Place,
        message: MessageId,
        operator: bool,
    ) -> Result<String, CommandError> {
        let store = self.store();
        match store.message(message).await? {
            Some(found) if found.place == *place => {
                let lines = store.trace(message.into()).await?;
                Ok(text::traced(&lines, operator))
            }
            _ => Err(CommandError::NoMessage(message)),
        }
    }
}
