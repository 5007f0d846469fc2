//! The relevant facts about a chat.

use super::chat_ids::{ChatId, Position, WorkspaceId};

/// The relevant facts about a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatInfo {
    /// The workspace of the chat; `None` if the chat has none, or if unknown.
    pub workspace: Option<WorkspaceId>,
    /// The kind of the chat.
    pub kind: ChatKind,
}

/// A kind of chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatKind {
    /// A channel or group with any number of people.
    Channel,
    /// A thread or topic inside another chat.
    Thread {
        /// The chat around the thread, if known.
        parent: Option<ChatId>,
        /// Whether Baton created the thread.
        is_ours: bool,
    },
    /// A direct chat, with one person.
    Direct,
}

impl ChatInfo {
    /// A direct chat, with one person.
    pub const DIRECT: Self = Self {
        workspace: None,
        kind: ChatKind::Direct,
    };

    /// The chat around a thread; `None` for other chats.
    pub fn parent(&self) -> Option<&ChatId> {
        match &self.kind {
            ChatKind::Thread { parent, .. } => parent.as_ref(),
            ChatKind::Channel | ChatKind::Direct => None,
        }
    }

    /// The same facts, with the knowledge that Baton created the chat, if the chat is a thread.
    pub(crate) fn into_own_thread(mut self) -> Self {
        if let ChatKind::Thread { is_ours, .. } = &mut self.kind {
            *is_ours = true;
        }
        self
    }

    /// Whether the chat is a thread that Baton created.
    pub fn is_own_thread(&self) -> bool {
        matches!(self.kind, ChatKind::Thread { is_ours: true, .. })
    }
}

/// A chat, as the platform lists it at the start of a session or after a change.
#[derive(Clone, Debug)]
pub struct ListedChat {
    /// The chat.
    pub id: ChatId,
    /// The facts about the chat.
    pub info: ChatInfo,
    /// The newest message of the chat.
    pub newest: NewestMessage,
    /// Whether the platform hides the messages of this chat from Baton, or the chat is closed.
    pub access: ChatAccess,
    /// For a thread that was never read: the chat whose cursor tells since when messages count. `None` means
    /// that earlier messages are not for Baton.
    pub counts_since: Option<ChatId>,
}

/// The access to the messages of a listed chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatAccess {
    /// Baton reads the messages.
    Open,
    /// Baton cannot see the messages. Messages up to the newest never count as missed.
    Hidden,
    /// The thread is archived. A new message opens the thread again.
    Archived,
}

/// The newest message of a chat, as the platform tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewestMessage {
    /// The chat is empty.
    Nothing,
    /// The newest message is at this position.
    At(Position),
    /// The platform does not tell the newest message, or its answer is unreadable.
    Unknown,
}
