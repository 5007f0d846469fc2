//! Publishes the changes of the store to the readers of the stream. One task reads each change once for all
//! readers. Without changes, the task sleeps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use baton_core::id::{ApprovalId, MessageId, Seq};
use baton_core::message::MessageState;
use baton_core::name::PersonaName;
use baton_core::store::{
    Change, Direction, Queued, StoreError, Timeline, TimelinePage, WaitingQuery,
};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::feed_event::{FeedEvent, FeedEventKind};
use super::live_turns::{LiveTurns, TurnUpdate, WritingEvent};
use crate::web::app_state::AppState;
use crate::web::http::authentication::RoomSet;
use crate::web::model::comment::{Comment, count_positions};
use crate::web::routes::comments::comment_pages::LISTED;
use crate::web::{CHANNEL, account_name, channel_name};

/// Maximum number of unread events of one reader. A slower reader is disconnected, and reconnects with its
/// cursor.
const EVENTS_KEPT: usize = 512;
/// Maximum size in bytes of the events kept for slow readers, because events can be long.
const BYTES_KEPT: usize = 8 * 1024 * 1024;
/// Maximum number of posts in one read.
const PAGE: usize = 100;
/// The limit of a page in bytes.
const PAGE_BYTES: usize = 512 * 1024;
/// Maximum number of changes that are handled together.
const MOST_AT_ONCE: usize = 256;
/// Maximum number of waiting messages of a conversation with published positions.
const POSITIONS_TOLD: usize = 20;
/// Pause after a failed read of the store.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

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

    fn has_readers(&self) -> bool {
        self.events.receiver_count() > 0
    }

    fn publish_event(&self, event: FeedEvent) {
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

/// The changes since the last round.
#[derive(Default)]
struct PendingChanges {
    /// The first and the last new sequence.
    posted: Option<(Seq, Seq)>,
    moved: BTreeMap<(String, PersonaName), BTreeSet<MessageId>>,
    asked: BTreeSet<ApprovalId>,
    gap: bool,
}

impl PendingChanges {
    fn add_change(&mut self, change: Change) {
        match change {
            Change::Posted { place, seq } if place.channel.as_str() == CHANNEL => {
                let (first, last) = self.posted.unwrap_or((seq, seq));
                self.posted = Some((first.min(seq), last.max(seq)));
            }
            Change::Moved {
                place,
                persona,
                message,
                ..
            } if place.channel.as_str() == CHANNEL => {
                self.add_moved(place.address, persona, message);
            }
            Change::Asked { place, approval } if place.channel.as_str() == CHANNEL => {
                self.asked.insert(approval);
            }
            _ => {}
        }
    }

    fn add_moved(&mut self, room: String, persona: PersonaName, message: MessageId) {
        let conversation = (room, persona);
        self.moved.entry(conversation).or_default().insert(message);
    }
}

/// Publishes changes until the shutdown. The subscription to `changes` must be older than the first reader,
/// because readers find earlier changes in the store.
pub(crate) async fn follow_changes(app: Arc<AppState>, mut changes: broadcast::Receiver<Change>) {
    // The last published sequence; `None` before the first post.
    let mut cursor: Option<Seq> = None;
    loop {
        let mut pending = PendingChanges::default();
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = app.feed.live_turns.changed.notified() => {
                publish_turns(&app).await;
                continue;
            }
            change = changes.recv() => match change {
                Ok(change) => pending.add_change(change),
                Err(RecvError::Lagged(_)) => pending.gap = true,
                Err(RecvError::Closed) => return,
            }
        }
        for _ in 0..MOST_AT_ONCE {
            match changes.try_recv() {
                Ok(change) => pending.add_change(change),
                Err(TryRecvError::Lagged(_)) => pending.gap = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if !app.feed.has_readers() {
            // Later readers read the earlier posts from the store.
            cursor = cursor.max(pending.posted.map(|(_, last)| last));
            continue;
        }
        while let Err(error) = publish_changes(&app, &mut pending, &mut cursor).await {
            if error == StoreError::Closed {
                return;
            }
            pause_after(&app, &error).await;
        }
    }
}

async fn pause_after(app: &AppState, error: &StoreError) {
    tracing::error!(%error, "readers are not told yet what is new");
    let clock = &app.settings.clock;
    tokio::select! {
        () = app.shutdown.cancelled() => {}
        () = clock.sleep_until(clock.steady().after(AFTER_FAILURE)) => {}
    }
}

async fn publish_changes(
    app: &AppState,
    pending: &mut PendingChanges,
    cursor: &mut Option<Seq>,
) -> Result<(), StoreError> {
    if pending.gap {
        // After a gap, the changed messages are unknown.
        app.feed
            .publish_event(FeedEvent::new(FeedEventKind::Gap, "", &()));
    }
    let after = match (*cursor, pending.posted) {
        (Some(cursor), Some((_, last))) if last > cursor => Some(cursor),
        (Some(cursor), _) => Some(cursor).filter(|_| pending.gap),
        (None, posted) => posted.map(|(first, _)| Seq(first.0 - 1)),
    };
    if let Some(mut after) = after {
        loop {
            let TimelinePage { posts, more, .. } =
                read_posts_after(app, after, &RoomSet::all(), PAGE, PAGE_BYTES).await?;
            for comment in Comment::of_posts(app, posts).await? {
                after = Seq(comment.seq);
                *cursor = Some(after);
                app.feed.publish_event(FeedEvent::of_comment(&comment));
                // A message with a high priority moves other messages down.
                if let (Some(message), Some(MessageState::Waiting)) =
                    (comment.message_id, comment.state)
                {
                    pending.add_moved(comment.domain, comment.entity.into(), MessageId(message));
                }
            }
            if !more {
                break;
            }
        }
    }
    for ((room, persona), moved) in &pending.moved {
        publish_moved(app, room, persona, moved).await?;
    }
    for approval in &pending.asked {
        if let Some(approval) = app.store().approval(*approval).await? {
            app.feed.publish_event(FeedEvent::of_approval(&approval));
        }
    }
    Ok(())
}

/// The posts after a cursor, in the store's order.
pub(crate) async fn read_posts_after(
    app: &AppState,
    cursor: Seq,
    rooms: &RoomSet,
    limit: usize,
    bytes: usize,
) -> Result<TimelinePage, StoreError> {
    let query = Timeline {
        channel: channel_name(),
        account: account_name(),
        addresses: rooms.included_addresses(),
        not_in: rooms.excluded_places(),
        direction: Direction::After(cursor),
        since: None,
        search: None,
        kinds: None,
        author_name: None,
        limit,
        bytes,
        longest: LISTED,
        reach: usize::MAX,
        reach_bytes: usize::MAX,
    };
    app.store().timeline(query).await
}

/// Publishes the changed messages of one conversation, and the waiting messages with a new position: all
/// behind a message that came or left.
async fn publish_moved(
    app: &AppState,
    room: &str,
    persona: &PersonaName,
    moved: &BTreeSet<MessageId>,
) -> Result<(), StoreError> {
    let query = WaitingQuery {
        of: Some((channel_name(), account_name())),
        addresses: Some(vec![room.to_owned()]),
        personas: vec![persona.clone()],
        ..WaitingQuery::at_most(POSITIONS_TOLD)
    };
    let first = app.store().queue(query).await?;
    let positions = count_positions(&first);
    let position = |message: &Queued| positions.get(&message.id).copied();
    let mut unpublished = moved.clone();
    let mut foremost = u32::MAX;
    for message in &first {
        if unpublished.remove(&message.id) {
            foremost = foremost.min(position(message).unwrap_or(0));
            app.feed
                .publish_event(FeedEvent::of_status(message, position(message)));
        }
    }
    for message in unpublished {
        if let Some(message) = app.store().message(message).await? {
            if message.state != MessageState::Waiting {
                foremost = 0;
            }
            app.feed
                .publish_event(FeedEvent::of_status(&message.into(), None));
        }
    }
    for message in &first {
        let behind = position(message).is_some_and(|position| position > foremost);
        if behind && !moved.contains(&message.id) {
            app.feed
                .publish_event(FeedEvent::of_status(message, position(message)));
        }
    }
    Ok(())
}

async fn publish_turns(app: &AppState) {
    let live_turns = &app.feed.live_turns;
    if !app.feed.has_readers() {
        live_turns.lock_turns().remove_ended();
        return;
    }
    let unresolved = live_turns.lock_turns().unresolved_turns();
    for (turn, messages) in unresolved {
        let mut ids = Vec::with_capacity(messages.len());
        for message in messages {
            // An unreadable message is left out; the reply will name it.
            if let Ok(Some(message)) = app.store().message(message).await {
                ids.push(message.external_id.to_string());
            }
        }
        live_turns.lock_turns().resolve_turn(turn, ids);
    }
    let mut turns = live_turns.lock_turns();
    for update in turns.take_updates() {
        app.feed.publish_event(match update {
            TurnUpdate::More(event) => FeedEvent::of_turn(&event),
            TurnUpdate::Done(room, event) => FeedEvent::new(FeedEventKind::Done, room, &event),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
