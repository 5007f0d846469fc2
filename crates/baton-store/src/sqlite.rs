//! The embedded store: one `SQLite` file in WAL mode, synced at every commit.
//!
//! One thread does all writes. The thread takes all queued commands, runs them one after another, and claims
//! the work that became possible. Then the thread commits once, and only then answers. Each command therefore
//! costs a share of a commit, and commands do not race. A failed command does not affect the others in its
//! commit: see `writer`.
//!
//! # Layout
//!
//! * `commands`: the writes, one file for each command. `views`: the queries. `rows`: reads values from rows.
//! * `writer`: the writing thread. `tx`: one of its transactions. `readers`: the reading connections.
//!   `statements`: prepares statements for both.
//!   `open`: opens the file. `failure`: the reason why a command failed.
//! * The parts of the writer: `lanes` (conversations), `turns`, `sessions`, `questions` (approvals), `line`
//!   (the outbox), `letters` (messages and deliveries by number). `hand_out`: claims work. `tally`: counts.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use baton_core::approval::Approval;
use baton_core::clock::{Clock, Steady, Wall};
use baton_core::id::{ApprovalId, ConversationId, DeliveryId, Fence, MessageId, Seq, TurnId};
use baton_core::message::Message;
use baton_core::name::{
    AccountName, AgentName, ChannelName, ExternalId, PersonId, PersonaName, SessionId, WorkerId,
};
use baton_core::place::Place;
use baton_core::slots::Slot;
use baton_core::store::{
    ApprovalsQuery, Ask, Asked, Attach, Change, ClaimError, ClaimMessage, ClaimNext, Claimed,
    ControlError, ConversationView, Counts, CursorMove, DeadLetter, Decide, DecideError,
    DeliveryFailure, Edited, FilesInUse, Finish, Ingest, Ingested, LeaseError, MessageEdited,
    MessagesDeleted, Places, Post, PostReply, Posted, Queued, RenewError, ReserveTopic, Reserved,
    SignIn, Stopped, Store, StoreError, Subject, Timeline, TimelinePage, TopicError, TraceLine,
    TurnSaid, TurnView, WaitingQuery, Work,
};
use tokio::sync::{broadcast, watch};

mod commands;
mod failure;
mod hand_out;
mod lanes;
mod letters;
mod line;
mod open;
mod questions;
mod readers;
mod rows;
mod sessions;
mod statements;
mod tally;
mod turns;
mod tx;
mod unanswerable;
mod views;
mod writer;

use readers::Readers;
use writer::Writer;

/// The most changes that a slow listener may miss before it must read the store.
const CHANGES_KEPT: usize = 4_096;

/// The embedded store.
pub struct Sqlite {
    writer: Writer,
    readers: Readers,
    changes: broadcast::Sender<Change>,
    next_deadline: watch::Receiver<Option<Steady>>,
}

