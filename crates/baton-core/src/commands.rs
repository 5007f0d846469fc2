//! The commands to Baton itself: `/reset`, `/model`, `/stop`, `/status`, `/queue`, `/retry`, `/trace`. They
//! are the same in every channel. Each channel offers them in its own way.

use std::fmt::Write;

use crate::authority::{Forbidden, Principal, Right};
use crate::id::{Generation, MessageId};
use crate::inbox::Inbox;
use crate::message::MessageState;
use crate::name::{PersonId, PersonaName};
use crate::place::Place;
use crate::store::{ControlError, ConversationView, NOT_NOW, StoreError, WaitingQuery};

mod command_answers;
#[cfg(test)]
mod tests;

/// The maximum number of messages in the list of `/queue`.
const QUEUE_LIST_LIMIT: usize = 20;
/// The maximum size of the messages read for `/queue`, in bytes. It has room for [`QUEUE_LIST_LIMIT`]
/// messages of maximum length.
const QUEUE_LIST_BYTES: usize = 4 * 1024 * 1024;

/// The maximum length of a model's name, in bytes.
const MODEL_LIMIT: usize = 200;

/// The maximum length of a message number, in digits: every number of this length fits into the number type.
const NUMBER_LIMIT: usize = 18;

/// The argument of `/model` that returns to the agent's own model.
const OWN_MODEL: &str = "default";

/// A command to Baton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Forgets the session of the conversation.
    Reset,
    /// Shows the model of the conversation, or selects one.
    Model(Option<Model>),
    /// Stops the running turn.
    Stop,
    /// Shows the state of the conversation.
    Status,
    /// Lists the running and waiting messages.
    Queue,
    /// Retries the last message that was given up.
    Retry,
    /// Shows the events of a message in this place.
    Trace(MessageId),
}

/// A choice of model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Model {
    /// The agent's own model.
    Own,
    /// The model with this name, as the agent spells it.
    Named(String),
}

/// A command, as channels offer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The name of the command, without the slash.
    pub name: &'static str,
    /// The argument; `None` if the command takes none.
    pub argument: Option<CommandArgument>,
    /// The effect of the command, in one line for people.
    pub what: &'static str,
}

/// The argument of a command, as channels offer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandArgument {
    /// The name of the argument.
    pub name: &'static str,
    /// The syntax of the argument, for error texts.
    pub written: &'static str,
    /// The meaning of the argument, in one line for people.
    pub what: &'static str,
    /// Whether the command requires the argument.
    pub required: bool,
    /// The maximum length in bytes. Arguments contain only ASCII characters.
    pub limit: usize,
}

/// All commands.
pub const OFFERS: [Offer; 7] = [
    Offer {
        name: "reset",
        argument: None,
        what: "Forget the conversation; the next message begins a new session",
    },
    Offer {
        name: "model",
        argument: Some(CommandArgument {
            name: "name",
            written: "[NAME | default]",
            what: "The model's name, or default for the agent's own model; without a name, the model is shown",
            required: false,
            limit: MODEL_LIMIT,
        }),
        what: "Show the model that answers here, or choose another model",
    },
    Offer {
        name: "stop",
        argument: None,
        what: "Stop the running turn",
    },
    Offer {
        name: "status",
        argument: None,
        what: "Show the running and waiting messages, and the usage",
    },
    Offer {
        name: "queue",
        argument: None,
        what: "List the running and waiting messages",
    },
    Offer {
        name: "retry",
        argument: None,
        what: "Try the last dead message again",
    },
    Offer {
        name: "trace",
        argument: Some(CommandArgument {
            name: "number",
            written: "NUMBER",
            what: "The number of the message, as /status shows it",
            required: true,
            limit: NUMBER_LIMIT,
        }),
        what: "Show the history of a message, step by step",
    },
];

/// The reason for a failed command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The argument is missing, unexpected or invalid.
    #[error("write it as: /{}{}", .0.name, .0.argument.map(|it| format!(" {}", it.written)).unwrap_or_default())]
    Usage(Offer),
    /// The place has no conversation with this persona.
    #[error("nobody has written to {0} here yet")]
    Nothing(PersonaName),
    /// The place has no message with this number.
    #[error("there is no message {0} here")]
    NoMessage(MessageId),
    /// The person may not give this command here.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// The session of a reset is forgotten already.
    #[error("this session is forgotten already; to forget the session that runs now, use /reset")]
    AlreadyReset,
    /// The message cannot be stopped or retried.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// The store failed.
    #[error("{NOT_NOW}")]
    Store(#[from] StoreError),
}

impl Command {
    /// Parses a text as a command; `None` if the text is no command of Baton, and so belongs to the agent.
    pub fn parse(text: &str) -> Option<Result<Self, CommandError>> {
        let words = text.trim().strip_prefix('/')?;
        let (word, argument) = words
            .split_once(char::is_whitespace)
            .map_or((words, ""), |(word, argument)| (word, argument.trim()));
        let offer = OFFERS
            .iter()
            .find(|offer| offer.name.eq_ignore_ascii_case(word))?;
        Some(Self::from_words(offer, argument).ok_or(CommandError::Usage(*offer)))
    }

