//! The lines of the bridge's protocol: what a client sends, and what the daemon answers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The longest line in bytes, with its line break. A longer line is refused. The limit is Baton's own, so that 64
/// clients need at most 64 MiB.
pub const LONGEST_LINE: usize = 1024 * 1024;

/// The key of the event's id in the metadata.
const EVENT_ID: &str = "eventId";

/// One event of a live session: one line of JSON. Unknown fields are ignored.
///
/// The protocol is open to other tools. `baton hook` sends the type `hook`, with the JSON of the hook as the content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BridgeMessage {
    /// The type of the event, for example `hook`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The id of the live session. An empty id means that the client does not know the session.
    #[serde(default)]
    pub session_id: String,
    /// The time of the event on the client's clock, as RFC 3339. For people only: the order of the lines counts.
    #[serde(default)]
    pub timestamp: String,
    /// The content of the event.
    #[serde(default)]
    pub content: String,
    /// Further facts about the event.
    #[serde(default)]
    pub metadata: Map<String, Value>,
    /// The number of the event, chosen by the client. The answer has the same number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
}

impl BridgeMessage {
    /// The id of the event. A second event with the same id is a repetition. `None` if the client gave none.
    pub fn event_id(&self) -> Option<&str> {
        self.metadata.get(EVENT_ID)?.as_str()
    }

    /// Gives the event an id, so that a repetition is recognised.
    pub fn set_event_id(&mut self, id: &str) {
        self.metadata.insert(EVENT_ID.to_owned(), id.into());
    }

    /// The event as one line, with the line break.
    pub fn to_line(&self) -> String {
        to_line(self)
    }

    /// Reads a line.
    pub fn parse_line(line: &[u8]) -> Result<Self, UnreadableLine> {
        serde_json::from_slice(line).map_err(|error| UnreadableLine(error.to_string()))
    }
}

/// A line is no event of the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the line is no event of the bridge: {0}")]
pub struct UnreadableLine(String);

/// The answer of the daemon to an event: one line of JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum BridgeAnswer {
    /// The event is on disk.
    #[serde(rename_all = "camelCase")]
    Kept {
        /// The number of the event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sequence: Option<u64>,
        /// Whether a decision follows on the same connection.
        #[serde(default)]
        decision_follows: bool,
    },
    /// The event is not on disk, and changed nothing.
    Refused {
        /// The number of the event, if the daemon could read the number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sequence: Option<u64>,
        /// The reason, and what to do.
        reason: String,
        /// Whether a later try can succeed.
        #[serde(default)]
        retry: bool,
    },
    /// The decision of a person about an event that waited for one.
    Decision {
        /// The number of the event.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sequence: Option<u64>,
        /// The decision.
        #[serde(flatten)]
        decision: HookDecision,
    },
}

impl BridgeAnswer {
    /// The answer as one line, with the line break.
    pub fn to_line(&self) -> String {
        to_line(self)
    }
}

/// The output of a hook, as the daemon decides it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookDecision {
    /// The JSON that the hook prints.
    pub output: Value,
    /// The JSON pointer at which the hook inserts the tool's own input. A long input reaches the daemon only in part, so
    /// the daemon cannot send the input back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_pointer: Option<String>,
}

fn to_line(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).expect("a message has only strings as keys");
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_seed_is_read() {
        let line = br#"{"type":"tool_start","sessionId":"abc","timestamp":"2026-11-01T10:00:00Z",
            "content":"Bash","metadata":{"tool":"Bash"},"sequence":7,"unknown":true}"#;
        let message = BridgeMessage::parse_line(line).unwrap();
        assert_eq!(
            (message.kind.as_str(), message.session_id.as_str()),
            ("tool_start", "abc")
        );
        assert_eq!(message.sequence, Some(7));
        assert_eq!(message.event_id(), None);
        assert_eq!(
            BridgeMessage::parse_line(message.to_line().as_bytes()),
            Ok(message)
        );
    }

    #[test]
    fn only_the_type_is_needed() {
        let message = BridgeMessage::parse_line(br#"{"type":"error"}"#).unwrap();
        assert_eq!(message.content, "");
        BridgeMessage::parse_line(b"{}").unwrap_err();
        BridgeMessage::parse_line(b"[1]").unwrap_err();
        BridgeMessage::parse_line(b"\xff").unwrap_err();
    }

    #[test]
    fn a_decision_stands_in_its_line() {
        let answer = BridgeAnswer::Decision {
            sequence: None,
            decision: HookDecision {
                output: serde_json::json!({ "continue": true }),
                input_pointer: Some("/a/b".to_owned()),
            },
        };
        assert_eq!(
            answer.to_line(),
            "{\"type\":\"decision\",\"output\":{\"continue\":true},\"inputPointer\":\"/a/b\"}\n"
        );
        assert_eq!(
            serde_json::from_str::<BridgeAnswer>(&answer.to_line()).unwrap(),
            answer
        );
    }
}
