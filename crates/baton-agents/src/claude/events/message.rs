//! Messages of the model and of the user: `assistant` and `user`.

use std::time::Duration;

use serde_json::Value;

use super::fields::{is_true, list_field, number_field, take_field, text_field, whole_number};
use super::line_events::LineEvents;
use super::{AssistantText, Event, ModelApiError, ToolEnded, ToolStarted, UserText};

pub(super) fn parse_assistant(value: &mut Value, parsed: &mut LineEvents<'_>) {
    let parent = parent_tool_use(value);
    let aborted = is_true(value, "aborted");
    let api_error = parse_api_error(value);
    let Some(mut message) = take_field(value, "message") else {
        return parsed.add_unknown("assistant, but incomplete");
    };
    let message_id = text_field(&message, "id");
    let whole_text = |text| {
        Event::Text(AssistantText {
            text,
            message_id: message_id.clone(),
            parent: parent.clone(),
            aborted,
            api_error: api_error.clone(),
        })
    };
    let blocks = match take_field(&mut message, "content") {
        Some(Value::Array(blocks)) if !blocks.is_empty() => blocks,
        Some(Value::String(text)) => return parsed.add_event(whole_text(text)),
        Some(Value::Array(_)) => return parsed.add_quiet("assistant, but empty"),
        _ => return parsed.add_unknown("assistant, but incomplete"),
    };
    for mut block in blocks {
        let kind = text_field(&block, "type").unwrap_or_default();
        let event = match kind.as_str() {
            "text" => block
                .get("text")
                .and_then(Value::as_str)
                .map(|text| whole_text(text.to_owned())),
            "thinking" | "redacted_thinking" => Some(Event::Thinking {
                parent: parent.clone(),
            }),
            kind if kind.ends_with("tool_use") => parse_tool_start(&mut block, parent.clone()),
            kind if kind.ends_with("tool_result") => {
                parse_tool_end(&block, value, parent.clone()).map(Event::ToolEnded)
            }
            _ => None,
        };
        match event {
            Some(event) => parsed.add_event(event),
            None => parsed.add_unknown_part(format!("assistant/{kind}"), &block),
        }
    }
    // In a streamed message, the reason comes later, in a line of its own.
    let ended = text_field(&message, "stop_reason").filter(|_| !aborted && api_error.is_none());
    if let Some(stop_reason) = ended {
        parsed.add_event(Event::MessageEnded {
            stop_reason,
            parent,
        });
    }
}

pub(super) fn parse_user(value: &Value, parsed: &mut LineEvents<'_>) {
    let parent = parent_tool_use(value);
    let uuid = text_field(value, "uuid");
    let words = |text: String| {
        Event::UserText(UserText {
            text,
            uuid: uuid.clone(),
            replay: is_true(value, "isReplay"),
            synthetic: is_true(value, "isSynthetic"),
            parent: parent.clone(),
        })
    };
    let blocks = match value
        .get("message")
        .and_then(|message| message.get("content"))
    {
        Some(Value::Array(blocks)) if !blocks.is_empty() => blocks,
        Some(Value::String(text)) => return parsed.add_event(words(text.clone())),
        Some(Value::Array(_)) => return parsed.add_quiet("user, but empty"),
        _ => return parsed.add_unknown("user, but incomplete"),
    };
    for block in blocks {
        let kind = text_field(block, "type").unwrap_or_default();
        let event = match kind.as_str() {
            "text" => block
                .get("text")
                .and_then(Value::as_str)
                .map(|text| words(text.to_owned())),
            "image" | "document" => Some(words(format!("[{kind}]"))),
            kind if kind.ends_with("tool_result") => {
                parse_tool_end(block, value, parent.clone()).map(Event::ToolEnded)
            }
            _ => None,
        };
        match event {
            Some(event) => parsed.add_event(event),
            None => parsed.add_unknown_part(format!("user/{kind}"), block),
        }
    }
}

pub(super) fn parse_tool_progress(value: &Value) -> Option<Event> {
    let seconds = number_field(value, "elapsed_time_seconds").unwrap_or_default();
    Some(Event::ToolRuns {
        id: text_field(value, "tool_use_id")?,
        elapsed: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
    })
}

/// The tool use of the helper that wrote the line.
pub(super) fn parent_tool_use(value: &Value) -> Option<String> {
    text_field(value, "parent_tool_use_id")
}

fn parse_api_error(value: &Value) -> Option<ModelApiError> {
    let failed = is_true(value, "is_api_error_message")
        || value.get("error").is_some_and(|error| !error.is_null());
    failed.then(|| ModelApiError {
        status: whole_number(value, "api_error_status"),
        kind: text_field(value, "error").or_else(|| text_field(value, "api_error_type")),
    })
}

fn parse_tool_start(block: &mut Value, parent: Option<String>) -> Option<Event> {
    Some(Event::ToolStarted(ToolStarted {
        id: text_field(block, "id")?,
        name: text_field(block, "name")?,
        input: take_field(block, "input").unwrap_or_default(),
        parent,
    }))
}

fn parse_tool_end(block: &Value, line: &Value, parent: Option<String>) -> Option<ToolEnded> {
    let id = text_field(block, "tool_use_id")?;
    let meta = list_field(line, "tool_result_meta")
        .iter()
        .find(|meta| text_field(meta, "id").as_ref() == Some(&id));
    let not_run = meta.and_then(|meta| {
        text_field(meta, "non_execution_kind").or_else(|| {
            let decision = meta.get("permission_decision")?;
            text_field(decision, "decision").filter(|decision| decision == "reject")
        })
    });
    Some(ToolEnded {
        text: result_text(block.get("content")),
        is_error: is_true(block, "is_error") || not_run.is_some(),
        not_run,
        id,
        parent,
    })
}

fn result_text(content: Option<&Value>) -> String {
    match content {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(blocks)) => {
            let texts: Vec<_> = blocks
                .iter()
                .map(|block| {
                    text_field(block, "text").unwrap_or_else(|| {
                        let kind = text_field(block, "type");
                        format!("[{}]", kind.as_deref().unwrap_or("something"))
                    })
                })
                .collect();
            texts.join("\n")
        }
        Some(Value::Null) | None => String::new(),
        // The result of a search is an object of its own.
        Some(other) => text_field(other, "error_code").unwrap_or_else(|| other.to_string()),
    }
}
