//! The requests that wait for permits, and the decisions about permits. Nothing here waits.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use baton_core::clock::Steady;
use tokio::sync::oneshot;

use super::budget_limits::BudgetLimits;
use super::chat_permits::ChatPermits;
use super::permit_window::PermitWindow;
use super::send_priority::SendPriority;

/// The most remembered chats. Chats without a permit in their window are forgotten before.
pub(super) const MOST_CHATS: usize = 10_000;

/// The pause when the queue cannot tell another one.
pub(super) const USUAL_PAUSE: Duration = Duration::from_secs(1);

/// The time after a pause of all permits in which the permits keep equal distances.
const SPACED: Duration = Duration::from_mins(1);

/// The time between two searches for chats to forget: the longest window of a chat.
const BETWEEN_SWEEPS: Duration = Duration::from_mins(1);

/// The time in which Telegram still counts the requests of an earlier process: the longest window. In this time, each chat
/// has one request at once. So a chat at its limit gives one refusal, and not one for each waiting request.
const UNKNOWN_BEGIN: Duration = Duration::from_mins(1);

/// The rank of a waiting request: first the priority, then the order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct QueueRank {
    priority: SendPriority,
    number: u64,
}

/// A waiting request.
struct WaitingRequest {
    chat: i64,
    permit: oneshot::Sender<Steady>,
}

/// A request that has entered the queue.
pub(super) struct JoinedRequest {
    pub(super) rank: QueueRank,
    /// Gets the time of the permit.
    pub(super) permit: oneshot::Receiver<Steady>,
    /// Whether the request used up a claim. Then a less urgent request may get its permit earlier.
    pub(super) used_claim: bool,
}

/// All waiting requests, and all permits.
pub(super) struct PermitQueue {
    limits: BudgetLimits,
    waiting: BTreeMap<QueueRank, WaitingRequest>,
    chats: HashMap<i64, ChatPermits>,
    bot: PermitWindow,
    paused_until: Steady,
    /// Before this time, each chat has one request at once.
    single_until: Steady,
    /// Before this time, the permits keep equal distances.
    spaced_until: Steady,
    /// The earliest time of another permit, with the present requests.
    next_due: Option<Steady>,
    next_number: u64,
    next_sweep: Steady,
}

impl PermitQueue {
    /// The queue of a process that begins now.
    pub(super) fn new(limits: BudgetLimits, now: Steady) -> Self {
        Self {
            limits,
            waiting: BTreeMap::new(),
            chats: HashMap::new(),
            bot: PermitWindow::new(limits.bot_per_second, Duration::from_secs(1)),
            paused_until: Steady(i64::MIN),
            single_until: now.after(UNKNOWN_BEGIN),
            spaced_until: Steady(i64::MIN),
            next_due: None,
            next_number: 0,
            next_sweep: Steady(i64::MIN),
        }
    }

    /// The earliest time of another permit. Each waiting request looks again at this time.
    pub(super) fn next_due(&self) -> Option<Steady> {
        self.next_due
    }

    /// Enters a request, and grants the permits that are due. An error is the pause until another try: the budget knows
    /// too many chats.
    pub(super) fn enter_request(
        &mut self,
        now: Steady,
        chat: i64,
        priority: SendPriority,
    ) -> Result<JoinedRequest, Duration> {
        self.forget_idle_chats(now);
        if self.chats.len() >= MOST_CHATS && !self.chats.contains_key(&chat) {
            return Err(USUAL_PAUSE);
        }
        let limits = self.limits;
        let permits = self.chats.entry(chat);
        let permits = permits.or_insert_with(|| ChatPermits::new(chat, limits));
        let used_claim = permits.use_claim(now, priority);
        let rank = QueueRank {
            priority,
            number: self.next_number,
        };
        self.next_number += 1;
        let (grant, permit) = oneshot::channel();
        let request = WaitingRequest {
            chat,
            permit: grant,
        };
        self.waiting.insert(rank, request);
        self.grant_permits(now);
        Ok(JoinedRequest {
            rank,
            permit,
            used_claim,
        })
    }

    /// Removes a request that does not wait any more. No other request gets its permit earlier than the time at which
    /// that request looks again.
    pub(super) fn remove_request(&mut self, rank: QueueRank) {
        self.waiting.remove(&rank);
    }

    /// Refuses a waiting request. Returns the pause until another try, and keeps a permit for this try.
    pub(super) fn refuse_request(&mut self, now: Steady, rank: QueueRank) -> Duration {
        let ahead = self.count_ahead(rank);
        let Some(WaitingRequest { chat, .. }) = self.waiting.remove(&rank) else {
            return USUAL_PAUSE;
        };
        let priority = rank.priority;
        let claims = self.chats.get(&chat);
        let claims = claims.map_or(0, |permits| permits.count_claims(now, priority));
        let again = self.find_permit(now, chat, priority, ahead + claims);
        let shortest = if self.waits_for_answer(now, chat) {
            USUAL_PAUSE
        } else {
            Duration::from_millis(1)
        };
        let again = again.max(now.after(shortest));
        if priority.is_kept()
            && let Some(permits) = self.chats.get_mut(&chat)
        {
            permits.claim_permit(now, priority, again);
        }
        again.since(now)
    }