/// The number of writes since the store was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
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
        let connection = open::writer(path, clock.steady(), clock.wall())?;
        let changes = broadcast::Sender::new(CHANGES_KEPT);
        let (deadline, next_deadline) = watch::channel(None);
        let writer = Writer::start(path, connection, clock, changes.clone(), deadline)?;
        Ok(Self {
            writer,
            readers: Readers::new(path),
            changes,
            next_deadline,
        })
    }

    /// The number of writes since the store was opened. `commands` divided by `commits` is the average number
    /// of commands in a commit.
    pub fn written(&self) -> Written {
        self.writer.written()
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        self.writer.run(commands::ingest::Command(ingest)).await
    }

    async fn message_edited(&self, edited: MessageEdited) -> Result<Edited, StoreError> {
        let command = commands::message_edited::Command(edited);
        self.writer.run(command).await
    }

    async fn messages_deleted(
        &self,
        deleted: MessagesDeleted,
    ) -> Result<Vec<MessageId>, StoreError> {
        let command = commands::messages_deleted::Command(deleted);
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
            .read(move |connection| views::cursor::read(connection, &channel, &account, &reader))
            .await
    }

    async fn set_cursor(&self, cursor: CursorMove) -> Result<(), StoreError> {
        self.writer.run(commands::set_cursor::Command(cursor)).await
    }

    async fn attach(&self, attach: Attach) -> Result<Work, StoreError> {
        self.writer.run(commands::attach::Command(attach)).await
    }

    async fn claim(&self, claim: ClaimMessage) -> Result<Claimed, ClaimError> {
        self.writer.run(commands::claim::Command(claim)).await
    }

    async fn claim_next(&self, claim: ClaimNext) -> Result<Option<Claimed>, StoreError> {
        self.writer.run(commands::claim_next::Command(claim)).await
    }

    async fn renew(
        &self,
        message: MessageId,
        worker: &WorkerId,
    ) -> Result<std::time::Duration, RenewError> {
        self.writer
            .run(commands::renew::Command {
                message,
                worker: worker.clone(),
            })
            .await
    }

    async fn begin_effects(&self, turn: TurnId, fence: Fence) -> Result<(), LeaseError> {
        self.writer
            .run(commands::begin_effects::Command { turn, fence })
            .await
    }

    async fn keep_session(
        &self,
        turn: TurnId,
        fence: Fence,
        session: &SessionId,
    ) -> Result<(), LeaseError> {
        self.writer
            .run(commands::keep_session::Command {
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
        self.writer
            .run(commands::finish::Command { finish, slot })
            .await
    }

    async fn stop(&self, message: MessageId, by: &PersonId) -> Result<Stopped, ControlError> {
        self.writer
            .run(commands::stop::Command {
                message,
                by: by.clone(),
            })
            .await
    }

    async fn replay(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        self.writer
            .run(commands::replay::Command { id, by: by.clone() })
            .await
    }

    async fn drop_dead(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        self.writer
            .run(commands::drop_dead::Command { id, by: by.clone() })
            .await
    }

    async fn reset(&self, conversation: ConversationId) -> Result<(), StoreError> {
        self.writer
            .run(commands::reset::Command(conversation))
            .await
    }

    async fn set_model(
        &self,
        conversation: ConversationId,
        model: Option<String>,
    ) -> Result<(), StoreError> {
        self.writer
            .run(commands::set_model::Command {
                conversation,
                model,
            })
            .await
    }

    async fn post_reply(&self, post: PostReply) -> Result<Posted, StoreError> {
        self.writer.run(commands::post_reply::Command(post)).await
    }

    async fn delivery_sent(
        &self,
        delivery: DeliveryId,
        platform_id: Option<String>,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), StoreError> {
        self.writer
            .run(commands::delivery_sent::Command {
                delivery,
                platform_id,
                slot,
            })
            .await
    }

    async fn delivery_failed(
        &self,
        delivery: DeliveryId,
        failure: DeliveryFailure,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), StoreError> {
        self.writer
            .run(commands::delivery_failed::Command {
                delivery,
                failure,
                slot,
            })
            .await
    }

    async fn reserve_topic(&self, reserve: ReserveTopic) -> Result<Reserved, StoreError> {
        self.writer
            .run(commands::reserve_topic::Command(reserve))
            .await
    }

    async fn topic_created(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<(), TopicError> {
        let platform_id = platform_id.to_owned();
        self.writer
            .run(commands::topic_created::Command {
                conversation,
                fence,
                platform_id,
            })
            .await
    }

    async fn ask(&self, ask: Ask) -> Result<Asked, LeaseError> {
        self.writer.run(commands::ask::Command(ask)).await
    }

    async fn withdraw_question(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError> {
        let command = commands::withdraw_question::Command {
            turn,
            fence,
            approval,
        };
        self.writer.run(command).await
    }

    async fn decide(&self, decide: Decide) -> Result<Approval, DecideError> {
        self.writer.run(commands::decide::Command(decide)).await
    }

    async fn take_verdict(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError> {
        let command = commands::take_verdict::Command {
            turn,
            fence,
            approval,
        };
        self.writer.run(command).await
    }

    async fn sign_in(&self, sign_in: SignIn) -> Result<(), StoreError> {
        self.writer.run(commands::sign_in::Command(sign_in)).await
    }

    async fn signed_in(&self, key: &str) -> Result<Option<SignIn>, StoreError> {
        let key = key.to_owned();
        self.readers
            .read(move |connection| views::sign_in::read(connection, &key))
            .await
    }

    async fn sign_out(&self, key: &str) -> Result<(), StoreError> {
        self.writer
            .run(commands::sign_out::Command(key.to_owned()))
            .await
    }

    async fn expire(&self) -> Result<Option<Steady>, StoreError> {
        self.writer.run(commands::expire::Command).await
    }

    async fn forget_events(&self, before: Wall) -> Result<usize, StoreError> {
        self.writer
            .run(commands::forget_events::Command { before })
            .await
    }

    fn next_deadline(&self) -> watch::Receiver<Option<Steady>> {
        self.next_deadline.clone()
    }

    fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.readers
            .read(move |connection| rows::message(connection, id))
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
            .read(move |connection| {
                rows::message_by_external_id(connection, &channel, &account, &id)
            })
            .await
    }

    async fn turn_of(&self, message: MessageId) -> Result<Option<TurnView>, StoreError> {
        self.readers
            .read(move |connection| views::turn_of::read(connection, message))
            .await
    }

    async fn said_in(&self, message: MessageId, turn: TurnId) -> Result<TurnSaid, StoreError> {
        self.readers
            .read(move |connection| views::turn_of::said(connection, message, turn))
            .await
    }

    async fn conversation(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<Option<ConversationView>, StoreError> {
        let (place, persona) = (place.clone(), persona.clone());
        self.readers
            .read(move |connection| views::conversation::read(connection, &place, &persona))
            .await
    }

    async fn approvals(&self, query: ApprovalsQuery) -> Result<Vec<Approval>, StoreError> {
        self.readers
            .read(move |connection| views::approval::list(connection, &query))
            .await
    }

    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        self.readers
            .read(move |connection| views::approval::read(connection, id))
            .await
    }

    async fn timeline(&self, query: Timeline) -> Result<TimelinePage, StoreError> {
        self.readers
            .read(move |connection| views::timeline::read(connection, &query))
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
            .read(move |connection| views::posts::one(connection, &channel, &account, &id))
            .await
    }

    async fn newest(&self) -> Result<Seq, StoreError> {
        self.readers.read(views::newest::read).await
    }

    async fn newest_in(&self, places: Places) -> Result<Seq, StoreError> {
        self.readers
            .read(move |connection| views::newest::of(connection, &places))
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
            .read(move |connection| views::history::read(connection, &place, &persona, limit))
            .await
    }

    async fn waiting(&self, query: WaitingQuery, bytes: usize) -> Result<Vec<Message>, StoreError> {
        self.readers
            .read(move |connection| views::waiting::read(connection, &query, bytes))
            .await
    }

    async fn queue(&self, query: WaitingQuery) -> Result<Vec<Queued>, StoreError> {
        self.readers
            .read(move |connection| views::waiting::queue(connection, &query))
            .await
    }

    async fn counts_outside(&self, places: Vec<Place>) -> Result<Counts, StoreError> {
        self.readers
            .read(move |connection| views::counts::read(connection, &places))
            .await
    }

    async fn trace(&self, id: Seq) -> Result<Vec<TraceLine>, StoreError> {
        self.readers
            .read(move |connection| views::trace::read(connection, id))
            .await
    }

    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError> {
        self.readers
            .read(move |connection| views::dead::read(connection, limit))
            .await
    }

    async fn files_in_use(&self) -> Result<FilesInUse, StoreError> {
        self.readers.read(views::files::in_use).await
    }

    async fn close(&self) {
        self.writer.close().await;
    }
}
