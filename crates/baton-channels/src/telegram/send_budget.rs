//! The budget of requests that show in a chat: messages, edits, topics and drafts.
//!
//! Telegram counts all these requests together: in each chat, and for the whole bot. A request above a limit gets a
//! refusal (429), and the refusal stops every request of the bot. So each such request first takes a permit from the
//! [`SendBudget`]. The answers to button presses (`answerCallbackQuery`), the mark of typing (`sendChatAction`), reactions
//! and deletions take no permits. They only wait for the end of a pause that Telegram asked for.
//!
//! [`send_priority`] orders the requests, [`budget_limits`] are the settings. `permit_queue` decides without waiting,
//! from the `permit_window` of the bot and the `chat_permits` of each chat. This file waits.

use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use tokio::sync::{Notify, oneshot};

use budget_limits::BudgetLimits;
use permit_queue::{PermitQueue, QueueRank};
use send_priority::SendPriority;

pub(super) mod budget_limits;
mod chat_permits;
mod permit_queue;
mod permit_window;
pub(super) mod send_priority;

#[cfg(test)]
mod tests;

/// The permits of all requests of one bot.
///
/// The waiting requests of a chat get their permits by priority, and then in the order of their arrival. A request that
/// does not wait never gets the permit of a waiting request with the same or a better priority.
pub(super) struct SendBudget {
    queue: Mutex<PermitQueue>,
    /// Wakes all waiting requests after a change that can bring a permit forward, or that pauses all permits. Without such
    /// a change, each request wakes in time for every permit that can be its own.
    changes: Notify,
    clock: Arc<dyn Clock>,
}

/// The permit of one request. The drop tells that the request has its answer, or will have none.
///
/// Telegram counts a request when it arrives, which is at some time before the answer. So the permit counts from the drop
/// on, and a slow request never leads to a refusal of a later one.
#[must_use = "the permit is used up, so the request should be sent"]
pub(super) struct SendPermit<'a> {
    budget: &'a SendBudget,
    chat: i64,
    granted: Steady,
    was_sent: bool,
}

impl fmt::Debug for SendPermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("SendPermit");
        debug.field("chat", &self.chat);
        debug.field("granted", &self.granted);
        debug.finish_non_exhaustive()
    }
}

impl SendPermit<'_> {
    /// Gives the permit back. Only for a request that was not sent.
    pub(super) fn give_back(mut self) {
        self.was_sent = false;
    }
}

impl Drop for SendPermit<'_> {
    fn drop(&mut self) {
        let now = self.budget.clock.steady();
        let (chat, granted) = (self.chat, self.granted);
        let has_room = self.budget.with_queue(|queue| {
            if self.was_sent {
                queue.end_request(now, chat, granted)
            } else {
                queue.take_back(now, chat, granted);
                true
            }
        });
        if has_room {
            self.budget.changes.notify_waiters();
        }
    }
}

/// The state of a request in the queue.
enum QueueOutlook<'a> {
    Granted(SendPermit<'a>),
    /// The pause until another try.
    Refused(Duration),
    /// The time of the next look.
    Waits(Steady),
}

impl SendBudget {
    /// The budget of a new process. The requests of an earlier process are unknown.
    pub(super) fn new(limits: BudgetLimits, clock: Arc<dyn Clock>) -> Self {
        Self {
            queue: Mutex::new(PermitQueue::new(limits, clock.steady())),
            changes: Notify::new(),
            clock,
        }
    }

