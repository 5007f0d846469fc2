//! What is kept. The [`Store`] trait is the only way to it: each method that writes is one
//! transaction, and has its own module with what goes in and what comes out.
//!
//! # How work is handed out
//!
//! Nothing polls. A process that runs turns [attaches](Store::attach) with its free [`Slots`](crate::slots::Slots), and
//! from then on every transaction that makes work possible (a message arrives, a turn finishes, a
//! pause ends) also claims that work for it, within the same commit. After the commit the claims
//! come out of [`Work`]: the store's effects, as values. So it does not matter who called, whether
//! the caller still listens, or in which order callers are woken: what is claimed is in `Work`,
//! and what is not claimed is in the store.

use async_trait::async_trait;
use tokio::sync::broadcast;

mod approvals;
mod attach;
mod claim;
mod controls;
mod deliveries;
mod error;
mod finish;
mod ingest;
mod queue;
mod revisions;
mod sign_ins;
mod topics;
mod views;

pub use approvals::{ApprovalsQuery, Ask, Asked, Decide, DecideError};
pub use attach::{Attach, Outgoing, Started, TurnEffect, Work};
pub use claim::{ClaimError, ClaimMessage, ClaimNext, Claimed, RenewError};
pub use controls::{Action, ControlError, Stopped};
pub use deliveries::{DeliveryFailure, PostReply, Posted};
pub use error::{NOT_NOW, StoreError};
pub use finish::{Finish, LeaseError};
pub use ingest::{CursorMove, Ingest, Ingested, RefusedMessage};
pub use queue::{Queued, WaitingQuery};
pub use revisions::{Edited, MessageEdited, MessagesDeleted};
pub use sign_ins::{SIGN_INS_KEPT, SignIn};
pub use topics::{ReserveTopic, Reserved, TopicError};
pub use views::{
    Change, ConversationView, Counts, DeadLetter, Direction, FilesInUse, Places, Post, PostKind,
    Subject, Timeline, TimelinePage, TraceLine, TurnSaid, TurnView,
};

use crate::approval::Approval;
use crate::clock::{Steady, Wall};
use crate::id::{ApprovalId, ConversationId, DeliveryId, Fence, MessageId, Seq, TurnId};
use crate::message::Message;
use crate::name::{
    AccountName, AgentName, ChannelName, ExternalId, PersonId, PersonaName, SessionId, WorkerId,
};
use crate::place::Place;
use crate::slots::Slot;

