//! `openai`: chat completions with streaming, from any server that speaks them: Ollama, llama.cpp,
//! vLLM, a provider.
//!
//! * `context`: what the model is shown: as much of the history as fits.
//! * `request`: the call. `answer`, `events`: what comes back, streamed or whole.
//! * `failure`: what can go wrong, in words for people.
//! * `probe`: whether such a server is there, and which models it has.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::clock::Clock;
use baton_core::notice;
use reqwest::Response;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

mod answer;
mod context;
mod events;
mod failure;
mod probe;
mod request;

use crate::images::{self, Seen};
use answer::Written;
pub use probe::{ProbeError, probe};

/// Which model, where, and how much it can read.
#[derive(Clone)]
pub struct OpenAiSettings {
    /// Where the server's API begins, for example `http://127.0.0.1:11434/v1`.
    pub base_url: Url,
    /// Sent as a bearer token.
    pub api_key: Option<SecretString>,
    /// The model's name, as the server calls it.
    pub model: String,
    /// How much the model can read and write in all, in tokens. Ollama cuts off the beginning of
    /// what is longer without a word, so this must not be more than what its server is set to.
    pub context_tokens: usize,
    /// Whether it sees images. They are part of the message that they came with, and of none after it.
    pub images: bool,
    /// How long the server may be silent, before its answer or in the middle of it. Loading a large
    /// model is silent, too.
    pub silence_limit: Duration,
    /// How long a reply may become, in bytes.
    pub reply_limit: usize,
}

impl OpenAiSettings {
    /// A model without a key, and the usual limits.
    pub fn new(base_url: Url, model: impl Into<String>) -> Self {
        Self {
            base_url,
            api_key: None,
            model: model.into(),
            // What Ollama gives every model that nothing else is said of.
            context_tokens: 4096,
            images: false,
            silence_limit: Duration::from_mins(3),
            reply_limit: 1024 * 1024,
        }
    }
}

impl fmt::Debug for OpenAiSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiSettings")
            // The whole address may hold a password.
            .field("server", &request::server(&self.base_url))
            .field("api_key", &self.api_key)
            .field("model", &self.model)
            .field("context_tokens", &self.context_tokens)
            .field("images", &self.images)
            .field("silence_limit", &self.silence_limit)
            .field("reply_limit", &self.reply_limit)
            .finish()
    }
}

/// How long a connection may take to be made; a server that is down but reachable refuses at once.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Asks a model.
pub struct OpenAiAgent {
    settings: OpenAiSettings,
    url: Url,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
}

/// An agent could not be made.
#[derive(Debug, thiserror::Error)]
pub enum OpenAiError {
    /// Such an address cannot be called.
    #[error(
        "the base URL of a model server must begin with http:// or https://, \
         for example http://127.0.0.1:11434/v1"
    )]
    BaseUrl,
    /// There is no HTTP client to call it with.
    #[error("no HTTP client could be made for the model server {server}")]
    Client {
        /// Host and port.
        server: String,
        /// What is wrong.
        source: reqwest::Error,
    },
}

impl OpenAiAgent {
    /// An agent that asks this model. Whether the server is there shows when it first answers.
    pub fn new(settings: OpenAiSettings, clock: Arc<dyn Clock>) -> Result<Self, OpenAiError> {
        let url = request::endpoint(&settings.base_url, &["chat", "completions"])
            .ok_or(OpenAiError::BaseUrl)?;
        let http = request::client(&settings.base_url)
            .connect_timeout(CONNECT_LIMIT)
            .build()
            .map_err(|source| OpenAiError::Client {
                server: request::server(&settings.base_url),
                source: source.without_url(),
            })?;
        Ok(Self {
            settings,
            url,
            http,
            clock,
        })
    }

    /// Asks, and writes down what comes. A server that does not take the request's images is asked
    /// once more, without them: their names.
    async fn ask(
        &self,
        request: &mut request::Request<'_>,
        io: &TurnIo,
        written: &mut Written,
    ) -> Result<Vec<String>, AgentError> {
        let mut response = self.send(request).await?;
        let mut refused = Vec::new();
        if failure::may_be_for_images(response.status()) {
            refused = request.take_images();
        }
        if !refused.is_empty() {
            let status = response.status();
            let said = failure::message(&self.settings, &self.error_text(response).await);
            tracing::warn!(%status, said, "a model server may not take images; asked without them");
            response = self.send(request).await?;
        }
        self.answer(response, io, written).await?;
        Ok(refused)
    }

    async fn send(&self, request: &request::Request<'_>) -> Result<Response, AgentError> {
        let mut call = self.http.post(self.url.clone()).json(request);
        if let Some(key) = &self.settings.api_key {
            call = call.bearer_auth(key.expose_secret());
        }
        self.not_silent(call.send())
            .await
            .ok_or_else(|| failure::no_answer(self.settings.silence_limit))?
            .map_err(|error| failure::unreachable(&self.settings, error))
    }

    async fn answer(
        &self,
        response: Response,
        io: &TurnIo,
        written: &mut Written,
    ) -> Result<(), AgentError> {
        let kind = answer::Kind::of(&response);
        if !response.status().is_success() {
            let (status, wait) = (response.status(), failure::retry_after(&response));
            let said = self.error_text(response).await;
            return Err(failure::status(&self.settings, status, wait, &said));
        }
        match kind {
            answer::Kind::Whole => self.whole(response, io, written).await,
            answer::Kind::Streamed => self.streamed(response, io, written).await,
            answer::Kind::Page => Err(failure::not_the_api()),
        }
    }

    /// `None` when the server is silent for too long.
    async fn not_silent<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        let limit = self.clock.steady().after(self.settings.silence_limit);
        tokio::select! {
            biased;
            answer = answer => Some(answer),
            () = self.clock.sleep_until(limit) => None,
        }
    }
}

#[async_trait]
impl Agent for OpenAiAgent {
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        let Seen { images, others } = images::of(turn, images::WIDEST).await;
        let shown = context::shown(turn, images, self.settings.context_tokens)?;
        let (model, sampling) = (&self.settings.model, &turn.persona.sampling);
        let mut request = request::Request::new(model, shown.messages, sampling);
        let mut written = Written::new(self.settings.reply_limit);
        let mut refused = Vec::new();
        tokio::select! {
            biased;
            // Dropping the call closes its connection, and the server stops writing.
            () = io.stop.cancelled() => {}
            asked = self.ask(&mut request, io, &mut written) => refused = asked?,
        }
        if written.is_empty() && !io.stop.is_cancelled() {
            return Err(AgentError::failed("the model answered nothing"));
        }
        let not_seen = others.iter().chain(&shown.left_out).chain(&refused);
        let not_seen = not_seen.map(String::as_str);
        let mut reply = written.into_reply();
        reply
            .notes
            .extend(notice::not_read(&turn.persona.name, not_seen));
        Ok(reply)
    }

    fn handles_files(&self) -> bool {
        self.settings.images
    }

    fn wants_history(&self) -> bool {
        true
    }
}