    /// Takes a permit in a chat. Waits for at most `patience`. Without a permit in this time, returns the pause until
    /// another try, at once if the queue shows it. A dropped call gives its place and its permit back.
    ///
    /// A refused request of a [kept](SendPriority::is_kept) priority has a claim: until a while after the pause, less
    /// urgent requests leave one permit to it.
    pub(super) async fn take_permit(
        &self,
        chat: i64,
        priority: SendPriority,
        patience: Duration,
    ) -> Result<SendPermit<'_>, Duration> {
        let deadline = self.clock.steady().after(patience);
        let mut place = self.join_queue(chat, priority)?;
        let mut refuses_early = true;
        loop {
            let mut change = pin!(self.changes.notified());
            // From here on, no change is missed.
            change.as_mut().enable();
            let wake = match place.look_out(deadline, refuses_early) {
                QueueOutlook::Granted(permit) => return Ok(permit),
                QueueOutlook::Refused(pause) => return Err(pause),
                QueueOutlook::Waits(wake) => wake,
            };
            refuses_early = tokio::select! {
                biased;
                granted = &mut place.permit => return place.accept_permit(granted.ok()),
                () = change => true,
                () = self.clock.sleep_until(wake) => false,
            };
        }
    }

    /// Stops all permits for the pause of a refusal (429). After the pause, the permits come one by one for a minute.
    pub(super) fn note_limited(&self, retry_after: Duration) {
        let now = self.clock.steady();
        self.with_queue(|queue| queue.pause_permits(now, retry_after));
        // Requests without enough patience are refused now.
        self.changes.notify_waiters();
    }

    /// The rest of a pause of all permits; `None` without a pause.
    pub(super) fn remaining_pause(&self) -> Option<Duration> {
        let now = self.clock.steady();
        self.with_queue(|queue| queue.remaining_pause(now))
    }

    /// Enters a request into the queue, and grants the permits that are due. An error is the pause until another try.
    fn join_queue(&self, chat: i64, priority: SendPriority) -> Result<QueuePlace<'_>, Duration> {
        let now = self.clock.steady();
        let joined = self.with_queue(|queue| queue.enter_request(now, chat, priority))?;
        if joined.used_claim {
            self.changes.notify_waiters();
        }
        Ok(QueuePlace {
            budget: self,
            chat,
            rank: joined.rank,
            permit: joined.permit,
            has_left: false,
        })
    }

    fn with_queue<T>(&self, work: impl FnOnce(&mut PermitQueue) -> T) -> T {
        // A panic leaves at worst a permit that is counted and not used.
        work(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The place of one request in the queue. The drop gives the place back, and also a permit that nobody accepted.
struct QueuePlace<'a> {
    budget: &'a SendBudget,
    chat: i64,
    rank: QueueRank,
    permit: oneshot::Receiver<Steady>,
    /// Whether the request has its permit or its refusal.
    has_left: bool,
}

impl<'a> QueuePlace<'a> {
    /// Grants all permits that are due, and finds out the state of this request.
    fn look_out(&mut self, deadline: Steady, refuses_early: bool) -> QueueOutlook<'a> {
        let budget = self.budget;
        let now = budget.clock.steady();
        budget.with_queue(|queue| {
            queue.grant_due(now);
            if let Ok(granted) = self.permit.try_recv() {
                return QueueOutlook::Granted(self.permit(granted));
            }
            let refuses_early = refuses_early && queue.expected_permit(now, self.rank) > deadline;
            if now >= deadline || refuses_early {
                self.has_left = true;
                return QueueOutlook::Refused(queue.refuse_request(now, self.rank));
            }
            let due = queue.next_due().unwrap_or(deadline);
            QueueOutlook::Waits(due.min(deadline))
        })
    }

    /// Accepts the permit that another request of the queue granted.
    fn accept_permit(&mut self, granted: Option<Steady>) -> Result<SendPermit<'a>, Duration> {
        self.has_left = true;
        // The queue drops no place by itself, so the permit is never missing.
        let granted = granted.ok_or(permit_queue::USUAL_PAUSE)?;
        Ok(self.permit(granted))
    }

    fn permit(&mut self, granted: Steady) -> SendPermit<'a> {
        self.has_left = true;
        SendPermit {
            budget: self.budget,
            chat: self.chat,
            granted,
            was_sent: true,
        }
    }
}

impl Drop for QueuePlace<'_> {
    fn drop(&mut self) {
        if self.has_left {
            return;
        }
        let budget = self.budget;
        let now = budget.clock.steady();
        let gave_back = budget.with_queue(|queue| {
            queue.remove_request(self.rank);
            let granted = self.permit.try_recv().ok();
            granted.is_some_and(|granted| {
                queue.take_back(now, self.chat, granted);
                true
            })
        });
        if gave_back {
            budget.changes.notify_waiters();
        }
    }
}
