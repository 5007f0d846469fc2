//! The times of the heartbeats of a connection, and the check that each heartbeat is answered.

use std::time::Duration;

use baton_core::clock::Steady;

use crate::connection::LossReason;

/// A timer that fires later than this woke from the sleep of the machine. The answer to the last heartbeat
/// may then still be unread, so the heartbeat does not count as missed.
const LATE: Duration = Duration::from_secs(2);

/// The timer of the heartbeats.
pub(super) struct HeartbeatTimer {
    every: Duration,
    next: Steady,
    /// Whether a heartbeat was sent after the last message from the platform.
    unanswered: bool,
}

impl HeartbeatTimer {
    /// A timer with this interval. `random` lies between 0 and 1, and is the part of the interval before the first
    /// heartbeat.
    pub(super) fn new(every: Duration, now: Steady, random: f64) -> Self {
        Self {
            every,
            next: now.after(every.mul_f64(random)),
            unanswered: false,
        }
    }

    /// The time of the next heartbeat.
    pub(super) fn next(&self) -> Steady {
        self.next
    }

    /// Whether a heartbeat is due. Returns an error if the last heartbeat has no answer.
    pub(super) fn check_due(&self, now: Steady) -> Result<bool, LossReason> {
        if now < self.next {
            return Ok(false);
        }
        if self.unanswered && now.since(self.next) < LATE {
            return Err(LossReason::NoHeartbeat);
        }
        Ok(true)
    }

    /// Records a sent heartbeat.
    pub(super) fn mark_sent(&mut self, now: Steady) {
        self.next = now.after(self.every);
        self.unanswered = true;
    }

    /// Records a message from the platform. Every message counts as an answer.
    pub(super) fn mark_answered(&mut self) {
        self.unanswered = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERY: Duration = Duration::from_secs(40);

    #[test]
    fn a_heartbeat_without_an_answer_ends_the_connection_unless_the_machine_slept() {
        let mut beats = HeartbeatTimer::new(EVERY, Steady(0), 0.5);
        assert_eq!(beats.check_due(Steady(19_999)), Ok(false));
        assert_eq!(beats.check_due(Steady(20_000)), Ok(true));
        beats.mark_sent(Steady(20_000));
        assert_eq!(beats.next(), Steady(60_000));
        assert_eq!(beats.check_due(Steady(59_999)), Ok(false));
        let missed = Err(LossReason::NoHeartbeat);
        assert_eq!(beats.check_due(Steady(60_000)), missed);
        assert_eq!(beats.check_due(Steady(61_999)), missed);
        assert_eq!(beats.check_due(Steady(62_000)), Ok(true));
        beats.mark_answered();
        assert_eq!(beats.check_due(Steady(60_000)), Ok(true));
    }
}
