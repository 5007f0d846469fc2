//! `GET /api/stream`: live updates, as server-sent events.
//!
//! * `comment`: a [comment](Comment), with its sequence as the id of the event. A client that
//!   reconnects with its last id (`Last-Event-ID`, or `?cursor=`) gets all later comments once, in order.
//!   Without an id, a client gets only new comments.
//! * `status`: a message changed its state or its position. These events are not repeated after an absence. A
//!   new connection first gets the states of all waiting and running messages, and then `ready`. Any other
//!   message that the client still shows as waiting is over; `GET /api/comments/ID` returns its state.
//! * `writing`: the text and the steps of a persona during a turn; `done` at the end. A new connection gets
//!   the text and steps from the beginning.
//! * `approval`: an approval was asked or decided. A new connection gets all open approvals, as with
//!   `status`; `GET /api/approvals/ID` returns the others.
//! * `ping`: no other event came for a while. A client without any event for twice as long has a dead
//!   connection, and should reconnect.
//!
//! A slow reader is disconnected, and misses nothing when it reconnects with its cursor.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{self, KeepAlive, Sse};
use baton_core::id::Seq;
use baton_core::store::{ApprovalsQuery, StoreError, WaitingQuery};
use futures_util::Stream;
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use utoipa::{IntoParams, ToSchema};

use super::comments::change_mark::newest_sequence;
use super::comments::comment_pages::parse_known_cursor;
use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::{RoomSet, WebCaller};
use crate::web::http::extractors::Query;
use crate::web::live::change_follower::read_posts_after;
use crate::web::live::feed_event::{FeedEvent, FeedEventKind};
use crate::web::model::comment::{Comment, count_positions};
use crate::web::model::input_validation;
use crate::web::room_place::{account_name, channel_name};

/// Pause before a disconnected browser reconnects.
const COME_BACK: Duration = Duration::from_secs(1);
/// Maximum number of comments, and of their bytes, in one read for a returning client. The comments stay in
/// memory until the client reads them.
const PAGE: usize = 50;
const PAGE_BYTES: usize = 128 * 1024;
/// Maximum number of messages, and of open approvals, whose states a new connection gets.
const MOST_STATES: usize = 200;
/// Maximum size of these approvals, in bytes. The approvals stay in memory until the client reads them.
const MOST_ASKED: usize = 512 * 1024;

/// The parameters of a stream.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// Only this room. By default all rooms open to the caller.
    domain: Option<String>,
    /// The last received sequence, for clients that cannot send `Last-Event-ID`. `Last-Event-ID` takes
    /// precedence.
    cursor: Option<String>,
}

/// The end of the earlier comments and states.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReadyEvent {
    /// The sequence of the last earlier comment.
    cursor: i64,
}

/// A sign of life of a quiet stream.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PingEvent {
    /// The number of seconds until the next `ping` of a quiet stream.
    #[schema(minimum = 0)]
    seconds: u64,
}

/// Follow the rooms as server-sent events.
///
/// The events are `comment`, `status`, `approval`, `ready`, `writing`, `done` and `ping`.
#[utoipa::path(get, path = "/api/stream", tag = "comments",
    params(StreamQuery, ("Last-Event-ID" = Option<String>, Header, description = "the last received sequence")),
    responses(
        (status = 200, description = "an endless stream of events; the event id of a comment is its sequence", content_type = "text/event-stream", body = String),
        (status = 400, description = "the cursor is invalid", body = ErrorBody),
        (status = 401, description = "not public", body = ErrorBody),
        (status = 404, description = "no room open to the caller", body = ErrorBody),
    ))]