    /// The expected permit of a waiting request, if all requests before it stay.
    pub(super) fn expected_permit(&self, now: Steady, rank: QueueRank) -> Steady {
        let request = self.waiting.get(&rank);
        request.map_or(now, |request| {
            self.find_permit(now, request.chat, rank.priority, self.count_ahead(rank))
        })
    }

    /// Grants permits if the time of the next permit has come.
    pub(super) fn grant_due(&mut self, now: Steady) {
        if self.next_due.is_some_and(|due| due <= now) {
            self.grant_permits(now);
        }
    }

    /// No longer counts a permit, and grants it to another request.
    pub(super) fn take_back(&mut self, now: Steady, chat: i64, permit: Steady) {
        self.uncount_permit(chat, permit);
        self.grant_permits(now);
    }

    /// Counts the permit of a request from its end on. Returns whether another request can have its permit earlier now.
    pub(super) fn end_request(&mut self, now: Steady, chat: i64, permit: Steady) -> bool {
        self.bot.take_back(permit);
        self.bot.record(now);
        let Some(permits) = self.chats.get_mut(&chat) else {
            return false;
        };
        permits.end_request(permit, now);
        let was_single = now < self.single_until;
        if was_single {
            self.grant_permits(now);
        }
        was_single
    }

    /// Whether a chat gets no permit before the answer to its request.
    fn waits_for_answer(&self, now: Steady, chat: i64) -> bool {
        let permits = self.chats.get(&chat);
        now < self.single_until && permits.is_some_and(ChatPermits::has_request)
    }

    /// Stops all permits for a while.
    pub(super) fn pause_permits(&mut self, now: Steady, pause: Duration) {
        self.paused_until = self.paused_until.max(now.after(pause));
        self.spaced_until = self.paused_until.after(SPACED);
    }

    /// The rest of the pause of all permits; `None` without a pause.
    pub(super) fn remaining_pause(&self, now: Steady) -> Option<Duration> {
        (now < self.paused_until).then(|| self.paused_until.since(now))
    }

    /// Grants every permit that is possible now, in the order of the ranks. In each chat, a request that must wait stops
    /// all requests behind it.
    fn grant_permits(&mut self, now: Steady) {
        let mut stopped = HashSet::new();
        let requests = self.waiting.iter();
        let requests: Vec<_> = requests.map(|(rank, it)| (*rank, it.chat)).collect();
        self.next_due = None;
        for (rank, chat) in requests {
            if stopped.contains(&chat) {
                continue;
            }
            let mut due = self.find_permit(now, chat, rank.priority, 0);
            if self.waits_for_answer(now, chat) {
                due = due.max(self.single_until);
            }
            if due > now {
                stopped.insert(chat);
                self.next_due = Some(self.next_due.map_or(due, |next| next.min(due)));
                continue;
            }
            let Some(request) = self.waiting.remove(&rank) else {
                continue;
            };
            self.bot.record(now);
            if let Some(permits) = self.chats.get_mut(&chat) {
                permits.begin_request(now);
            }
            if request.permit.send(now).is_err() {
                self.uncount_permit(chat, now);
            }
        }
    }

    fn uncount_permit(&mut self, chat: i64, permit: Steady) {
        self.bot.take_back(permit);
        if let Some(permits) = self.chats.get_mut(&chat) {
            permits.take_back(permit);
        }
    }

    /// The earliest permit of a request behind `ahead` other requests of its chat. A permit later than `now` is a time to
    /// ask again.
    fn find_permit(&self, now: Steady, chat: i64, priority: SendPriority, ahead: usize) -> Steady {
        let from = now.max(self.paused_until);
        let reserve = priority.reserve(self.bot.limit());
        let of_bot = self.bot.find_permit(from, 0, reserve, self.spaced_until);
        let of_chat = self.chats.get(&chat);
        let of_chat =
            of_chat.map(|permits| permits.find_permit(from, priority, ahead, self.spaced_until));
        let times = [of_bot, of_chat];
        times.into_iter().flatten().fold(from, Steady::max)
    }

    /// The number of requests with a better rank in the same chat.
    fn count_ahead(&self, rank: QueueRank) -> usize {
        let chat = self.waiting.get(&rank).map(|request| request.chat);
        let ahead = self.waiting.range(..rank);
        ahead
            .filter(|(_, request)| Some(request.chat) == chat)
            .count()
    }

    /// Forgets chats that have no effect any more: once in a while, and when there are too many.
    fn forget_idle_chats(&mut self, now: Steady) {
        if now < self.next_sweep && self.chats.len() < MOST_CHATS {
            return;
        }
        self.next_sweep = now.after(BETWEEN_SWEEPS);
        let waiting: HashSet<_> = self.waiting.values().map(|request| request.chat).collect();
        self.chats
            .retain(|chat, permits| !permits.is_idle(now) || waiting.contains(chat));
    }

    /// The number of remembered chats.
    #[cfg(test)]
    pub(super) fn count_chats(&self) -> usize {
        self.chats.len()
    }
}
