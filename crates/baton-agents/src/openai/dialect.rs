//! How a server wants to be asked. Not all of them take all that the API has.

use reqwest::StatusCode;

/// Which of the API's options a server takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dialect {
    /// It can be asked to count tokens at the end of a stream.
    pub(super) counts_streams: bool,
    /// How it calls the longest reply.
    pub(super) longest: Longest,
}

/// How a server calls the longest reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Longest {
    /// `max_tokens`, as most do.
    MaxTokens,
    /// `max_completion_tokens`, as `OpenAI` does for newer models.
    MaxCompletionTokens,
    /// Not at all.
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
    /// How to ask again after this refusal; `None` where it names no option that was asked with.
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
