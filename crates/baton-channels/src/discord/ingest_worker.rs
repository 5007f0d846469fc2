//! The ingest worker of a channel: handles new messages and missed messages in order.
//!
//! Each channel with work has one task, its worker. The worker fetches missed messages, while new
//! messages wait. A worker that falls behind drops waiting events, and fetches their messages later.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_core::inbox::Inbox;
use baton_core::panics::caught;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, info_span};

use super::BotState;
use super::backoff::BackoffTimer;
use super::discord_id::Id;
use super::place_directory::REMEMBERED;
use super::wire::IncomingMessage;

mod backfill;
mod message_ingest;
pub(super) mod message_revisions;
mod unreadable_messages;

/// The maximum number of waiting events of a worker. Further events are dropped, and their messages
/// are fetched.
const WAITING: usize = 256;

/// A worker without work ends after this time.
const IDLE: Duration = Duration::from_secs(30);

/// After this many panics in a row, a worker goes on without the failing event.
const PANICS: u32 = 3;

/// The maximum number of workers that fetch at the same time.
const FETCHING: usize = 4;

/// A job for a worker.
#[derive(Debug)]
pub(super) enum IngestJob {
    /// A new message.
    NewMessage(IncomingMessage),
    /// An edit.
    Edited(IncomingMessage),
    /// Deletions.
    Deleted(Vec<Id>),
    /// A check of the waiting messages, for edits and deletions during an outage.
    Review,
    /// Baton may have missed messages up to `last`.
    Backfill {
        /// The last message of the channel; `None` if the channel is empty.
        last: Option<Id>,
        /// The rule for a channel that was never read.
        unread: UnreadRule,
    },
    /// Baton may have missed messages of a channel that was read before.
    CheckAgain,
    /// The bot cannot see the channel. Messages up to `last` never count as missed, even if the bot can see
    /// the channel later.
    Hidden {
        /// The last message of the channel, if Discord tells.
        last: Option<Id>,
    },
}

/// The earlier messages of a never-read channel that are for the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnreadRule {
    /// None.
    Nothing,
    /// The messages since the parent channel of this thread was last read. If the thread had been in use
    /// before, Baton would have read the thread.
    Since(Id),
    /// All, if the channel is the thread of a stored message; otherwise none.
    All,
}

/// The workers of all channels.
pub(super) struct IngestWorkers {
    running: Mutex<HashMap<Id, WorkerHandle>>,
    /// The channels checked for missed messages, with the shard whose gateway session checked the channel.
    checked: Mutex<HashMap<Id, u32>>,
    fetching: Semaphore,
    /// The cursors of channels at the time when Discord last sent the server; `None` for a channel that was
    /// never read.
    cursors: Mutex<HashMap<Id, Option<Id>>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

struct WorkerHandle {
    jobs: mpsc::Sender<IngestJob>,
    /// Whether the worker has dropped an event.
    behind: Arc<AtomicBool>,
    first: Arc<FirstMessage>,
}

/// The first new message for a worker, even if the worker has dropped the message.
#[derive(Debug)]
struct FirstMessage(AtomicU64);

impl FirstMessage {
    fn keep_earliest(&self, message: Id) {
        self.0.fetch_min(message.0, Ordering::AcqRel);
    }

    fn message(&self) -> Option<Id> {
        let first = self.0.load(Ordering::Acquire);
        (first != u64::MAX).then_some(Id(first))
    }
}

impl Default for FirstMessage {
    fn default() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }
}