/// What is kept, and every way to change it.
///
/// A method that returns `Ok` has been committed and survives whatever happens next. One that
/// returns [`StoreError`] has changed nothing and may be called again.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    // Messages

    /// Stores messages and, in the same transaction, moves the cursor that says they were read.
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError>;

    /// Replaces the text of a waiting message after an edit by its author. The old text is not kept. A message
    /// that waits no longer stays unchanged, and its trace says that the edit came too late.
    async fn message_edited(&self, edited: MessageEdited) -> Result<Edited, StoreError>;

    /// Withdraws the waiting messages among those that were deleted on their platform, and returns them. The
    /// traces of the other messages record the deletion.
    async fn messages_deleted(
        &self,
        deleted: MessagesDeleted,
    ) -> Result<Vec<MessageId>, StoreError>;

    /// How far a reader has come in what it reads; `None` where it never stored anything.
    async fn cursor(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        reader: &str,
    ) -> Result<Option<String>, StoreError>;

    /// Moves a cursor over something that held no message.
    async fn set_cursor(&self, cursor: CursorMove) -> Result<(), StoreError>;

    // Turns

    /// Begins a new epoch: every claim that an earlier process held in-process is taken from it, and
    /// what it was answering waits again or is given up. From now on this process is handed work.
    async fn attach(&self, attach: Attach) -> Result<Work, StoreError>;

    /// Claims one message for an outside worker, with a lease.
    async fn claim(&self, claim: ClaimMessage) -> Result<Claimed, ClaimError>;

    /// Claims the first message that waits for an outside worker; `None` when none does.
    async fn claim_next(&self, claim: ClaimNext) -> Result<Option<Claimed>, StoreError>;

    /// Prolongs an outside worker's lease by its full length, from now. Returns that length.
    async fn renew(
        &self,
        message: MessageId,
        worker: &WorkerId,
    ) -> Result<std::time::Duration, RenewError>;

    /// Keeps that the turn is about to do what must not be done twice.
    async fn begin_effects(&self, turn: TurnId, fence: Fence) -> Result<(), LeaseError>;

    /// Keeps that the turn goes on in this session, so that the next one does, however this one ends.
    /// Where the conversation was reset meanwhile, or the session is another's, nothing changes.
    async fn keep_session(
        &self,
        turn: TurnId,
        fence: Fence,
        session: &SessionId,
    ) -> Result<(), LeaseError>;

    /// Ends a turn: its messages' state, the replies into the outbox, the session and the next
    /// claim, all in one transaction. Refused when the turn is no longer the caller's. The slot
    /// that the turn ran in is free for the next claim of the same commit.
    async fn finish(&self, finish: Finish, slot: Option<Slot<AgentName>>)
    -> Result<(), LeaseError>;

    // Controls

    /// Takes a message back. One that waits is withdrawn here and now, as is one that an outside
    /// worker holds (its later writes are refused); one that runs in-process is reported, because
    /// only its dispatcher can stop it.
    async fn stop(&self, message: MessageId, by: &PersonId) -> Result<Stopped, ControlError>;

    /// Lets a dead, withdrawn or refused message wait again, or a dead delivery be sent again, as
    /// if it had never been tried.
    async fn replay(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError>;

    /// Withdraws a dead message or forgets a dead delivery for good.
    async fn drop_dead(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError>;

    /// Forgets a conversation's session, and hides everything before this moment from its
    /// [history](Self::history). A running turn cannot restore the session.
    async fn reset(&self, conversation: ConversationId) -> Result<(), StoreError>;

    /// Chooses the model of a conversation's turns from the next one on; `None` for the agent's own.
    async fn set_model(
        &self,
        conversation: ConversationId,
        model: Option<String>,
    ) -> Result<(), StoreError>;

    // Deliveries

    /// Puts a reply into the outbox that was written outside a turn; at most one a message.
    async fn post_reply(&self, post: PostReply) -> Result<Posted, StoreError>;

    /// Keeps that the platform has a delivery, and lets the next one of its line go; the slot that
    /// it was sent in is free for that.
    async fn delivery_sent(
        &self,
        delivery: DeliveryId,
        platform_id: Option<String>,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), StoreError>;

    /// Keeps that a delivery failed, and whether it is tried again.
    async fn delivery_failed(
        &self,
        delivery: DeliveryId,
        failure: DeliveryFailure,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), StoreError>;

    // Topics

    /// Reserves the one topic of a conversation, before the platform is asked for it.
    async fn reserve_topic(&self, reserve: ReserveTopic) -> Result<Reserved, StoreError>;

    /// Keeps the platform's id of a topic. Refused when the reservation was taken over.
    async fn topic_created(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<(), TopicError>;

    // Approvals

    /// Keeps a question that a turn waits on, and puts it into the outbox. The same question of a
    /// turn that was cut off is taken over, with what was decided meanwhile: people are not asked
    /// twice.
    async fn ask(&self, ask: Ask) -> Result<Asked, LeaseError>;

    /// Ends a question of a turn whose agent no longer asks it. Where it is over, or another turn's,
    /// nothing changes.
    async fn withdraw_question(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError>;

    /// Decides a question; only the first decision counts. Returns it as it is now.
    async fn decide(&self, decide: Decide) -> Result<Approval, DecideError>;

    /// Keeps that a turn hears what was decided of its question, so that a turn that runs in its place
    /// asks again: what was allowed once is done once.
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

    /// Ends what is over: leases, pauses, unanswered questions. Returns when to call it next;
    /// `None` where nothing has an end. [`Store::next_deadline`] says when that changes.
    async fn expire(&self) -> Result<Option<Steady>, StoreError>;

    /// When [`Store::expire`] is next needed; changes with every commit that changes it.
    fn next_deadline(&self) -> tokio::sync::watch::Receiver<Option<Steady>>;

    /// Forgets some of what was kept for [`trace`](Self::trace) before that time and that no row
    /// tells, the oldest first. Returns how many; 0 where nothing is left to forget.
    async fn forget_events(&self, before: Wall) -> Result<usize, StoreError>;

    // Views. Each reads one consistent state, never a cache.

    /// What changed, after each commit. A receiver that lags missed some, and reads what it needs.
    fn changes(&self) -> broadcast::Receiver<Change>;

    /// One message.
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError>;

    /// The message that a platform knows by this id.
    async fn message_by_external_id(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &ExternalId,
    ) -> Result<Option<Message>, StoreError>;

    /// The last turn of a message.
    async fn turn_of(&self, message: MessageId) -> Result<Option<TurnView>, StoreError>;

    /// What was said in that turn, the last of the message.
    async fn said_in(&self, message: MessageId, turn: TurnId) -> Result<TurnSaid, StoreError>;

    /// A conversation, as people see it; `None` where nobody has written to that persona there.
    async fn conversation(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<Option<ConversationView>, StoreError>;

    /// One question.
    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError>;

    /// Questions, the newest first, without their inputs, which may be long:
    /// [`approval`](Self::approval) reads one whole.
    async fn approvals(&self, query: ApprovalsQuery) -> Result<Vec<Approval>, StoreError>;

    /// What was said, by people and by us, in the store's order.
    async fn timeline(&self, query: Timeline) -> Result<TimelinePage, StoreError>;

    /// One post, by the id that [`Post::id`] has.
    async fn post(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &str,
    ) -> Result<Option<Post>, StoreError>;

    /// The last number given to something that anybody can see.
    async fn newest(&self) -> Result<Seq, StoreError>;

    /// The last number given to something in these places; the start where there is nothing. Costs
    /// something for each place, whatever was said there.
    async fn newest_in(&self, places: Places) -> Result<Seq, StoreError>;

    /// The last `limit` posts of a place, oldest first: the answered messages, and replies whether delivered or
    /// not. Of long posts, only as many of the last ones as fit into a few megabytes, and at least one. The history is the one of this persona: it omits posts from before the conversation's last
    /// [reset](Self::reset), and replies to them.
    async fn history(
        &self,
        place: &Place,
        persona: &PersonaName,
        limit: usize,
    ) -> Result<Vec<Post>, StoreError>;

    /// Messages that wait or run, in the order in which they would be claimed. Running messages are first.
    /// The texts and attachments of the messages have at most `bytes` together, or there is one message.
    async fn waiting(&self, query: WaitingQuery, bytes: usize) -> Result<Vec<Message>, StoreError>;

    /// The same messages without texts, for a caller that only counts or names them.
    async fn queue(&self, query: WaitingQuery) -> Result<Vec<Queued>, StoreError>;

    /// How many messages and deliveries are in each state.
    async fn counts(&self) -> Result<Counts, StoreError> {
        self.counts_outside(Vec::new()).await
    }

    /// The same, of all places but these.
    async fn counts_outside(&self, places: Vec<Place>) -> Result<Counts, StoreError>;

    /// All that is known of what became of a message or a delivery, oldest first; empty where
    /// there is no such number.
    async fn trace(&self, id: Seq) -> Result<Vec<TraceLine>, StoreError>;

    /// The files that must not be removed, and the newest stored time.
    async fn files_in_use(&self) -> Result<FilesInUse, StoreError>;

    /// What was given up, newest first. Of long texts, only as many as fit into a megabyte, and at least one.
    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;

    /// Writes out what is pending and closes; commands after this are refused.
    async fn close(&self);
}
