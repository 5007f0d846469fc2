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

mod event;

pub(crate) use event::{Event, Kind, StatusEvent};

use super::access::Rooms;
use super::app::App;
use super::comment::{Comment, count_positions};
use super::reading::LISTED;
use super::writing::{Shown, Writing, WritingEvent};
use super::{CHANNEL, account_name, channel_name};

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
pub(crate) struct Feed {
    /// [`Kept`] owns the events, so an event too old for [`Kept`] is lost for readers who have not read it.
    events: broadcast::Sender<Weak<Event>>,
    kept: Mutex<Kept>,
    pub(crate) writing: Arc<Writing>,
}

impl Feed {
    pub(crate) fn new(writing: Arc<Writing>) -> Self {
        Self {
            events: broadcast::Sender::new(EVENTS_KEPT),
            kept: Mutex::default(),
            writing,
        }
    }

    /// Subscribes to all later events, and returns the published state of the running turns. The two fit
    /// together without a gap or a repetition.
    pub(crate) fn join(&self) -> (broadcast::Receiver<Weak<Event>>, Vec<WritingEvent>) {
        // The feed publishes progress of turns under this lock too.
        let turns = self.writing.lock();
        let events = self.events.subscribe();
        let so_far = turns.so_far();
        drop(turns);
        self.writing.changed.notify_one();
        (events, so_far)
    }

    fn has_readers(&self) -> bool {
        self.events.receiver_count() > 0
    }

    fn publish(&self, event: Event) {
        let event = Arc::new(event);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Without readers, old events are not needed, because later readers read the store.
        match self.events.send(Arc::downgrade(&event)) {
            Ok(_) => kept.add(event),
            Err(_) => *kept = Kept::default(),
        }
    }
}

/// The last events, for slow readers.
#[derive(Default)]
struct Kept {
    oldest_first: VecDeque<Arc<Event>>,
    bytes: usize,
}

impl Kept {
    fn add(&mut self, event: Arc<Event>) {
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
struct News {
    /// The first and the last new sequence.
    posted: Option<(Seq, Seq)>,
    moved: BTreeMap<(String, PersonaName), BTreeSet<MessageId>>,
    asked: BTreeSet<ApprovalId>,
    gap: bool,
}

impl News {
    fn note(&mut self, change: Change) {
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
                self.moved_in(place.address, persona, message);
            }
            Change::Asked { place, approval } if place.channel.as_str() == CHANNEL => {
                self.asked.insert(approval);
            }
            _ => {}
        }
    }

    fn moved_in(&mut self, room: String, persona: PersonaName, message: MessageId) {
        let conversation = (room, persona);
        self.moved.entry(conversation).or_default().insert(message);
    }
}

