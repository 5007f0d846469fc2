//! A store with a layer between the store and its callers. The crash harness stops the world in such a layer,
//! and planted faults are layers too.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::approval::Approval;
use baton_core::clock::{Steady, Wall};
use baton_core::id::{ApprovalId, ConversationId, Fence, MessageId, Seq, TurnId};
use baton_core::message::Message;
use baton_core::name::{
    AccountName, AgentName, ChannelName, ExternalId, PersonId, PersonaName, SessionId, WorkerId,
};
use baton_core::place::Place;
use baton_core::slots::Slot;
use baton_core::store::{
    ApprovalsQuery, Ask, Asked, Attach, Change, ClaimError, ClaimMessage, ClaimNext, Claimed,
    ControlError, ConversationView, Counts, CursorMove, DeadLetter, Decide, DecideError,
    DeliveryAttempt, DeliveryFailure, Edited, FilesInUse, Finish, Ingest, Ingested, LeaseError,
    MessageEdited, MessagesDeleted, OutcomeError, Places, Post, PostReply, Posted, Queued,
    RenewError, ReserveTopic, Reserved, SignIn, Stopped, Store, StoreError, Subject, Timeline,
    TimelinePage, TopicError, TraceLine, TurnSaid, TurnView, WaitingQuery, Work,
};
use futures_util::future::BoxFuture;
use tokio::sync::{broadcast, watch};

/// A layer between a store and its callers. The default methods pass each command on unchanged.
#[async_trait]
pub trait Layer: Send + Sync + 'static {
    /// Called before each writing command, with the name of the command. A layer can panic here.
    fn asked(&self, _command: &'static str) {}

    /// Carries out a writing command. The future `command` owns the store and runs the command when awaited.
    async fn write<T: Send + 'static>(&self, command: BoxFuture<'static, T>) -> T {
        command.await
    }

    /// Called before each read; returns when the read may go on.
    async fn before_read(&self) {}

    /// Passes the stream of work from the store to the process.
    fn work(&self, work: Work) -> Work {
        work
    }

    /// Carries out [`Store::ingest`].
    async fn ingest(
        &self,
        store: Arc<dyn Store>,
        ingest: Ingest,
    ) -> Result<Vec<Ingested>, StoreError> {
        let command = async move { store.ingest(ingest).await };
        self.write(Box::pin(command)).await
    }

    /// Carries out [`Store::claim_next`].
    async fn claim_next(
        &self,
        store: Arc<dyn Store>,
        claim: ClaimNext,
    ) -> Result<Option<Claimed>, StoreError> {
        let command = async move { store.claim_next(claim).await };
        self.write(Box::pin(command)).await
    }

    /// Carries out [`Store::finish`].
    async fn finish(
        &self,
        store: Arc<dyn Store>,
        finish: Finish,
        slot: Option<Slot<AgentName>>,
    ) -> Result<(), LeaseError> {
        let command = async move { store.finish(finish, slot).await };
        self.write(Box::pin(command)).await
    }
}

/// A store under a layer.
pub struct Layered<L> {
    layer: L,
    inner: Arc<dyn Store>,
}

impl<L: Layer> Layered<L> {
    /// Puts `layer` over `inner`.
    pub fn over(layer: L, inner: Arc<dyn Store>) -> Arc<dyn Store> {
        Arc::new(Self { layer, inner })
    }

    async fn write<T: Send + 'static>(
        &self,
        command: impl FnOnce(Arc<dyn Store>) -> BoxFuture<'static, T>,
    ) -> T {
        let command = command(Arc::clone(&self.inner));
        self.layer.write(command).await
    }

    async fn read(&self) -> &dyn Store {
        self.layer.before_read().await;
        &*self.inner
    }
}

/// Turns a command into a future that owns its arguments.
macro_rules! write {
    ($self:ident.$command:ident($($argument:expr),*)) => {{
        $self.layer.asked(stringify!($command));
        $self.write(|store| Box::pin(async move { store.$command($($argument),*).await })).await
    }};
}

