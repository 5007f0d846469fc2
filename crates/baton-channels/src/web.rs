//! The web channel: a page for people, and an HTTP API with the same features.
//!
//! A conversation on the web is a room (`domain`) and the persona that answers there (`entity`).
//!
//! # Layout
//!
//! Each layer imports only earlier layers of this list, so that a reader needs no later layer.
//!
//! * [`settings`]: the configuration. `room_place`: the place of a room.
//! * `http`: the vocabulary of requests and responses, and the checks of every request.
//! * `model`: the values of the API, and their rendering.
//! * `live`: the tasks that follow the store for all readers and waiting workers.
//! * `app_state`: the state shared by all handlers. The earlier layers get only the parts of the state
//!   that they need.
//! * `routes`: the handlers by subject, and the router.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::channel::{Abilities, Channel, ChannelError, DeliverError, Progress, Sent};
use baton_core::delivery::Delivery;
use baton_core::inbox::Inbox;
use baton_core::name::ChannelName;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod app_state;
mod http;
mod live;
mod model;
mod room_place;
mod routes;
pub mod settings;

pub use http::size_limits::TEXT_LIMIT;
pub use model::input_validation::is_color;
pub use room_place::{ACCOUNT, CHANNEL, DEFAULT_ROOM};
pub use routes::operator_endpoints::{Dead, DeadLetterView, Handled, Trace, TraceEvent};
pub use routes::topic_endpoints::{PruneRequest, Pruned, TopicView, Topics};
pub use settings::{ConnectionLimits, PersonAccount, WebSettings};

use app_state::AppState;
use http::connections;
use live::change_follower::ChangeFollower;
use live::live_turns::LiveTurns;
use live::waiting_workers;
use routes::router;

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
        let changes = app.views().changes();
        let mut followers = JoinSet::new();
        let follower = ChangeFollower {
            feed: Arc::clone(&app.feed),
            comments: Arc::clone(&app.comments),
            clock: Arc::clone(&self.settings.clock),
            shutdown: shutdown.clone(),
        };
        followers.spawn(follower.follow_changes(changes));
        let changes = app.store().changes();
        followers.spawn(waiting_workers::wake_workers(
            app.waiting_workers.clone(),
            changes,
            shutdown.clone(),
        ));
        let settings = Arc::clone(&self.settings);
        let clients = connections::serve_connections(
            router::build_router(app),
            settings,
            listener,
            shutdown.clone(),
        );
        let clock = &self.settings.clock;
        tokio::select! {
            () = clients => {}
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
        Abilities { parallel: PARALLEL }
    }

    async fn receive(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError> {
        self.serve_clients(inbox, shutdown)
            .await
            .map_err(|error| ChannelError {
                channel: self.name(),
                reason: format!("Baton can no longer serve the page: {error}; start Baton again"),
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
