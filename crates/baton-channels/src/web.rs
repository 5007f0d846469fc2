//! The web channel: a page for people, and an HTTP API with the same features.
//!
//! A conversation on the web is a room (`domain`) and the persona that answers there (`entity`).
//!
//! # Layout
//!
//! * [`settings`]: the configuration.
//! * `server`: the routes, and the layers for every request. `app`: the state shared by all handlers.
//! * `connections`: limits on open and silent connections; `pace`: the least speed of a body.
//! * Access: `access` (tokens, roles, rooms), `origin` (Host and Origin), `rate` (posts per address), `tries`
//!   (wrong tokens per address), `client` (the client's address), `names` (permitted author names).
//! * The comment stream: `comment` (the JSON of a post), `posting`, `reading`, `reads`, `searches`, `stats`,
//!   `controls` (stop and retry), `commanding` (commands to Baton), `stream` (server-sent events),
//!   `session` (signing in and out).
//! * Approvals and steps of agents: `approval` and `activity` (their JSON), `deciding`.
//! * `feed`: the one task that follows the store for all readers, and their events; `writing`: the
//!   running turns.
//! * `files`: uploads and downloads.
//! * The queue: `claiming`, `completing`; `waiters` (workers that wait for work); `lookup` (finding a
//!   message by its id).
//! * `operators`: status, trace, dead letters. `openapi`: the API's description.
//! * The page: `page`, `assets`, `markdown`, `rendered` (a cache of rendered Markdown).
//! * `error`: error answers; `extract`: parsing with such errors; `text`: limits on names and texts.

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

mod access;
mod activity;
mod app;
mod approval;
mod assets;
mod change_mark;
mod claiming;
mod client;
mod client_fields;
mod commanding;
mod comment;
mod completing;
mod connections;
mod controls;
mod deciding;
mod error;
mod extract;
mod feed;
mod files;
mod lookup;
mod markdown;
mod names;
mod newest_first;
mod openapi;
mod operators;
mod origin;
mod pace;
mod page;
mod patching;
mod posting;
mod rate;
mod reading;
mod reads;
mod rendered;
mod searches;
mod server;
mod session;
pub mod settings;
mod stats;
mod stream;
mod text;
mod tries;
mod waiters;
mod writing;

pub use comment::TEXT_LIMIT;
pub use connections::ConnectionLimits;
pub use operators::{Dead, Handled, Letter, Line, Trace};
pub use settings::{PersonAccount, WebSettings};
pub use text::is_color;

use app::App;
use writing::Writing;

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
    writing: Arc<Writing>,
}

impl Web {
    /// A channel that serves the clients of `listener`. The caller binds the listener, so that a failure to
    /// bind is reported before any other part starts.
    pub fn new(settings: WebSettings, listener: std::net::TcpListener) -> Self {
        Self {
            settings: Arc::new(settings),
            listener,
            writing: Arc::default(),
        }
    }

    async fn serve(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), std::io::Error> {
        let listener = self.listener.try_clone()?;
        listener.set_nonblocking(true)?;
        // Tasks that start here end with this call, also after a panic.
        let shutdown = shutdown.child_token();
        let _ends = shutdown.clone().drop_guard();
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let app = App::new(
            Arc::clone(&self.settings),
            inbox,
            Arc::clone(&self.writing),
            listener.local_addr()?,
            shutdown.clone(),
        );
        let changes = app.store().changes();
        let mut followers = JoinSet::new();
        followers.spawn(feed::follow(Arc::clone(&app), changes));
        let changes = app.store().changes();
        followers.spawn(waiters::wake(Arc::clone(&app), changes));
        let clock = &self.settings.clock;
        tokio::select! {
            () = connections::serve(app, listener) => {}
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
        self.serve(inbox, shutdown)
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
        self.writing.note(progress, self.settings.clock.wall());
    }
}

/// The place of a room.
fn place(room: &str) -> Place {
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
