//! How often a progress message is edited. An edit never waits for a rate limit of the platform
//! (`http/rate_limit_buckets.rs`). Baton leaves such an edit out.

use std::time::Duration;

use baton_core::clock::Steady;

/// The pace of the edits of one progress message.
#[derive(Debug)]
pub(super) struct EditPace {
    /// The shortest time between two edits.
    pause: Duration,
    /// The time of the last edit; `None` before the first.
    last: Option<Steady>,
}

impl EditPace {
    /// The pace before the first edit.
    pub(super) fn new(pause: Duration) -> Self {
        Self { pause, last: None }
    }

    /// Whether an edit may be made at this time.
    pub(super) fn permits(&self, now: Steady) -> bool {
        self.next_at(now) <= now
    }

    /// The time from which the next edit may be made.
    pub(super) fn next_at(&self, now: Steady) -> Steady {
        self.last.map_or(now, |last| last.after(self.pause))
    }

    /// Records an edit.
    pub(super) fn mark_edited(&mut self, now: Steady) {
        self.last = Some(now);
    }
}