    /// The right that the command needs.
    pub fn needed_right(&self) -> Right<'static> {
        match self {
            Self::Reset => Right::Reset,
            Self::Model(Some(_)) => Right::ChangeModel,
            Self::Stop => Right::StopMessage,
            Self::Retry => Right::Retry,
            Self::Model(None) | Self::Status | Self::Queue | Self::Trace(_) => Right::ReadStatus,
        }
    }

    fn from_words(offer: &Offer, argument: &str) -> Option<Self> {
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
                // The name must be one word that does not look like an option, because it becomes an argument
                // of programs.
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
    /// Runs a command in the conversation of a place and a persona. Returns the answer to the caller, as
    /// Markdown. The roles of the person are those in this place. Never waits for a turn.
    pub async fn command(
        &self,
        place: &Place,
        persona: &PersonaName,
        by: &Principal,
        command: Command,
    ) -> Result<String, CommandError> {
        by.check_right(command.needed_right())?;
        // The future runs only in the commands that await it.
        let here = self.find_conversation(place, persona);
        match command {
            Command::Reset => {
                let here = here.await?;
                self.store().reset(here.id).await?;
                Ok(command_answers::render_reset(&here).to_owned())
            }
            Command::Model(None) => Ok(command_answers::render_model(&here.await?)),
            Command::Model(Some(choice)) => {
                let here = here.await?;
                let name = match choice {
                    Model::Own => None,
                    Model::Named(name) => Some(name),
                };
                self.store().set_model(here.id, name.clone()).await?;
                Ok(command_answers::render_model(&ConversationView {
                    model: name,
                    ..here
                }))
            }
            Command::Stop => self.stop_turn_here(&here.await?, by.id()).await,
            Command::Status => Ok(command_answers::render_status(
                persona,
                &here.await?,
                self.wall_time(),
            )),
            Command::Queue => {
                here.await?;
                self.list_queue(place, persona).await
            }
            Command::Retry => match here.await?.retry {
                Some(message) => {
                    self.replay(message.into(), by.id()).await?;
                    Ok(format!("Message {message} is tried again."))
                }
                None => Ok("Nothing was given up here since the last answer.".to_owned()),
            },
            Command::Trace(message) => self.trace_message(place, message, by).await,
        }
    }

    /// Runs the command `/reset`, if the session still has this number. So a person who confirms a reset late or twice
    /// forgets no later session. Returns the answer to the caller, as Markdown.
    pub async fn reset_session(
        &self,
        place: &Place,
        persona: &PersonaName,
        by: &Principal,
        generation: Generation,
    ) -> Result<String, CommandError> {
        by.check_right(Right::Reset)?;
        let here = self.find_conversation(place, persona).await?;
        if !self.store().reset_session(here.id, generation).await? {
            return Err(CommandError::AlreadyReset);
        }
        Ok(command_answers::render_reset(&here).to_owned())
    }

    async fn find_conversation(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<ConversationView, CommandError> {
        let conversation = self.store().conversation(place, persona).await?;
        conversation.ok_or_else(|| CommandError::Nothing(persona.clone()))
    }

    async fn stop_turn_here(
        &self,
        here: &ConversationView,
        by: &PersonId,
    ) -> Result<String, CommandError> {
        let running = here.running.as_ref().and_then(|turn| turn.messages.first());
        let stopped = match running {
            // The turn may have ended meanwhile by itself, which is no error.
            Some(message) => match self.stop(*message, by).await {
                Ok(()) => true,
                Err(ControlError::NotPossible { .. }) => false,
                Err(error) => return Err(error.into()),
            },
            // A turn may have begun after the read from the store.
            None => self.stop_conversation(here.id, by),
        };
        Ok(match (stopped, here.waiting) {
            (false, _) => "Nothing runs here.".to_owned(),
            (true, 0) => "Stopped.".to_owned(),
            (true, waiting) => format!(
                "Stopped. {} next.",
                command_answers::render_waiting(waiting)
            ),
        })
    }

    async fn list_queue(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<String, CommandError> {
        let Place {
            channel,
            account,
            address,
        } = place.clone();
        let query = WaitingQuery {
            of: Some((channel, account)),
            addresses: Some(vec![address]),
            personas: vec![persona.clone()],
            ..WaitingQuery::at_most(QUEUE_LIST_LIMIT + 1)
        };
        let messages = self.store().waiting(query, QUEUE_LIST_BYTES).await?;
        if messages.is_empty() {
            return Ok("Nothing waits here.".to_owned());
        }
        let mut list = String::new();
        let mut position = 0;
        for message in messages.iter().take(QUEUE_LIST_LIMIT) {
            let mark = if message.state == MessageState::Running {
                "now".to_owned()
            } else {
                position += 1;
                position.to_string()
            };
            let _ = writeln!(
                list,
                "- {mark}: {}",
                command_answers::render_excerpt(message)
            );
        }
        if messages.len() > QUEUE_LIST_LIMIT {
            list.push_str("- and more\n");
        }
        Ok(list.trim_end().to_owned())
    }

    /// The trace of a message to any persona of this place. Messages of other places are hidden, because
    /// other people may write there. Only operators see the details of failures.
    async fn trace_message(
        &self,
        place: &Place,
        message: MessageId,
        by: &Principal,
    ) -> Result<String, CommandError> {
        let store = self.store();
        match store.message(message).await? {
            Some(found) if found.place == *place => {
                let lines = store.trace(message.into()).await?;
                let with_details = by.has_right(Right::SeeEverything);
                Ok(command_answers::render_trace(&lines, with_details))
            }
            _ => Err(CommandError::NoMessage(message)),
        }
    }
}
