//! The content of one event of a stream, or of a whole answer.

use baton_core::turn::Usage;
use reqwest::StatusCode;
use serde_json::value::RawValue;

use super::server_errors::{self, ReportedError};
use super::tolerant_json::{JsonFields, JsonString, list_elements, whole_number};

/// One event of a stream, or a whole answer. Every field is optional, because servers omit or misuse any of
/// them.
#[derive(Debug, Default)]
pub(super) struct CompletionChunk {
    pub(super) choices: Vec<CompletionChoice>,
    pub(super) usage: Usage,
    /// The failure, if the server reported one.
    pub(super) error: Option<ReportedError>,
}

/// One choice: one of several answers to the same request.
#[derive(Debug, Default)]
pub(super) struct CompletionChoice {
    /// The index of the choice; 0 by default.
    pub(super) index: u64,
    /// The next piece.
    pub(super) delta: MessagePiece,
    /// The `message`: the whole answer, or other content under this name.
    pub(super) message: MessagePiece,
    /// The `finish_reason`.
    pub(super) reason: Option<String>,
}

/// Text from a model.
#[derive(Debug, Default)]
pub(super) struct MessagePiece {
    pub(super) text: JsonString,
    pub(super) thinking: JsonString,
    /// The refusal, in the model's own words.
    pub(super) refusal: JsonString,
}

/// The deepest nesting of content parts.
const DEPTH_LIMIT: usize = 4;

impl CompletionChunk {
    /// `None` if the value is not an object.
    pub(super) fn from_json(json: &RawValue) -> Option<Self> {
        let fields = JsonFields::from_json(json)?;
        let choices = fields.get("choices").and_then(list_elements);
        Some(Self {
            choices: choices
                .into_iter()
                .flatten()
                .filter_map(CompletionChoice::from_json)
                .collect(),
            usage: fields
                .object_field("usage")
                .as_ref()
                .map(parse_usage)
                .unwrap_or_default(),
            error: find_error(&fields, json),
        })
    }
}

impl CompletionChoice {
    fn from_json(json: &RawValue) -> Option<Self> {
        let fields = JsonFields::from_json(json)?;
        let piece = |name| {
            fields
                .object_field(name)
                .as_ref()
                .map(MessagePiece::from_fields)
                .unwrap_or_default()
        };
        let (mut delta, message) = (piece("delta"), piece("message"));
        if delta.is_empty() && message.is_empty() {
            // The older completions API uses this name.
            delta.text = fields.string_field("text").unwrap_or_default();
        }
        Some(Self {
            index: fields
                .get("index")
                .and_then(whole_number)
                .unwrap_or_default(),
            delta,
            message,
            reason: fields.get("finish_reason").and_then(parse_reason),
        })
    }
}

impl MessagePiece {
    fn from_fields(fields: &JsonFields<'_>) -> Self {
        let mut piece = Self::default();
        if let Some(content) = fields.get("content") {
            piece.add_content(content, DEPTH_LIMIT);
        }
        // A server with both names sends the same text in both.
        let thinking = fields.first_of(&["reasoning_content", "reasoning"]);
        if let Some(thinking) = thinking.filter(|_| piece.thinking.is_empty()) {
            piece.thinking = text_of_content(thinking);
        }
        piece.refusal = fields.string_field("refusal").unwrap_or_default();
        piece
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.thinking.is_empty() && self.refusal.is_empty()
    }

    /// Adds a string, or a list of content parts.
    fn add_content(&mut self, content: &RawValue, depth_left: usize) {
        if let Some(text) = JsonString::from_json(content) {
            self.text.push(&text);
        } else if let Some(parts) = list_elements(content).filter(|_| depth_left > 0) {
            for part in parts {
                self.add_content(part, depth_left - 1);
            }
        } else if let Some(part) = JsonFields::from_json(content) {
            let kind = part.string_field("type").unwrap_or_default().to_text();
            if kind.contains("thinking") || kind.contains("reasoning") {
                let thinking = part.first_of(&["thinking", "reasoning", "text", "summary"]);
                self.thinking
                    .push(&thinking.map(text_of_content).unwrap_or_default());
            } else if kind == "refusal" {
                self.refusal
                    .push(&part.string_field("refusal").unwrap_or_default());
            } else {
                self.text
                    .push(&part.string_field("text").unwrap_or_default());
            }
        }
    }
}

/// The text of a string, or of a list of content parts.
fn text_of_content(json: &RawValue) -> JsonString {
    let mut piece = MessagePiece::default();
    piece.add_content(json, DEPTH_LIMIT);
    piece.text.push(&piece.thinking);
    piece.text
}

/// A non-empty reason: a string, or the type of an object.
fn parse_reason(json: &RawValue) -> Option<String> {
    let words = JsonString::from_json(json)
        .or_else(|| JsonFields::from_json(json)?.string_field("type"))?;
    let words = words.to_text().trim().to_ascii_lowercase();
    (!words.is_empty()).then_some(words)
}

fn parse_usage(fields: &JsonFields<'_>) -> Usage {
    let read = |names: &[&str]| fields.first_of(names).and_then(whole_number);
    Usage {
        input_tokens: read(&["prompt_tokens", "input_tokens"]),
        output_tokens: read(&["completion_tokens", "output_tokens"]),
        ..Usage::default()
    }
}

/// The failure that the server reports; `None` without a failure.
fn find_error(fields: &JsonFields<'_>, json: &RawValue) -> Option<ReportedError> {
    let error = fields.get("error");
    let message = error.and_then(|error| server_errors::message_in(error.get()));
    let is_error = |name| {
        let word: Option<JsonString> = fields.string_field(name);
        word.is_some_and(|word| word.to_text() == "error")
    };
    let bare = fields.get("choices").is_none() && fields.get("detail").is_some();
    let is_failure = message.is_some() || is_error("object") || is_error("type") || bare;
    is_failure.then(|| ReportedError {
        message: message
            .unwrap_or_else(|| server_errors::message_in(json.get()).unwrap_or_default()),
        status: error
            .and_then(JsonFields::from_json)
            .and_then(|error| find_status(&error))
            .or_else(|| find_status(fields)),
        raw: json.get().to_owned(),
    })
}

/// The failure in an event named `error`, with any content.
pub(super) fn parse_error_event(data: &str) -> ReportedError {
    let fields = serde_json::from_str::<&RawValue>(data).ok();
    let fields = fields.and_then(|json| Some((JsonFields::from_json(json)?, json)));
    let error = fields
        .as_ref()
        .and_then(|(fields, json)| find_error(fields, json));
    error.unwrap_or_else(|| ReportedError {
        message: server_errors::message_in(data).unwrap_or_default(),
        status: fields.and_then(|(fields, _)| find_status(&fields)),
        raw: data.to_owned(),
    })
}

/// The HTTP status that fits an error, from its number or its name.
fn find_status(error: &JsonFields<'_>) -> Option<StatusCode> {
    let fields = ["code", "status", "type"];
    let values = || fields.iter().filter_map(|field| error.get(field));
    let numbered = |value| StatusCode::from_u16(whole_number(value)?.try_into().ok()?).ok();
    let is_error = |status: &StatusCode| status.is_client_error() || status.is_server_error();
    let named = |value| server_errors::status_of(&JsonString::from_json(value)?.to_text());
    values()
        .find_map(|value| numbered(value).filter(is_error))
        .or_else(|| values().find_map(named))
}
