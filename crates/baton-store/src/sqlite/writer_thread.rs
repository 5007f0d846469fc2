//! The only writing thread, and group commit.

use std::any::type_name;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use baton_core::store::{Change, StoreError};
use rusqlite::Connection;
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::WriteCounts;
use super::claim_ready_work::{claim_ready, publish_claimable};
use super::database_file;
use super::write_failure::{WriteFailure, to_store_error};
use super::write_transaction::{CommitEffects, WriteTransaction, WriterState};

/// The most queued commands. Further callers wait for a free position in the queue.
const WAITING_COMMANDS: usize = 4_096;

/// The most commands in a commit, so that the first command does not wait too long for its answer.
const COMMANDS_A_COMMIT: usize = 1_024;

/// The pause after a failed commit, before `expire` looks for the work of that commit.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// An atomic write: either all of its changes are stored, or nothing.
///
/// The command may run twice: see [`WriterThread::commit_batch`].
pub(super) trait WriteCommand: Send + 'static {
    /// The answer to the caller.
    type Answer: Send + 'static;
    /// The error for the caller.
    type Error: From<StoreError> + Send + 'static;

    /// Runs the command.
    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<Self::Answer, WriteFailure<Self::Error>>;
}

/// The handle of the writing thread.
pub(super) struct WriterHandle {
    queue: mpsc::Sender<QueueItem>,
    tally: Arc<WriteCounters>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct WriteCounters {
    commits: AtomicU64,
    commands: AtomicU64,
}

enum QueueItem {
    Command(Box<dyn QueuedCommand>),
    Close(oneshot::Sender<()>),
}

impl WriterHandle {
    pub(super) fn start(
        path: &Path,
        connection: Connection,
        clock: Arc<dyn Clock>,
        changes: broadcast::Sender<Change>,
        deadline: watch::Sender<Option<Steady>>,
    ) -> Result<Self, StoreError> {
        let memory =
            WriterState::load(&connection).map_err(|error| to_store_error(&error, path))?;
        database_file::release_page_cache(&connection)
            .map_err(|error| to_store_error(&error, path))?;
        let (queue, queued) = mpsc::channel(WAITING_COMMANDS);
        let tally = Arc::new(WriteCounters::default());
        let thread = WriterThread {
            path: path.to_owned(),
            connection,
            clock,
            changes,
            deadline,
            memory,
            tally: Arc::clone(&tally),
        };
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || thread.run(queued))
            .map_err(|error| StoreError::Failed {
                detail: error.to_string(),
            })?;
        Ok(Self {
            queue,
            tally,
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Runs `command`. Returns after the commit that contains the command, or after a refusal. A queued
    /// command is run even if its caller is gone.
    pub(super) async fn run<C: WriteCommand>(&self, command: C) -> Result<C::Answer, C::Error> {
        let (reply, answer) = oneshot::channel();
        let job = PendingCommand {
            command,
            answer: None,
            reply,
        };
        self.queue
            .send(QueueItem::Command(Box::new(job)))
            .await
            .map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) fn write_counts(&self) -> WriteCounts {
        WriteCounts {
            commits: self.tally.commits.load(Ordering::Relaxed),
            commands: self.tally.commands.load(Ordering::Relaxed),
        }
    }

    /// Returns when all queued commands are written and the file is closed.
    pub(super) async fn close(&self) {
        let (done, closed) = oneshot::channel();
        if self.queue.send(QueueItem::Close(done)).await.is_ok() {
            let _ = closed.await;
        }
    }
}

impl Drop for WriterHandle {
    fn drop(&mut self) {
        // The file is closed when this function returns, so that another store can open it.
        let (closed_queue, _) = mpsc::channel(1);
        self.queue = closed_queue;
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            let _ = thread.join();
        }
    }
}

/// A queued command: first run, then settled after the commit.
trait QueuedCommand: Send {
    /// Runs without a savepoint. Returns whether the transaction still consists of whole commands.
    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> WholeCommands;
    /// Runs within a savepoint. The transaction consists of whole commands afterwards, whatever happens.
    fn run_in_savepoint(&mut self, tx: &mut WriteTransaction<'_>) -> rusqlite::Result<()>;
    fn send_answer(self: Box<Self>, commit: Result<(), StoreError>);
}

/// Whether a transaction consists of whole commands.
#[derive(PartialEq, Eq)]
enum WholeCommands {
    Yes,
    No,
}

struct PendingCommand<C: WriteCommand> {
    command: C,
    answer: Option<Result<C::Answer, C::Error>>,
    reply: oneshot::Sender<Result<C::Answer, C::Error>>,
}

impl<C: WriteCommand> PendingCommand<C> {
    /// Runs one command. If the command fails or panics, all its writes and its changes to the
    /// in-memory state are undone.
    fn run_guarded(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), rusqlite::Error> {
        match catch_unwind(AssertUnwindSafe(|| self.command.run(tx))) {
            Ok(Ok(answer)) => self.answer = Some(Ok(answer)),
            Ok(Err(WriteFailure::Refused(error))) => self.answer = Some(Err(error)),
            Ok(Err(WriteFailure::Sql(error))) => {
                self.answer = Some(Err(to_store_error(&error, tx.path).into()));
                return Err(error);
            }
            // The panic handler has logged the message already.
            Err(_) => {
                let command = type_name::<C>();
                tracing::error!(
                    command,
                    "a command of the store has panicked, and is refused"
                );
                let detail = format!("a fault of Baton in {command}");
                self.answer = Some(Err(StoreError::Failed { detail }.into()));
            }
        }
        Ok(())
    }

