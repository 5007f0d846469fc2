//! The Messages API as the Claude CLI uses it, on loopback, answering as the test says.
//!
//! ```no_run
//! # use baton_testkit::messages_api::{Answer, MessagesApi};
//! # use serde_json::json;
//! # async fn example() {
//! let api = MessagesApi::start().await;
//! // ANTHROPIC_BASE_URL is api.base_url(), the key anything. Without a word it says the last
//! // message of the person again. The next request only:
//! api.next(Answer::text("I write it.").and_tool("Write", json!({"file_path": "a", "content": "b"})));
//! api.next(Answer::status(529, "Overloaded"));
//! // … in pieces, when the test says so:
//! let (answer, mut pen) = Answer::driven();
//! api.next(answer);
//! pen.say("Once ");
//! pen.finish();
//! // What the CLI sent:
//! assert!(api.until_asked(1).await[0].mentions("hello"));
//! # }
//! ```
//!
//! The CLI also asks for what is no part of a conversation: a title, a check of its quota. It offers
//! no tools there, and that is how such requests are told apart; they are answered without the
//! script, and kept apart in [`MessagesApi::asides`].

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

mod answer;
mod asked;
mod serve;
mod sheet;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Pen};
pub use asked::Asked;

use crate::script::Answers;
use crate::visits::Visits;

/// A fake Messages API on a port of its own. Dropped, it is gone.
pub struct MessagesApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Cancels what serves when dropped.
    _down: DropGuard,
}

struct Shared {
    script: Mutex<Script>,
    visits: Visits<Asked>,
    asides: Mutex<Vec<Asked>>,
    unknown: Mutex<Vec<String>>,
}

struct Script {
    next: Answers<Answer>,
    always: Arc<dyn Fn(&Asked) -> Answer + Send + Sync>,
}

impl MessagesApi {
    /// Starts one that answers every request with what the person said last.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound port has an address");
        let shared = Arc::new(Shared {
            script: Mutex::new(Script {
                next: Answers::default(),
                always: Arc::new(|asked| Answer::text(&asked.last_said())),
            }),
            visits: Visits::default(),
            asides: Mutex::default(),
            unknown: Mutex::default(),
        });
        let down = CancellationToken::new();
        let router = Router::new()
            .route("/v1/messages", post(serve::messages))
            .route("/v1/messages/count_tokens", post(serve::count_tokens))
            .fallback(serve::unknown)
            // A conversation with files in it is long.
            .layer(axum::extract::DefaultBodyLimit::max(64 * 1024 * 1024))
            .with_state(serve::Serving {
                shared: Arc::clone(&shared),
                down: down.clone(),
            });
        let serving =
            axum::serve(listener, router).with_graceful_shutdown(down.clone().cancelled_owned());
        tokio::spawn(async move {
            serving.await.expect("loopback can be served");
        });
        Self {
            address,
            shared,
            _down: down.drop_guard(),
        }
    }

    /// What `ANTHROPIC_BASE_URL` is set to.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How the next request that has no answer yet is answered.
    pub fn next(&self, answer: Answer) {
        held(&self.shared.script).next.push(answer);
    }

    /// How the next request is answered in which what the person said last begins with these words. What
    /// an agent asks between those (what might be said next, what is worth remembering) takes no answer
    /// from it.
    pub fn next_to(&self, said: &str, answer: Answer) {
        held(&self.shared.script).next.push_to(said, answer);
    }

    /// How every request is answered, unless [`next`](Self::next) or [`next_to`](Self::next_to) says
    /// otherwise.
    pub fn always(&self, answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) {
        held(&self.shared.script).always = Arc::new(answer);
    }

    /// What it was asked so far in conversations.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.visits.asked()
    }

    /// What it was asked beside them.
    pub fn asides(&self) -> Vec<Asked> {
        held(&self.shared.asides).clone()
    }

    /// Method and path of each request that it does not know, and answered with 404.
    pub fn unknown(&self) -> Vec<String> {
        held(&self.shared.unknown).clone()
    }

    /// Waits until it was asked so often, in all.
    pub async fn until_asked(&self, times: usize) -> Vec<Asked> {
        self.shared.visits.until_asked(times).await
    }

    /// Waits until so many callers, in all, have hung up before their answer was whole.
    pub async fn until_hung_up(&self, times: usize) {
        self.shared.visits.until_hung_up(times).await;
    }
}

impl Shared {
    /// Keeps a request of a conversation; how it is to be answered.
    fn answer(&self, asked: Asked) -> Answer {
        let answer = {
            let mut script = held(&self.script);
            let next = script.next.take(&asked.last_said());
            next.unwrap_or_else(|| (script.always)(&asked))
        };
        self.visits.note(asked);
        answer
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nothing panics while it is held")
}

/// A text of a JSON value, or none.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
