//! The permits of one chat.

use std::time::Duration;

use baton_core::clock::Steady;

use super::budget_limits::BudgetLimits;
use super::permit_window::PermitWindow;
use super::send_priority::SendPriority;

/// The time after the pause of a refused request in which less urgent requests still leave a permit to it.
pub(super) const LATE: Duration = Duration::from_secs(10);

/// The largest difference by which a refused request comes back too early, because of rounded times.
const EARLY: Duration = Duration::from_millis(100);

/// The permits of one chat, and the claims of refused requests.
pub(super) struct ChatPermits {
    window: PermitWindow,
    /// The number of requests without an answer.
    requests: usize,
    /// At most one for each permit of the window.
    claims: Vec<PermitClaim>,
}

/// The claim of a refused request to one permit.
struct PermitClaim {
    priority: SendPriority,
    /// The end of the pause that the request was told.
    comes_back: Steady,
}

impl PermitClaim {
    /// The time at which the claim is forgotten.
    fn end(&self) -> Steady {
        self.comes_back.after(LATE)
    }
}

impl ChatPermits {
    /// A chat without permits. Groups and channels have negative ids.
    pub(super) fn new(chat: i64, limits: BudgetLimits) -> Self {
        let window = if chat < 0 {
            PermitWindow::new(limits.group_per_minute, Duration::from_mins(1))
        } else {
            PermitWindow::new(limits.private_per_second, Duration::from_secs(1))
        };
        Self {
            window,
            requests: 0,
            claims: Vec::new(),
        }
    }

    /// The earliest permit of a request, not before `from`, after `ahead` other requests. Before `spaced_until`, the permits
    /// keep equal distances.
    ///
    /// A permit later than `from` is a time to ask again, because a claim can end.
    pub(super) fn find_permit(
        &self,
        from: Steady,
        priority: SendPriority,
        ahead: usize,
        spaced_until: Steady,
    ) -> Steady {
        let claims = self.claims.iter();
        let stronger = claims.filter(|claim| claim.priority < priority && claim.end() > from);
        let (mut claimed, mut first_end) = (0, None);
        for claim in stronger {
            claimed += 1;
            let end = claim.end();
            first_end = Some(first_end.map_or(end, |first: Steady| first.min(end)));
        }
        let usual = priority.reserve(self.window.limit());
        let reserve = usual.max(claimed);
        let permit = self.window.find_permit(from, ahead, reserve, spaced_until);
        // The end of a claim matters only if the claims are more than the usual reserve.
        let end = first_end.filter(|_| claimed > usual);
        let times = [permit, end];
        times.into_iter().flatten().min().unwrap_or(from)
    }

    /// The number of claims with this priority or a more urgent one.
    pub(super) fn count_claims(&self, now: Steady, priority: SendPriority) -> usize {
        let claims = self.claims.iter();
        claims
            .filter(|claim| claim.priority <= priority && claim.end() > now)
            .count()
    }

    /// Keeps a permit for a refused request.
    pub(super) fn claim_permit(&mut self, now: Steady, priority: SendPriority, comes_back: Steady) {
        self.claims.retain(|claim| claim.end() > now);
        if self.claims.len() < self.window.limit() {
            self.claims.push(PermitClaim {
                priority,
                comes_back,
            });
        }
    }

    /// Ends the first claim of a request that can have come back now. Returns whether there is such a claim.
    pub(super) fn use_claim(&mut self, now: Steady, priority: SendPriority) -> bool {
        let claims = self.claims.iter().enumerate();
        let returned = claims
            .filter(|(_, claim)| claim.priority == priority)
            .filter(|(_, claim)| claim.comes_back.before(EARLY) <= now && claim.end() > now)
            .min_by_key(|(_, claim)| claim.comes_back);
        let index = returned.map(|(index, _)| index);
        if let Some(index) = index {
            self.claims.swap_remove(index);
        }
        index.is_some()
    }

    /// Counts the permit of a request that is sent now.
    pub(super) fn begin_request(&mut self, now: Steady) {
        self.requests += 1;
        self.window.record(now);
    }

    /// Counts the permit of a request from its end on.
    pub(super) fn end_request(&mut self, permit: Steady, now: Steady) {
        self.take_back(permit);
        self.window.record(now);
    }

    /// No longer counts the permit of a request.
    pub(super) fn take_back(&mut self, permit: Steady) {
        self.requests = self.requests.saturating_sub(1);
        self.window.take_back(permit);
    }

    /// Whether a request has no answer yet.
    pub(super) fn has_request(&self) -> bool {
        self.requests > 0
    }

    /// Whether nothing here has an effect any more.
    pub(super) fn is_idle(&self, now: Steady) -> bool {
        self.requests == 0
            && self.window.is_idle(now)
            && self.claims.iter().all(|claim| claim.end() <= now)
    }
}
