//! Finds the kind of a line.

use serde_json::Value;

use super::fields::{log_excerpt, number_field, text_field, text_list, whole_number};
use super::line_events::LineEvents;
use super::{
    Event, MalformedLine, RateLimit, control_messages, message, result_message, stream_event,
    system_reports,
};

/// Returns the events of one line, at least one. `line` has no line end.
pub(super) fn parse_line(line: &str) -> Vec<Event> {
    let value = match parse_json(line) {
        Ok(value) => value,
        Err(why) => {
            return vec![Event::Malformed {
                why,
                excerpt: log_excerpt(line),
            }];
        }
    };
    let mut parsed = LineEvents::new(line);
    parse_value(value, &mut parsed);
    parsed.into_events()
}

fn parse_value(mut value: Value, parsed: &mut LineEvents<'_>) {
    let Some(kind) = text_field(&value, "type") else {
        return parsed.add_unknown("no type");
    };
    match kind.as_str() {
        "system" => system_reports::parse_system(&value, parsed),
        "assistant" => message::parse_assistant(&mut value, parsed),
        "user" => message::parse_user(&value, parsed),
        "stream_event" => stream_event::parse_stream_event(&value, parsed),
        "result" => parsed.add_event(Event::Finished(Box::new(result_message::parse_result(
            &mut value,
        )))),
        "control_request" => {
            let request = control_messages::parse_request(&mut value);
            let request = request.map(|request| Event::Request(Box::new(request)));
            parsed.add_or_unknown(request, &kind);
        }
        "control_response" => {
            let response = control_messages::parse_response(&mut value);
            let response = response.map(|response| Event::Response(Box::new(response)));
            parsed.add_or_unknown(response, &kind);
        }
        "control_cancel_request" => {
            let withdrawn = text_field(&value, "request_id")
                .map(|request_id| Event::RequestWithdrawn { request_id });
            parsed.add_or_unknown(withdrawn, &kind);
        }
        "rate_limit_event" => {
            let limit = value.get("rate_limit_info").map(|info| {
                Event::RateLimit(RateLimit {
                    status: text_field(info, "status"),
                    window: text_field(info, "rateLimitType"),
                    resets_at: whole_number(info, "resetsAt"),
                    used: number_field(info, "utilization"),
                })
            });
            parsed.add_or_unknown(limit, &kind);
        }
        "tool_progress" => parsed.add_or_unknown(message::parse_tool_progress(&value), &kind),
        "auth_status" => {
            let mut words = text_list(&value, "output");
            words.extend(text_field(&value, "error"));
            parsed.add_notice(kind, words.join("\n"));
        }
        "tool_use_summary" => {
            let words = text_field(&value, "summary").unwrap_or_default();
            parsed.add_notice(kind, words);
        }
        "conversation_reset" => {
            let changed = text_field(&value, "new_conversation_id")
                .map(|session_id| Event::SessionChanged { session_id });
            parsed.add_or_unknown(changed, &kind);
        }
        "command_lifecycle" => {
            let moved = text_field(&value, "command_uuid").zip(text_field(&value, "state"));
            let moved = moved.map(|(uuid, state)| Event::MessageMoved { uuid, state });
            parsed.add_or_unknown(moved, &kind);
        }
        "keep_alive" | "prompt_suggestion" | "active_goal" => parsed.add_quiet(kind),
        _ => parsed.add_unknown(kind),
    }
}

fn parse_json(line: &str) -> Result<Value, MalformedLine> {
    let value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(_) => mend_halves(line)
            .and_then(|line| serde_json::from_str(&line).ok())
            .ok_or(MalformedLine::NotJson)?,
    };
    if value.is_object() {
        Ok(value)
    } else {
        Err(MalformedLine::NotAnObject)
    }
}

/// Repairs halves of characters. JavaScript can cut a text within a character, and writes the remaining half
/// as `\ud83d`. Other JSON parsers refuse such an escape. Halves become `\ufffd`; `None` if the line has no
/// halves.
fn mend_halves(line: &str) -> Option<String> {
    let mut mended = String::with_capacity(line.len());
    let mut rest = line;
    let mut found = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let length = match (
            half_of_escape(escape),
            escape.get(6..).and_then(half_of_escape),
        ) {
            (Some(SurrogateHalf::First), Some(SurrogateHalf::Second)) => 12,
            (Some(_), _) => {
                found = true;
                mended.push_str("\\ufffd");
                rest = &escape[6..];
                continue;
            }
            // A backslash and the escaped character, possibly another backslash.
            (None, _) => 1 + escape[1..].chars().next().map_or(0, char::len_utf8),
        };
        mended.push_str(&escape[..length]);
        rest = &escape[length..];
    }
    mended.push_str(rest);
    found.then_some(mended)
}

enum SurrogateHalf {
    First,
    Second,
}

/// The half of a character in this escape.
fn half_of_escape(escape: &str) -> Option<SurrogateHalf> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(SurrogateHalf::First),
        0xdc00..=0xdfff => Some(SurrogateHalf::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_characters_are_mended_and_whole_ones_left_alone() {
        let mend = |line: &str| mend_halves(line).unwrap_or_else(|| "as it was".to_owned());
        assert_eq!(mend(r#""\ud83d""#), r#""\ufffd""#);
        assert_eq!(mend(r#""a\ude00b""#), r#""a\ufffdb""#);
        assert_eq!(mend(r#""\ud83d\ude00""#), "as it was");
        assert_eq!(mend(r#""\ud83d\ud83d\ude00""#), r#""\ufffd\ud83d\ude00""#);
        assert_eq!(mend(r#""\\ud83d""#), "as it was");
        assert_eq!(mend(r#""\\\ud83d""#), r#""\\\ufffd""#);
        assert_eq!(mend(r#""\ud8é""#), "as it was");
        assert_eq!(mend("\\"), "as it was");
        assert_eq!(mend("\\é\\ud800"), "\\é\\ufffd");
    }
}
