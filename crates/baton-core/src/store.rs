//! The storage of messages, turns, deliveries and everything else that must survive a restart. The [`Store`]
//! trait is the only access. Each writing method is one transaction. The modules of the methods hold their
//! input and output types.
//!
//! # Contracts
//!
//! Each subject has a trait with its promises. A part of Baton holds the narrowest trait that covers its work.
//!
//! * [`StoreViews`]: the reads, for channels and views: [`MessageViews`], [`ApprovalViews`],
//!   [`TimelineViews`], [`QueueViews`].
//! * [`StoreCommands`]: the writes and their own reads, for the runtime: [`MessageStore`],
//!   [`IncompleteMessageStore`], [`CursorStore`], [`GapStore`], [`PlaceStore`], [`TurnStore`], [`DeliveryStore`],
//!   [`ApprovalStore`], [`TopicStore`], [`ControlStore`], [`TimeStore`], [`SignInStore`].
//! * [`Store`]: both together. A store implements this trait, and passes the conformance suite of
//!   `baton-store`.
//!
//! # How work is handed out
//!
//! Nothing polls. A process that runs turns [attaches](TurnStore::attach) with its free
//! [`Slots`](crate::slots::Slots). Afterwards, a transaction also claims the work that it makes possible, in
//! the same commit. Such work follows from a new message, the end of a turn, or the end of a pause. After the
//! commit, the claims appear as values in [`Work`]. So neither the caller of the transaction nor the order of
//! wake-ups matters: claimed work is in `Work`, and unclaimed work is in the store.

use async_trait::async_trait;
use tokio::sync::broadcast;

use crate::name::DataId;

mod approval_store;
mod approval_views;
mod approvals;
mod attach;
mod chat_moves;
mod claim;
mod control_store;
mod controls;
mod conversation_list;
mod cursor_store;
mod deliveries;
mod delivery_parts;
mod delivery_store;
mod finish;
mod gap_store;
mod gaps;
mod incomplete_message_store;
mod incomplete_messages;
mod ingest;
mod message_store;
mod message_views;
mod place_store;
mod queue;
mod queue_views;
mod revisions;
mod sign_in_store;
mod sign_ins;
mod store_error;
mod time_store;
mod timeline_views;
mod topic_list;
mod topic_reports;
mod topic_store;
mod topics;
mod transcripts;
mod turn_store;
mod views;

pub use approval_store::ApprovalStore;
pub use approval_views::ApprovalViews;
pub use approvals::{ApprovalsQuery, Ask, Asked, Decide, DecideError};
pub use attach::{Attach, Outgoing, Started, TurnEffect, Work};
pub use chat_moves::{ChatMove, MoveReport, moved_address};
pub use claim::{ClaimError, ClaimMessage, ClaimNext, Claimed, RenewError};
pub use control_store::ControlStore;
pub use controls::{Action, ControlError, Stopped};
pub use conversation_list::{ConversationsQuery, ListedConversation};
pub use cursor_store::CursorStore;
pub use deliveries::{DeliveryAttempt, DeliveryFailure, OutcomeError, PostReply, Posted};
pub use delivery_parts::{DeliveryPart, PartReceipt};
pub use delivery_store::DeliveryStore;
pub use finish::{Finish, LeaseError};
pub use gap_store::GapStore;
pub use gaps::Gap;
pub use incomplete_message_store::IncompleteMessageStore;
pub use incomplete_messages::{
    IncompleteChat, IncompleteId, IncompleteMessage, NewIncompleteMessage,
};
pub use ingest::{CursorMove, Ingest, Ingested, RefusedMessage};
pub use message_store::MessageStore;
pub use message_views::MessageViews;
pub use place_store::PlaceStore;
pub use queue::{Queued, WaitingQuery};
pub use queue_views::QueueViews;
pub use revisions::{Edited, MessageEdited, MessagesDeleted};
pub use sign_in_store::SignInStore;
pub use sign_ins::{SIGN_INS_KEPT, SignIn};
pub use store_error::{NOT_NOW, StoreError};
pub use time_store::TimeStore;
pub use timeline_views::TimelineViews;
pub use topic_list::{ListedTopic, MOST_ENDED, PruneTopics, PrunedTopics};
pub use topic_reports::{TopicAddress, TopicNews, TopicReport};
pub use topic_store::TopicStore;
pub use topics::{Adoption, ReplaceTopic, ReserveTopic, Reserved, StoredTopic, TopicError};
pub use transcripts::KeepTranscript;
pub use turn_store::TurnStore;
pub use views::{
    Change, ConversationView, Counts, DeadLetter, Direction, FilesInUse, Places, Post, PostKind,
    Subject, Timeline, TimelinePage, TraceLine, TurnSaid, TurnView,
};

/// The reads, for channels and views. No method of this trait changes the store.
///
/// Each read shows one committed state. [`changes`](Self::changes) says when to read again.
pub trait StoreViews:
    MessageViews + ApprovalViews + TimelineViews + QueueViews + Send + Sync + 'static
{
    /// The changes of each commit, in the order of the commits. A receiver that lags has missed some, and must
    /// read the current state.
    fn changes(&self) -> broadcast::Receiver<Change>;

    /// The id of the data. Numbers of rows, such as a delivery's, are unique only together with this id.
    fn data_id(&self) -> DataId;
}

/// The commands, for the runtime: everything that writes, and the reads that belong to the writes.
///
/// A method that returns `Ok` has committed, and its effects survive a crash. A method that returns an error
/// has changed nothing. After a [`StoreError`], the method may be called again.
pub trait StoreCommands:
    MessageStore
    + IncompleteMessageStore
    + CursorStore
    + GapStore
    + PlaceStore
    + TurnStore
    + DeliveryStore
    + ApprovalStore
    + TopicStore
    + ControlStore
    + TimeStore
    + SignInStore
{
}

impl<S> StoreCommands for S where
    S: MessageStore
        + IncompleteMessageStore
        + CursorStore
        + GapStore
        + PlaceStore
        + TurnStore
        + DeliveryStore
        + ApprovalStore
        + TopicStore
        + ControlStore
        + TimeStore
        + SignInStore
{
}

/// The storage, with every command and every view.
#[async_trait]
pub trait Store: StoreViews + StoreCommands {
    /// Completes pending commands and closes the store. Later commands return [`StoreError::Closed`].
    async fn close(&self);
}