/// Publishes changes until the shutdown. The subscription to `changes` must be older than the first reader,
/// because readers find earlier changes in the store.
pub(crate) async fn follow(app: Arc<App>, mut changes: broadcast::Receiver<Change>) {
    // The last published sequence; `None` before the first post.
    let mut cursor: Option<Seq> = None;
    loop {
        let mut news = News::default();
        tokio::select! {
            () = app.shutdown.cancelled() => return,
            () = app.feed.writing.changed.notified() => {
                publish_writing(&app).await;
                continue;
            }
            change = changes.recv() => match change {
                Ok(change) => news.note(change),
                Err(RecvError::Lagged(_)) => news.gap = true,
                Err(RecvError::Closed) => return,
            }
        }
        for _ in 0..MOST_AT_ONCE {
            match changes.try_recv() {
                Ok(change) => news.note(change),
                Err(TryRecvError::Lagged(_)) => news.gap = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if !app.feed.has_readers() {
            // Later readers read the earlier posts from the store.
            cursor = cursor.max(news.posted.map(|(_, last)| last));
            continue;
        }
        while let Err(error) = publish_news(&app, &mut news, &mut cursor).await {
            if error == StoreError::Closed {
                return;
            }
            pause_after(&app, &error).await;
        }
    }
}

async fn pause_after(app: &App, error: &StoreError) {
    tracing::error!(%error, "readers are not told yet what is new");
    let clock = &app.settings.clock;
    tokio::select! {
        () = app.shutdown.cancelled() => {}
        () = clock.sleep_until(clock.steady().after(AFTER_FAILURE)) => {}
    }
}

async fn publish_news(
    app: &App,
    news: &mut News,
    cursor: &mut Option<Seq>,
) -> Result<(), StoreError> {
    if news.gap {
        // After a gap, the changed messages are unknown.
        app.feed.publish(Event::new(Kind::Gap, "", &()));
    }
    let after = match (*cursor, news.posted) {
        (Some(cursor), Some((_, last))) if last > cursor => Some(cursor),
        (Some(cursor), _) => Some(cursor).filter(|_| news.gap),
        (None, posted) => posted.map(|(first, _)| Seq(first.0 - 1)),
    };
    if let Some(mut after) = after {
        loop {
            let TimelinePage { posts, more, .. } =
                posts_after(app, after, &Rooms::all(), PAGE, PAGE_BYTES).await?;
            for comment in Comment::of_posts(app, posts).await? {
                after = Seq(comment.seq);
                *cursor = Some(after);
                app.feed.publish(Event::comment(&comment));
                // A message with a high priority moves other messages down.
                if let (Some(message), Some(MessageState::Waiting)) =
                    (comment.message_id, comment.state)
                {
                    news.moved_in(comment.domain, comment.entity.into(), MessageId(message));
                }
            }
            if !more {
                break;
            }
        }
    }
    for ((room, persona), moved) in &news.moved {
        publish_moved(app, room, persona, moved).await?;
    }
    for approval in &news.asked {
        if let Some(approval) = app.store().approval(*approval).await? {
            app.feed.publish(Event::approval(&approval));
        }
    }
    Ok(())
}

/// The posts after a cursor, in the store's order.
pub(crate) async fn posts_after(
    app: &App,
    cursor: Seq,
    rooms: &Rooms,
    limit: usize,
    bytes: usize,
) -> Result<TimelinePage, StoreError> {
    let query = Timeline {
        channel: channel_name(),
        account: account_name(),
        addresses: rooms.only(),
        not_in: rooms.not_in(),
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
    app: &App,
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
    let mut not_told = moved.clone();
    let mut foremost = u32::MAX;
    for message in &first {
        if not_told.remove(&message.id) {
            foremost = foremost.min(position(message).unwrap_or(0));
            app.feed.publish(Event::status(message, position(message)));
        }
    }
    for message in not_told {
        if let Some(message) = app.store().message(message).await? {
            if message.state != MessageState::Waiting {
                foremost = 0;
            }
            app.feed.publish(Event::status(&message.into(), None));
        }
    }
    for message in &first {
        let behind = position(message).is_some_and(|position| position > foremost);
        if behind && !moved.contains(&message.id) {
            app.feed.publish(Event::status(message, position(message)));
        }
    }
    Ok(())
}

async fn publish_writing(app: &App) {
    let writing = &app.feed.writing;
    if !app.feed.has_readers() {
        writing.lock().forget_ended();
        return;
    }
    let to_look_up = writing.lock().to_look_up();
    for (turn, messages) in to_look_up {
        let mut ids = Vec::with_capacity(messages.len());
        for message in messages {
            // An unreadable message is left out; the reply will name it.
            if let Ok(Some(message)) = app.store().message(message).await {
                ids.push(message.external_id.to_string());
            }
        }
        writing.lock().looked_up(turn, ids);
    }
    let mut turns = writing.lock();
    for shown in turns.news() {
        app.feed.publish(match shown {
            Shown::More(event) => Event::writing(&event),
            Shown::Done(room, event) => Event::new(Kind::Done, room, &event),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s38_what_is_kept_for_the_slow_is_bounded_in_bytes() {
        let feed = Feed::new(Arc::default());
        let (mut slow, _) = feed.join();
        let long = "x".repeat(BYTES_KEPT / 10);
        for _ in 0..20 {
            feed.publish(Event::new(Kind::Status, "main", &long));
            let kept = feed.kept.lock().unwrap();
            assert!(kept.bytes <= BYTES_KEPT && kept.oldest_first.len() < 10);
        }
        // The reader has lost its first unread event, but still gets the last one.
        let first = slow.try_recv().unwrap();
        assert!(first.upgrade().is_none());
        let last = std::iter::from_fn(|| slow.try_recv().ok()).last().unwrap();
        assert!(last.upgrade().is_some());
        // Without readers, no events are kept.
        drop(slow);
        feed.publish(Event::new(Kind::Status, "main", &long));
        assert_eq!(feed.kept.lock().unwrap().bytes, 0);
    }

    #[test]
    fn s38_what_is_longer_than_all_that_is_kept_is_told_all_the_same() {
        let feed = Feed::new(Arc::default());
        let (mut reader, _) = feed.join();
        let long = "x".repeat(2 * BYTES_KEPT);
        feed.publish(Event::new(Kind::Status, "main", &long));
        assert!(reader.try_recv().unwrap().upgrade().is_some());
    }
}
