//! The ingest worker of a chat: handles new messages and missed messages in order.
//!
//! Each chat with work has one task, its worker. The worker fetches missed messages, while new messages wait. A
//! worker that falls behind drops waiting events, and fetches their messages later.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_core::inbox::Inbox;
use baton_core::name::ExternalId;
use baton_core::panics::caught;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, info_span};

use super::open_gaps::OpenGaps;
use crate::ChatLayer;
use crate::backoff::BackoffTimer;
use crate::connector::{ChatId, IncomingMessage, Position};
use crate::place_directory::REMEMBERED;
use position_order::FirstPosition;

mod backfill;
mod gap_reading;
mod message_ingest;
pub(super) mod message_revisions;
mod position_order;

/// The maximum number of waiting events of a worker. Further events are dropped, and their messages are fetched.
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
    /// An edit. The worker answers after the commit, if somebody waits for the answer.
    Edited(IncomingMessage, Option<oneshot::Sender<()>>),
    /// Deletions.
    Deleted(Vec<ExternalId>),
    /// A check of the waiting messages, for edits and deletions during an outage.
    Review,
    /// Baton may have missed messages.
    Backfill(MissedRange),
    /// Baton may have missed messages of a chat that was read before.
    CheckAgain,
    /// The chat may have an open gap.
    Gap,
    /// Baton cannot see the chat. Messages up to this position never count as missed, even if Baton can see the chat
    /// later.
    Hidden(Position),
}

/// The messages of a chat that Baton may have missed.
#[derive(Clone, Debug)]
pub(super) struct MissedRange {
    /// The position of the last message of the chat; `None` if the chat is empty.
    pub(super) last: Option<Position>,
    /// The rule for a chat that was never read.
    pub(super) unread: UnreadRule,
}

/// The earlier messages of a never-read chat that are for Baton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UnreadRule {
    /// None.
    Nothing,
    /// The messages since the parent chat of this thread was last read. If the thread had been in use before,
    /// Baton would have read the thread.
    Since(ChatId),
    /// All, if the chat is the thread of a stored message; otherwise none.
    All,
}

/// The workers of all chats.
pub(super) struct IngestWorkers {
    running: Mutex<HashMap<ChatId, WorkerHandle>>,
    /// The chats checked for missed messages, with the connection whose session checked the chat.
    checked: Mutex<HashMap<ChatId, u32>>,
    fetching: Semaphore,
    /// The cursors of chats at the time when the platform last listed them; `None` for a chat that was never
    /// read.
    cursors: Mutex<HashMap<ChatId, Option<Position>>>,
    pub(super) open_gaps: OpenGaps,
    tasks: TaskTracker,
    shutdown: CancellationToken,
}

struct WorkerHandle {
    jobs: mpsc::Sender<IngestJob>,
    /// Whether the worker has dropped an event.
    behind: Arc<AtomicBool>,
    /// The number of dropped events since the last report.
    dropped: Arc<AtomicUsize>,
    first: Arc<FirstPosition>,
}

