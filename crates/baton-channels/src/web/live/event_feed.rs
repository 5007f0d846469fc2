//! The events for all readers of the stream.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::broadcast;

use super::feed_event::FeedEvent;
use super::live_turns::{LiveTurns, WritingEvent};

/// Maximum number of unread events of one reader. A slower reader is disconnected, and reconnects with its
/// cursor.
const EVENTS_KEPT: usize = 512;
/// Maximum size in bytes of the events kept for slow readers, because events can be long.
const BYTES_KEPT: usize = 8 * 1024 * 1024;

/// The events for all readers.
pub(crate) struct EventFeed {
    /// [`RecentEvents`] owns the events, so an event too old for [`RecentEvents`] is lost for readers who have
    /// not read it.
    events: broadcast::Sender<Weak<FeedEvent>>,
    recent: Mutex<RecentEvents>,
    pub(crate) live_turns: Arc<LiveTurns>,
}

impl EventFeed {
    pub(crate) fn new(live_turns: Arc<LiveTurns>) -> Self {
        Self {
            events: broadcast::Sender::new(EVENTS_KEPT),
            recent: Mutex::default(),
            live_turns,
        }
    }

    /// Subscribes to all later events, and returns the published state of the running turns. The two fit
    /// together without a gap or a repetition.
    pub(crate) fn subscribe_reader(
        &self,
    ) -> (broadcast::Receiver<Weak<FeedEvent>>, Vec<WritingEvent>) {
        // The feed publishes progress of turns under this lock too.
        let turns = self.live_turns.lock_turns();
        let events = self.events.subscribe();
        let so_far = turns.published_state();
        drop(turns);
        self.live_turns.changed.notify_one();
        (events, so_far)
    }

    pub(crate) fn has_readers(&self) -> bool {
        self.events.receiver_count() > 0
    }

    pub(crate) fn publish_event(&self, event: FeedEvent) {
        let event = Arc::new(event);
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        // Without readers, old events are not needed, because later readers read the store.
        match self.events.send(Arc::downgrade(&event)) {
            Ok(_) => recent.add_event(event),
            Err(_) => *recent = RecentEvents::default(),
        }
    }
}

/// The last events, for slow readers.
#[derive(Default)]
struct RecentEvents {
    oldest_first: VecDeque<Arc<FeedEvent>>,
    bytes: usize,
}

impl RecentEvents {
    fn add_event(&mut self, event: Arc<FeedEvent>) {
        self.bytes += event.size();
        self.oldest_first.push_back(event);
        // The newest event stays, whatever its length.
        while self.oldest_first.len() > 1
            && (self.bytes > BYTES_KEPT || self.oldest_first.len() > EVENTS_KEPT)
        {
            if let Some(oldest) = self.oldest_first.pop_front() {
                self.bytes -= oldest.size();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::live::feed_event::FeedEventKind;

    #[test]
    fn s38_what_is_kept_for_the_slow_is_bounded_in_bytes() {
        let feed = EventFeed::new(Arc::default());
        let (mut slow, _) = feed.subscribe_reader();
        let long = "x".repeat(BYTES_KEPT / 10);
        for _ in 0..20 {
            feed.publish_event(FeedEvent::new(FeedEventKind::Status, "main", &long));
            let recent = feed.recent.lock().unwrap();
            assert!(recent.bytes <= BYTES_KEPT && recent.oldest_first.len() < 10);
        }
        // The reader has lost its first unread event, but still gets the last one.
        let first = slow.try_recv().unwrap();
        assert!(first.upgrade().is_none());
        let last = std::iter::from_fn(|| slow.try_recv().ok()).last().unwrap();
        assert!(last.upgrade().is_some());
        // Without readers, no events are kept.
        drop(slow);
        feed.publish_event(FeedEvent::new(FeedEventKind::Status, "main", &long));
        assert_eq!(feed.recent.lock().unwrap().bytes, 0);
    }

    #[test]
    fn s38_what_is_longer_than_all_that_is_kept_is_told_all_the_same() {
        let feed = EventFeed::new(Arc::default());
        let (mut reader, _) = feed.subscribe_reader();
        let long = "x".repeat(2 * BYTES_KEPT);
        feed.publish_event(FeedEvent::new(FeedEventKind::Status, "main", &long));
        assert!(reader.try_recv().unwrap().upgrade().is_some());
    }
}
