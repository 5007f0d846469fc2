//! Actions of people on the platform's own controls: commands, buttons, forms and reactions.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::message::Author;
use baton_core::name::ExternalId;

use super::chat_ids::{ChatId, RoleId, WorkspaceId};
use super::chat_info::ChatInfo;
use super::connector_error::ConnectorError;
use super::outgoing_message::{Button, OutgoingFile};

/// An action of a person.
#[derive(Clone, Debug)]
pub struct ChatAction {
    /// The chat of the action.
    pub chat: ChatId,
    /// The facts about the chat, as far as the action tells them.
    pub info: Option<ChatInfo>,
    /// The workspace, if the person is a member there.
    pub workspace: Option<WorkspaceId>,
    /// The person.
    pub actor: Actor,
    /// The kind of the action.
    pub kind: ActionKind,
}

/// A kind of action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionKind {
    /// A command.
    Command {
        /// The original name, without a slash.
        name: String,
        /// The values of the options, by their original names.
        options: BTreeMap<String, String>,
    },
    /// A press on a button with this name.
    Press(String),
    /// A sent form.
    Form {
        /// The name of the form.
        name: String,
        /// The texts of the fields, in order.
        texts: Vec<String>,
    },
    /// An action that the connector does not know.
    Unknown,
}

/// The person behind an action.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the person"
)]
pub struct Actor {
    /// The stable id and the visible name.
    pub author: Author,
    /// Whether Baton itself acts.
    pub is_us: bool,
    /// Whether the person is another program.
    pub is_bot: bool,
    /// The roles in the workspace.
    pub roles: Vec<RoleId>,
    /// Whether the person may manage the messages of others in the chat. In a direct chat, everybody
    /// may.
    pub is_moderator: bool,
    /// Whether the person administers the workspace.
    pub is_administrator: bool,
}

/// Whether Baton answers the messages of a person in a chat, as the settings say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActorStanding {
    /// Baton answers the person.
    Answered,
    /// Baton answers in this chat, and does not answer this person.
    NotAnswered,
    /// Baton answers nobody in this chat.
    Elsewhere,
}

/// A reaction of a person to a message.
#[derive(Clone, Debug)]
pub struct ReactionAdded {
    /// The chat of the message.
    pub chat: ChatId,
    /// The message.
    pub message: ExternalId,
    /// The emoji of Unicode.
    pub emoji: String,
    /// The person.
    pub actor: Actor,
}

/// Answers one action. Each method tries once. The chat layer tries again while the platform can still accept the
/// answer.
#[async_trait]
pub trait ActionResponder: Send + Sync {
    /// The platform's id of the action, for the log.
    fn action_id(&self) -> String;

    /// The time limits for the answers to this action.
    fn time_limits(&self) -> AnswerTimeLimits;

    /// Gives the first answer. After a try with an unknown outcome,
    /// [`Refusal::AlreadyAnswered`](super::Refusal::AlreadyAnswered) counts as success.
    async fn answer_first(&self, first: &FirstAnswer) -> Result<(), ConnectorError>;

    /// Gives the announced answer, in place of the announcement and of previews. After
    /// [`Refusal::NoSuchMessage`](super::Refusal::NoSuchMessage), the chat layer tries again, because the platform may
    /// not know the announcement yet.
    async fn follow_up(&self, answer: &ActionAnswer) -> Result<(), ConnectorError>;

    /// Shows a preview of the announced answer. Without an implementation, people see only the answer.
    async fn preview(&self, _answer: &ActionAnswer) -> Result<(), ConnectorError> {
        Ok(())
    }
}

/// The time limits for the answers to an action, from its arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerTimeLimits {
    /// The limit for the first answer.
    pub first: Duration,
    /// The limit for the announced answer.
    pub later: Duration,
}

/// The first answer to an action. Only the person sees the answer.
#[derive(Clone, Debug)]
pub enum FirstAnswer {
    /// A message, and nothing after it.
    Message(ActionAnswer),
    /// A form.
    Form(ActionForm),
    /// The announcement of a later answer, which only the person sees too.
    Announcement,
}

/// The answer to an action.
#[derive(Clone, Debug, Default)]
pub struct ActionAnswer {
    /// A title above the text.
    pub title: Option<String>,
    /// The text as Markdown. The connector cuts it to the platform's limit.
    pub text: String,
    /// The buttons below the text.
    pub buttons: Vec<Button>,
    /// An attached file.
    pub file: Option<OutgoingFile>,
}

impl ActionAnswer {
    /// An answer with only a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionForm {
    /// The name that comes back with the form.
    pub name: String,
    /// The title.
    pub title: String,
    /// The fields, in order.
    pub fields: Vec<FormField>,
}

/// A text field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormField {
    /// The label. The connector cuts it to the platform's limit.
    pub label: String,
    /// The maximum length of the text, in characters.
    pub longest: usize,
    /// Whether the field must have a text.
    pub required: bool,
}
