//! `openai`: streamed chat completions from any compatible server: Ollama, llama.cpp, vLLM, or a provider.
//!
//! * `openai_settings`: the configuration. `context`: the messages for the model: as much of the history as fits.
//! * `completion_request`: the HTTP request. `dialect`: the options that a server accepts. `server_facts`: the
//!   server's token counts.
//! * `answer_reader`: the HTTP answer, streamed or whole. `server_sent_events`, `json_documents`,
//!   `completion_chunk`, `tolerant_json`: its parsers.
//! * `streamed_reply`: the reply so far. `reasoning`: splitting reasoning from the answer.
//! * `server_errors`: errors, in words for people. `retry_after`: the pause that a server asks for.
//! * `probe`: finding a server and its models.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::clock::Clock;
use baton_core::notice;
use baton_core::persona::Sampling;
use reqwest::Response;
use secrecy::ExposeSecret;
use url::Url;

mod answer_reader;
mod completion_chunk;
mod completion_request;
mod context;
mod dialect;
mod json_documents;
mod openai_settings;
mod probe;
mod reasoning;
mod retry_after;
mod server_errors;
mod server_facts;
mod server_sent_events;
mod streamed_reply;
mod tolerant_json;

use crate::images::{self, TurnImages};
use completion_request::CompletionRequest;
pub(crate) use completion_request::{client_builder, endpoint_url, server_name};
use context::ContextMessages;
pub use openai_settings::OpenAiSettings;
pub use probe::{ProbeError, probe};
use server_errors::AnswerFailure;
pub(crate) use server_errors::message_in;
use server_facts::ServerFacts;
use streamed_reply::StreamedReply;

/// How long a connection may take. A reachable machine without a server refuses at once.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Answers turns with a model on a server.
pub struct OpenAiAgent {
    settings: OpenAiSettings,
    url: Url,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    facts: ServerFacts,
}

/// Why an agent could not be created.
#[derive(Debug, thiserror::Error)]
pub enum OpenAiError {
    /// The URL is no HTTP address.
    #[error(
        "the base URL of a model server must begin with http:// or https://, \
         for example http://127.0.0.1:11434/v1"
    )]
    BaseUrl,
    /// The HTTP client could not be created.
    #[error("no HTTP client could be made for the model server {server}")]
    Client {
        /// Host and port.
        server: String,
        /// The cause.
        source: reqwest::Error,
    },
}

impl OpenAiAgent {
    /// Creates an agent for this model. A missing server shows only at the first answer.
    pub fn new(settings: OpenAiSettings, clock: Arc<dyn Clock>) -> Result<Self, OpenAiError> {
        let url = completion_request::endpoint_url(&settings.base_url, &["chat", "completions"])
            .ok_or(OpenAiError::BaseUrl)?;
        let http = completion_request::client_builder(&settings.base_url)
            .connect_timeout(CONNECT_LIMIT)
            .build()
            .map_err(|source| OpenAiError::Client {
                server: completion_request::server_name(&settings.base_url),
                source: source.without_url(),
            })?;
        Ok(Self {
            settings,
            url,
            http,
            clock,
            facts: ServerFacts::default(),
        })
    }

