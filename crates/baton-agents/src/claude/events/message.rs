//! Messages of the model and of the user: `assistant` and `user`.

use std::time::Duration;

use serde_json::Value;

use super::fields::{list, number, taken, text, whole, yes};
use super::line::Said;
use super::{ApiError, Event, Text, ToolEnded, ToolStarted, UserText};

pub(super) fn assistant(value: &mut Value, said: &mut Said<'_>) {
    let parent = parent(value);
    let aborted = yes(value, "aborted");
    let api_error = api_error(value);
    let Some(mut message) = taken(value, "message") else {
        return said.unknown("assistant, but incomplete");
    };
    let message_id = text(&message, "id");
    let whole_text = |text| {
        Event::Text(Text {
            text,
            message_id: message_id.clone(),
            parent: parent.clone(),
            aborted,
            api_error: api_error.clone(),
        })
    };
    let blocks = match taken(&mut message, "content") {
        Some(Value::Array(blocks)) if !blocks.is_empty() => blocks,
        Some(Value::String(text)) => return said.add(whole_text(text)),
        Some(Value::Array(_)) => return said.quiet("assistant, but empty"),
        _ => return said.unknown("assistant, but incomplete"),
    };
    for mut block in blocks {
        let kind = text(&block, "type").unwrap_or_default();
        let event = match kind.as_str() {
            "text" => block
                .get("text")
                .and_then(Value::as_str)
                .map(|text| whole_text(text.to_owned())),
            "thinking" | "redacted_thinking" => Some(Event::Thinking {
                parent: parent.clone(),
            }),
            kind if kind.ends_with("tool_use") => tool_started(&mut block, parent.clone()),
            kind if kind.ends_with("tool_result") => {
                tool_ended(&block, value, parent.clone()).map(Event::ToolEnded)
            }
            _ => None,
        };
        match event {
            Some(event) => said.add(event),
            None => said.unknown_part(format!("assistant/{kind}"), &block),
        }
    }
    // In a streamed message, the reason comes later, in a line of its own.
    let ended = text(&message, "stop_reason").filter(|_| !aborted && api_error.is_none());
    if let Some(stop_reason) = ended {
        said.add(Event::MessageEnded {
            stop_reason,
            parent,
        });
    }
}

pub(super) fn user(value: &Value, said: &mut Said<'_>) {
    let parent = parent(value);
    let uuid = text(value, "uuid");
    let words = |text: String| {
        Event::UserText(UserText {
            text,
            uuid: uuid.clone(),
            replay: yes(value, "isReplay"),
            synthetic: yes(value, "isSynthetic"),
            parent: parent.clone(),
        })
    };
    let blocks = match value
        .get("message")
        .and_then(|message| message.get("content"))
    {
        Some(Value::Array(blocks)) if !blocks.is_empty() => blocks,
        Some(Value::String(text)) => return said.add(words(text.clone())),
        Some(Value::Array(_)) => return said.quiet("user, but empty"),
        _ => return said.unknown("user, but incomplete"),
    };
    for block in blocks {
        let kind = text(block, "type").unwrap_or_default();
        let event = match kind.as_str() {
            "text" => block
                .get("text")
                .and_then(Value::as_str)
                .map(|text| words(text.to_owned())),
            "image" | "document" => Some(words(format!("[{kind}]"))),
            kind if kind.ends_with("tool_result") => {
                tool_ended(block, value, parent.clone()).map(Event::ToolEnded)
            }
            _ => None,
        };
        match event {
            Some(event) => said.add(event),
            None => said.unknown_part(format!("user/{kind}"), block),
        }
    }
}

pub(super) fn tool_runs(value: &Value) -> Option<Event> {
    let seconds = number(value, "elapsed_time_seconds").unwrap_or_default();
    Some(Event::ToolRuns {
        id: text(value, "tool_use_id")?,
        elapsed: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
    })
}

/// The tool use of the helper that wrote the line.
pub(super) fn parent(value: &Value) -> Option<String> {
    text(value, "parent_tool_use_id")
}

fn api_error(value: &Value) -> Option<ApiError> {
    let failed = yes(value, "is_api_error_message")
        || value.get("error").is_some_and(|error| !error.is_null());
    failed.then(|| ApiError {
        status: whole(value, "api_error_status"),
        kind: text(value, "error").or_else(|| text(value, "api_error_type")),
    })
}

fn tool_started(block: &mut Value, parent: Option<String>) -> Option<Event> {
    Some(Event::ToolStarted(ToolStarted {
        id: text(block, "id")?,
        name: text(block, "name")?,
        input: taken(block, "input").unwrap_or_default(),
        parent,
    }))
}

fn tool_ended(block: &Value, line: &Value, parent: Option<String>) -> Option<ToolEnded> {
    let id = text(block, "tool_use_id")?;
    let meta = list(line, "tool_result_meta")
        .iter()
        .find(|meta| text(meta, "id").as_ref() == Some(&id));
    let not_run = meta.and_then(|meta| {
        text(meta, "non_execution_kind").or_else(|| {
            let decision = meta.get("permission_decision")?;
            text(decision, "decision").filter(|decision| decision == "reject")
        })
    });
    Some(ToolEnded {
        text: result_text(block.get("content")),
        is_error: yes(block, "is_error") || not_run.is_some(),
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
                    text(block, "text").unwrap_or_else(|| {
                        let kind = text(block, "type");
                        format!("[{}]", kind.as_deref().unwrap_or("something"))
                    })
                })
                .collect();
            texts.join("\n")
        }
        Some(Value::Null) | None => String::new(),
        // The result of a search is an object of its own.
        Some(other) => text(other, "error_code").unwrap_or_else(|| other.to_string()),
    }
}
