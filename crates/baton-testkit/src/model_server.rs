//! A fake model server, with answers scripted by the test. It has the chat completions API of Ollama,
//! llama.cpp and vLLM, and all the failures seen in practice.
//!
//! ```no_run
//! # use baton_testkit::model_server::{Answer, ModelServer};
//! # async fn example() {
//! let server = ModelServer::start().await;
//! // By default the server streams the last user message back. An answer to the next request only:
//! server.next(Answer::text("Hello there."));
//! // The answer to all later requests:
//! server.always(|_request| Answer::status(503, "loading"));
//! server.go_down().await; // connections are refused
//! server.come_back().await; // on the same port
//! # }
//! ```

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::{get, post};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

mod answer;
mod other_apis;
mod serve;

pub use answer::{Answer, Pen, choice, delta, event, stop_delta};

use crate::script::Answers;
use crate::visits::Visits;

/// A request to the server.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The JSON body.
    pub body: Value,
    /// The header `authorization`.
    pub authorization: Option<String>,
}

impl Asked {
    /// Role and content of each message.
    pub fn messages(&self) -> Vec<(&str, &str)> {
        fn text(value: &Value) -> &str {
            value.as_str().unwrap_or_default()
        }
        let messages = self.body["messages"].as_array().into_iter().flatten();
        messages
            .map(|message| (text(&message["role"]), text(&message["content"])))
            .collect()
    }
}

/// A fake model server on its own port. Dropping the value stops the server.
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    up: Mutex<Option<Up>>,
}

struct Up {
    /// Cancels the server when dropped.
    stop: DropGuard,
    serving: JoinHandle<()>,
}

struct Shared {
    script: Mutex<Script>,
    visits: Visits<Asked>,
}

struct Script {
    next: Answers<Answer>,
    always: Arc<dyn Fn(&Value) -> Answer + Send + Sync>,
    models: Vec<String>,
}

impl ModelServer {
    /// Starts a server that answers every request with its last user message.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port on loopback");
        let address = listener.local_addr().expect("a bound port has an address");
        let shared = Arc::new(Shared {
            script: Mutex::new(Script {
                next: Answers::default(),
                always: Arc::new(answer::echo),
                models: vec!["fake-model".to_owned()],
            }),
            visits: Visits::default(),
        });
        let server = Self {
            address,
            shared,
            up: Mutex::new(None),
        };
        server.serve(listener);
        server
    }

    /// The base URL of the API, as in an agent's configuration.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Queues the answer to the next request.
    pub fn next(&self, answer: Answer) {
        self.script().next.push(answer);
    }

    /// Sets the answer to the next chat completion whose last text of the person begins with `said`. Requests
    /// by the agent itself, such as for a suggestion or for memories, do not use up this answer.
    pub fn next_to(&self, said: &str, answer: Answer) {
        self.script().next.push_to(said, answer);
    }

    /// Sets the answer to every request, made from its body, unless [`next`](Self::next) or
    /// [`next_to`](Self::next_to) has an answer.
    pub fn always(&self, answer: impl Fn(&Value) -> Answer + Send + Sync + 'static) {
        self.script().always = Arc::new(answer);
    }

    /// Sets the names of the available models.
    pub fn set_models(&self, models: &[&str]) {
        self.script().models = models.iter().map(|&name| name.to_owned()).collect();
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.visits.asked()
    }

    /// Waits until the server got `times` requests in total, and returns them.
    pub async fn until_asked(&self, times: usize) -> Vec<Asked> {
        self.shared.visits.until_asked(times).await
    }

    /// Waits until `times` callers, in total, have hung up before the end of their answer.
    pub async fn until_hung_up(&self, times: usize) {
        self.shared.visits.until_hung_up(times).await;
    }

    /// Ends all connections, and refuses new ones.
    pub async fn go_down(&self) {
        let up = self
            .up
            .lock()
            .expect("nothing panics while it is held")
            .take();
        if let Some(Up { stop, serving }) = up {
            drop(stop);
            serving.await.expect("the fake model server died");
        }
    }

    /// Accepts connections again, on the same port.
    pub async fn come_back(&self) {
        let listener = TcpListener::bind(self.address)
            .await
            .expect("the port that it had before");
        self.serve(listener);
    }

    fn serve(&self, listener: TcpListener) {
        let down = CancellationToken::new();
        let router = Router::new()
            .route("/v1/chat/completions", post(serve::completions))
            // The APIs of Codex and of Gemini CLI: see `other_apis`.
            .route("/v1/responses", post(serve::completions))
            .route("/v1beta/models/{call}", post(serve::completions))
            .route("/v1/models", get(serve::models))
            .with_state(serve::Serving {
                shared: Arc::clone(&self.shared),
                down: down.clone(),
            });
        let serving =
            axum::serve(listener, router).with_graceful_shutdown(down.clone().cancelled_owned());
        let serving = tokio::spawn(async move {
            serving.await.expect("loopback can be served");
        });
        let mut up = self.up.lock().expect("nothing panics while it is held");
        *up = Some(Up {
            stop: down.drop_guard(),
            serving,
        });
    }

    fn script(&self) -> std::sync::MutexGuard<'_, Script> {
        self.shared
            .script
            .lock()
            .expect("nothing panics while it is held")
    }
}
