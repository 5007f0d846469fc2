//! The configuration of a model server.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::completion_request;

/// The configuration of a model server.
#[derive(Clone)]
pub struct OpenAiSettings {
    /// The base URL of the server's API, for example `http://127.0.0.1:11434/v1`.
    pub base_url: Url,
    /// The API key, sent as a bearer token.
    pub api_key: Option<SecretString>,
    /// The model, by the server's name.
    pub model: String,
    /// The size of the model's context, for input and output together, in tokens. Must not exceed the
    /// server's setting: Ollama cuts the beginning of a longer request without an error.
    pub context_tokens: usize,
    /// Whether the model accepts images. The model sees the images of the current message, but not those of
    /// the history.
    pub images: bool,
    /// How long the server may be silent before its first text, while the server loads a large model or reads
    /// a long prompt.
    pub first_silence_limit: Duration,
    /// How long the server may be silent between two pieces of text.
    pub silence_limit: Duration,
    /// Limit of a reply, in bytes.
    pub reply_limit: usize,
}

impl OpenAiSettings {
    /// Default settings for this model, without a key.
    pub fn new(base_url: Url, model: impl Into<String>) -> Self {
        Self {
            base_url,
            api_key: None,
            model: model.into(),
            // Ollama's default for all models.
            context_tokens: 4096,
            images: false,
            first_silence_limit: Duration::from_mins(15),
            silence_limit: Duration::from_mins(3),
            reply_limit: 1024 * 1024,
        }
    }
}

impl fmt::Debug for OpenAiSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenAiSettings")
            // The whole URL may contain a password.
            .field("server", &completion_request::server_name(&self.base_url))
            .field("api_key", &self.api_key)
            .field("model", &self.model)
            .field("context_tokens", &self.context_tokens)
            .field("images", &self.images)
            .field("first_silence_limit", &self.first_silence_limit)
            .field("silence_limit", &self.silence_limit)
            .field("reply_limit", &self.reply_limit)
            .finish()
    }
}
