//! How often a progress message is edited. An edit never waits for a rate limit of the platform
//! (`http/rate_limit_buckets.rs`). Baton leaves such an edit out.

use std::time::Duration;

use baton_core::clock::Steady;

/// The shortest time between two edits of one progress message.
const EDIT_PAUSE: Duration = Duration::from_secs(2);

/// The pace of the edits of one progress message.
#[derive(Debug, Default)]
pub(super) struct EditPace {
    /// The time of the last edit; `None` before the first.
    last: Option<Steady>,
}

impl EditPace {
    /// Whether an edit may be made at this time.
    pub(super) fn permits(&self, now: Steady) -> bool {
        self.next_at(now) <= now
    }

    /// The time from which the next edit may be made.
    pub(super) fn next_at(&self, now: Steady) -> Steady {
        self.last.map_or(now, |last| last.after(EDIT_PAUSE))
    }

    /// Records an edit.
    pub(super) fn mark_edited(&mut self, now: Steady) {
        self.last = Some(now);
    }
}
