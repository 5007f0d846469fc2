//! `kind = "openai"`: a model behind an OpenAI-compatible server.

use baton_config::SecretLocation;
use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::config::duration_seconds::DurationSeconds;

/// `kind = "openai"`: a model behind an OpenAI-compatible server.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenaiTable {
    /// The server's address, including `/v1`. Ollama's is `http://127.0.0.1:11434/v1`.
    pub(crate) base_url: String,
    /// The server's name for the model.
    pub(crate) model: String,
    /// The location of the API key, if the server needs one.
    pub(crate) api_key: Option<SecretLocation>,
    /// The size of the model's context, in tokens: the prompt and the reply together. Older history is left
    /// out.
    #[schemars(range(min = 256, max = 100_000_000))]
    pub(crate) context_tokens: Option<usize>,
    /// Whether the model accepts images.
    #[serde(default)]
    pub(crate) images: bool,
    /// The longest silence of the server before the first word of an answer, in seconds. The default is 900,
    /// and 0 means no limit. Within an answer, the limit is the same, but at most 180 seconds; 0 removes this
    /// limit too.
    pub(crate) silence_seconds: Option<DurationSeconds>,
    /// The most turns of the agent at once.
    #[serde(default = "super::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}

impl OpenaiTable {
    /// The parsed address of the server; `None` if the address is not HTTP or HTTPS with a host.
    pub(crate) fn server_url(&self) -> Option<Url> {
        let url = Url::parse(&self.base_url).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
    }
}