impl IngestWorkers {
    pub(super) fn new(shutdown: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            running: Mutex::default(),
            checked: Mutex::default(),
            fetching: Semaphore::new(FETCHING),
            cursors: Mutex::default(),
            tasks: TaskTracker::new(),
            shutdown,
        })
    }

    /// Handles a new gateway session of a shard. Discord does not report events between two sessions.
    pub(super) fn begin_session(&self, shard: u32) {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        checked.retain(|_, of| *of != shard);
    }

    /// Whether this is the first check of a channel in this session of the shard.
    fn is_first_check(&self, channel: Id, shard: u32) -> bool {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.len() >= REMEMBERED {
            // The forgotten channels are checked once more.
            checked.clear();
        }
        checked.insert(channel, shard).is_none()
    }

    /// The channels checked in this session of a shard.
    pub(super) fn checked_channels(&self, shard: u32) -> Vec<Id> {
        let checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let of_shard = checked.iter().filter(|(_, of)| **of == shard);
        of_shard.map(|(channel, _)| *channel).collect()
    }

    /// Hands a job to the worker of a channel, and returns at once. The channel belongs to the given shard.
    pub(super) fn hand_job(
        self: &Arc<Self>,
        shared: &Arc<BotState>,
        inbox: &Inbox,
        (channel, of): (Id, u32),
        job: IngestJob,
    ) {
        if self.shutdown.is_cancelled() {
            return;
        }
        let mut workers = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if workers.get(&channel).is_some_and(|it| it.jobs.is_closed()) {
            workers.remove(&channel);
        }
        let handle = workers.entry(channel).or_insert_with(|| {
            let (jobs, to_do) = mpsc::channel(WAITING);
            let behind = Arc::new(AtomicBool::new(false));
            let first = Arc::<FirstMessage>::default();
            let worker = IngestWorker {
                all: Arc::clone(self),
                shared: Arc::clone(shared),
                inbox: inbox.clone(),
                channel,
                shard: of,
                to_do,
                behind: Arc::clone(&behind),
                first: Arc::clone(&first),
                gap: None,
                position: None,
                passed: 0,
                early_deletions: VecDeque::new(),
            };
            // The worker outlives the event that starts the worker.
            let span = info_span!(parent: None, "place", channel = channel.0, shard = of);
            self.tasks.spawn(worker.run().instrument(span));
            WorkerHandle {
                jobs,
                behind,
                first,
            }
        });
        if let IngestJob::NewMessage(message) = &job
            && let Some(id) = message.id()
        {
            handle.first.keep_earliest(id);
        }
        if handle.behind.load(Ordering::Acquire) {
            // The worker fetches this message after the dropped messages. Handled now, this message would
            // move the cursor past the dropped messages.
            return;
        }
        if let Err(TrySendError::Full(_)) = handle.jobs.try_send(job) {
            handle.behind.store(true, Ordering::Release);
        }
    }

    /// Waits until every worker has ended. The shutdown ends the workers.
    pub(super) async fn wait_until_ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Forgets the recorded cursors of these channels, because Discord sends their server again.
    pub(super) fn forget_cursors(&self, channels: impl IntoIterator<Item = Id>) {
        let mut cursors = self.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        for channel in channels {
            cursors.remove(&channel);
        }
    }

    /// Records the cursor of a channel, unless one is recorded already. Returns the recorded cursor.
    fn recall_cursor(&self, channel: Id, position: Option<Id>) -> Option<Id> {
        let mut cursors = self.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        if cursors.len() >= REMEMBERED {
            cursors.clear();
        }
        *cursors.entry(channel).or_insert(position)
    }

    async fn acquire_fetch(&self) -> Option<SemaphorePermit<'_>> {
        self.fetching.acquire().await.ok()
    }
}

/// The worker must end.
struct ShutDown;

struct IngestWorker {
    all: Arc<IngestWorkers>,
    shared: Arc<BotState>,
    inbox: Inbox,
    channel: Id,
    shard: u32,
    to_do: mpsc::Receiver<IngestJob>,
    behind: Arc<AtomicBool>,
    first: Arc<FirstMessage>,
    /// The gap that the worker is fetching.
    gap: Option<(Option<Id>, UnreadRule)>,
    /// The greatest handled message; `None` if the channel was never read.
    position: Option<Id>,
    /// The number of passed messages since the cursor moved.
    passed: u32,
    /// The ids of recent deletions whose messages had not arrived.
    early_deletions: VecDeque<Id>,
}

impl IngestWorker {
    async fn run(mut self) {
        let shutdown = self.all.shutdown.clone();
        tokio::select! {
            () = shutdown.cancelled() => {}
            ended = self.run_jobs() => match ended {
                Ok(()) | Err(ShutDown) => {}
            },
        }
        // The messages after the cursor are fetched at the next start.
        self.move_cursor().await;
    }

