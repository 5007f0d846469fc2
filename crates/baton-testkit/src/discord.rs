//! A fake Discord: the HTTP API and the gateway on a port of its own, and people who write.
//!
//! Every request is checked against Discord's own description of its API (`discord/openapi.json`, cut by
//! `cut-openapi.py` from <https://github.com/discord/discord-api-spec>) and against what its
//! documentation demands beyond that (`discord/rules.rs`). What Discord would not take is a
//! [`Violation`]; a fake that is dropped with violations that nobody has taken panics.
//!
//! ```no_run
//! # use baton_testkit::discord::Discord;
//! # async fn example() {
//! let discord = Discord::start().await;
//! let server = discord.server("Makers");
//! let channel = discord.channel(server, "general");
//! let ann = discord.person("ann");
//! discord.join(server, ann, &[]);
//! // The bot under test: token(), rest_url(), gateway_url(). When it listens:
//! discord.until_connected().await;
//! discord.say(channel, ann, "Hello?");
//! let reply = discord.until_said(channel, |message| message.author == discord.bot()).await;
//! assert_eq!(reply.content, "Hello!");
//! discord.finish();
//! # }
//! ```
//!
//! # Where it differs from the real one
//!
//! * Permissions are those of a member's roles in its server, less what [`Discord::forbid`] takes from
//!   the bot in a channel; there are no other overwrites, and people may do everything.
//! * Rate limits are counted only where a test sets them, and answers carry their headers only there.
//! * Sessions are kept for 10,000 events and for ever; Identify is not held to one in 5 seconds, nor
//!   commands to 120 a minute. Of what a bot can send on the gateway, only Presence Update is understood.
//! * No compression, no ETF: a gateway address that asks for them is a violation.
//! * Nothing happens by time alone: no thread is archived, no nonce or session is forgotten, until the
//!   test says so. Messages of a moment ago get later ids than a clock that stands still would give.
//! * Users, servers and channels have the fields that clients need, mostly empty: no avatars, categories,
//!   overwrites of roles, stickers, polls, voice. Components V2 are refused as not spoken.
//! * Files are given out to whoever has their address, which does not end.

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
mod connection;
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

/// What the bot has to say that it is the bot.
const TOKEN: &str = "MTA.fake.discord-token";

/// A fake Discord. Dropped, it is gone.
pub struct Discord {
    shared: Arc<Shared>,
}

struct Shared {
    world: Mutex<World>,
    /// Something may have changed.
    changed: watch::Sender<()>,
    gone: CancellationToken,
}

impl Shared {
    /// Looks at the world or changes it, and wakes whoever waits for something in it.
    fn change<T>(&self, with: impl FnOnce(&mut World) -> T) -> T {
        let result = with(&mut self.lock());
        self.changed.send_replace(());
        result
    }

    /// A test that failed while it held the world still wants its violations told.
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
    /// Starts one on loopback, with the machine's clock.
    pub async fn start() -> Self {
        Self::start_with(SystemClock::shared()).await
    }

    /// Starts one that tells time by this clock.
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
            .into_make_service_with_connect_info::<connection::Wire>();
        let serving = axum::serve(connection::Cuttable(listener), router);
        tokio::spawn(async move {
            tokio::select! {
                served = serving.into_future() => served.expect("loopback can be served"),
                () = gone.cancelled() => {}
            }
        });
        Self { shared }
    }

    /// Where its HTTP API is, without the path: `http://127.0.0.1:port`.
    pub fn rest_url(&self) -> String {
        self.shared.lock().base.clone()
    }

    /// Where its gateway is: `ws://127.0.0.1:port`.
    pub fn gateway_url(&self) -> String {
        self.shared.lock().gateway_url()
    }

    /// The bot's token.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// The bot.
    pub fn bot(&self) -> Id {
        self.shared.lock().bot
    }

    /// The bot's application.
    pub fn application(&self) -> Id {
        self.shared.lock().application
    }

    /// What it was asked so far, over HTTP.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.lock().asked.clone()
    }

    /// What was wrong with what the bot sent so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.lock().violations.clone()
    }

    /// The same, for a test that has provoked them: they count no more.
    pub fn take_violations(&self) -> Vec<Violation> {
        std::mem::take(&mut self.shared.lock().violations)
    }

    /// Ends it; panics if the bot sent what Discord would not have taken. Dropping it does the same.
    pub fn finish(self) {}
}

impl Drop for Discord {
    fn drop(&mut self) {
        self.shared.gone.cancel();
        let violations = self.take_violations();
        // A test that fails already shall fail with its own words.
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
