//! Messages from the platform, in the form that all platforms share.

use baton_core::message::Author;
use baton_core::name::ExternalId;
use baton_core::panics::catch_sync_panic;
use jiff::Timestamp;

use super::chat_ids::{ChatId, Position, RoleId, WorkspaceId};

/// A message from the platform, readable or not.
#[derive(Clone, Debug)]
pub enum IncomingMessage {
    /// A readable message.
    Readable(Box<ReadableMessage>),
    /// A message that the connector could not read, or only in part.
    Unreadable(Box<UnreadableMessage>),
}

impl IncomingMessage {
    /// A message whose text `render` makes from the words of a person. If `render` panics, the message keeps its raw
    /// `text` and counts as unreadable, because no text of a person may stop a connection.
    pub fn with_text(message: ReadableMessage, render: impl FnOnce() -> String) -> Self {
        match catch_sync_panic(render) {
            Ok(text) => Self::Readable(Box::new(ReadableMessage { text, ..message })),
            Err(panicked) => {
                tracing::error!(external_id = %message.id, %panicked, "a message is refused");
                let reason = "Baton failed to handle this message".to_owned();
                let refused = UnreadableMessage::from_readable(&message, reason);
                Self::Unreadable(Box::new(refused))
            }
        }
    }

    /// The id of the message, if readable.
    pub fn id(&self) -> Option<&ExternalId> {
        match self {
            Self::Readable(message) => Some(&message.id),
            Self::Unreadable(message) => message.id.as_ref(),
        }
    }

    /// The position after the message, if readable.
    pub fn position(&self) -> Option<&Position> {
        match self {
            Self::Readable(message) => Some(&message.position),
            Self::Unreadable(message) => message.position.as_ref(),
        }
    }

    /// The chat of the message, if readable.
    pub fn chat(&self) -> Option<&ChatId> {
        match self {
            Self::Readable(message) => Some(&message.chat),
            Self::Unreadable(message) => message.chat.as_ref(),
        }
    }

    /// The message, if it was readable.
    pub fn into_readable(self) -> Option<ReadableMessage> {
        match self {
            Self::Readable(message) => Some(*message),
            Self::Unreadable(_) => None,
        }
    }
}

/// A readable message.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the message"
)]
pub struct ReadableMessage {
    /// The platform's id of the message. On a platform that numbers the messages of each chat separately, the
    /// id names the chat too, see [`ExternalId::within`].
    pub id: ExternalId,
    /// The chat of the message.
    pub chat: ChatId,
    /// The position in the history of the chat after this message.
    pub position: Position,
    /// The workspace, if the platform tells it.
    pub workspace: Option<WorkspaceId>,
    /// Whether the platform tells that the chat is a direct chat. `false` if unknown.
    pub is_direct: bool,
    /// The author.
    pub sender: Sender,
    /// Whether the message is of a kind that people write. Notices of the platform are of other kinds.
    pub is_from_person: bool,
    /// Whether the message mentions Baton, or replies to Baton.
    pub mentions_us: bool,
    /// Whether the message came without a notification, as progress messages do.
    pub is_silent: bool,
    /// The text for the agent, without mentions of Baton, and with names in place of other mentions. Other
    /// content, such as polls, becomes words: see [`ContentText`](super::ContentText). Empty if the message has no
    /// readable content. A message of Baton itself keeps its exact text.
    pub text: String,
    /// The names of the buttons, if Baton itself is the author.
    pub button_names: Vec<String>,
    /// The files.
    pub files: Vec<IncomingFile>,
    /// The message that this message replies to.
    pub reply_to: Option<ExternalId>,
    /// The time of the message, by the platform's clock.
    pub sent_at: Option<PlatformTime>,
    /// The time of the last edit, by the platform's clock; `None` if the message was never edited.
    pub edited_at: Option<PlatformTime>,
    /// The ids of the further messages of the platform that the connector joined into this message, in order.
    pub part_ids: Vec<ExternalId>,
    /// Whether the text came in several messages of the platform. Then an edit has only a part of the text.
    pub is_joined: bool,
}

/// A time by the platform's clock, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlatformTime(pub i64);

impl PlatformTime {
    /// Parses a time such as `2026-11-30T21:00:00Z`; `None` if the text is no time with an offset (RFC 3339).
    pub fn parse(text: &str) -> Option<Self> {
        let time: Timestamp = text.parse().ok()?;
        Some(Self(time.as_millisecond()))
    }
}

/// The author of a message.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The stable id and the visible name.
    pub author: Author,
    /// Whether Baton itself is the author.
    pub is_us: bool,
    /// Whether the author is another program.
    pub is_bot: bool,
    /// The roles of the author; `None` if the message does not tell.
    pub roles: Option<Vec<RoleId>>,
}

/// A message that the connector could not read, with its readable parts.
#[derive(Clone, Debug)]
pub struct UnreadableMessage {
    /// The id, if readable.
    pub id: Option<ExternalId>,
    /// The position after the message, if readable.
    pub position: Option<Position>,
    /// The chat, if readable.
    pub chat: Option<ChatId>,
    /// The workspace, if the platform tells it.
    pub workspace: Option<WorkspaceId>,
    /// The author, if certainly readable.
    pub sender: Option<Sender>,
    /// Whether a person may have written the message, as far as it is readable.
    pub may_be_from_person: bool,
    /// Whether the message may mention Baton, as far as it is readable.
    pub may_mention_us: bool,
    /// The text, if readable.
    pub text: Option<String>,
    /// The beginning of the message in raw form.
    pub raw: String,
    /// Why the message could not be read.
    pub reason: String,
}

impl UnreadableMessage {
    /// A readable message that Baton cannot take, with the reason.
    pub fn from_readable(message: &ReadableMessage, reason: String) -> Self {
        Self {
            id: Some(message.id.clone()),
            position: Some(message.position.clone()),
            chat: Some(message.chat.clone()),
            workspace: message.workspace.clone(),
            sender: Some(message.sender.clone()),
            may_be_from_person: message.is_from_person,
            may_mention_us: message.mentions_us,
            text: Some(message.text.clone()),
            raw: message.text.clone(),
            reason,
        }
    }
}

/// A file of a message, not yet downloaded.
#[derive(Clone, Debug)]
pub struct IncomingFile {
    /// The name from the author; empty if there is none.
    pub name: String,
    /// The size in bytes, as the platform tells it; 0 if unknown.
    pub size: u64,
    /// The connector's own reference for the download, such as an address; empty if the platform tells none.
    pub reference: String,
}
