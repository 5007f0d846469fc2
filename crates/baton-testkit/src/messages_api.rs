//! A fake Messages API on loopback for the Claude CLI, with answers scripted by the test.
//!
//! ```no_run
//! # use baton_testkit::messages_api::{Answer, MessagesApi};
//! # use serde_json::json;
//! # async fn example() {
//! let api = MessagesApi::start().await;
//! // ANTHROPIC_BASE_URL is api.base_url(), with any key. By default the API repeats the last
//! // message of the person. An answer to the next request only:
//! api.next(Answer::text("I write it.").and_tool("Write", json!({"file_path": "a", "content": "b"})));
//! api.next(Answer::status(529, "Overloaded"));
//! // An answer in pieces, at the pace of the test:
//! let (answer, mut pen) = Answer::driven();
//! api.next(answer);
//! pen.say("Once ");
//! pen.finish();
//! // The requests of the CLI:
//! assert!(api.until_asked(1).await[0].mentions("hello"));
//! # }
//! ```
//!
//! The CLI also makes requests outside a conversation, for a title or a check of its quota. Such requests
//! offer no tools, so the fake can recognize them. The fake answers them without the script, and records them
//! in [`MessagesApi::asides`].

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

/// A fake Messages API on its own port. Dropping the value stops the server.
pub struct MessagesApi {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// Cancels the server when dropped.
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
    /// Starts an API that answers every request with the person's last text.
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
            // The body of a conversation with files is long.
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

    /// The value for `ANTHROPIC_BASE_URL`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Queues the answer to the next request.
    pub fn next(&self, answer: Answer) {
        held(&self.shared.script).next.push(answer);
    }

    /// Sets the answer to the next request whose last text of the person begins with `said`. Requests by the
    /// agent itself, such as for a suggestion or for memories, do not use up this answer.
    pub fn next_to(&self, said: &str, answer: Answer) {
        held(&self.shared.script).next.push_to(said, answer);
    }

    /// Sets the answer to every request without an answer from [`next`](Self::next) or
    /// [`next_to`](Self::next_to).
    pub fn always(&self, answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) {
        held(&self.shared.script).always = Arc::new(answer);
    }

    /// The requests of conversations so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.visits.asked()
    }

    /// The requests outside conversations so far.
    pub fn asides(&self) -> Vec<Asked> {
        held(&self.shared.asides).clone()
    }

    /// Method and path of each unknown request, answered with 404.
    pub fn unknown(&self) -> Vec<String> {
        held(&self.shared.unknown).clone()
    }

    /// Waits until the API got `times` requests of conversations, and returns all of them.
    pub async fn until_asked(&self, times: usize) -> Vec<Asked> {
        self.shared.visits.until_asked(times).await
    }

    /// Waits until `times` callers, in total, have hung up before the end of their answer.
    pub async fn until_hung_up(&self, times: usize) {
        self.shared.visits.until_hung_up(times).await;
    }
}

impl Shared {
    /// Records a request of a conversation, and chooses its answer.
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

/// The text of a JSON string; empty for other values.
fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
