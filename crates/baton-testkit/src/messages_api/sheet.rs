//! The API's stream of a message: named events with a JSON object each.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// The input tokens that every message reports.
const INPUT_TOKENS: u64 = 7;

/// A part of a message.
#[derive(Clone, Debug)]
pub(super) enum Block {
    Text(String),
    Tool { name: String, input: Value },
}

/// The state of a message during writing.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    /// The number of blocks begun so far.
    begun: usize,
    text_is_open: bool,
    calls_tools: bool,
    words: usize,
}

impl Sheet {
    /// The events that begin a message.
    pub(super) fn begin() -> Vec<u8> {
        let message = json!({
            "id": id("msg"), "type": "message", "role": "assistant", "model": "fake-model",
            "content": [], "stop_reason": null, "stop_sequence": null, "usage": usage(1),
        });
        let start = event(&json!({"type": "message_start", "message": message}));
        [start, event(&json!({"type": "ping"}))].concat()
    }

    /// The events of a piece of text.
    pub(super) fn say(&mut self, text: &str) -> Vec<u8> {
        let mut events = Vec::new();
        if !self.text_is_open {
            events.extend(self.open(&json!({"type": "text", "text": ""})));
            self.text_is_open = true;
        }
        self.words += text.split_whitespace().count();
        events.extend(self.delta(&json!({"type": "text_delta", "text": text})));
        events
    }

    /// The events of a whole tool call. The input comes in two pieces, cut at the middle.
    pub(super) fn call(&mut self, name: &str, input: &Value) -> Vec<u8> {
        let mut events = self.close();
        self.calls_tools = true;
        events.extend(self.open(&tool_use(name, &json!({}))));
        let input = input.to_string();
        let (left, right) = input.split_at(input.floor_char_boundary(input.len() / 2));
        for piece in ["", left, right] {
            let delta = json!({"type": "input_json_delta", "partial_json": piece});
            events.extend(self.delta(&delta));
        }
        events.extend(self.stop());
        events
    }

    /// The events that end the message.
    pub(super) fn end(&mut self) -> Vec<u8> {
        let mut events = self.close();
        let reason = stop_reason(self.calls_tools);
        events.extend(event(&json!({
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": null},
            "usage": usage(self.words),
        })));
        events.extend(event(&json!({"type": "message_stop"})));
        events
    }

    fn open(&mut self, block: &Value) -> Vec<u8> {
        let index = self.begun;
        self.begun += 1;
        event(&json!({"type": "content_block_start", "index": index, "content_block": block}))
    }

    fn delta(&self, delta: &Value) -> Vec<u8> {
        let index = self.begun - 1;
        event(&json!({"type": "content_block_delta", "index": index, "delta": delta}))
    }

    fn stop(&self) -> Vec<u8> {
        event(&json!({"type": "content_block_stop", "index": self.begun - 1}))
    }

    /// Closes the open text block, if any.
    fn close(&mut self) -> Vec<u8> {
        if std::mem::take(&mut self.text_is_open) {
            self.stop()
        } else {
            Vec::new()
        }
    }
}

/// A whole message as one object, for a caller without a stream.
pub(super) fn whole(blocks: &[Block]) -> Value {
    let content = blocks.iter().map(|block| match block {
        Block::Text(text) => json!({"type": "text", "text": text}),
        Block::Tool { name, input } => tool_use(name, input),
    });
    let calls_tools = blocks.iter().any(|it| matches!(it, Block::Tool { .. }));
    json!({
        "id": id("msg"), "type": "message", "role": "assistant", "model": "fake-model",
        "content": content.collect::<Vec<_>>(),
        "stop_reason": stop_reason(calls_tools), "stop_sequence": null, "usage": usage(1),
    })
}

/// An error object, for a body or an event.
pub(super) fn error(kind: &str, message: &str) -> Value {
    json!({
        "type": "error",
        "error": {"type": kind, "message": message},
        "request_id": id("req"),
    })
}

/// An event named after its type.
pub(super) fn event(object: &Value) -> Vec<u8> {
    let name = object["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {object}\n\n").into_bytes()
}

fn tool_use(name: &str, input: &Value) -> Value {
    json!({"type": "tool_use", "id": id("toolu"), "name": name, "input": input})
}

fn stop_reason(calls_tools: bool) -> &'static str {
    if calls_tools { "tool_use" } else { "end_turn" }
}

fn usage(output_tokens: usize) -> Value {
    json!({
        "input_tokens": INPUT_TOKENS, "output_tokens": output_tokens,
        "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
    })
}

/// A unique id.
fn id(kind: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("{kind}_{:024}", NEXT.fetch_add(1, Ordering::Relaxed))
}
