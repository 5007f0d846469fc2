//! A fake Discord: the HTTP API, the gateway, and people who write, on its own port.
//!
//! Every request is checked against Discord's own API description (`discord/openapi.json`, cut by
//! `cut-openapi.py` from <https://github.com/discord/discord-api-spec>). Rules from the documentation beyond
//! the description are checked too (`discord/rules.rs`). A request that Discord would not accept is a
//! [`Violation`]. Dropping a fake with remaining violations panics.
//!
//! ```no_run
//! # use baton_testkit::discord::Discord;
//! # async fn example() {
//! let discord = Discord::start().await;
//! let server = discord.server("Makers");
//! let channel = discord.channel(server, "general");
//! let ann = discord.person("ann");
//! discord.join(server, ann, &[]);
//! // The bot under test uses token(), rest_url() and gateway_url(). Wait for its connection:
//! discord.until_connected().await;
//! discord.say(channel, ann, "Hello?");
//! let reply = discord.until_said(channel, |message| message.author == discord.bot()).await;
//! assert_eq!(reply.content, "Hello!");
//! discord.finish();
//! # }
//! ```
//!
//! # Differences from the real Discord
//!
//! * Permissions come from a member's roles in the server. [`Discord::forbid`] removes permissions of the bot
//!   in a channel. No other overwrites exist, and people may do everything.
//! * Rate limits are counted only if a test sets them, and only then answers have rate limit headers.
//! * Sessions are kept for 10,000 events and without a time limit. The fake does not limit Identify to one in
//!   5 seconds, nor frames to 120 a minute. Of the bot's gateway frames, the fake knows only Identify,
//!   Resume, Heartbeat and Presence Update.
//! * No compression and no ETF: a gateway address with either of them is a violation.
//! * No change happens by time alone: threads are archived, and nonces and sessions forgotten, only at the
//!   test's command. If the clock stands still, later messages still get greater ids.
//! * Users, servers and channels have the fields that clients need, mostly empty: no avatars, categories,
//!   overwrites of roles, stickers, polls, voice. Components V2 are refused as unsupported.
//! * Anyone with the address of a file can download the file, without a time limit.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::get;
use baton_core::clock::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

mod check;
mod faults;
mod gateway;
mod interactions;
mod limits;
mod objects;
mod oddities;
mod people;
mod rest;
mod rules;
mod schema;
mod snowflake;
mod switches;
mod waits;
mod world;

pub use check::Violation;
pub use faults::{Fault, Held, Scope};
pub use gateway::{Ending, Step, intent};
pub use limits::Limit;
pub use people::Said;
pub use rest::Asked;
pub use snowflake::Snowflake;
pub use world::{Attachment, Message, User, kind, permission};

use self::snowflake::Snowflake as Id;
use self::world::World;

/// The token of the bot.
const TOKEN: &str = "MTA.fake.discord-token";

/// A fake Discord. Dropping the value stops the server.
pub struct Discord {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    /// Notified after every possible change.
    changed: watch::Sender<()>,
    gone: CancellationToken,
}

impl Shared {
    /// Reads or changes the world, and wakes all tasks waiting for a change.
    fn change<T>(&self, with: impl FnOnce(&mut World) -> T) -> T {
        let result = with(&mut self.lock());
        self.changed.send_replace(());
        result
    }

    /// Ignores poisoning: after a failed test, the violations must still be reported.
    fn lock(&self) -> MutexGuard<'_, World> {
        self.world
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl World {
    fn gateway_url(&self) -> String {
        self.base.replacen("http", "ws", 1)
    }
}

impl Discord {
    /// Starts a fake on loopback, with the system clock.
    pub async fn start() -> Self {
        Self::start_with(SystemClock::shared()).await
    }

    /// Starts a fake with this clock.
    pub async fn start_with(clock: Arc<dyn Clock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound port has an address");
        let gone = CancellationToken::new();
        let shared = Arc::new(Shared {
            world: Mutex::new(World::new(clock, format!("http://{address}"), TOKEN)),
            changed: watch::Sender::default(),
            gone: gone.clone(),
        });
        let router = Router::new()
            .route("/", get(gateway::connect))
            .route("/attachments/{id}/{name}", get(download))
            .fallback(rest::answer)
            .layer(DefaultBodyLimit::max(rest::LARGEST_BODY))
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<crate::connection::Wire>();
        let serving = axum::serve(crate::connection::Cuttable(listener), router);
        tokio::spawn(async move {
            tokio::select! {
                served = serving.into_future() => served.expect("loopback can be served"),
                () = gone.cancelled() => {}
            }
        });
        Self { shared }
    }

    /// The base URL of the HTTP API, without a path: `http://127.0.0.1:port`.
    pub fn rest_url(&self) -> String {
        self.shared.lock().base.clone()
    }

    /// The URL of the gateway: `ws://127.0.0.1:port`.
    pub fn gateway_url(&self) -> String {
        self.shared.lock().gateway_url()
    }

    /// The bot's token.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// The bot's user id.
    pub fn bot(&self) -> Id {
        self.shared.lock().bot
    }

    /// The id of the bot's application.
    pub fn application(&self) -> Id {
        self.shared.lock().application
    }

    /// All HTTP requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.lock().asked.clone()
    }

    /// All violations by the bot so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.lock().violations.clone()
    }

    /// Removes and returns all violations, for a test that provoked them.
    pub fn take_violations(&self) -> Vec<Violation> {
        std::mem::take(&mut self.shared.lock().violations)
    }

    /// Ends the fake. Panics if the bot violated a rule of Discord. A drop does the same.
    pub fn finish(self) {}
}

impl Drop for Discord {
    fn drop(&mut self) {
        self.shared.gone.cancel();
        let violations = self.take_violations();
        // A test that already fails shall keep its own panic message.
        if !std::thread::panicking() {
            assert!(
                violations.is_empty(),
                "Discord would not have taken: {violations:#?}"
            );
        }
    }
}

async fn download(
    State(shared): State<Arc<Shared>>,
    Path((id, _name)): Path<(u64, String)>,
) -> Response {
    let file = shared.lock().files.get(&Snowflake(id)).cloned();
    let response = Response::builder();
    let response = match file {
        None => response.status(404).body(Body::empty()),
        Some(file) => {
            let media_type = file
                .media_type
                .as_deref()
                .unwrap_or("application/octet-stream");
            response
                .header("content-type", media_type)
                .body(Body::from(file.bytes.to_vec()))
        }
    };
    response.expect("the headers are valid")
}