    async fn run_jobs(&mut self) -> Result<(), ShutDown> {
        let mut begun = false;
        let mut panics = 0;
        let mut pause = BackoffTimer::default();
        loop {
            let step = async {
                if !begun {
                    self.position = self.read_channel_cursor(self.channel).await?;
                    begun = true;
                }
                self.do_next_job().await
            };
            let panicked = match caught(step).await {
                Ok(Ok(true)) => {
                    panics = 0;
                    pause = BackoffTimer::default();
                    continue;
                }
                Ok(Ok(false)) => return Ok(()),
                Ok(Err(ShutDown)) => return Err(ShutDown),
                Err(panicked) => panicked,
            };
            panics += 1;
            let again = panics < PANICS;
            tracing::error!(
                channel = %self.channel, %panicked, again,
                "Baton failed at an event of a channel; it fetches the event again, or goes on without"
            );
            if again {
                self.behind.store(true, Ordering::Release);
                pause.wait_once(self.shared.clock()).await;
            } else {
                panics = 0;
                self.gap = None;
            }
        }
    }

    /// Waits for a job, and does the job. Returns whether the worker goes on.
    async fn do_next_job(&mut self) -> Result<bool, ShutDown> {
        if self.to_do.is_empty() && self.behind.swap(false, Ordering::AcqRel) {
            self.catch_up().await?;
            self.review_waiting().await?;
        }
        let idle = self.shared.clock().steady().after(IDLE);
        let job = tokio::select! {
            biased;
            job = self.to_do.recv() => job,
            () = self.shared.clock().sleep_until(idle) => {
                self.move_cursor().await;
                return Ok(!self.remove_if_idle());
            }
        };
        match job {
            Some(IngestJob::NewMessage(message)) => {
                // For direct messages and archived threads, Discord does not tell whether messages were
                // missed.
                if let Some(id) = message.id() {
                    let is_first = self.all.is_first_check(self.channel, self.shard);
                    if is_first || self.position.is_none() {
                        self.close_gap_before(id).await?;
                    }
                }
                self.handle_message(&message).await?;
            }
            Some(IngestJob::Edited(message)) => self.handle_edit(&message).await?,
            Some(IngestJob::Deleted(ids)) => self.apply_deletions(ids).await?,
            Some(IngestJob::Review) => self.review_waiting().await?,
            Some(IngestJob::Backfill { last, unread }) => {
                self.all.is_first_check(self.channel, self.shard);
                self.gap = Some((last, unread));
                self.close_gap(last, unread).await?;
                self.gap = None;
            }
            Some(IngestJob::Hidden { last }) => {
                if self.position.is_some() && last > self.position {
                    self.advance_position(last);
                    self.passed += 1;
                    self.move_cursor().await;
                }
            }
            Some(IngestJob::CheckAgain) if self.position.is_none() => {}
            Some(IngestJob::CheckAgain) => self.fetch_missed(None).await?,
            None => return Ok(false),
        }
        Ok(true)
    }

    /// Fetches the messages of dropped or failed jobs.
    async fn catch_up(&mut self) -> Result<(), ShutDown> {
        if let Some((last, unread)) = self.gap {
            self.close_gap(last, unread).await?;
            self.gap = None;
        }
        match (self.position, self.first.message()) {
            (Some(_), _) => self.fetch_missed(None).await,
            // The channel was never read: messages before the first new message are not for the bot.
            (None, Some(first)) => {
                self.close_gap_before(first).await?;
                self.fetch_missed(None).await
            }
            (None, None) => Ok(()),
        }
    }

    /// Removes this worker if no job waits. Returns whether the worker was removed.
    fn remove_if_idle(&self) -> bool {
        let workers = &self.all.running;
        let mut workers = workers.lock().unwrap_or_else(PoisonError::into_inner);
        // Under this lock, nobody can hand in a job.
        let done = self.to_do.is_empty() && !self.behind.load(Ordering::Acquire);
        if done {
            workers.remove(&self.channel);
        }
        done
    }
}
