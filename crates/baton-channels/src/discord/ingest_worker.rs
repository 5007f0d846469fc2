//! The ingest worker of a channel: handles new messages and missed messages in order.
//!
//! Each channel with work has one task, its lane. The lane fetches missed messages, while new messages wait.
//! A lane that falls behind drops waiting events, and fetches their messages later.

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

use super::Shared;
use super::backoff::Pause;
use super::discord_id::Id;
use super::place_directory::REMEMBERED;
use super::wire::Incoming;

mod backfill;
mod message_ingest;
pub(super) mod message_revisions;
mod unreadable_messages;

/// The maximum number of waiting events of a lane. Further events are dropped, and their messages are
/// fetched.
const WAITING: usize = 256;

/// A lane without work ends after this time.
const IDLE: Duration = Duration::from_secs(30);

/// After this many panics in a row, a lane goes on without the failing event.
const PANICS: u32 = 3;

/// The maximum number of lanes that fetch at the same time.
const FETCHING: usize = 4;

/// A job for a lane.
#[derive(Debug)]
pub(super) enum Job {
    /// A new message.
    Said(Incoming),
    /// An edit.
    Edited(Incoming),
    /// Deletions.
    Deleted(Vec<Id>),
    /// A check of the waiting messages, for edits and deletions during an outage.
    Review,
    /// Baton may have missed messages up to `last`.
    Missed {
        /// The last message of the channel; `None` if the channel is empty.
        last: Option<Id>,
        /// The rule for a channel that was never read.
        unread: Unread,
    },
    /// Baton may have missed messages of a channel that was read before.
    Look,
    /// The bot cannot see the channel. Messages up to `last` never count as missed, even if the bot can see
    /// the channel later.
    Hidden {
        /// The last message of the channel, if Discord tells.
        last: Option<Id>,
    },
}

/// The earlier messages of a never-read channel that are for the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// None.
    Nothing,
    /// The messages since the parent channel of this thread was last read. If the thread had been in use
    /// before, Baton would have read the thread.
    Since(Id),
    /// All, if the channel is the thread of a stored message; otherwise none.
    All,
}

/// The lanes of all channels.
pub(super) struct Lanes {
    running: Mutex<HashMap<Id, Handle>>,
    /// The channels checked for missed messages, with the shard whose gateway session checked the channel.
    looked: Mutex<HashMap<Id, u32>>,
    fetching: Semaphore,
    /// The cursors of channels at the time when Discord last sent the server; `None` for a channel that was
    /// never read.
    read: Mutex<HashMap<Id, Option<Id>>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

struct Handle {
    jobs: mpsc::Sender<Job>,
    /// Whether the lane has dropped an event.
    behind: Arc<AtomicBool>,
    first: Arc<First>,
}

/// The first new message for a lane, even if the lane has dropped the message.
#[derive(Debug)]
struct First(AtomicU64);

impl First {
    fn note(&self, message: Id) {
        self.0.fetch_min(message.0, Ordering::AcqRel);
    }

    fn message(&self) -> Option<Id> {
        let first = self.0.load(Ordering::Acquire);
        (first != u64::MAX).then_some(Id(first))
    }
}

impl Default for First {
    fn default() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }
}

impl Lanes {
    pub(super) fn new(shutdown: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            running: Mutex::default(),
            looked: Mutex::default(),
            fetching: Semaphore::new(FETCHING),
            read: Mutex::default(),
            tasks: TaskTracker::new(),
            shutdown,
        })
    }

    /// Handles a new gateway session of a shard. Discord does not report events between two sessions.
    pub(super) fn begin_session(&self, shard: u32) {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.retain(|_, of| *of != shard);
    }

    /// Whether this is the first check of a channel in this session of the shard.
    fn is_first_look(&self, channel: Id, shard: u32) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.len() >= REMEMBERED {
            // The forgotten channels are checked once more.
            looked.clear();
        }
        looked.insert(channel, shard).is_none()
    }

    /// The channels checked in this session of a shard.
    pub(super) fn looked_at(&self, shard: u32) -> Vec<Id> {
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let of_shard = looked.iter().filter(|(_, of)| **of == shard);
        of_shard.map(|(channel, _)| *channel).collect()
    }

    /// Hands a job to the lane of a channel, and returns at once. The channel belongs to the given shard.
    pub(super) fn hand(
        self: &Arc<Self>,
        shared: &Arc<Shared>,
        inbox: &Inbox,
        (channel, of): (Id, u32),
        job: Job,
    ) {
        if self.shutdown.is_cancelled() {
            return;
        }
        let mut lanes = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if lanes.get(&channel).is_some_and(|it| it.jobs.is_closed()) {
            lanes.remove(&channel);
        }
        let handle = lanes.entry(channel).or_insert_with(|| {
            let (jobs, to_do) = mpsc::channel(WAITING);
            let behind = Arc::new(AtomicBool::new(false));
            let first = Arc::<First>::default();
            let lane = Lane {
                all: Arc::clone(self),
                shared: Arc::clone(shared),
                inbox: inbox.clone(),
                channel,
                shard: of,
                to_do,
                behind: Arc::clone(&behind),
                first: Arc::clone(&first),
                doing: None,
                position: None,
                passed: 0,
                gone: VecDeque::new(),
            };
            self.tasks.spawn(lane.run());
            Handle {
                jobs,
                behind,
                first,
            }
        });
        if let Job::Said(message) = &job
            && let Some(id) = message.id()
        {
            handle.first.note(id);
        }
        if handle.behind.load(Ordering::Acquire) {
            // The lane fetches this message after the dropped messages. Handled now, this message would move
            // the cursor past the dropped messages.
            return;
        }
        if let Err(TrySendError::Full(_)) = handle.jobs.try_send(job) {
            handle.behind.store(true, Ordering::Release);
        }
    }

    /// Waits until every lane has ended. The shutdown ends the lanes.
    pub(super) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Forgets the recorded cursors of these channels, because Discord sends their server again.
    pub(super) fn shown(&self, channels: impl IntoIterator<Item = Id>) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        for channel in channels {
            read.remove(&channel);
        }
    }

    /// Records the cursor of a channel, unless one is recorded already. Returns the recorded cursor.
    fn note_read(&self, channel: Id, position: Option<Id>) -> Option<Id> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.len() >= REMEMBERED {
            read.clear();
        }
        *read.entry(channel).or_insert(position)
    }

    async fn may_fetch(&self) -> Option<SemaphorePermit<'_>> {
        self.fetching.acquire().await.ok()
    }
}

