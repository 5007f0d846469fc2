//! The connector: the interface of a chat platform to the chat layer.
//!
//! A connector knows the platform's protocol, objects and limits. It decides nothing about conversations. The chat
//! layer chooses the messages for Baton, stores them, sends the replies, and handles errors. One value of a
//! connector is one account.
//!
//! An ability of only some platforms is an optional trait, and [`ConnectorAbilities`] holds these traits.
//! [`Capabilities`] says the other differences as data.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::name::{AccountName, ChannelName, ExternalId, PersonId};
use bytes::Bytes;
use tokio_util::sync::CancellationToken;

mod action;
mod capabilities;
mod chat_ids;
mod chat_info;
mod connection_state;
mod connector_abilities;
mod connector_error;
mod content_text;
mod event_batch;
mod event_sink;
mod file_content;
mod incoming_message;
mod named_threads;
mod outgoing_message;
mod own_message_search;
mod thread_reports;
mod turn_drafts;

pub use action::{
    ActionAnswer, ActionForm, ActionKind, ActionResponder, Actor, ActorStanding, AnswerTimeLimits,
    ChatAction, FirstAnswer, FormField, ReactionAdded,
};
pub use capabilities::{
    AccountCapabilities, Acknowledgment, ButtonLimits, Capabilities, OutgoingFileLimits,
};
pub use chat_ids::{ChatId, Position, RoleId, WorkspaceId};
pub use chat_info::{ChatAccess, ChatInfo, ChatKind, ListedChat, NewestMessage};
pub use connection_state::{ConnectionStage, ConnectionState, ConnectionStates};
pub use connector_abilities::ConnectorAbilities;
pub use connector_error::{ConnectorError, MovedChat, Refusal, RequestFailure};
pub use content_text::ContentText;
pub use event_batch::{BatchCursor, ChatGap, EventBatch};
pub use event_sink::EventSink;
pub use file_content::{FileContent, StoredContent};
pub use incoming_message::{
    IncomingFile, IncomingMessage, PlatformTime, ReadableMessage, Sender, UnreadableMessage,
};
pub use named_threads::{CreatedThread, FetchMark, NamedThreads};
pub use outgoing_message::{
    Button, ButtonLook, DisabledButton, EditedButtons, MessageEdit, OutgoingFile, OutgoingMessage,
    OwnMessage, SendKey, SendTarget, Urgency,
};
pub use own_message_search::{OwnMessageSearch, search_history};
pub use thread_reports::ThreadReport;
pub use turn_drafts::{DraftStop, TurnDraft, TurnDrafts};

/// One account of a chat platform.
#[async_trait]
pub trait Connector: Send + Sync + 'static {
    /// The name of the channel.
    fn channel(&self) -> ChannelName;

    /// The name of the account.
    fn account(&self) -> AccountName;

    /// The abilities in a chat.
    fn capabilities(&self, chat: &ChatId) -> &Capabilities;

    /// The abilities of the account.
    fn account_capabilities(&self) -> AccountCapabilities;

    /// The state of the connections, for operators. The product does not read the state yet: tests do, and a command
    /// for operators will.
    fn connections(&self) -> ConnectionStates;

    /// Connects, passes events to the sink, and connects again, until `shutdown`. Returns an error, with a remedy
    /// for the operator, only if no further try can succeed.
    async fn run(
        &self,
        events: Arc<dyn EventSink>,
        shutdown: CancellationToken,
    ) -> Result<(), String>;

    /// Fetches the facts about a chat.
    async fn fetch_chat(&self, chat: &ChatId) -> Result<ChatInfo, ConnectorError>;

    /// Sends one message in one try. The key is the same at every try, so a platform that knows keys can show a
    /// repeated message once. `key` is `None` for a message that may be repeated, such as progress. Returns the id of
    /// the message, if the platform tells the id. Returns an error if the platform does not confirm the message.
    async fn send(
        &self,
        target: &SendTarget,
        message: &OutgoingMessage,
        key: Option<&SendKey>,
        urgency: Urgency,
    ) -> Result<Option<ExternalId>, ConnectorError>;

    /// The optional traits of this connector. By default, none.
    fn abilities(&self) -> ConnectorAbilities<'_> {
        ConnectorAbilities::default()
    }
}

/// The past messages of chats.
#[async_trait]
pub trait ChatHistory: Send + Sync {
    /// Compares two positions of one chat.
    fn compare(&self, one: &Position, other: &Position) -> Ordering;

    /// The position of a stored text; `None` if the text is no position.
    fn parse_position(&self, stored: &str) -> Option<Position>;