pub(crate) async fn stream_events(
    State(app): State<Arc<AppState>>,
    caller: WebCaller,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<sse::Event, Infallible>>>, ApiError> {
    let room = query
        .domain
        .as_deref()
        .map(input_validation::check_room)
        .transpose()?;
    let rooms = caller.rooms_to_read(room)?;
    let last = match headers.get("last-event-id") {
        Some(id) => Some(id.to_str().unwrap_or("?").to_owned()),
        None => query.cursor,
    };
    // Joins the feed before the first read, so that posts in between come through the feed.
    let (news, so_far) = app.feed.subscribe_reader();
    let cursor = match last {
        Some(cursor) => parse_known_cursor(&app, &caller, &cursor).await?,
        None => newest_sequence(&app, &rooms).await?,
    };
    let mut reader = FeedReader {
        caller,
        rooms,
        cursor,
        news,
        pending: VecDeque::new(),
        phase: ReaderPhase::CatchUp,
        app,
    };
    let pings = reader.app.settings.pings;
    for writing in so_far {
        let event = FeedEvent::of_turn(&writing);
        if reader.may_see(&event) {
            reader.queue_event(&event);
        }
    }
    let events = stream::unfold(reader, async |mut reader| {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(pings).event(ping_event(pings))))
}

/// The state of one connection.
struct FeedReader {
    app: Arc<AppState>,
    caller: WebCaller,
    rooms: RoomSet,
    /// The sequence of the last sent comment.
    cursor: Seq,
    news: broadcast::Receiver<Weak<FeedEvent>>,
    pending: VecDeque<sse::Event>,
    phase: ReaderPhase,
}

enum ReaderPhase {
    /// Earlier comments are read from the store.
    CatchUp,
    /// New events come from the feed.
    Live,
}

impl FeedReader {
    /// The next event; `None` ends the connection.
    async fn next(&mut self) -> Option<sse::Event> {
        loop {
            if self.app.shutdown.is_cancelled() {
                return None;
            }
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            match self.phase {
                ReaderPhase::CatchUp => {
                    if let Err(error) = self.catch_up().await {
                        tracing::error!(%error, "the stream of a reader is closed");
                        return None;
                    }
                }
                ReaderPhase::Live => self.wait_for_event().await?,
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), StoreError> {
        let page = read_posts_after(
            &**self.app.store(),
            self.cursor,
            &self.rooms,
            PAGE,
            PAGE_BYTES,
        )
        .await?;
        for comment in Comment::of_posts(&self.app.comments, page.posts).await? {
            self.cursor = Seq(comment.seq);
            self.queue_event(&FeedEvent::of_comment(&comment));
        }
        if !page.more {
            self.queue_states().await?;
            self.queue_open_approvals().await?;
            let ready = ReadyEvent {
                cursor: self.cursor.0,
            };
            let json = serde_json::to_string(&ready).expect("plain fields are always JSON");
            let ready = sse::Event::default().event("ready").data(json);
            self.pending.push_back(ready.retry(COME_BACK));
            self.phase = ReaderPhase::Live;
        }
        Ok(())
    }

    async fn queue_states(&mut self) -> Result<(), StoreError> {
        let query = WaitingQuery {
            of: Some((channel_name(), account_name())),
            addresses: self.rooms.included_addresses(),
            not_in: self.rooms.excluded_places(),
            ..WaitingQuery::at_most(MOST_STATES)
        };
        let queue = self.app.views().queue(query).await?;
        let positions = count_positions(&queue);
        for message in &queue {
            let event = FeedEvent::of_status(message, positions.get(&message.id).copied());
            self.queue_event(&event);
        }
        Ok(())
    }

    async fn queue_open_approvals(&mut self) -> Result<(), StoreError> {
        let query = ApprovalsQuery {
            of: Some((channel_name(), account_name())),
            addresses: self.rooms.included_addresses(),
            not_in: self.rooms.excluded_places(),
            only_open: true,
            limit: MOST_STATES,
            bytes: MOST_ASKED,
        };
        for approval in self.app.views().approvals(query).await? {
            self.queue_event(&FeedEvent::of_approval(&approval));
        }
        Ok(())
    }

    async fn wait_for_event(&mut self) -> Option<()> {
        let event = tokio::select! {
            () = self.app.shutdown.cancelled() => return None,
            event = self.news.recv() => event,
        };
        // The reader is too slow, or the program is shutting down. The reader returns with its
        // cursor.
        let event = event.ok()?.upgrade()?;
        if event.kind == FeedEventKind::Gap {
            return None;
        }
        if !self.may_see(&event) {
            return Some(());
        }
        if let FeedEventKind::Comment(seq) = event.kind {
            if seq <= self.cursor {
                return Some(());
            }
            self.cursor = seq;
        }
        self.queue_event(&event);
        Some(())
    }

    fn may_see(&self, event: &FeedEvent) -> bool {
        self.rooms.contains_room(&event.room)
    }

    fn queue_event(&mut self, event: &FeedEvent) {
        self.pending.push_back(sse_event(event, &self.caller));
    }
}

/// Makes a `ping`, with the time until the next one.
fn ping_event(every: Duration) -> sse::Event {
    let ping = PingEvent {
        seconds: every.as_secs(),
    };
    let json = serde_json::to_string(&ping).expect("plain fields are always JSON");
    sse::Event::default().event("ping").data(json)
}

fn sse_event(event: &FeedEvent, caller: &WebCaller) -> sse::Event {
    let name = match event.kind {
        FeedEventKind::Comment(_) => "comment",
        FeedEventKind::Status => "status",
        FeedEventKind::Writing => "writing",
        FeedEventKind::Done => "done",
        FeedEventKind::Approval => "approval",
        FeedEventKind::Gap => "gap",
    };
    let event_with_data = sse::Event::default()
        .event(name)
        .data(event.json_for(caller));
    match event.kind {
        FeedEventKind::Comment(seq) => event_with_data.id(seq.to_string()),
        _ => event_with_data,
    }
}