/// The lane must end.
struct ShutDown;

struct Lane {
    all: Arc<Lanes>,
    shared: Arc<Shared>,
    inbox: Inbox,
    channel: Id,
    shard: u32,
    to_do: mpsc::Receiver<Job>,
    behind: Arc<AtomicBool>,
    first: Arc<First>,
    /// The gap that the lane is fetching.
    doing: Option<(Option<Id>, Unread)>,
    /// The greatest handled message; `None` if the channel was never read.
    position: Option<Id>,
    /// The number of passed messages since the cursor moved.
    passed: u32,
    /// The ids of recent deletions whose messages had not arrived.
    gone: VecDeque<Id>,
}

impl Lane {
    async fn run(mut self) {
        let shutdown = self.all.shutdown.clone();
        tokio::select! {
            () = shutdown.cancelled() => {}
            ended = self.work() => match ended {
                Ok(()) | Err(ShutDown) => {}
            },
        }
        // The messages after the cursor are fetched at the next start.
        self.move_cursor().await;
    }

    async fn work(&mut self) -> Result<(), ShutDown> {
        let mut begun = false;
        let mut panics = 0;
        let mut pause = Pause::default();
        loop {
            let step = async {
                if !begun {
                    self.position = self.read_cursor(self.channel).await?;
                    begun = true;
                }
                self.next_job().await
            };
            let panicked = match caught(step).await {
                Ok(Ok(true)) => {
                    panics = 0;
                    pause = Pause::default();
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
                pause.pass(self.shared.clock()).await;
            } else {
                panics = 0;
                self.doing = None;
            }
        }
    }

    /// Waits for a job, and does the job. Returns whether the lane goes on.
    async fn next_job(&mut self) -> Result<bool, ShutDown> {
        if self.to_do.is_empty() && self.behind.swap(false, Ordering::AcqRel) {
            self.catch_up().await?;
            self.review().await?;
        }
        let idle = self.shared.clock().steady().after(IDLE);
        let job = tokio::select! {
            biased;
            job = self.to_do.recv() => job,
            () = self.shared.clock().sleep_until(idle) => {
                self.move_cursor().await;
                return Ok(!self.leave());
            }
        };
        match job {
            Some(Job::Said(message)) => {
                // For direct messages and archived threads, Discord does not tell whether messages were
                // missed.
                if let Some(id) = message.id() {
                    let is_first = self.all.is_first_look(self.channel, self.shard);
                    if is_first || self.position.is_none() {
                        self.look(id).await?;
                    }
                }
                self.came(&message).await?;
            }
            Some(Job::Edited(message)) => self.edited(&message).await?,
            Some(Job::Deleted(ids)) => self.deleted(ids).await?,
            Some(Job::Review) => self.review().await?,
            Some(Job::Missed { last, unread }) => {
                self.all.is_first_look(self.channel, self.shard);
                self.doing = Some((last, unread));
                self.missed(last, unread).await?;
                self.doing = None;
            }
            Some(Job::Hidden { last }) => {
                if self.position.is_some() && last > self.position {
                    self.position = last;
                    self.passed += 1;
                    self.move_cursor().await;
                }
            }
            Some(Job::Look) if self.position.is_none() => {}
            Some(Job::Look) => self.fetch(None).await?,
            None => return Ok(false),
        }
        Ok(true)
    }

    /// Fetches the messages of dropped or failed jobs.
    async fn catch_up(&mut self) -> Result<(), ShutDown> {
        if let Some((last, unread)) = self.doing {
            self.missed(last, unread).await?;
            self.doing = None;
        }
        match (self.position, self.first.message()) {
            (Some(_), _) => self.fetch(None).await,
            // The channel was never read: messages before the first new message are not for the bot.
            (None, Some(first)) => {
                self.look(first).await?;
                self.fetch(None).await
            }
            (None, None) => Ok(()),
        }
    }

    /// Removes this lane if no job waits. Returns whether the lane was removed.
    fn leave(&self) -> bool {
        let lanes = &self.all.running;
        let mut lanes = lanes.lock().unwrap_or_else(PoisonError::into_inner);
        // Under this lock, nobody can hand in a job.
        let done = self.to_do.is_empty() && !self.behind.load(Ordering::Acquire);
        if done {
            lanes.remove(&self.channel);
        }
        done
    }
}
