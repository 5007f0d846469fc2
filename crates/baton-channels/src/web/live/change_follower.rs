//! Publishes the changes of the store to the readers of the stream. One task reads each change once for all
//! readers. Without changes, the task sleeps.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::Clock;
use baton_core::id::{ApprovalId, MessageId, Seq};
use baton_core::message::MessageState;
use baton_core::name::PersonaName;
use baton_core::store::{
    Change, Direction, Queued, Store, StoreError, Timeline, TimelinePage, WaitingQuery,
};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::CancellationToken;

use super::event_feed::EventFeed;
use super::feed_event::{FeedEvent, FeedEventKind};
use super::live_turns::TurnUpdate;
use crate::web::http::authentication::RoomSet;
use crate::web::http::size_limits::LISTED_TEXT;
use crate::web::model::comment::{Comment, CommentSources, count_positions};
use crate::web::room_place::{CHANNEL, account_name, channel_name};

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

/// The task that publishes the changes of the store.
pub(crate) struct ChangeFollower {
    pub(crate) feed: Arc<EventFeed>,
    pub(crate) comments: Arc<CommentSources>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) shutdown: CancellationToken,
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

impl ChangeFollower {
    /// Publishes changes until the shutdown. The subscription to `changes` must be older than the first reader,
    /// because readers find earlier changes in the store.
    pub(crate) async fn follow_changes(self, mut changes: broadcast::Receiver<Change>) {
        // The last published sequence; `None` before the first post.
        let mut cursor: Option<Seq> = None;
        loop {
            let mut pending = PendingChanges::default();
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = self.feed.live_turns.changed.notified() => {
                    self.publish_turns().await;
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
            if !self.feed.has_readers() {
                // Later readers read the earlier posts from the store.
                cursor = cursor.max(pending.posted.map(|(_, last)| last));
                continue;
            }
            while let Err(error) = self.publish_changes(&mut pending, &mut cursor).await {
                if error == StoreError::Closed {
                    return;
                }
                self.pause_after(&error).await;
            }
        }
    }

    async fn pause_after(&self, error: &StoreError) {
        tracing::error!(%error, "changes could not be published to the readers yet");
        let clock = &self.clock;
        tokio::select! {
            () = self.shutdown.cancelled() => {}
            () = clock.sleep_until(clock.steady().after(AFTER_FAILURE)) => {}
        }
    }

    async fn publish_changes(
        &self,
        pending: &mut PendingChanges,
        cursor: &mut Option<Seq>,
    ) -> Result<(), StoreError> {
        if pending.gap {
            // After a gap, the changed messages are unknown.
            self.feed
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
                    read_posts_after(&**self.store(), after, &RoomSet::all(), PAGE, PAGE_BYTES)
                        .await?;
                for comment in Comment::of_posts(&self.comments, posts).await? {
                    after = Seq(comment.seq);
                    *cursor = Some(after);
                    self.feed.publish_event(FeedEvent::of_comment(&comment));
                    // A message with a high priority moves other messages down.
                    if let (Some(message), Some(MessageState::Waiting)) =
                        (comment.message_id, comment.state)
                    {
                        pending.add_moved(
                            comment.domain,
                            comment.entity.into(),
                            MessageId(message),
                        );
                    }
                }
                if !more {
                    break;
                }
            }
        }
        for ((room, persona), moved) in &pending.moved {
            self.publish_moved(room, persona, moved).await?;
        }
        for approval in &pending.asked {
            if let Some(approval) = self.store().approval(*approval).await? {
                self.feed.publish_event(FeedEvent::of_approval(&approval));
            }
        }
        Ok(())
    }

    /// Publishes the changed messages of one conversation, and the waiting messages with a new position: all
    /// behind a message that came or left.
    async fn publish_moved(
        &self,
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
        let first = self.store().queue(query).await?;
        let positions = count_positions(&first);
        let position = |message: &Queued| positions.get(&message.id).copied();
        let mut unpublished = moved.clone();
        let mut foremost = u32::MAX;
        for message in &first {
            if unpublished.remove(&message.id) {
                foremost = foremost.min(position(message).unwrap_or(0));
                self.feed
                    .publish_event(FeedEvent::of_status(message, position(message)));
            }
        }
        for message in unpublished {
            if let Some(message) = self.store().message(message).await? {
                if message.state != MessageState::Waiting {
                    foremost = 0;
                }
                self.feed
                    .publish_event(FeedEvent::of_status(&message.into(), None));
            }
        }
        for message in &first {
            let behind = position(message).is_some_and(|position| position > foremost);
            if behind && !moved.contains(&message.id) {
                self.feed
                    .publish_event(FeedEvent::of_status(message, position(message)));
            }
        }
        Ok(())
    }

    async fn publish_turns(&self) {
        let live_turns = &self.feed.live_turns;
        if !self.feed.has_readers() {
            live_turns.lock_turns().remove_ended();
            return;
        }
        let unresolved = live_turns.lock_turns().unresolved_turns();
        for (turn, messages) in unresolved {
            let mut ids = Vec::with_capacity(messages.len());
            for message in messages {
                // An unreadable message is left out; the reply will name it.
                if let Ok(Some(message)) = self.store().message(message).await {
                    ids.push(message.external_id.to_string());
                }
            }
            live_turns.lock_turns().resolve_turn(turn, ids);
        }
        let mut turns = live_turns.lock_turns();
        for update in turns.take_updates() {
            self.feed.publish_event(match update {
                TurnUpdate::More(event) => FeedEvent::of_turn(&event),
                TurnUpdate::Done(room, event) => FeedEvent::new(FeedEventKind::Done, room, &event),
            });
        }
    }

    fn store(&self) -> &Arc<dyn Store> {
        self.comments.store()
    }
}

/// The posts after a cursor, in the store's order.
pub(crate) async fn read_posts_after(
    store: &dyn Store,
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
        longest: LISTED_TEXT,
        reach: usize::MAX,
        reach_bytes: usize::MAX,
    };
    store.timeline(query).await
}
