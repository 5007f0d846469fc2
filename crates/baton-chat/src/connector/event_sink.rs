//! The chat layer's end of a connection.

use std::sync::Arc;

use async_trait::async_trait;
use baton_core::name::ExternalId;
use baton_core::store::StoreError;

use super::action::{ActionAnswer, ActionResponder, ActorStanding, ChatAction, ReactionAdded};
use super::chat_ids::{ChatId, WorkspaceId};
use super::chat_info::{ChatInfo, ListedChat};
use super::event_batch::EventBatch;
use super::incoming_message::IncomingMessage;
use super::named_threads::FetchMark;
use super::thread_reports::ThreadReport;
use super::turn_drafts::DraftStop;

/// Takes the events of one connection to the platform, in their order. Only the methods for batches, their edits,
/// moved chats and threads wait.
///
/// A connector gives its new messages one by one, or in batches, but never both ways. A platform with batches
/// repeats them until they are acknowledged, so such a connector lists no chats and reports no lost events. It
/// announces gaps instead.
#[async_trait]
pub trait EventSink: Send + Sync {
    /// The sink for another connection of the same account, with this number. The first connection is 0.
    fn for_connection(&self, number: u32) -> Arc<dyn EventSink>;

    /// A new session of this connection began. The platform does not repeat events between two sessions.
    fn begin_session(&self);

    /// The platform lists chats. Baton reads the missed messages of each. If the platform gives batches, Baton only
    /// remembers the facts.
    fn list_chats(&self, chats: Vec<ListedChat>);

    /// The platform tells facts about a chat.
    fn remember_chat(&self, chat: &ChatId, info: ChatInfo);

    /// A chat is gone.
    fn forget_chat(&self, chat: &ChatId);

    /// A chat has the id `to` from now on, for example because a group became a supergroup. Returns `Ok` after the
    /// commit, which moves everything that Baton has of the chat. While the store fails, the method waits. It returns an
    /// error only if the program ends.
    ///
    /// The connector calls the method before it gives the first message of the new chat. Late messages with the earlier
    /// id may follow, and belong to the moved chat. The platform may report a move several times: a repeated report
    /// changes nothing. [`ConnectorError::chat_moved`](super::ConnectorError::chat_moved) reports the move of a request.
    async fn chat_moved(&self, from: &ChatId, to: &ChatId) -> Result<(), StoreError>;

    /// A new message.
    fn take_message(&self, message: IncomingMessage);

    /// The mark of a request for events, taken directly before the request. See
    /// [`EventBatch::caught_up`](super::EventBatch::caught_up).
    fn begin_fetch(&self) -> FetchMark;

    /// Completes when Baton waits for the answer to a later request for events than the one with this mark. A request
    /// that waits for events is then of no more use, see [`FetchMark::is_urgent`].
    async fn until_outdated(&self, fetch: FetchMark);

    /// News about a thread of [`NamedThreads`](super::NamedThreads), also about a thread of people. Returns `Ok` after the
    /// commit. While the store fails, the method waits. It returns an error only if the program ends.
    async fn report_thread(&self, report: ThreadReport) -> Result<(), StoreError>;

    /// New messages that the platform gives together. Returns `Ok` after the commit, so that the connector may then
    /// acknowledge the batch. While the store fails, the method waits. It returns an error only if the program
    /// ends, and then the platform repeats the batch. A repeated batch is harmless.
    ///
    /// While a chat has an open gap, its messages are left to the history. The gap is stored with the cursor, and
    /// is read again after a crash. Baton may give a gap up. Then Baton takes the last 256 messages of this time from
    /// memory.
    async fn take_batch(&self, batch: EventBatch) -> Result<(), StoreError>;

    /// The stored position of a reader of batches; `None` if the reader never took a batch.
    async fn batch_cursor(&self, reader: &str) -> Result<Option<String>, StoreError>;

    /// An edited message, as it is now. A connector with batches uses [`store_edit`](Self::store_edit).
    fn take_edit(&self, message: IncomingMessage);

    /// An edited message, as it is now, of a connector with batches. Returns `Ok` after the commit, so that the connector
    /// may then acknowledge the edit. While the store fails, the method waits. It returns an error only if the program
    /// ends, and then the platform repeats the edit. A repeated edit is harmless.
    async fn store_edit(&self, message: IncomingMessage) -> Result<(), StoreError>;

    /// Deleted messages of one chat.
    fn take_deletions(&self, chat: ChatId, messages: Vec<ExternalId>);

    /// A reaction.
    fn take_reaction(&self, reaction: ReactionAdded);

    /// An action that arrives now. The sink answers through the responder.
    fn take_action(&self, action: ChatAction, responder: Box<dyn ActionResponder>);

    /// Answers an action that arrives now with this answer, and does nothing else. The sink tries again while the
    /// platform can still accept the answer.
    fn answer_action(&self, answer: ActionAnswer, responder: Box<dyn ActionResponder>);

    /// Whether Baton answers the messages of the acting person in the chat of the action. A connector that answers some
    /// commands itself asks this first.
    fn standing_of(&self, action: &ChatAction) -> ActorStanding;

    /// An action whose person or chat is unreadable. The sink asks the person to try again.
    fn take_unreadable_action(&self, responder: Box<dyn ActionResponder>);

    /// A press on the platform's own button that stops the turn of a draft.
    fn stop_draft(&self, stop: DraftStop);

    /// An event was lost or unreadable. It may have been a message of this chat; of any chat, if `None`.
    fn report_lost(&self, chat: Option<ChatId>);

    /// Whether the configuration names this workspace, or a chat of this workspace.
    fn is_configured(&self, workspace: &WorkspaceId) -> bool;
}