    /// The position before every message.
    fn beginning(&self) -> Position;

    /// A position directly before the message at `position`: no message lies between.
    fn position_before(&self, position: &Position) -> Position;

    /// The position after a message; `None` if the id does not tell it.
    fn position_of(&self, message: &ExternalId) -> Option<Position>;

    /// A position that all messages since this time come after, for a chat whose newest message is unknown.
    fn position_at(&self, time: PlatformTime) -> Option<Position>;

    /// Reads a chat page by page.
    fn read(&self, chat: &ChatId) -> Box<dyn HistoryReader + '_>;

    /// Fetches one message.
    async fn fetch_message(
        &self,
        chat: &ChatId,
        message: &ExternalId,
    ) -> Result<IncomingMessage, ConnectorError>;
}

/// Reads the messages of one chat page by page.
#[async_trait]
pub trait HistoryReader: Send {
    /// Fetches one page.
    async fn fetch_page(&mut self, from: PageStart) -> Result<HistoryPage, ConnectorError>;
}

/// The position of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageStart {
    /// The first messages after this position.
    After(Position),
    /// Only the newest message.
    Newest,
    /// The last messages before the message at this position; the last messages of the chat if `None`.
    Before(Option<Position>),
}

/// One page of messages.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// Oldest first. Messages without a readable position come before all others.
    pub messages: Vec<IncomingMessage>,
    /// Whether the chat may have more messages in the direction of the page: later ones after [`PageStart::After`],
    /// earlier ones before [`PageStart::Before`].
    pub more: bool,
}

/// Edits and deletes Baton's own messages. A connector that can do only one of the two does not implement this trait.
#[async_trait]
pub trait OwnRevisions: Send + Sync {
    /// The shortest time between two edits of one message.
    fn edit_pause(&self) -> Duration {
        Duration::from_secs(2)
    }

    /// Replaces the content of a message.
    async fn edit(
        &self,
        chat: &ChatId,
        message: &ExternalId,
        edit: &MessageEdit,
        urgency: Urgency,
    ) -> Result<(), ConnectorError>;

    /// Deletes a message.
    async fn delete(&self, chat: &ChatId, message: &ExternalId) -> Result<(), ConnectorError>;
}

/// Threads that Baton creates for the answers to a message, with ids that are known before the creation. A platform that
/// chooses the ids has [`NamedThreads`] instead.
#[async_trait]
pub trait Threads: Send + Sync {
    /// The id that the thread of a message has or will have.
    fn thread_of(&self, chat: &ChatId, message: &ExternalId) -> ChatId;

    /// Creates the thread of a message. Succeeds if the thread exists.
    async fn create(&self, chat: &ChatId, message: &ExternalId) -> Result<(), ConnectorError>;

    /// Opens a closed thread again.
    async fn reopen(&self, thread: &ChatId) -> Result<(), ConnectorError>;
}

/// Baton's reactions, with emoji of Unicode. No request waits for a rate limit.
#[async_trait]
pub trait Reactions: Send + Sync {
    /// Adds a reaction. Succeeds if the reaction is there.
    async fn add(
        &self,
        chat: &ChatId,
        message: &ExternalId,
        emoji: &str,
    ) -> Result<(), ConnectorError>;

    /// Removes a reaction of Baton.
    async fn remove(
        &self,
        chat: &ChatId,
        message: &ExternalId,
        emoji: &str,
    ) -> Result<(), ConnectorError>;
}

/// The typing indicator.
#[async_trait]
pub trait Typing: Send + Sync {
    /// The time for which the platform shows the indicator after one request.
    fn shown_for(&self) -> Duration {
        Duration::from_secs(10)
    }

    /// Shows for this time that Baton is typing, without waiting for a rate limit.
    async fn show_typing(&self, chat: &ChatId) -> Result<(), ConnectorError>;
}

/// Downloads of files.
#[async_trait]
pub trait Downloads: Send + Sync {
    /// Begins a download.
    async fn begin(&self, file: &IncomingFile) -> Result<Box<dyn FileDownload>, ConnectorError>;
}

/// A running download.
#[async_trait]
pub trait FileDownload: Send {
    /// The next piece of the file; `None` at its end.
    async fn next_piece(&mut self) -> Result<Option<Bytes>, ConnectorError>;
}

/// The roles of people.
#[async_trait]
pub trait Roles: Send + Sync {
    /// The roles of a person in a workspace. A refusal means that the person has left, and so has no roles.
    async fn fetch_roles(
        &self,
        workspace: &WorkspaceId,
        person: &PersonId,
    ) -> Result<Vec<RoleId>, ConnectorError>;
}
