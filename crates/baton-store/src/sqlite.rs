//! The embedded store: one `SQLite` file in WAL mode, synced at every commit.
//!
//! One thread does all writes. The thread takes all queued commands, runs them one after another, and claims
//! the work that became possible. Then the thread commits once, and only then answers. Each command therefore
//! costs a share of a commit, and commands do not race. A failed command does not affect the others in its
//! commit: see `writer`.
//!
//! # Layout
//!
//! * `commands`: one file for each write. `queries`: the reads. `row_values`: converts rows to values.
//! * `writer_thread`: the only writer. `write_transaction`: one of its transactions. `reader_pool`: the reading
//!   connections. `cached_statements`: prepares statements for both. `database_file`: opens the file.
//!   `write_failure`: the reason why a command failed.
//! * The parts of the writer: `conversation_rows`, `turn_rows`, `session_rows`, `approval_outcomes`, `outbox`,
//!   `dead_letter_target` (messages and deliveries by number), `claim_ready_work`, `tally` (counts).
//! * `invariants`: what the rows promise, checked in debug builds.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use baton_core::approval::Approval;
use baton_core::clock::{Clock, Steady, Wall};
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
use tokio::sync::{broadcast, watch};

mod approval_outcomes;
mod cached_statements;
mod claim_ready_work;
mod commands;
mod conversation_rows;
mod database_file;
mod dead_letter_target;
mod invariants;
mod outbox;
mod queries;
mod reader_pool;
mod row_values;
mod session_rows;
mod tally;
mod turn_rows;
mod unanswerable_messages;
mod write_failure;
mod write_transaction;
mod writer_thread;

use commands::{
    AskCommand, AttachCommand, BeginEffectsCommand, ClaimCommand, ClaimNextCommand, DecideCommand,
    DeliveryFailedCommand, DeliverySentCommand, DropDeadCommand, ExpireCommand, FinishCommand,
    ForgetEventsCommand, IngestCommand, KeepSessionCommand, MessageEditedCommand,
    MessagesDeletedCommand, PostReplyCommand, RenewCommand, ReplayCommand, ReserveTopicCommand,
    ResetCommand, SetCursorCommand, SetModelCommand, SignInCommand, SignOutCommand, StopCommand,
    TakeVerdictCommand, TopicCreatedCommand, WithdrawQuestionCommand,
};
use reader_pool::ReaderPool;
use writer_thread::WriterHandle;

/// The most changes that a slow listener may miss before it must read the store.
const CHANGES_KEPT: usize = 4_096;

/// The embedded store.
pub struct Sqlite {
    writer: WriterHandle,
    readers: ReaderPool,
    changes: broadcast::Sender<Change>,
    next_deadline: watch::Receiver<Option<Steady>>,
}

/// The number of writes since the store was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteCounts {
    /// Durable commits.
    pub commits: u64,
    /// Commands in these commits.
    pub commands: u64,
}

