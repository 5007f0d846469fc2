//! Streamed parts of messages: `stream_event`.

use serde_json::Value;

use super::fields::text;
use super::line::{Said, notice};
use super::message::parent;
use super::{Event, TextDelta};

pub(super) fn read(value: &Value, said: &mut Said<'_>) {
    let nothing = Value::Null;
    let event = value.get("event").unwrap_or(&nothing);
    let kind = text(event, "type").unwrap_or_default();
    match kind.as_str() {
        "content_block_delta" => delta(value, event, said),
        "content_block_start" => {
            let block = event.get("content_block").unwrap_or(&nothing);
            match text(block, "type").as_deref() {
                Some("thinking" | "redacted_thinking") => said.add(Event::Thinking {
                    parent: parent(value),
                }),
                // An `assistant` line repeats the complete block.
                _ => said.quiet("stream_event/content_block_start"),
            }
        }
        "message_delta" => {
            let reason = event
                .get("delta")
                .and_then(|delta| text(delta, "stop_reason"));
            match reason {
                Some(stop_reason) => said.add(Event::MessageEnded {
                    stop_reason,
                    parent: parent(value),
                }),
                None => said.quiet("stream_event/message_delta"),
            }
        }
        "message_start" | "message_stop" | "content_block_stop" | "ping" => {
            said.quiet(format!("stream_event/{kind}"));
        }
        "error" => {
            let error = event.get("error").unwrap_or(event);
            let words = text(error, "message").unwrap_or_else(|| error.to_string());
            notice("stream_event/error", words, said);
        }
        _ => said.unknown(format!("stream_event/{kind}")),
    }
}

fn delta(value: &Value, event: &Value, said: &mut Said<'_>) {
    let nothing = Value::Null;
    let delta = event.get("delta").unwrap_or(&nothing);
    let kind = text(delta, "type").unwrap_or_default();
    match (kind.as_str(), delta.get("text").and_then(Value::as_str)) {
        ("text_delta", Some(text_of)) => said.add(Event::TextDelta(TextDelta {
            text: text_of.to_owned(),
            message_id: text(value, "api_message_id"),
            parent: parent(value),
        })),
        ("thinking_delta" | "signature_delta" | "input_json_delta" | "citations_delta", _) => {
            said.quiet(format!("stream_event/{kind}"));
        }
        _ => said.unknown(format!("stream_event/content_block_delta/{kind}")),
    }
}