impl IngestWorkers {
    pub(super) fn new(shutdown: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            running: Mutex::default(),
            checked: Mutex::default(),
            fetching: Semaphore::new(FETCHING),
            cursors: Mutex::default(),
            open_gaps: OpenGaps::default(),
            tasks: TaskTracker::new(),
            shutdown,
        })
    }

    /// Handles a new session of a connection. The platform does not report events between two sessions.
    pub(super) fn begin_session(&self, connection: u32) {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        checked.retain(|_, of| *of != connection);
    }

    /// Whether this is the first check of a chat in this session of the connection.
    fn is_first_check(&self, chat: &ChatId, connection: u32) -> bool {
        let mut checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.len() >= REMEMBERED {
            // The forgotten chats are checked once more.
            checked.clear();
        }
        checked.insert(chat.clone(), connection).is_none()
    }

    /// The chats checked in this session of a connection.
    pub(super) fn checked_chats(&self, connection: u32) -> Vec<ChatId> {
        let checked = self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        let of_connection = checked.iter().filter(|(_, of)| **of == connection);
        of_connection.map(|(chat, _)| chat.clone()).collect()
    }

    /// Hands a job to the worker of a chat, and returns at once. The chat belongs to the given connection.
    pub(super) fn hand_job(
        self: &Arc<Self>,
        layer: &Arc<ChatLayer>,
        inbox: &Inbox,
        (chat, of): (ChatId, u32),
        job: IngestJob,
    ) {
        if self.shutdown.is_cancelled() {
            return;
        }
        let mut workers = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if workers.get(&chat).is_some_and(|it| it.jobs.is_closed()) {
            workers.remove(&chat);
        }
        let handle = workers.entry(chat.clone()).or_insert_with(|| {
            let (jobs, to_do) = mpsc::channel(WAITING);
            let behind = Arc::new(AtomicBool::new(false));
            let dropped = Arc::<AtomicUsize>::default();
            let first = Arc::<FirstPosition>::default();
            // The worker outlives the event that starts the worker.
            let span = info_span!(parent: None, "chat", chat = chat.as_str(), connection = of);
            let worker = IngestWorker {
                all: Arc::clone(self),
                layer: Arc::clone(layer),
                inbox: inbox.clone(),
                chat,
                connection: of,
                to_do,
                behind: Arc::clone(&behind),
                dropped: Arc::clone(&dropped),
                first: Arc::clone(&first),
                gap: None,
                position: None,
                passed: 0,
                early_deletions: VecDeque::new(),
            };
            self.tasks.spawn(worker.run().instrument(span));
            WorkerHandle {
                jobs,
                behind,
                dropped,
                first,
            }
        });
        if let IngestJob::NewMessage(message) = &job
            && let Some(position) = message.position()
        {
            handle.first.keep_earliest(layer, position);
        }
        if handle.behind.load(Ordering::Acquire) {
            // The worker fetches this message after the dropped messages. Handled now, this message would move
            // the cursor past the dropped messages.
            handle.dropped.fetch_add(1, Ordering::AcqRel);
            return;
        }
        if let Err(TrySendError::Full(_)) = handle.jobs.try_send(job) {
            handle.dropped.fetch_add(1, Ordering::AcqRel);
            handle.behind.store(true, Ordering::Release);
        }
    }

    /// Waits until every worker has ended. The shutdown ends the workers.
    pub(super) async fn wait_until_ended(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Forgets the recorded cursors of these chats, because the platform lists them again.
    pub(super) fn forget_cursors<'a>(&self, chats: impl IntoIterator<Item = &'a ChatId>) {
        let mut cursors = self.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        for chat in chats {
            cursors.remove(chat);
        }
    }

    /// Records the cursor of a chat, unless one is recorded already. Returns the recorded cursor.
    fn recall_cursor(&self, chat: &ChatId, position: Option<Position>) -> Option<Position> {
        let mut cursors = self.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        if cursors.len() >= REMEMBERED {
            cursors.clear();
        }
        cursors.entry(chat.clone()).or_insert(position).clone()
    }

    async fn acquire_fetch(&self) -> Option<SemaphorePermit<'_>> {
        self.fetching.acquire().await.ok()
    }
}

/// The worker must end.
struct ShutDown;

