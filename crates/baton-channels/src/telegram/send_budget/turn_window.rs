//! A sliding window of turns.

use std::collections::VecDeque;
use std::time::Duration;

use baton_core::clock::Steady;

/// A limit on the turns in every span of time with a fixed length, and the turns that count for it.
pub(super) struct TurnWindow {
    limit: u32,
    length: Duration,
    /// The latest turns in order, at most `limit`. Older turns have no effect.
    granted: VecDeque<Steady>,
}

impl TurnWindow {
    /// A window with at least one turn.
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

    /// The earliest turn of a request, not before `from`, after the turns of `ahead` other requests. The request leaves
    /// `reserve` turns of the window unused. `None` if the reserve is the whole window.
    ///
    /// Before `spaced_until`, the turns keep equal distances.
    pub(super) fn find_turn(
        &self,
        from: Steady,
        ahead: usize,
        reserve: usize,
        spaced_until: Steady,
    ) -> Option<Steady> {
        let room = self.limit().checked_sub(reserve).filter(|room| *room > 0)?;
        let mut granted: Vec<_> = self.granted.iter().copied().collect();
        let mut turn = from;
        for _ in 0..ahead {
            turn = self.turn_after(&granted, turn, self.limit(), spaced_until);
            granted.push(turn);
        }
        Some(self.turn_after(&granted, turn, room, spaced_until))
    }

    /// The earliest turn after the `granted` ones, not before `from`, in a window with `room` turns.
    fn turn_after(
        &self,
        granted: &[Steady],
        from: Steady,
        room: usize,
        spaced_until: Steady,
    ) -> Steady {
        // This turn must have left the window.
        let leaving = granted.len().checked_sub(room).map(|index| granted[index]);
        let turn = leaving.map_or(from, |leaving| from.max(leaving.after(self.length)));
        match granted.last() {
            Some(last) if turn < spaced_until => turn.max(last.after(self.length / self.limit)),
            _ => turn,
        }
    }

    /// Counts a turn. The turns come in order.
    pub(super) fn record(&mut self, turn: Steady) {
        if self.granted.len() >= self.limit() {
            self.granted.pop_front();
        }
        self.granted.push_back(turn);
    }

    /// No longer counts a turn.
    pub(super) fn take_back(&mut self, turn: Steady) {
        if let Some(index) = self.granted.iter().rposition(|it| *it == turn) {
            self.granted.remove(index);
        }
    }

    /// Whether the window has no turns.
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

    fn window(limit: u32, granted: &[i64]) -> TurnWindow {
        let mut window = TurnWindow::new(limit, SECOND);
        for turn in granted {
            window.record(Steady(*turn));
        }
        window
    }

    fn turn(window: &TurnWindow, from: i64, ahead: usize, reserve: usize) -> Option<i64> {
        let turn = window.find_turn(Steady(from), ahead, reserve, NEVER)?;
        Some(turn.0)
    }

    #[test]
    fn a_turn_comes_when_the_window_has_room_for_it() {
        let window = window(3, &[100, 200]);
        assert_eq!(turn(&window, 300, 0, 0), Some(300));
        assert_eq!(turn(&window, 300, 1, 0), Some(1_100));
        assert_eq!(turn(&window, 300, 2, 0), Some(1_200));
        assert_eq!(turn(&window, 300, 3, 0), Some(1_300));
        assert_eq!(turn(&window, 5_000, 2, 0), Some(5_000));
    }

    #[test]
    fn a_reserve_stays_unused() {
        let window = window(3, &[100, 200]);
        assert_eq!(turn(&window, 300, 0, 1), Some(1_100));
        assert_eq!(turn(&window, 300, 0, 2), Some(1_200));
        assert_eq!(turn(&window, 300, 0, 3), None);
    }

    #[test]
    fn spaced_turns_keep_equal_distances() {
        let window = window(4, &[100]);
        let turn = |from, ahead| {
            window
                .find_turn(Steady(from), ahead, 0, Steady(600))
                .unwrap()
        };
        assert_eq!(turn(200, 0), Steady(350));
        assert_eq!(turn(200, 1), Steady(600));
        assert_eq!(turn(200, 2), Steady(600), "the distances end here");
    }

    #[test]
    fn a_turn_that_was_taken_back_is_free_again() {
        let mut window = window(2, &[100, 200]);
        assert_eq!(turn(&window, 300, 0, 0), Some(1_100));
        window.take_back(Steady(100));
        assert_eq!(turn(&window, 300, 0, 0), Some(300));
        assert!(!window.is_idle(Steady(1_199)));
        assert!(window.is_idle(Steady(1_200)));
        assert_eq!(TurnWindow::new(0, SECOND).limit(), 1);
    }
}
