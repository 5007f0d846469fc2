//! A sliding window of permits.

use std::collections::VecDeque;
use std::time::Duration;

use baton_core::clock::Steady;

/// A limit on the permits in every span of time with a fixed length, and the permits that count for it.
pub(super) struct PermitWindow {
    limit: u32,
    length: Duration,
    /// The latest permits in order, at most `limit`. Older permits have no effect.
    granted: VecDeque<Steady>,
}

impl PermitWindow {
    /// A window with at least one permit.
    pub(super) fn new(limit: u32, length: Duration) -> Self {
        Self {
            limit: limit.max(1),
            length,
            granted: VecDeque::new(),
        }
    }

    pub(super) fn limit(&self) -> usize {
        usize::try_from(self.limit).unwrap_or(usize::MAX)
    }

    /// The earliest permit of a request, not before `from`, after the permits of `ahead` other requests. The request leaves
    /// `reserve` permits of the window unused. `None` if the reserve is the whole window.
    ///
    /// Before `spaced_until`, the permits keep equal distances.
    pub(super) fn find_permit(
        &self,
        from: Steady,
        ahead: usize,
        reserve: usize,
        spaced_until: Steady,
    ) -> Option<Steady> {
        let room = self.limit().checked_sub(reserve).filter(|room| *room > 0)?;
        let mut granted: Vec<_> = self.granted.iter().copied().collect();
        let mut permit = from;
        for _ in 0..ahead {
            permit = self.permit_after(&granted, permit, self.limit(), spaced_until);
            granted.push(permit);
        }
        Some(self.permit_after(&granted, permit, room, spaced_until))
    }

    /// The earliest permit after the `granted` ones, not before `from`, in a window with `room` permits.
    fn permit_after(
        &self,
        granted: &[Steady],
        from: Steady,
        room: usize,
        spaced_until: Steady,
    ) -> Steady {
        // This permit must have left the window.
        let leaving = granted.len().checked_sub(room).map(|index| granted[index]);
        let permit = leaving.map_or(from, |leaving| from.max(leaving.after(self.length)));
        match granted.last() {
            Some(last) if permit < spaced_until => permit.max(last.after(self.length / self.limit)),
            _ => permit,
        }
    }

    /// Counts a permit. The permits come in order.
    pub(super) fn record(&mut self, permit: Steady) {
        if self.granted.len() >= self.limit() {
            self.granted.pop_front();
        }
        self.granted.push_back(permit);
    }

    /// No longer counts a permit.
    pub(super) fn take_back(&mut self, permit: Steady) {
        if let Some(index) = self.granted.iter().rposition(|it| *it == permit) {
            self.granted.remove(index);
        }
    }

    /// Whether the window has no permits.
    pub(super) fn is_idle(&self, now: Steady) -> bool {
        let last = self.granted.back();
        last.is_none_or(|last| last.after(self.length) <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const NEVER: Steady = Steady(0);

    fn window(limit: u32, granted: &[i64]) -> PermitWindow {
        let mut window = PermitWindow::new(limit, SECOND);
        for permit in granted {
            window.record(Steady(*permit));
        }
        window
    }

    fn permit(window: &PermitWindow, from: i64, ahead: usize, reserve: usize) -> Option<i64> {
        let permit = window.find_permit(Steady(from), ahead, reserve, NEVER)?;
        Some(permit.0)
    }

    #[test]
    fn a_permit_comes_when_the_window_has_room_for_it() {
        let window = window(3, &[100, 200]);
        assert_eq!(permit(&window, 300, 0, 0), Some(300));
        assert_eq!(permit(&window, 300, 1, 0), Some(1_100));
        assert_eq!(permit(&window, 300, 2, 0), Some(1_200));
        assert_eq!(permit(&window, 300, 3, 0), Some(1_300));
        assert_eq!(permit(&window, 5_000, 2, 0), Some(5_000));
    }

    #[test]
    fn a_reserve_stays_unused() {
        let window = window(3, &[100, 200]);
        assert_eq!(permit(&window, 300, 0, 1), Some(1_100));
        assert_eq!(permit(&window, 300, 0, 2), Some(1_200));
        assert_eq!(permit(&window, 300, 0, 3), None);
    }

    #[test]
    fn spaced_permits_keep_equal_distances() {
        let window = window(4, &[100]);
        let permit = |from, ahead| {
            window
                .find_permit(Steady(from), ahead, 0, Steady(600))
                .unwrap()
        };
        assert_eq!(permit(200, 0), Steady(350));
        assert_eq!(permit(200, 1), Steady(600));
        assert_eq!(permit(200, 2), Steady(600), "the distances end here");
    }

    #[test]
    fn a_permit_that_was_taken_back_is_free_again() {
        let mut window = window(2, &[100, 200]);
        assert_eq!(permit(&window, 300, 0, 0), Some(1_100));
        window.take_back(Steady(100));
        assert_eq!(permit(&window, 300, 0, 0), Some(300));
        assert!(!window.is_idle(Steady(1_199)));
        assert!(window.is_idle(Steady(1_200)));
        assert_eq!(PermitWindow::new(0, SECOND).limit(), 1);
    }
}
