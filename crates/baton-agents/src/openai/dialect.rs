//! The options that a server accepts. Many servers refuse some options of the API.

use reqwest::StatusCode;

/// The options of the API that a server accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ServerDialect {
    /// Whether the server can count tokens at the end of a stream.
    pub(super) counts_streams: bool,
    /// The server's option for the maximum length of a reply.
    pub(super) length_option: LengthOption,
}

/// A name of the option for the maximum length of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LengthOption {
    /// `max_tokens`, for most servers.
    MaxTokens,
    /// `max_completion_tokens`, for newer models of `OpenAI`.
    MaxCompletionTokens,
    /// No option.
    NoOption,
}

impl Default for ServerDialect {
    fn default() -> Self {
        Self {
            counts_streams: true,
            length_option: LengthOption::MaxTokens,
        }
    }
}

impl ServerDialect {
    /// Returns the options for another try after this refusal; `None` if the refusal names no option of the
    /// request.
    pub(super) fn after_refusal(
        self,
        status: StatusCode,
        error_body: &str,
        has_length_option: bool,
    ) -> Option<Self> {
        if !matches!(
            status,
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY
        ) {
            return None;
        }
        let names = |option: &str| {
            let is_word = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            let mut words = error_body.split(|letter| !is_word(letter));
            words.any(|word| word == option)
        };
        if self.counts_streams && (names("stream_options") || names("include_usage")) {
            return Some(Self {
                counts_streams: false,
                ..self
            });
        }
        let length_option = match self.length_option {
            _ if !has_length_option => return None,
            LengthOption::MaxTokens if names("max_tokens") => LengthOption::MaxCompletionTokens,
            LengthOption::MaxCompletionTokens if names("max_completion_tokens") => {
                LengthOption::NoOption
            }
            _ => return None,
        };
        Some(Self {
            length_option,
            ..self
        })
    }
}
