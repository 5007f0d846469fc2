//! The storage of messages, turns, deliveries and everything else that must survive a restart. The [`Store`]
//! trait is the only access. Each writing method is one transaction, and has its own module with its input
//! and output types.
//!
//! # How work is handed out
//!
//! Nothing polls. A process that runs turns [attaches](Store::attach) with its free
//! [`Slots`](crate::slots::Slots). Afterwards, a transaction also claims the work that it makes possible, in
//! the same commit. Such work follows from a new message, the end of a turn, or the end of a pause. After the
//! commit, the claims appear as values in [`Work`]. So neither the caller of the transaction nor the order of
//! wake-ups matters: claimed work is in `Work`, and unclaimed work is in the store.

use async_trait::async_trait;
use tokio::sync::broadcast;

mod approvals;
mod attach;
mod claim;
mod controls;
mod deliveries;
mod finish;
mod ingest;
mod queue;
mod revisions;
mod sign_ins;
mod store_error;
mod topics;
mod views;

pub use approvals::{ApprovalsQuery, Ask, Asked, Decide, DecideError};
pub use attach::{Attach, Outgoing, Started, TurnEffect, Work};
pub use claim::{ClaimError, ClaimMessage, ClaimNext, Claimed, RenewError};
pub use controls::{Action, ControlError, Stopped};
pub use deliveries::{DeliveryAttempt, DeliveryFailure, OutcomeError, PostReply, Posted};
pub use finish::{Finish, LeaseError};
pub use ingest::{CursorMove, Ingest, Ingested, RefusedMessage};
pub use queue::{Queued, WaitingQuery};
pub use revisions::{Edited, MessageEdited, MessagesDeleted};
pub use sign_ins::{SIGN_INS_KEPT, SignIn};
pub use store_error::{NOT_NOW, StoreError};
pub use topics::{ReserveTopic, Reserved, TopicError};
pub use views::{
    Change, ConversationView, Counts, DeadLetter, Direction, FilesInUse, Places, Post, PostKind,
    Subject, Timeline, TimelinePage, TraceLine, TurnSaid, TurnView,
};

use crate::approval::Approval;
use crate::clock::{Steady, Wall};
use crate::id::{ApprovalId, ConversationId, Fence, MessageId, Seq, TurnId};
use crate::message::Message;
use crate::name::{
    AccountName, AgentName, ChannelName, ExternalId, PersonId, PersonaName, SessionId, WorkerId,
};
use crate::place::Place;
use crate::slots::Slot;

