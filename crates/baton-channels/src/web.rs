//! The web channel: a page for people, and an HTTP API with the same features.
//!
//! A conversation on the web is a room (`domain`) and the persona that answers there (`entity`).
//!
//! # Layout
//!
//! * [`settings`]: the configuration.
//! * `server`: the routes, and the layers for every request. `app_state`: the state shared by all handlers.
//! * `connections`: limits on open and silent connections; `body_timeout`: the least speed of a body.
//! * Access: `authentication` (tokens, roles, rooms), `sign_in` (signing in and out), `origin_check` (Host and
//!   Origin), `rate_limiter` (posts per address), `sign_in_throttle` (wrong tokens per address),
//!   `client_address`, `author_names` (permitted names of authors).
//! * The comment stream: `comment` (the JSON of a post), `client_fields` (the client's own part of this JSON),
//!   `new_comments`, `comment_pages`, `backward_lists` (lists from the newest comment back), `read_budget` (reads
//!   of one request), `search_permits`, `change_mark`, `stats`, `message_controls` (stop and retry),
//!   `command_endpoint` (commands to Baton), `event_stream` (server-sent events).
//! * Approvals and steps of agents: `approval_view` and `activity_view` (their JSON), `approval_endpoints`.
//! * `feed`: the one task that follows the store for all readers, and their events; `live_turns`: the
//!   running turns.
//! * `file_transfers`: uploads and downloads.
//! * `worker_queue`: the queue for workers. `message_lookup`: finding a message by its id.
//! * `operator_endpoints`: status, trace, dead letters. `openapi`: the API's description.
//! * The page: `page`, `assets`, `markdown_html`, `html_cache` (a cache of rendered Markdown).
//! * `api_error`: error answers; `extractors`: parsing with such errors; `input_validation`: limits on names
//!   and texts.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::channel::{
    Abilities, Channel, ChannelError, DeliverError, Guarantee, Progress, Sent,
};
use baton_core::delivery::Delivery;
use baton_core::inbox::Inbox;
use baton_core::name::{AccountName, ChannelName};
use baton_core::place::Place;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod activity_view;
mod api_error;
mod app_state;
mod approval_endpoints;
mod approval_view;
mod assets;
mod authentication;
mod author_names;
mod backward_lists;
mod body_timeout;
mod change_mark;
mod client_address;
mod client_fields;
mod command_endpoint;
mod comment;
mod comment_pages;
mod connections;
mod event_stream;
mod extractors;
mod feed;
mod file_transfers;
mod html_cache;
mod input_validation;
mod live_turns;
mod markdown_html;
mod message_controls;
mod message_lookup;
mod new_comments;
mod openapi;
mod operator_endpoints;
mod origin_check;
mod page;
mod rate_limiter;
mod read_budget;
mod search_permits;
mod server;
pub mod settings;
mod sign_in;
mod sign_in_throttle;
mod stats;
mod worker_queue;

pub use comment::TEXT_LIMIT;
pub use connections::ConnectionLimits;
pub use input_validation::is_color;
pub use operator_endpoints::{Dead, DeadLetterView, Handled, Trace, TraceEvent};
pub use settings::{PersonAccount, WebSettings};

use app_state::AppState;
use live_turns::LiveTurns;

/// The name of the channel in places.
pub const CHANNEL: &str = "web";
/// The only account of the channel.
pub const ACCOUNT: &str = "default";

/// The default room of a post. On a public page, the only room open to guests.
pub const DEFAULT_ROOM: &str = "main";

/// Maximum number of concurrent deliveries. A delivery to the web needs no work.
const PARALLEL: usize = 64;

/// Time for running requests during the shutdown.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// The web channel.
pub struct Web {
    settings: Arc<WebSettings>,
    /// Kept for another call of `receive` after a panic.
    listener: std::net::TcpListener,
    live_turns: Arc<LiveTurns>,
}

impl Web {
    /// A channel that serves the clients of `listener`. The caller binds the listener, so that a failure to
    /// bind is reported before any other part starts.
    pub fn new(settings: WebSettings, listener: std::net::TcpListener) -> Self {
        Self {
            settings: Arc::new(settings),
            listener,
            live_turns: Arc::default(),
        }
    }

    async fn serve_clients(
        &self,
        inbox: Inbox,
        shutdown: CancellationToken,
    ) -> Result<(), std::io::Error> {
        let listener = self.listener.try_clone()?;
        listener.set_nonblocking(true)?;
        // Tasks that start here end with this call, also after a panic.
        let shutdown = shutdown.child_token();
        let _ends = shutdown.clone().drop_guard();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let app = AppState::new(
            Arc::clone(&self.settings),
            inbox,
            Arc::clone(&self.live_turns),
            listener.local_addr()?,
            shutdown.clone(),
        );
        let changes = app.store().changes();
        let mut followers = JoinSet::new();
        followers.spawn(feed::follow_changes(Arc::clone(&app), changes));
        let changes = app.store().changes();
        followers.spawn(worker_queue::waiting_workers::wake_workers(
            Arc::clone(&app),
            changes,
        ));
        let clock = &self.settings.clock;
        tokio::select! {
            () = connections::serve_connections(app, listener) => {}
            // Without these tasks, clients would get no news.
            Some(Err(died)) = followers.join_next() => resume_unwind(died.into_panic()),
            // An endless request must not block the shutdown.
            () = async {
                shutdown.cancelled().await;
                clock.sleep_until(clock.steady().after(LAST_REQUESTS)).await;
            } => {}
        }
        Ok(())
    }
}

#[async_trait]
impl Channel for Web {
    fn name(&self) -> ChannelName {
        CHANNEL.into()
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            guarantee: Guarantee::Once,
            parallel: PARALLEL,
        }
    }

    async fn receive(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError> {
        self.serve_clients(inbox, shutdown)
            .await
            .map_err(|error| ChannelError {
                channel: self.name(),
                reason: format!("the page can no longer be served: {error}; start Baton again"),
            })
    }

    /// Does nothing: the page reads the store, and shows a delivery once the delivery is sent.
    async fn deliver(&self, _delivery: &Delivery) -> Result<Sent, DeliverError> {
        Ok(Sent::default())
    }

    fn show(&self, progress: &Progress) {
        self.live_turns
            .record_step(progress, self.settings.clock.wall());
    }
}

/// The place of a room.
fn place_of_room(room: &str) -> Place {
    Place {
        channel: CHANNEL.into(),
        account: ACCOUNT.into(),
        address: room.to_owned(),
    }
}

fn channel_name() -> ChannelName {
    CHANNEL.into()
}

fn account_name() -> AccountName {
    ACCOUNT.into()
}