    /// Asks the model, and adds the answer to `streamed`. When the server refuses the length, an option or the
    /// images of a request, the request is sent again without them. Returns the names of the refused images.
    async fn ask_model(
        &self,
        sampling: &Sampling,
        content: &mut ContextMessages,
        io: &TurnIo,
        streamed: &mut StreamedReply,
    ) -> Result<Vec<String>, AgentError> {
        let mut dialect = self.facts.dialect();
        let mut refused = Vec::new();
        loop {
            let (model, messages) = (&self.settings.model, content.to_messages());
            let request = CompletionRequest::new(model, messages, sampling, dialect);
            let response = self.send_request(&request).await?;
            let status = response.status();
            let (status, error_body, error) = if status.is_success() {
                match self.read_answer(response, io, streamed).await {
                    Ok(()) => {
                        self.facts.set_dialect(dialect);
                        if let Some(tokens) = streamed.usage().input_tokens {
                            content.record_tokens(&self.facts, tokens);
                        }
                        return Ok(refused);
                    }
                    Err(AnswerFailure::Reported(reported)) => {
                        let has_begun = !streamed.is_untouched();
                        let error =
                            server_errors::from_report(&self.settings, &reported, has_begun);
                        (reported.status.unwrap_or(status), reported.raw, error)
                    }
                    Err(AnswerFailure::Other(error)) => return Err(error),
                }
            } else {
                let wait = retry_after::pause_in_headers(response.headers(), self.clock.wall());
                let error_body = self.read_error_text(response).await;
                let wait = wait.or_else(|| retry_after::pause_in_body(&error_body));
                let error = server_errors::from_status(&self.settings, status, wait, &error_body);
                (status, error_body, error)
            };
            if !streamed.is_untouched() {
                return Err(error);
            }
            let is_too_long = context::is_too_long(&error_body);
            let other = dialect.after_refusal(status, &error_body, sampling.max_tokens.is_some());
            if is_too_long && content.drop_older_half() {
                tracing::info!(
                    "a model server finds a request too long; Baton asks again with less history"
                );
            } else if let Some(other) = other {
                tracing::info!(
                    ?other,
                    "a model server refuses an option; Baton asks again without the option"
                );
                dialect = other;
            } else {
                let for_images = is_too_long || server_errors::may_be_for_images(status);
                let images = if for_images {
                    content.take_images()
                } else {
                    Vec::new()
                };
                if images.is_empty() {
                    return Err(if is_too_long {
                        server_errors::message_too_long()
                    } else {
                        error
                    });
                }
                refused = images;
                tracing::warn!(%status, %error, "a model server may not accept images; Baton asks again without \
                    images");
            }
        }
    }

    async fn send_request(&self, request: &CompletionRequest<'_>) -> Result<Response, AgentError> {
        let mut call = self.http.post(self.url.clone()).json(request);
        if let Some(key) = &self.settings.api_key {
            call = call.bearer_auth(key.expose_secret());
        }
        self.limit_silence(false, call.send())
            .await
            .map_err(server_errors::no_answer)?
            .map_err(|error| server_errors::unreachable_server(&self.settings, error))
    }

    /// Waits for `answer`; returns the silence limit as the error when the server exceeds it.
    async fn limit_silence<T>(
        &self,
        has_begun: bool,
        answer: impl Future<Output = T>,
    ) -> Result<T, Duration> {
        let limit = if has_begun {
            self.settings.silence_limit
        } else {
            self.settings.first_silence_limit
        };
        let until = self.clock.steady().after(limit);
        tokio::select! {
            biased;
            answer = answer => Ok(answer),
            () = self.clock.sleep_until(until) => Err(limit),
        }
    }
}

#[async_trait]
impl Agent for OpenAiAgent {
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        let TurnImages { images, others } = images::read_images(turn, images::WIDEST).await;
        let window = self.settings.context_tokens;
        let mut content = context::select_messages(turn, images, window, &self.facts)?;
        let sampling = &turn.persona.sampling;
        let mut streamed = StreamedReply::new(self.settings.reply_limit);
        let mut refused = Vec::new();
        // The time for loading a model does not count towards the turn.
        io.waits(self.settings.first_silence_limit).await;
        tokio::select! {
            biased;
            // Dropping the call closes its connection, and the server stops writing.
            () = io.stop.cancelled() => {}
            answered = self.ask_model(sampling, &mut content, io, &mut streamed) => refused = answered?,
        }
        if streamed.is_empty() && !io.stop.is_cancelled() {
            return Err(streamed.empty_reply_error());
        }
        let not_seen = others.iter().chain(&content.left_out).chain(&refused);
        let not_seen = not_seen.map(String::as_str);
        let mut reply = streamed.into_reply();
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
