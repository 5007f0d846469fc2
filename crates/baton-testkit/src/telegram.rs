//! A fake Bot API server of Telegram: the methods, the updates, and people who write, on its own port.
//!
//! Every request is checked against the description of the Bot API 10.3 (`telegram/bot-api.json`). Rules from
//! the documentation beyond the description are checked too (`telegram/rules.rs`). A request that Telegram would
//! not accept is a [`Violation`], and gets error 400. Dropping a fake with remaining violations panics. Answers
//! and updates of the fake itself are checked in the same way.
//!
//! ```no_run
//! # use baton_testkit::telegram::Telegram;
//! # async fn example() {
//! let telegram = Telegram::start().await;
//! let ann = telegram.person("Ann");
//! let forum = telegram.forum("Makers", &[ann]);
//! let topic = telegram.create_topic(forum, ann, "General questions");
//! // The bot under test uses url() and token(). Wait for its long poll:
//! telegram.until_polling().await;
//! telegram.say_in(forum, topic, ann, "Hello?");
//! let reply = telegram.until_said(forum, |message| message.author == Some(telegram.bot())).await;
//! assert_eq!((reply.text.as_str(), reply.topic), ("Hello!", Some(topic)));
//! telegram.finish();
//! # }
//! ```
//!
//! # Differences from the real server
//!
//! * `parse_mode` is refused as unsupported, as are business connections and inline messages. The source of a
//!   rich message is kept as text. Markdown is parsed for the limits only, and HTML not at all.
//! * Only these methods exist: getting (getMe, getChat, getChatMember, getChatAdministrators, getFile,
//!   getUpdates), webhooks, sendMessage, sendRichMessage, sendPhoto, sendDocument, sendVoice, sendMediaGroup,
//!   drafts, editing, deleting, reactions, answerCallbackQuery, commands, topics.
//! * The description has no numbers with a fraction, so such numbers are violations.
//! * A closed topic refuses administrators too. Rights are checked for topics and deletion only.
//! * Limits are counted only after [`Telegram::count_budget`]. Repeated errors 409 come without the delay of 3
//!   seconds, and a repeated offset does not shorten a poll.
//! * No change happens by time alone: updates stay for ever, and presses of buttons expire at the test's command.
//!   Typing and drafts disappear by the clock. A waiting poll sleeps on the clock of the fake.
//! * A topic that a person begins without a name is called `New Thread`.
//! * Each chat has its own numbers of messages, also private chats and small groups, which share them in reality.
//! * Chats are found by number only, not by user name. Webhooks are delivered to `http://127.0.0.1:…` only, and their
//!   pauses do not vary at random. No update is dropped after a day.
//! * Files of a local server are in a folder of the test. Files are written when `getFile` asks, and stay.
//! * Messages to one person only have number 0 and a number of their own, `ephemeral_message_id`.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use baton_core::clock::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

mod actions;
mod answer;
mod budget;
mod chat_objects;
mod check;
mod faults;
mod file_downloads;
mod late_request;
mod local_files;
mod methods;
mod objects;
mod people;
mod requests;
mod rich;
mod rules;
mod saying;
mod switches;
mod unnamed_topics;
mod updates;
mod waits;
mod webhook;
mod webhook_delivery;
mod world;

pub use budget::CountedLimits;
pub use chat_objects::{ChatKind, Draft, Message, SentFile, Standing, Topic, User};
pub use check::Violation;
pub use faults::{Fault, Migration};
pub use requests::Asked;
pub use saying::Saying;

pub use crate::held::Held;

use self::world::World;

/// The id of the bot.
const BOT: i64 = 4_242_000_001;
/// The token of the bot, which begins with its id.
const TOKEN: &str = "4242000001:AAfake-telegram-token";

/// A fake Bot API server. Dropping the value stops the server.
pub struct Telegram {
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

impl Telegram {
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
            world: Mutex::new(World::new(clock, format!("http://{address}"), TOKEN, BOT)),
            changed: watch::Sender::default(),
            gone: gone.clone(),
        });
        let router = Router::new()
            .fallback(requests::answer)
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::clone(&shared))
            .into_make_service_with_connect_info::<crate::connection::Wire>();
        let serving = axum::serve(crate::connection::Cuttable(listener), router);
        let delivery = webhook_delivery::deliver(Arc::clone(&shared));
        tokio::spawn(async move {
            tokio::select! {
                served = serving.into_future() => served.expect("loopback can be served"),
                () = delivery => {}
                () = gone.cancelled() => {}
            }
        });
        Self { shared }
    }

    /// The base URL, without the token: `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        self.shared.lock().base.clone()
    }

    /// The bot's token at the start.
    pub fn token(&self) -> &'static str {
        TOKEN
    }

    /// The bot's user id.
    pub fn bot(&self) -> i64 {
        BOT
    }

    /// The bot's user name, without `@`.
    pub fn bot_name(&self) -> &'static str {
        "baton_bot"
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.lock().asked.clone()
    }

    /// All violations by the bot so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.shared.lock().violations.clone()
    }

    /// Removes and returns all violations, for a test with deliberate violations.
    pub fn take_violations(&self) -> Vec<Violation> {
        std::mem::take(&mut self.shared.lock().violations)
    }

    /// Ends the fake. Panics if the bot violated a rule of Telegram. A drop does the same.
    pub fn finish(self) {}
}

impl Drop for Telegram {
    fn drop(&mut self) {
        self.shared.gone.cancel();
        let violations = self.take_violations();
        // A test that already fails shall keep its own panic message.
        if !std::thread::panicking() {
            assert!(
                violations.is_empty(),
                "Telegram would not have taken: {violations:#?}"
            );
        }
    }
}
