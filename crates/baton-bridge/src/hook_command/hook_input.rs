//! The event on standard input becomes a message of the bridge.

#![expect(
    clippy::disallowed_methods,
    reason = "a hook is a process of its own, without a clock that a test could move"
)]

use std::io::{self, Read};
use std::os::fd::AsFd;
use std::time::Instant;

use jiff::Timestamp;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::bridge_message::{BridgeMessage, HookDecision, LONGEST_LINE};

/// The type of messages from `baton hook`.
pub const HOOK: &str = "hook";

/// The most bytes of an event. The limit is Baton's own: the agents send whole files, and a larger event is no event of
/// an agent.
const LARGEST_EVENT: u64 = 64 * 1024 * 1024;

/// The room for everything in a line besides the content.
const HEAD_ROOM: usize = 64 * 1024;

/// The lengths of strings in bytes at which a too large event is cut, one after the other.
const CUT_LENGTHS: [usize; 4] = [64 * 1024, 8 * 1024, 1024, 128];

/// The longest value of the environment in bytes.
const LONGEST_VALUE: usize = 4 * 1024;

/// The parts of the hook's environment that tell the session and its terminal. The agent's secrets are not among them.
const ENVIRONMENT: [&str; 8] = [
    "CLAUDE_PID",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_SESSION_ATTENDED",
    "CLAUDE_CODE_MESSAGING_SOCKET",
    "CLAUDE_PROJECT_DIR",
    "CLAUDE_CONFIG_DIR",
    "TMUX",
    "TMUX_PANE",
];

/// The events for which the agent accepts a decision of people.
const DECIDED_EVENTS: [&str; 2] = ["PermissionRequest", "Elicitation"];

/// The event of an agent.
#[derive(Debug)]
pub struct HookInput {
    /// The text as the agent wrote it.
    text: String,
    /// The text as JSON; `None` if it is none.
    event: Option<Value>,
    environment: Map<String, Value>,
}

/// There is no event on standard input.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The event did not end in time.
    #[error("the agent wrote no complete event to the hook in time")]
    Late,
    /// The event is too large.
    #[error("the agent wrote an event above {LARGEST_EVENT} bytes to the hook")]
    TooLarge,
    /// The system failed.
    #[error("the event cannot be read: {0}")]
    System(#[from] io::Error),
}

impl HookInput {
    /// Reads the event on standard input, and the environment.
    pub fn read_input(deadline: Instant) -> Result<Self, InputError> {
        let bytes = read_until_end(io::stdin().lock(), deadline)?;
        let values = ENVIRONMENT.iter().filter_map(|name| {
            let value = std::env::var(name).ok()?;
            Some(((*name).to_owned(), value))
        });
        Ok(Self::new(&bytes, values))
    }

    /// An event, with the parts of the environment that the daemon needs.
    pub fn new(bytes: &[u8], environment: impl IntoIterator<Item = (String, String)>) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let environment = environment.into_iter();
        Self {
            event: serde_json::from_str(&text).ok(),
            text,
            environment: environment
                .filter(|(_, value)| value.len() <= LONGEST_VALUE)
                .map(|(name, value)| (name, value.into()))
                .collect(),
        }
    }

    /// Whether the agent waits for a decision of people about this event.
    pub fn waits_for_decision(&self) -> bool {
        self.field("hook_event_name")
            .is_some_and(|name| DECIDED_EVENTS.contains(&name))
    }

    /// The message for the daemon, with a new id. A content above the limit of a line is cut.
    pub fn to_message(&self) -> BridgeMessage {
        let (content, is_cut) = self.fitting_content();
        let mut metadata = Map::new();
        metadata.insert("environment".to_owned(), self.environment.clone().into());
        metadata.insert("hookPid".to_owned(), std::process::id().into());
        if is_cut {
            metadata.insert("isCut".to_owned(), true.into());
        }
        let mut message = BridgeMessage {
            kind: HOOK.to_owned(),
            session_id: self.session_id(),
            timestamp: Timestamp::now().to_string(),
            content,
            metadata,
            sequence: None,
        };
        message.set_event_id(&Uuid::now_v7().to_string());
        message
    }

    /// The output of the hook for a decision. Puts the tool's own input in the place that the decision names.
    pub fn complete_output(&self, decision: HookDecision) -> Value {
        let mut output = decision.output;
        let input = self
            .event
            .as_ref()
            .and_then(|event| event.get("tool_input"));
        if let (Some(pointer), Some(input)) = (decision.input_pointer, input)
            && let Some(place) = output.pointer_mut(&pointer)
        {
            *place = input.clone();
        }
        output
    }

    fn session_id(&self) -> String {
        let id = self.field("session_id").unwrap_or_default();
        id.chars().take(LONGEST_VALUE).collect()
    }

    fn field(&self, name: &str) -> Option<&str> {
        self.event.as_ref()?.get(name)?.as_str()
    }

    /// The content in the room of a line, and whether it is cut.
    fn fitting_content(&self) -> (String, bool) {
        if fits(&self.text) {
            return (self.text.clone(), false);
        }
        let Some(event) = &self.event else {
            return (cut_text(&self.text, CUT_LENGTHS[0]), true);
        };
        for length in CUT_LENGTHS {
            let mut event = event.clone();
            cut_strings(&mut event, length);
            let text = event.to_string();
            if fits(&text) {
                return (text, true);
            }
        }
        // Millions of small values. The fields of the base stay.
        let base = event.as_object().into_iter().flatten();
        let base = base.filter(|(_, value)| !value.is_object() && !value.is_array());
        let mut base = Value::Object(
            base.map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        );
        cut_strings(&mut base, CUT_LENGTHS[2]);
        let text = base.to_string();
        if fits(&text) {
            return (text, true);
        }
        (cut_text(&self.text, CUT_LENGTHS[0]), true)
    }
}

/// Whether a content fits into a line. A line has the content as a JSON string, with escapes.
fn fits(content: &str) -> bool {
    // An escape has at most six bytes.
    let room = LONGEST_LINE - HEAD_ROOM;
    content.len() * 6 <= room
        || serde_json::to_string(content).is_ok_and(|string| string.len() <= room)
}

fn cut_strings(value: &mut Value, length: usize) {
    match value {
        Value::String(text) if text.len() > length => *text = cut_text(text, length),
        Value::Array(values) => values
            .iter_mut()
            .for_each(|value| cut_strings(value, length)),
        Value::Object(values) => values
            .values_mut()
            .for_each(|value| cut_strings(value, length)),
        _ => {}
    }
}

/// The beginning of a text, with a mark that the rest is missing.
fn cut_text(text: &str, length: usize) -> String {
    let end = text.floor_char_boundary(length);
    format!("{}…", &text[..end])
}

/// Reads until the end of the input, at most until the deadline.
fn read_until_end(mut input: impl Read + AsFd, deadline: Instant) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
        let mut waits = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
        if poll(&mut waits, left).map_err(io::Error::from)? == 0 {
            return Err(InputError::Late);
        }
        let read = input.read(&mut piece)?;
        if read == 0 {
            return Ok(bytes);
        }
        bytes.extend_from_slice(&piece[..read]);
        if bytes.len() as u64 > LARGEST_EVENT {
            return Err(InputError::TooLarge);
        }
    }
}