#[async_trait]
impl<L: Layer> Store for Layered<L> {
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        self.layer.asked("ingest");
        self.layer.ingest(Arc::clone(&self.inner), ingest).await
    }

    async fn message_edited(&self, edited: MessageEdited) -> Result<Edited, StoreError> {
        write!(self.message_edited(edited))
    }

    async fn messages_deleted(
        &self,
        deleted: MessagesDeleted,
    ) -> Result<Vec<MessageId>, StoreError> {
        write!(self.messages_deleted(deleted))
    }

    async fn cursor(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        reader: &str,
    ) -> Result<Option<String>, StoreError> {
        self.layer.asked("cursor");
        self.read().await.cursor(channel, account, reader).await
    }

    async fn set_cursor(&self, cursor: CursorMove) -> Result<(), StoreError> {
        write!(self.set_cursor(cursor))
    }

    async fn attach(&self, attach: Attach) -> Result<Work, StoreError> {
        let work = write!(self.attach(attach))?;
        Ok(self.layer.work(work))
    }

    async fn claim(&self, claim: ClaimMessage) -> Result<Claimed, ClaimError> {
        write!(self.claim(claim))
    }

    async fn claim_next(&self, claim: ClaimNext) -> Result<Option<Claimed>, StoreError> {
        self.layer.claim_next(Arc::clone(&self.inner), claim).await
    }

    async fn renew(&self, message: MessageId, worker: &WorkerId) -> Result<Duration, RenewError> {
        let worker = worker.clone();
        write!(self.renew(message, &worker))
    }

    async fn begin_effects(&self, turn: TurnId, fence: Fence) -> Result<(), LeaseError> {
        write!(self.begin_effects(turn, fence))
    }

    async fn keep_session(
        &self,
        turn: TurnId,
        fence: Fence,
        session: &SessionId,
    ) -> Result<(), LeaseError> {
        let session = session.clone();
        write!(self.keep_session(turn, fence, &session))
    }

    async fn finish(
        &self,
        finish: Finish,
        slot: Option<Slot<AgentName>>,
    ) -> Result<(), LeaseError> {
        self.layer.asked("finish");
        let inner = Arc::clone(&self.inner);
        self.layer.finish(inner, finish, slot).await
    }

    async fn stop(&self, message: MessageId, by: &PersonId) -> Result<Stopped, ControlError> {
        let by = by.clone();
        write!(self.stop(message, &by))
    }

    async fn replay(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        let by = by.clone();
        write!(self.replay(id, &by))
    }

    async fn drop_dead(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        let by = by.clone();
        write!(self.drop_dead(id, &by))
    }

    async fn reset(&self, conversation: ConversationId) -> Result<(), StoreError> {
        write!(self.reset(conversation))
    }

    async fn post_reply(&self, post: PostReply) -> Result<Posted, StoreError> {
        write!(self.post_reply(post))
    }

    async fn delivery_sent(
        &self,
        attempt: DeliveryAttempt,
        platform_id: Option<String>,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError> {
        write!(self.delivery_sent(attempt, platform_id, slot))
    }

    async fn delivery_failed(
        &self,
        attempt: DeliveryAttempt,
        failure: DeliveryFailure,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError> {
        write!(self.delivery_failed(attempt, failure, slot))
    }

    async fn reserve_topic(&self, reserve: ReserveTopic) -> Result<Reserved, StoreError> {
        write!(self.reserve_topic(reserve))
    }

    async fn topic_created(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<(), TopicError> {
        let platform_id = platform_id.to_owned();
        write!(self.topic_created(conversation, fence, &platform_id))
    }

    async fn ask(&self, ask: Ask) -> Result<Asked, LeaseError> {
        write!(self.ask(ask))
    }

    async fn withdraw_question(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError> {
        write!(self.withdraw_question(turn, fence, approval))
    }

    async fn take_verdict(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError> {
        write!(self.take_verdict(turn, fence, approval))
    }

    async fn decide(&self, decide: Decide) -> Result<Approval, DecideError> {
        write!(self.decide(decide))
    }

    async fn set_model(
        &self,
        conversation: ConversationId,
        model: Option<String>,
    ) -> Result<(), StoreError> {
        write!(self.set_model(conversation, model))
    }

    async fn sign_in(&self, sign_in: SignIn) -> Result<(), StoreError> {
        write!(self.sign_in(sign_in))
    }

    async fn signed_in(&self, key: &str) -> Result<Option<SignIn>, StoreError> {
        self.read().await.signed_in(key).await
    }

    async fn sign_out(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        write!(self.sign_out(&key))
    }

    async fn expire(&self) -> Result<Option<Steady>, StoreError> {
        write!(self.expire())
    }

    async fn forget_events(&self, before: Wall) -> Result<usize, StoreError> {
        write!(self.forget_events(before))
    }

    fn next_deadline(&self) -> watch::Receiver<Option<Steady>> {
        self.inner.next_deadline()
    }

    fn changes(&self) -> broadcast::Receiver<Change> {
        self.inner.changes()
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.read().await.message(id).await
    }

    async fn message_by_external_id(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &ExternalId,
    ) -> Result<Option<Message>, StoreError> {
        let store = self.read().await;
        store.message_by_external_id(channel, account, id).await
    }

    async fn turn_of(&self, message: MessageId) -> Result<Option<TurnView>, StoreError> {
        self.read().await.turn_of(message).await
    }

    async fn said_in(&self, message: MessageId, turn: TurnId) -> Result<TurnSaid, StoreError> {
        self.read().await.said_in(message, turn).await
    }

    async fn conversation(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<Option<ConversationView>, StoreError> {
        self.read().await.conversation(place, persona).await
    }

    async fn approvals(&self, query: ApprovalsQuery) -> Result<Vec<Approval>, StoreError> {
        self.read().await.approvals(query).await
    }

    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        self.read().await.approval(id).await
    }

    async fn timeline(&self, query: Timeline) -> Result<TimelinePage, StoreError> {
        self.read().await.timeline(query).await
    }

    async fn post(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &str,
    ) -> Result<Option<Post>, StoreError> {
        self.read().await.post(channel, account, id).await
    }

    async fn newest(&self) -> Result<Seq, StoreError> {
        self.read().await.newest().await
    }

    async fn newest_in(&self, places: Places) -> Result<Seq, StoreError> {
        self.read().await.newest_in(places).await
    }

    async fn history(
        &self,
        place: &Place,
        persona: &PersonaName,
        limit: usize,
    ) -> Result<Vec<Post>, StoreError> {
        self.read().await.history(place, persona, limit).await
    }

    async fn waiting(&self, query: WaitingQuery, bytes: usize) -> Result<Vec<Message>, StoreError> {
        self.read().await.waiting(query, bytes).await
    }

    async fn queue(&self, query: WaitingQuery) -> Result<Vec<Queued>, StoreError> {
        self.read().await.queue(query).await
    }

    async fn counts_outside(&self, places: Vec<Place>) -> Result<Counts, StoreError> {
        self.read().await.counts_outside(places).await
    }

    async fn trace(&self, id: Seq) -> Result<Vec<TraceLine>, StoreError> {
        self.read().await.trace(id).await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.read().await.dead(limit).await
    }

    async fn files_in_use(&self) -> Result<FilesInUse, StoreError> {
        self.read().await.files_in_use().await
    }

    async fn close(&self) {
        write!(self.close());
    }
}
