//! Streamed parts of messages: `stream_event`.

use serde_json::Value;

use super::fields::text_field;
use super::line_events::LineEvents;
use super::message::parent_tool_use;
use super::{Event, TextDelta};

pub(super) fn parse_stream_event(value: &Value, parsed: &mut LineEvents<'_>) {
    let nothing = Value::Null;
    let event = value.get("event").unwrap_or(&nothing);
    let kind = text_field(event, "type").unwrap_or_default();
    match kind.as_str() {
        "content_block_delta" => parse_delta(value, event, parsed),
        "content_block_start" => {
            let block = event.get("content_block").unwrap_or(&nothing);
            match text_field(block, "type").as_deref() {
                Some("thinking" | "redacted_thinking") => parsed.add_event(Event::Thinking {
                    parent: parent_tool_use(value),
                }),
                // An `assistant` line repeats the complete block.
                _ => parsed.add_quiet("stream_event/content_block_start"),
            }
        }
        "message_delta" => {
            let reason = event
                .get("delta")
                .and_then(|delta| text_field(delta, "stop_reason"));
            match reason {
                Some(stop_reason) => parsed.add_event(Event::MessageEnded {
                    stop_reason,
                    parent: parent_tool_use(value),
                }),
                None => parsed.add_quiet("stream_event/message_delta"),
            }
        }
        "message_start" | "message_stop" | "content_block_stop" | "ping" => {
            parsed.add_quiet(format!("stream_event/{kind}"));
        }
        "error" => {
            let error = event.get("error").unwrap_or(event);
            let words = text_field(error, "message").unwrap_or_else(|| error.to_string());
            parsed.add_notice("stream_event/error", words);
        }
        _ => parsed.add_unknown(format!("stream_event/{kind}")),
    }
}

fn parse_delta(value: &Value, event: &Value, parsed: &mut LineEvents<'_>) {
    let nothing = Value::Null;
    let delta = event.get("delta").unwrap_or(&nothing);
    let kind = text_field(delta, "type").unwrap_or_default();
    match (kind.as_str(), delta.get("text").and_then(Value::as_str)) {
        ("text_delta", Some(text_of)) => parsed.add_event(Event::TextDelta(TextDelta {
            text: text_of.to_owned(),
            message_id: text_field(value, "api_message_id"),
            parent: parent_tool_use(value),
        })),
        ("thinking_delta" | "signature_delta" | "input_json_delta" | "citations_delta", _) => {
            parsed.add_quiet(format!("stream_event/{kind}"));
        }
        _ => parsed.add_unknown(format!("stream_event/content_block_delta/{kind}")),
    }
}