impl Sqlite {
    /// Opens the database at `path`. A missing database is created, and an older one is migrated. All leases
    /// begin again with their full length, and all pauses end, because steady time of an earlier run has no
    /// meaning now.
    ///
    /// Blocks on the disk.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let connection = database_file::open_writer(path, clock.steady(), clock.wall())?;
        let changes = broadcast::Sender::new(CHANGES_KEPT);
        let (deadline, next_deadline) = watch::channel(None);
        let writer = WriterHandle::start(path, connection, clock, changes.clone(), deadline)?;
        Ok(Self {
            writer,
            readers: ReaderPool::new(path),
            changes,
            next_deadline,
        })
    }

    /// The number of writes since the store was opened. `commands` divided by `commits` is the average number
    /// of commands in a commit.
    pub fn write_counts(&self) -> WriteCounts {
        self.writer.write_counts()
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        self.writer.run(IngestCommand(ingest)).await
    }

    async fn message_edited(&self, edited: MessageEdited) -> Result<Edited, StoreError> {
        let command = MessageEditedCommand(edited);
        self.writer.run(command).await
    }

    async fn messages_deleted(
        &self,
        deleted: MessagesDeleted,
    ) -> Result<Vec<MessageId>, StoreError> {
        let command = MessagesDeletedCommand(deleted);
        self.writer.run(command).await
    }

    async fn cursor(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        reader: &str,
    ) -> Result<Option<String>, StoreError> {
        let (channel, account, reader) = (channel.clone(), account.clone(), reader.to_owned());
        self.readers
            .run_query(move |connection| {
                queries::read_cursor(connection, &channel, &account, &reader)
            })
            .await
    }

    async fn set_cursor(&self, cursor: CursorMove) -> Result<(), StoreError> {
        self.writer.run(SetCursorCommand(cursor)).await
    }

    async fn attach(&self, attach: Attach) -> Result<Work, StoreError> {
        self.writer.run(AttachCommand(attach)).await
    }

    async fn claim(&self, claim: ClaimMessage) -> Result<Claimed, ClaimError> {
        self.writer.run(ClaimCommand(claim)).await
    }

    async fn claim_next(&self, claim: ClaimNext) -> Result<Option<Claimed>, StoreError> {
        self.writer.run(ClaimNextCommand(claim)).await
    }

    async fn renew(
        &self,
        message: MessageId,
        worker: &WorkerId,
    ) -> Result<std::time::Duration, RenewError> {
        self.writer
            .run(RenewCommand {
                message,
                worker: worker.clone(),
            })
            .await
    }

    async fn begin_effects(&self, turn: TurnId, fence: Fence) -> Result<(), LeaseError> {
        self.writer.run(BeginEffectsCommand { turn, fence }).await
    }

    async fn keep_session(
        &self,
        turn: TurnId,
        fence: Fence,
        session: &SessionId,
    ) -> Result<(), LeaseError> {
        self.writer
            .run(KeepSessionCommand {
                turn,
                fence,
                session: session.clone(),
            })
            .await
    }

    async fn finish(
        &self,
        finish: Finish,
        slot: Option<Slot<AgentName>>,
    ) -> Result<(), LeaseError> {
        self.writer.run(FinishCommand { finish, slot }).await
    }

    async fn stop(&self, message: MessageId, by: &PersonId) -> Result<Stopped, ControlError> {
        self.writer
            .run(StopCommand {
                message,
                by: by.clone(),
            })
            .await
    }

    async fn replay(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        self.writer.run(ReplayCommand { id, by: by.clone() }).await
    }

    async fn drop_dead(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        self.writer
            .run(DropDeadCommand { id, by: by.clone() })
            .await
    }

    async fn reset(&self, conversation: ConversationId) -> Result<(), StoreError> {
        self.writer.run(ResetCommand(conversation)).await
    }

    async fn set_model(
        &self,
        conversation: ConversationId,
        model: Option<String>,
    ) -> Result<(), StoreError> {
        self.writer
            .run(SetModelCommand {
                conversation,
                model,
            })
            .await
    }

    async fn post_reply(&self, post: PostReply) -> Result<Posted, StoreError> {
        self.writer.run(PostReplyCommand(post)).await
    }

    async fn delivery_sent(
        &self,
        attempt: DeliveryAttempt,
        platform_id: Option<String>,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError> {
        self.writer
            .run(DeliverySentCommand {
                attempt,
                platform_id,
                slot,
            })
            .await
    }

    async fn delivery_failed(
        &self,
        attempt: DeliveryAttempt,
        failure: DeliveryFailure,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError> {
        self.writer
            .run(DeliveryFailedCommand {
                attempt,
                failure,
                slot,
            })
            .await
    }

    async fn reserve_topic(&self, reserve: ReserveTopic) -> Result<Reserved, StoreError> {
        self.writer.run(ReserveTopicCommand(reserve)).await
    }

    async fn topic_created(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<(), TopicError> {
        let platform_id = platform_id.to_owned();
        self.writer
            .run(TopicCreatedCommand {
                conversation,
                fence,
                platform_id,
            })
            .await
    }

    async fn ask(&self, ask: Ask) -> Result<Asked, LeaseError> {
        self.writer.run(AskCommand(ask)).await
    }

    async fn withdraw_question(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError> {
        let command = WithdrawQuestionCommand {
            turn,
            fence,
            approval,
        };
        self.writer.run(command).await
    }

    async fn decide(&self, decide: Decide) -> Result<Approval, DecideError> {
        self.writer.run(DecideCommand(decide)).await
    }

    async fn take_verdict(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError> {
        let command = TakeVerdictCommand {
            turn,
            fence,
            approval,
        };
        self.writer.run(command).await
    }

    async fn sign_in(&self, sign_in: SignIn) -> Result<(), StoreError> {
        self.writer.run(SignInCommand(sign_in)).await
    }

    async fn signed_in(&self, key: &str) -> Result<Option<SignIn>, StoreError> {
        let key = key.to_owned();
        self.readers
            .run_query(move |connection| queries::read_sign_in(connection, &key))
            .await
    }

    async fn sign_out(&self, key: &str) -> Result<(), StoreError> {
        self.writer.run(SignOutCommand(key.to_owned())).await
    }

    async fn expire(&self) -> Result<Option<Steady>, StoreError> {
        self.writer.run(ExpireCommand).await
    }

    async fn forget_events(&self, before: Wall) -> Result<usize, StoreError> {
        self.writer.run(ForgetEventsCommand { before }).await
    }

    fn next_deadline(&self) -> watch::Receiver<Option<Steady>> {
        self.next_deadline.clone()
    }

    fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.readers
            .run_query(move |connection| row_values::read_message(connection, id))
            .await
    }

    async fn message_by_external_id(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &ExternalId,
    ) -> Result<Option<Message>, StoreError> {
        let (channel, account, id) = (channel.clone(), account.clone(), id.clone());
        self.readers
            .run_query(move |connection| {
                row_values::read_message_by_external_id(connection, &channel, &account, &id)
            })
            .await
    }

    async fn turn_of(&self, message: MessageId) -> Result<Option<TurnView>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_last_turn(connection, message))
            .await
    }

    async fn said_in(&self, message: MessageId, turn: TurnId) -> Result<TurnSaid, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_turn_reply(connection, message, turn))
            .await
    }

    async fn conversation(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<Option<ConversationView>, StoreError> {
        let (place, persona) = (place.clone(), persona.clone());
        self.readers
            .run_query(move |connection| {
                queries::read_conversation_view(connection, &place, &persona)
            })
            .await
    }

    async fn approvals(&self, query: ApprovalsQuery) -> Result<Vec<Approval>, StoreError> {
        self.readers
            .run_query(move |connection| queries::list_approvals(connection, &query))
            .await
    }

    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_approval(connection, id))
            .await
    }

    async fn timeline(&self, query: Timeline) -> Result<TimelinePage, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_timeline(connection, &query))
            .await
    }

    async fn post(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &str,
    ) -> Result<Option<Post>, StoreError> {
        let (channel, account, id) = (channel.clone(), account.clone(), id.to_owned());
        self.readers
            .run_query(move |connection| {
                queries::read_post_by_id(connection, &channel, &account, &id)
            })
            .await
    }

    async fn newest(&self) -> Result<Seq, StoreError> {
        self.readers.run_query(queries::read_newest).await
    }

    async fn newest_in(&self, places: Places) -> Result<Seq, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_newest_in(connection, &places))
            .await
    }

    async fn history(
        &self,
        place: &Place,
        persona: &PersonaName,
        limit: usize,
    ) -> Result<Vec<Post>, StoreError> {
        let (place, persona) = (place.clone(), persona.clone());
        self.readers
            .run_query(move |connection| queries::read_history(connection, &place, &persona, limit))
            .await
    }

    async fn waiting(&self, query: WaitingQuery, bytes: usize) -> Result<Vec<Message>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_waiting(connection, &query, bytes))
            .await
    }

    async fn queue(&self, query: WaitingQuery) -> Result<Vec<Queued>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_queue(connection, &query))
            .await
    }

    async fn counts_outside(&self, places: Vec<Place>) -> Result<Counts, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_counts(connection, &places))
            .await
    }

    async fn trace(&self, id: Seq) -> Result<Vec<TraceLine>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_trace(connection, id))
            .await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_dead_letters(connection, limit))
            .await
    }

    async fn files_in_use(&self) -> Result<FilesInUse, StoreError> {
        self.readers.run_query(queries::read_files_in_use).await
    }

    async fn close(&self) {
        self.writer.close().await;
    }
}