/// The storage, with every command and every view.
///
/// A method that returns `Ok` has committed, and its effects survive a crash. A method that returns
/// [`StoreError`] has changed nothing, and may be called again.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    // Messages

    /// Stores messages and, in the same transaction, moves the cursor past them. Returns one result for each
    /// message.
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError>;

    /// Replaces the text of a waiting message after an edit by its author. The old text is not kept. A
    /// message that waits no longer stays unchanged, and its trace says that the edit came too late.
    async fn message_edited(&self, edited: MessageEdited) -> Result<Edited, StoreError>;

    /// Withdraws the waiting messages among those that were deleted on their platform, and returns them. The
    /// traces of the other messages record the deletion.
    async fn messages_deleted(
        &self,
        deleted: MessagesDeleted,
    ) -> Result<Vec<MessageId>, StoreError>;

    /// The cursor of a reader; `None` if the reader never stored one.
    async fn cursor(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        reader: &str,
    ) -> Result<Option<String>, StoreError>;

    /// Moves a cursor past input without messages.
    async fn set_cursor(&self, cursor: CursorMove) -> Result<(), StoreError>;

    // Turns

    /// Begins a new epoch, in which this process gets the work. Takes back every claim that an earlier
    /// process held in memory: its messages wait again, or are dead after too many tries.
    async fn attach(&self, attach: Attach) -> Result<Work, StoreError>;

    /// Claims one message for an outside worker, with a lease.
    async fn claim(&self, claim: ClaimMessage) -> Result<Claimed, ClaimError>;

    /// Claims the first message for outside workers; `None` if no message waits for one.
    async fn claim_next(&self, claim: ClaimNext) -> Result<Option<Claimed>, StoreError>;

    /// Extends the lease of an outside worker to its full length from now. Returns this length.
    async fn renew(
        &self,
        message: MessageId,
        worker: &WorkerId,
    ) -> Result<std::time::Duration, RenewError>;

    /// Records that the turn will act on the outside world, in ways that must not happen twice.
    async fn begin_effects(&self, turn: TurnId, fence: Fence) -> Result<(), LeaseError>;

    /// Records the session of the running turn, so that the next turn continues in it, however this turn
    /// ends. Changes nothing if the conversation was reset during the turn, or if the session belongs to
    /// another conversation.
    async fn keep_session(
        &self,
        turn: TurnId,
        fence: Fence,
        session: &SessionId,
    ) -> Result<(), LeaseError>;

    /// Ends a turn in one transaction: the state of its messages, the replies in the outbox, the session, and
    /// the next claim. Refused if the caller no longer holds the turn. The slot of the turn is free for the
    /// next claim of the same commit.
    async fn finish(&self, finish: Finish, slot: Option<Slot<AgentName>>)
    -> Result<(), LeaseError>;

    // Controls

    /// Stops a message. A waiting message is withdrawn immediately. So is a message of an outside worker,
    /// whose later writes are refused. A message in a turn of this process is only reported, because only the
    /// dispatcher can stop the turn.
    async fn stop(&self, message: MessageId, by: &PersonId) -> Result<Stopped, ControlError>;

    /// Makes a dead, withdrawn or refused message wait again, or a dead delivery. Its tries count from the
    /// beginning.
    async fn replay(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError>;

    /// Withdraws a dead message, or removes a dead delivery for good.
    async fn drop_dead(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError>;

    /// Forgets a conversation's session, and hides everything before this moment from its
    /// [history](Self::history). A running turn cannot restore the session.
    async fn reset(&self, conversation: ConversationId) -> Result<(), StoreError>;

    /// Sets the model of a conversation from the next turn on; `None` for the agent's own.
    async fn set_model(
        &self,
        conversation: ConversationId,
        model: Option<String>,
    ) -> Result<(), StoreError>;

    // Deliveries

    /// Puts a reply from outside a turn into the outbox; at most one for each message.
    async fn post_reply(&self, post: PostReply) -> Result<Posted, StoreError>;

    /// Records that the platform has the delivery, and starts the next delivery of the outbox. The slot of the
    /// delivery is free for the next claim of the same commit. Refused if the attempt is not the current one.
    async fn delivery_sent(
        &self,
        attempt: DeliveryAttempt,
        platform_id: Option<String>,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError>;

    /// Records that this attempt failed, and whether another attempt follows. Refused if the attempt is not the
    /// current one.
    async fn delivery_failed(
        &self,
        attempt: DeliveryAttempt,
        failure: DeliveryFailure,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError>;

    // Topics

    /// Reserves the one topic of a conversation. The caller then creates the topic on the platform.
    async fn reserve_topic(&self, reserve: ReserveTopic) -> Result<Reserved, StoreError>;

    /// Records the platform's id of a topic. Refused if another caller has taken over the reservation.
    async fn topic_created(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<(), TopicError>;

    // Approvals

    /// Records an approval for a waiting turn, and puts it into the outbox. If an interrupted turn asked the
    /// same question, this turn takes over the old approval, with its decision if there is one. So people are
    /// not asked twice.
    async fn ask(&self, ask: Ask) -> Result<Asked, LeaseError>;

    /// Ends an approval, because the agent no longer asks. Changes nothing if the approval is over, or
    /// belongs to another turn.
    async fn withdraw_question(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError>;

    /// Records a decision; only the first decision counts. Returns the changed approval.
    async fn decide(&self, decide: Decide) -> Result<Approval, DecideError>;

    /// Records that a turn gets the verdict on its approval. A turn that runs in its place must then ask
    /// again, so that one permission leads to one action.
    async fn take_verdict(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError>;

    // Sign-ins

    /// Stores a sign-in. Removes expired sign-ins, and the oldest ones of a person with too many.
    async fn sign_in(&self, sign_in: SignIn) -> Result<(), StoreError>;

    /// The sign-in with this key, even if expired; `None` if it was ended or never existed.
    async fn signed_in(&self, key: &str) -> Result<Option<SignIn>, StoreError>;

    /// Ends a sign-in. Does nothing if no sign-in has this key.
    async fn sign_out(&self, key: &str) -> Result<(), StoreError>;

    // Time

    /// Ends expired leases, pauses and approvals. Returns the time of the next necessary call; `None` if
    /// nothing can expire. [`Store::next_deadline`] announces changes of this time.
    async fn expire(&self) -> Result<Option<Steady>, StoreError>;

    /// The time of the next necessary call of [`Store::expire`]. Every commit that changes this time updates
    /// the value.
    fn next_deadline(&self) -> tokio::sync::watch::Receiver<Option<Steady>>;

    /// Removes some of the oldest events before this time. Events exist only for [`trace`](Self::trace).
    /// Returns the number of removed events; 0 if none is left to remove.
    async fn forget_events(&self, before: Wall) -> Result<usize, StoreError>;

    // Views. Each view reads one consistent state, never a cache.

    /// The changes of each commit. A receiver that lags has missed some, and must read the current state.
    fn changes(&self) -> broadcast::Receiver<Change>;

    /// One message; `None` if no message has this number.
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError>;

    /// The message with this platform id.
    async fn message_by_external_id(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &ExternalId,
    ) -> Result<Option<Message>, StoreError>;

    /// The last turn of a message.
    async fn turn_of(&self, message: MessageId) -> Result<Option<TurnView>, StoreError>;

    /// The stored reply of this turn, which must be the last turn of the message.
    async fn said_in(&self, message: MessageId, turn: TurnId) -> Result<TurnSaid, StoreError>;

    /// A conversation for display; `None` if this persona never got a message in this place.
    async fn conversation(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<Option<ConversationView>, StoreError>;

    /// One approval; `None` if no approval has this number.
    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError>;

    /// Approvals, newest first, without their inputs, because inputs may be long.
    /// [`approval`](Self::approval) returns one complete approval.
    async fn approvals(&self, query: ApprovalsQuery) -> Result<Vec<Approval>, StoreError>;

    /// The posts that match a filter, in the store's order.
    async fn timeline(&self, query: Timeline) -> Result<TimelinePage, StoreError>;

    /// One post, by its [`Post::id`].
    async fn post(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &str,
    ) -> Result<Option<Post>, StoreError>;

    /// The number of the newest post.
    async fn newest(&self) -> Result<Seq, StoreError>;

    /// The number of the newest post in these places; the start if there is none. The cost grows with the
    /// number of places, not with the number of posts.
    async fn newest_in(&self, places: Places) -> Result<Seq, StoreError>;

    /// The last `limit` posts of a place, oldest first: the answered messages, and replies whether delivered
    /// or not. Of long posts, only as many of the last ones as fit into a few megabytes, and at least one.
    /// The history is the one of this persona: it omits posts from before the conversation's last
    /// [reset](Self::reset), and replies to them.
    async fn history(
        &self,
        place: &Place,
        persona: &PersonaName,
        limit: usize,
    ) -> Result<Vec<Post>, StoreError>;

    /// Waiting and running messages, in the order of their claims. Running messages are first. The texts and
    /// attachments of the messages have at most `bytes` together, or there is one message.
    async fn waiting(&self, query: WaitingQuery, bytes: usize) -> Result<Vec<Message>, StoreError>;

    /// The same messages without texts, for a caller that only counts or names them.
    async fn queue(&self, query: WaitingQuery) -> Result<Vec<Queued>, StoreError>;

    /// The number of messages and deliveries in each state.
    async fn counts(&self) -> Result<Counts, StoreError> {
        self.counts_outside(Vec::new()).await
    }

    /// Like [`counts`](Self::counts), without the messages and deliveries of these places.
    async fn counts_outside(&self, places: Vec<Place>) -> Result<Counts, StoreError>;

    /// All known events of a message or a delivery, oldest first; empty if no row has this number.
    async fn trace(&self, id: Seq) -> Result<Vec<TraceLine>, StoreError>;

    /// The files that must not be removed, and the newest stored time.
    async fn files_in_use(&self) -> Result<FilesInUse, StoreError>;

    /// The dead letters, newest first. Of long texts, only as many as fit into a megabyte, and at least one.
    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;

    /// Completes pending commands and closes the store. Later commands are refused.
    async fn close(&self);
}
