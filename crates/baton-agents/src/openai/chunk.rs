//! The content of one event of a stream, or of a whole answer.

use baton_core::turn::Usage;
use reqwest::StatusCode;
use serde_json::value::RawValue;

use super::failure::{self, Reported};
use super::json::{Fields, Letters, count, elements};

/// One event of a stream, or a whole answer. Every field is optional, because servers omit or misuse any of
/// them.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    pub(super) choices: Vec<Choice>,
    pub(super) usage: Usage,
    /// The failure, if the server reported one.
    pub(super) error: Option<Reported>,
}

/// One choice: one of several answers to the same request.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// The index of the choice; 0 by default.
    pub(super) index: u64,
    /// The next piece.
    pub(super) delta: Piece,
    /// The `message`: the whole answer, or other content under this name.
    pub(super) message: Piece,
    /// The `finish_reason`.
    pub(super) reason: Option<String>,
}

/// Text from a model.
#[derive(Debug, Default)]
pub(super) struct Piece {
    pub(super) text: Letters,
    pub(super) thinking: Letters,
    /// The refusal, in the model's own words.
    pub(super) refusal: Letters,
}

/// The deepest nesting of content parts.
const DEEPEST: usize = 4;

impl Chunk {
    /// `None` if the value is not an object.
    pub(super) fn of(json: &RawValue) -> Option<Self> {
        let fields = Fields::of(json)?;
        let choices = fields.get("choices").and_then(elements);
        Some(Self {
            choices: choices
                .into_iter()
                .flatten()
                .filter_map(Choice::of)
                .collect(),
            usage: fields
                .fields("usage")
                .as_ref()
                .map(usage)
                .unwrap_or_default(),
            error: error(&fields, json),
        })
    }
}

impl Choice {
    fn of(json: &RawValue) -> Option<Self> {
        let fields = Fields::of(json)?;
        let piece = |name| {
            fields
                .fields(name)
                .as_ref()
                .map(Piece::of)
                .unwrap_or_default()
        };
        let (mut delta, message) = (piece("delta"), piece("message"));
        if delta.is_empty() && message.is_empty() {
            // The older completions API uses this name.
            delta.text = fields.text("text").unwrap_or_default();
        }
        Some(Self {
            index: fields.get("index").and_then(count).unwrap_or_default(),
            delta,
            message,
            reason: fields.get("finish_reason").and_then(reason),
        })
    }
}

impl Piece {
    fn of(fields: &Fields<'_>) -> Self {
        let mut piece = Self::default();
        if let Some(content) = fields.get("content") {
            piece.add(content, DEEPEST);
        }
        // A server with both names sends the same text in both.
        let thinking = fields.first_of(&["reasoning_content", "reasoning"]);
        if let Some(thinking) = thinking.filter(|_| piece.thinking.is_empty()) {
            piece.thinking = all_text(thinking);
        }
        piece.refusal = fields.text("refusal").unwrap_or_default();
        piece
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.thinking.is_empty() && self.refusal.is_empty()
    }

    /// Adds a string, or a list of content parts.
    fn add(&mut self, content: &RawValue, deepest: usize) {
        if let Some(text) = Letters::of(content) {
            self.text.push(&text);
        } else if let Some(parts) = elements(content).filter(|_| deepest > 0) {
            for part in parts {
                self.add(part, deepest - 1);
            }
        } else if let Some(part) = Fields::of(content) {
            let kind = part.text("type").unwrap_or_default().whole();
            if kind.contains("thinking") || kind.contains("reasoning") {
                let thinking = part.first_of(&["thinking", "reasoning", "text", "summary"]);
                self.thinking
                    .push(&thinking.map(all_text).unwrap_or_default());
            } else if kind == "refusal" {
                self.refusal.push(&part.text("refusal").unwrap_or_default());
            } else {
                self.text.push(&part.text("text").unwrap_or_default());
            }
        }
    }
}

/// The text of a string, or of a list of content parts.
fn all_text(json: &RawValue) -> Letters {
    let mut piece = Piece::default();
    piece.add(json, DEEPEST);
    piece.text.push(&piece.thinking);
    piece.text
}

/// A non-empty reason: a string, or the type of an object.
fn reason(json: &RawValue) -> Option<String> {
    let words = Letters::of(json).or_else(|| Fields::of(json)?.text("type"))?;
    let words = words.whole().trim().to_ascii_lowercase();
    (!words.is_empty()).then_some(words)
}

fn usage(fields: &Fields<'_>) -> Usage {
    let read = |names: &[&str]| fields.first_of(names).and_then(count);
    Usage {
        input_tokens: read(&["prompt_tokens", "input_tokens"]),
        output_tokens: read(&["completion_tokens", "output_tokens"]),
        ..Usage::default()
    }
}

/// The failure that the server reports; `None` without a failure.
fn error(fields: &Fields<'_>, json: &RawValue) -> Option<Reported> {
    let error = fields.get("error");
    let said = error.and_then(|error| failure::said_in(error.get()));
    let is_error = |name| {
        let word: Option<Letters> = fields.text(name);
        word.is_some_and(|word| word.whole() == "error")
    };
    let bare = fields.get("choices").is_none() && fields.get("detail").is_some();
    let is_failure = said.is_some() || is_error("object") || is_error("type") || bare;
    is_failure.then(|| Reported {
        said: said.unwrap_or_else(|| failure::said_in(json.get()).unwrap_or_default()),
        status: error
            .and_then(Fields::of)
            .and_then(|error| status(&error))
            .or_else(|| status(fields)),
        raw: json.get().to_owned(),
    })
}

/// The failure in an event named `error`, with any content.
pub(super) fn reported(data: &str) -> Reported {
    let fields = serde_json::from_str::<&RawValue>(data).ok();
    let fields = fields.and_then(|json| Some((Fields::of(json)?, json)));
    let error = fields
        .as_ref()
        .and_then(|(fields, json)| error(fields, json));
    error.unwrap_or_else(|| Reported {
        said: failure::said_in(data).unwrap_or_default(),
        status: fields.and_then(|(fields, _)| status(&fields)),
        raw: data.to_owned(),
    })
}

/// The HTTP status that fits an error, from its number or its name.
fn status(error: &Fields<'_>) -> Option<StatusCode> {
    let fields = ["code", "status", "type"];
    let values = || fields.iter().filter_map(|field| error.get(field));
    let numbered = |value| StatusCode::from_u16(count(value)?.try_into().ok()?).ok();
    let is_error = |status: &StatusCode| status.is_client_error() || status.is_server_error();
    let named = |value| failure::status_of(&Letters::of(value)?.whole());
    values()
        .find_map(|value| numbered(value).filter(is_error))
        .or_else(|| values().find_map(named))
}
