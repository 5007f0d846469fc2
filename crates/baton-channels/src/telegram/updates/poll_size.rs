//! The number of updates in one request for updates.

/// The most updates of one request, as Telegram permits.
const MOST_UPDATES: usize = 100;

/// The factor by which a request gets smaller after an answer that is too long.
const SMALLER: usize = 4;

/// The number of updates in one request. After an answer that is too long, the requests are smaller until all updates of
/// this answer have come. A request of the usual size before that would bring the same answer again.
#[derive(Debug)]
pub(crate) struct PollSize {
    most: usize,
    /// The number of updates that may still come from an answer that was too long.
    expected: usize,
}

impl Default for PollSize {
    fn default() -> Self {
        Self {
            most: MOST_UPDATES,
            expected: 0,
        }
    }
}

impl PollSize {
    /// The most updates of the next request.
    pub(crate) fn update_limit(&self) -> usize {
        self.most
    }

    /// Records an unreadable answer to a request of this size. Usually, the answer is too long.
    pub(crate) fn note_unreadable(&mut self) {
        self.expected = self.expected.max(self.most);
        self.most = (self.most / SMALLER).max(1);
    }

    /// Records an answer with this number of updates.
    pub(crate) fn note_updates(&mut self, count: usize) {
        self.expected = self.expected.saturating_sub(count);
        if self.expected == 0 || count < self.most {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stay_small_until_the_long_answer_has_come() {
        let mut size = PollSize::default();
        size.note_unreadable();
        assert_eq!(size.update_limit(), 25);
        size.note_unreadable();
        size.note_unreadable();
        size.note_unreadable();
        assert_eq!(size.update_limit(), 1);
        for _ in 0..99 {
            size.note_updates(1);
            assert_eq!(size.update_limit(), 1);
        }
        size.note_updates(1);
        assert_eq!(size.update_limit(), 100);
    }

    #[test]
    fn an_answer_with_room_ends_the_small_requests() {
        let mut size = PollSize::default();
        size.note_unreadable();
        size.note_updates(25);
        assert_eq!(size.update_limit(), 25);
        size.note_updates(24);
        assert_eq!(size.update_limit(), 100, "Telegram has no further update");
    }
}
