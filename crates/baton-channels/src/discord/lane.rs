//! One channel's messages, in order: those that come now, and those that we missed.
//!
//! Each channel with something to do has a task, its lane. What was missed is fetched there, and what comes
//! meanwhile waits behind it. A lane that falls behind forgets what came, and fetches it.

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
use super::id::Id;
use super::pause::Pause;
use super::places::REMEMBERED;
use super::wire::Incoming;

mod keeping;
mod missed;
pub(super) mod revised;
mod unreadable;

/// How many events wait for a lane. More are forgotten and fetched.
const WAITING: usize = 256;

/// How long a lane with nothing to do stays.
const IDLE: Duration = Duration::from_secs(30);

/// How many panics in a row end the tries to fetch what a lane failed at.
const PANICS: u32 = 3;

/// How many lanes fetch at once.
const FETCHING: usize = 4;

/// Something for a lane to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Somebody wrote.
    Said(Incoming),
    /// An edit.
    Edited(Incoming),
    /// Deletions.
    Deleted(Vec<Id>),
    /// A check of the waiting messages, for edits and deletions during an outage.
    Review,
    /// We may have missed messages up to this one.
    Missed {
        /// The last message of the channel; `None` where it has none.
        last: Option<Id>,
        /// Where we have never read it.
        unread: Unread,
    },
    /// We may have missed anything, where we have read before.
    Look,
    /// We see nothing here. What was said up to this message is not for us, also later.
    Hidden {
        /// The last message of the channel, where Discord tells it.
        last: Option<Id>,
    },
}

/// What is for us of a channel that we have never read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// Nothing that was said before now.
    Nothing,
    /// What was said since we last read the channel that this thread is in: had the thread been used before
    /// that, we would have read it.
    Since(Id),
    /// All of it, where it is the thread of a message that we keep; else nothing.
    All,
}

/// All lanes.
pub(super) struct Lanes {
    running: Mutex<HashMap<Id, Handle>>,
    /// Where Baton looked in the session of which shard whether something was missed.
    looked: Mutex<HashMap<Id, u32>>,
    fetching: Semaphore,
    /// How far channels had been read when their server was last shown to us; `None` for those that never were.
    read: Mutex<HashMap<Id, Option<Id>>>,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

struct Handle {
    jobs: mpsc::Sender<Job>,
    /// It was handed more than it could keep.
    behind: Arc<AtomicBool>,
    first: Arc<First>,
}

/// The first new message that a lane was handed, also where the lane has forgotten the message.
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

    /// What happened since a shard's last session is not told.
    pub(super) fn begin_session(&self, shard: u32) {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        looked.retain(|_, of| *of != shard);
    }

    /// Whether this is the first look at a channel in this session of its shard.
    fn is_first_look(&self, channel: Id, shard: u32) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        if looked.len() >= REMEMBERED {
            // They are looked at once more.
            looked.clear();
        }
        looked.insert(channel, shard).is_none()
    }

    /// The channels that were looked at in the session of a shard.
    pub(super) fn looked_at(&self, shard: u32) -> Vec<Id> {
        let looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
        let of_shard = looked.iter().filter(|(_, of)| **of == shard);
        of_shard.map(|(channel, _)| *channel).collect()
    }

    /// Hands the lane of a channel, which is a shard's, something to do; at once.
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
            // It is fetched after what was forgotten. Were it taken now, the cursor would pass over that.
            return;
        }
        if let Err(TrySendError::Full(_)) = handle.jobs.try_send(job) {
            handle.behind.store(true, Ordering::Release);
        }
    }

    /// Waits until every lane has ended, which they do when they are told to shut down.
    pub(super) async fn ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// A server shows its channels again: how far they are read is looked at anew.
    pub(super) fn shown(&self, channels: impl IntoIterator<Item = Id>) {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        for channel in channels {
            read.remove(&channel);
        }
    }

    /// Keeps how far a channel had been read, where that is not known yet; what is known.
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

/// It is to end.
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
    /// What was missed, until it is fetched.
    doing: Option<(Option<Id>, Unread)>,
    /// The greatest message that needs no look any more; `None` where we have never read here.
    position: Option<Id>,
    /// How many passed since the cursor was moved.
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
        // What was not looked at is after the cursor, and is fetched at the next start.
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

    /// Waits for something to do, and does it; whether this lane goes on.
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
                // Discord does not tell where we are missing something of direct conversations and of
                // threads that were put away.
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

    /// Fetches what this lane has forgotten, or failed at.
    async fn catch_up(&mut self) -> Result<(), ShutDown> {
        if let Some((last, unread)) = self.doing {
            self.missed(last, unread).await?;
            self.doing = None;
        }
        match (self.position, self.first.message()) {
            (Some(_), _) => self.fetch(None).await,
            // Never read: what was said before the first new message is not for the bot.
            (None, Some(first)) => {
                self.look(first).await?;
                self.fetch(None).await
            }
            (None, None) => Ok(()),
        }
    }

    /// Whether nothing came, so that this lane is none any more.
    fn leave(&self) -> bool {
        let lanes = &self.all.running;
        let mut lanes = lanes.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody hands anything in while we hold this.
        let done = self.to_do.is_empty() && !self.behind.load(Ordering::Acquire);
        if done {
            lanes.remove(&self.channel);
        }
        done
    }
}