    fn has_succeeded(&self) -> bool {
        matches!(self.answer, Some(Ok(_)))
    }
}

impl<C: WriteCommand> QueuedCommand for PendingCommand<C> {
    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> WholeCommands {
        let (before, mark) = (tx.connection.total_changes(), tx.effects.mark_end());
        let result = self.run_guarded(tx);
        if self.has_succeeded() {
            return WholeCommands::Yes;
        }
        tx.effects.truncate_to(&mark);
        let wrote = tx.connection.total_changes() != before;
        if result.is_ok() && !wrote {
            WholeCommands::Yes
        } else {
            WholeCommands::No
        }
    }

    fn run_in_savepoint(&mut self, tx: &mut WriteTransaction<'_>) -> rusqlite::Result<()> {
        let mark = tx.effects.mark_end();
        tx.run("SAVEPOINT command", ())?;
        match self.run_guarded(tx) {
            // Some failures, such as a full disk, end the whole transaction.
            Err(error) if tx.connection.is_autocommit() => return Err(error),
            _ => {}
        }
        if !self.has_succeeded() {
            tx.effects.truncate_to(&mark);
            tx.run("ROLLBACK TO command", ())?;
        }
        tx.run("RELEASE command", ())
    }

    fn send_answer(self: Box<Self>, commit: Result<(), StoreError>) {
        let answer = match (commit, self.answer) {
            (Ok(()), Some(answer)) => answer,
            (Ok(()), None) => Err(StoreError::Closed.into()),
            (Err(error), _) => Err(error.into()),
        };
        let _ = self.reply.send(answer);
    }
}

struct WriterThread {
    path: PathBuf,
    connection: Connection,
    clock: Arc<dyn Clock>,
    changes: broadcast::Sender<Change>,
    deadline: watch::Sender<Option<Steady>>,
    memory: WriterState,
    tally: Arc<WriteCounters>,
}

impl WriterThread {
    fn run(mut self, mut queued: mpsc::Receiver<QueueItem>) {
        let mut batch: Vec<Box<dyn QueuedCommand>> = Vec::new();
        let mut closing = None;
        while closing.is_none() {
            match queued.blocking_recv() {
                Some(QueueItem::Command(job)) => batch.push(job),
                Some(QueueItem::Close(done)) => closing = Some(done),
                None => return,
            }
            // Commands that arrived during the last commit go into this one.
            while batch.len() < COMMANDS_A_COMMIT && closing.is_none() {
                match queued.try_recv() {
                    Ok(QueueItem::Command(job)) => batch.push(job),
                    Ok(QueueItem::Close(done)) => closing = Some(done),
                    Err(_) => break,
                }
            }
            if !batch.is_empty() {
                self.commit_batch(&mut batch);
            }
        }
        queued.close();
        drop(self);
        if let Some(done) = closing {
            let _ = done.send(());
        }
    }

