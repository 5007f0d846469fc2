//! Finds the kind of a line.

use serde_json::Value;

use super::fields::{excerpt, number, text, texts, whole};
use super::{Event, Malformed, Notice, RateLimit, control, finished, message, partial, system};

/// Returns the events of one line, at least one. `line` has no line end.
pub(super) fn events(line: &str) -> Vec<Event> {
    let value = match parsed(line) {
        Ok(value) => value,
        Err(why) => {
            return vec![Event::Malformed {
                why,
                excerpt: excerpt(line),
            }];
        }
    };
    let mut said = Said {
        line,
        events: Vec::new(),
    };
    read(value, &mut said);
    said.events
}

/// The events of a line, collected during parsing.
pub(super) struct Said<'a> {
    line: &'a str,
    events: Vec<Event>,
}

impl Said<'_> {
    pub(super) fn add(&mut self, event: Event) {
        self.events.push(event);
    }

    pub(super) fn quiet(&mut self, kind: impl Into<String>) {
        self.add(Event::Quiet { kind: kind.into() });
    }

    /// Reports the whole line as unknown.
    pub(super) fn unknown(&mut self, kind: impl Into<String>) {
        let excerpt = excerpt(self.line);
        self.add(Event::Unknown {
            kind: kind.into(),
            excerpt,
        });
    }

    /// Reports a part of the line as unknown.
    pub(super) fn unknown_part(&mut self, kind: impl Into<String>, part: &Value) {
        self.add(Event::Unknown {
            kind: kind.into(),
            excerpt: excerpt(&part.to_string()),
        });
    }

    /// Adds the event, or reports the line as incomplete.
    pub(super) fn add_or_unknown(&mut self, event: Option<Event>, kind: &str) {
        match event {
            Some(event) => self.add(event),
            None => self.unknown(format!("{kind}, but incomplete")),
        }
    }
}

fn read(mut value: Value, said: &mut Said<'_>) {
    let Some(kind) = text(&value, "type") else {
        return said.unknown("no type");
    };
    match kind.as_str() {
        "system" => system::read(&value, said),
        "assistant" => message::assistant(&mut value, said),
        "user" => message::user(&value, said),
        "stream_event" => partial::read(&value, said),
        "result" => said.add(Event::Finished(Box::new(finished::read(&mut value)))),
        "control_request" => control::request(&mut value, said),
        "control_response" => control::response(&mut value, said),
        "control_cancel_request" => {
            let withdrawn =
                text(&value, "request_id").map(|request_id| Event::RequestWithdrawn { request_id });
            said.add_or_unknown(withdrawn, &kind);
        }
        "rate_limit_event" => {
            let limit = value.get("rate_limit_info").map(|info| {
                Event::RateLimit(RateLimit {
                    status: text(info, "status"),
                    window: text(info, "rateLimitType"),
                    resets_at: whole(info, "resetsAt"),
                    used: number(info, "utilization"),
                })
            });
            said.add_or_unknown(limit, &kind);
        }
        "tool_progress" => said.add_or_unknown(message::tool_runs(&value), &kind),
        "auth_status" => {
            let mut words = texts(&value, "output");
            words.extend(text(&value, "error"));
            notice(kind, words.join("\n"), said);
        }
        "tool_use_summary" => {
            let words = text(&value, "summary").unwrap_or_default();
            notice(kind, words, said);
        }
        "conversation_reset" => {
            let changed = text(&value, "new_conversation_id")
                .map(|session_id| Event::SessionChanged { session_id });
            said.add_or_unknown(changed, &kind);
        }
        "command_lifecycle" => {
            let moved = text(&value, "command_uuid").zip(text(&value, "state"));
            let moved = moved.map(|(uuid, state)| Event::MessageMoved { uuid, state });
            said.add_or_unknown(moved, &kind);
        }
        "keep_alive" | "prompt_suggestion" | "active_goal" => said.quiet(kind),
        _ => said.unknown(kind),
    }
}

/// Adds a notice, unless the text is empty.
pub(super) fn notice(kind: impl Into<String>, text: String, said: &mut Said<'_>) {
    let kind = kind.into();
    if text.is_empty() {
        said.quiet(kind);
    } else {
        said.add(Event::Notice(Notice { kind, text }));
    }
}

fn parsed(line: &str) -> Result<Value, Malformed> {
    let value: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(_) => mended(line)
            .and_then(|line| serde_json::from_str(&line).ok())
            .ok_or(Malformed::NotJson)?,
    };
    if value.is_object() {
        Ok(value)
    } else {
        Err(Malformed::NotAnObject)
    }
}

/// Repairs halves of characters. JavaScript can cut a text within a character, and writes the remaining half
/// as `\ud83d`. Other JSON parsers refuse such an escape. Halves become `\ufffd`; `None` if the line has no
/// halves.
fn mended(line: &str) -> Option<String> {
    let mut mended = String::with_capacity(line.len());
    let mut rest = line;
    let mut found = false;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let length = match (half(escape), escape.get(6..).and_then(half)) {
            (Some(Half::First), Some(Half::Second)) => 12,
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

enum Half {
    First,
    Second,
}

/// The half of a character in this escape.
fn half(escape: &str) -> Option<Half> {
    let digits = escape.strip_prefix("\\u")?.get(..4)?;
    match u16::from_str_radix(digits, 16).ok()? {
        0xd800..=0xdbff => Some(Half::First),
        0xdc00..=0xdfff => Some(Half::Second),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_characters_are_mended_and_whole_ones_left_alone() {
        let mend = |line: &str| mended(line).unwrap_or_else(|| "as it was".to_owned());
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
