//! `kind = "openai"`: a model behind an OpenAI-compatible server.

use schemars::JsonSchema;
use serde::Deserialize;
use url::Url;

use crate::config::seconds::Seconds;
use crate::config::secret::Secret;

/// `kind = "openai"`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenaiTable {
    /// The server, up to and with its `/v1`: `http://127.0.0.1:11434/v1` is Ollama's.
    pub(crate) base_url: String,
    /// The model, as the server names it.
    pub(crate) model: String,
    /// Where the key is, if the server wants one.
    pub(crate) api_key: Option<Secret>,
    /// How many tokens the model can take in and give out together; older history is left out.
    #[schemars(range(min = 256, max = 100_000_000))]
    pub(crate) context_tokens: Option<usize>,
    /// Whether the model sees images.
    #[serde(default)]
    pub(crate) images: bool,
    /// How long its server may say nothing before the first word of an answer, in seconds: 900 where nothing is
    /// said, 0 for ever. Between two words it is no longer than 180.
    pub(crate) silence_seconds: Option<Seconds>,
    /// How many turns it may run at once.
    #[serde(default = "super::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}

impl OpenaiTable {
    /// The server's address, if it is one.
    pub(crate) fn server(&self) -> Option<Url> {
        let url = Url::parse(&self.base_url).ok()?;
        (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
    }
}