struct IngestWorker {
    all: Arc<IngestWorkers>,
    layer: Arc<ChatLayer>,
    inbox: Inbox,
    chat: ChatId,
    connection: u32,
    to_do: mpsc::Receiver<IngestJob>,
    behind: Arc<AtomicBool>,
    dropped: Arc<AtomicUsize>,
    first: Arc<FirstPosition>,
    /// The gap that the worker is fetching.
    gap: Option<MissedRange>,
    /// The position after the latest handled message; `None` if the chat was never read.
    position: Option<Position>,
    /// The number of moves of `position` that the stored cursor has not followed.
    passed: u32,
    /// The ids of recent deletions whose messages had not arrived.
    early_deletions: VecDeque<ExternalId>,
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
        self.report_dropped();
    }

    async fn run_jobs(&mut self) -> Result<(), ShutDown> {
        let mut begun = false;
        let mut panics = 0;
        let mut pause = BackoffTimer::default();
        loop {
            let step = async {
                if !begun {
                    self.position = self.read_chat_cursor(&self.chat).await?;
                    begun = true;
                }
                self.do_next_job().await
            };
            // Boxed, so that the large future of a message is freed with its job.
            let panicked = match caught(Box::pin(step)).await {
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
                chat = %self.chat, %panicked, again,
                "Baton failed at an event of a chat; Baton fetches the event again, or leaves the event out"
            );
            if again {
                self.behind.store(true, Ordering::Release);
                pause.wait_once(self.layer.clock()).await;
            } else {
                panics = 0;
                self.gap = None;
                self.give_up_failing_gap().await?;
            }
        }
    }

    /// Waits for a job, and does the job. Returns whether the worker goes on.
    async fn do_next_job(&mut self) -> Result<bool, ShutDown> {
        if self.to_do.is_empty() && self.behind.swap(false, Ordering::AcqRel) {
            self.report_dropped();
            self.catch_up().await?;
            self.review_waiting().await?;
        }
        let idle = self.layer.clock().steady().after(IDLE);
        let job = tokio::select! {
            biased;
            job = self.to_do.recv() => job,
            () = self.layer.clock().sleep_until(idle) => {
                self.move_cursor().await;
                return Ok(!self.remove_if_idle());
            }
        };
        match job {
            Some(IngestJob::NewMessage(message)) => {
                // For direct chats and archived threads, the platform may not tell whether messages were missed.
                if let Some(position) = message.position() {
                    let is_first = self.all.is_first_check(&self.chat, self.connection);
                    if is_first || self.position.is_none() {
                        self.close_gap_before(position).await?;
                    }
                }
                self.handle_message(&message).await?;
            }
            Some(IngestJob::Edited(message, done)) => {
                self.handle_edit(&message).await?;
                // Nobody waits any more if the program ends.
                done.map(|done| done.send(()));
            }
            Some(IngestJob::Deleted(ids)) => self.apply_deletions(ids).await?,
            Some(IngestJob::Review) => self.review_waiting().await?,
            Some(IngestJob::Backfill(missed)) => {
                self.all.is_first_check(&self.chat, self.connection);
                self.gap = Some(missed.clone());
                self.close_gap(missed).await?;
                self.gap = None;
            }
            Some(IngestJob::Hidden(last)) => {
                let position = self.position.as_ref();
                if position.is_some() && self.layer.is_later(&last, position) {
                    self.pass_to(Some(last));
                    self.move_cursor().await;
                }
            }
            Some(IngestJob::Gap) => self.read_open_gap().await?,
            Some(IngestJob::CheckAgain)
                if self.position.is_none() || self.layer.gives_batches() => {}
            Some(IngestJob::CheckAgain) => self.fetch_missed(None).await?,
            None => return Ok(false),
        }
        Ok(true)
    }

    /// Fetches the messages of dropped or failed jobs.
    async fn catch_up(&mut self) -> Result<(), ShutDown> {
        if self.layer.gives_batches() {
            return self.read_open_gap().await;
        }
        if let Some(missed) = self.gap.clone() {
            self.close_gap(missed).await?;
            self.gap = None;
        }
        match (&self.position, self.first.position()) {
            (Some(_), _) => self.fetch_missed(None).await,
            // The chat was never read: messages before the first new message are not for Baton.
            (None, Some(first)) => {
                self.close_gap_before(&first).await?;
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
            workers.remove(&self.chat);
        }
        done
    }
}
