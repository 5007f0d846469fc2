//! The options that a server accepts. Many servers refuse some options of the API.

use reqwest::StatusCode;

/// The options of the API that a server accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Whether the server can count tokens at the end of a stream.
    pub(super) counts_streams: bool,
    /// The server's option for the maximum length of a reply.
    pub(super) longest: Longest,
}

/// A name of the option for the maximum length of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Longest {
    /// `max_tokens`, for most servers.
    MaxTokens,
    /// `max_completion_tokens`, for newer models of `OpenAI`.
    MaxCompletionTokens,
    /// No option.
    Unnamed,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            counts_streams: true,
            longest: Longest::MaxTokens,
        }
    }
}

impl Dialect {
    /// Returns the options for another try after this refusal; `None` if the refusal names no option of the
    /// request.
    pub(super) fn after(self, status: StatusCode, said: &str, has_longest: bool) -> Option<Self> {
        if !matches!(
            status,
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY
        ) {
            return None;
        }
        let names = |option: &str| {
            let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let mut words = said.split(|letter| !is_word(letter));
            words.any(|word| word == option)
        };
        if self.counts_streams && (names("stream_options") || names("include_usage")) {
            return Some(Self {
                counts_streams: false,
                ..self
            });
        }
        let longest = match self.longest {
            _ if !has_longest => return None,
            Longest::MaxTokens if names("max_tokens") => Longest::MaxCompletionTokens,
            Longest::MaxCompletionTokens if names("max_completion_tokens") => Longest::Unnamed,
            _ => return None,
        };
        Some(Self { longest, ..self })
    }
}