    /// Runs a batch in one transaction. After the commit, callers get their answers, and then the effects are
    /// sent.
    ///
    /// A savepoint for every command would copy every page that the command changes. Nearly no command needs
    /// a savepoint, because refusals come before the first write. The batch therefore first runs without
    /// savepoints. If a command stops halfway, the whole batch is rolled back and run again, with a savepoint
    /// for each command.
    fn commit_batch(&mut self, batch: &mut Vec<Box<dyn QueuedCommand>>) {
        let mut tx = WriteTransaction {
            connection: &self.connection,
            path: &self.path,
            wall: self.clock.wall(),
            steady: self.clock.steady(),
            memory: &mut self.memory,
            effects: CommitEffects::default(),
        };
        let result = match run_batch(&mut tx, batch) {
            Ok(WholeCommands::Yes) => Ok(()),
            Ok(WholeCommands::No) => {
                roll_back(tx.connection);
                tx.memory.discard_attach();
                tx.effects = CommitEffects::default();
                run_batch_in_savepoints(&mut tx, batch)
            }
            Err(error) => Err(error),
        };
        let effects = std::mem::take(&mut tx.effects);
        match result {
            Ok(()) => {
                self.tally.commits.fetch_add(1, Ordering::Relaxed);
                let commands = u64::try_from(batch.len()).unwrap_or_default();
                self.tally.commands.fetch_add(commands, Ordering::Relaxed);
                for job in batch.drain(..) {
                    job.send_answer(Ok(()));
                }
                self.memory.send_effects(effects, &self.changes);
            }
            Err(error) => {
                roll_back(&self.connection);
                let error = to_store_error(&error, &self.path);
                tracing::error!(%error, commands = batch.len(), "a commit failed");
                for job in batch.drain(..) {
                    job.send_answer(Err(error.clone()));
                }
                self.memory.discard_attach();
                // `expire` soon finds the work that these commands would have started.
                self.memory
                    .add_deadline(self.clock.steady().after(AFTER_FAILURE));
            }
        }
        self.deadline.send_if_modified(|known| {
            let next = self.memory.next_deadline();
            std::mem::replace(known, next) != next
        });
    }
}

fn run_batch(
    tx: &mut WriteTransaction<'_>,
    batch: &mut [Box<dyn QueuedCommand>],
) -> rusqlite::Result<WholeCommands> {
    tx.run("BEGIN IMMEDIATE", ())?;
    for job in batch.iter_mut() {
        if job.run(tx) == WholeCommands::No {
            return Ok(WholeCommands::No);
        }
    }
    commit_transaction(tx)?;
    Ok(WholeCommands::Yes)
}

fn run_batch_in_savepoints(
    tx: &mut WriteTransaction<'_>,
    batch: &mut [Box<dyn QueuedCommand>],
) -> rusqlite::Result<()> {
    tx.run("BEGIN IMMEDIATE", ())?;
    for job in batch.iter_mut() {
        job.run_in_savepoint(tx)?;
    }
    commit_transaction(tx)
}

/// Ends a transaction: claims the work that became possible, records the counts, and collects the changes.
fn commit_transaction(tx: &mut WriteTransaction<'_>) -> rusqlite::Result<()> {
    claim_ready(tx)?;
    publish_claimable(tx)?;
    tx.record_tally()?;
    tx.run("COMMIT", ())
}

fn roll_back(connection: &Connection) {
    // A full disk may have ended the transaction already.
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
}

#[cfg(test)]
mod tests;
