//! Answers for Codex and Gemini CLI, in the APIs of these agents.

use serde_json::{Value, json};

use super::Answer;
use super::answer::Form;
use crate::wire::End;

impl Answer {
    /// A text, in the Responses API.
    pub fn responses_text(text: &str) -> Self {
        responses(&json!({
            "type": "message", "role": "assistant", "id": "message-1",
            "content": [{"type": "output_text", "text": text}],
        }))
    }

    /// A command that Codex shall run outside its sandbox, in the Responses API.
    pub fn responses_command(command: &str) -> Self {
        let arguments = json!({
            "cmd": command, "sandbox_permissions": "require_escalated", "justification": "it is wanted",
        });
        responses(&json!({
            "type": "function_call", "id": "call-1", "call_id": "call-1", "name": "exec_command",
            "arguments": arguments.to_string(),
        }))
    }

    /// Whether a request contains the result of a tool, in the Responses API.
    pub fn tells_of_responses_tool(request: &Value) -> bool {
        let items = request["input"].as_array();
        items.is_some_and(|items| {
            items
                .iter()
                .any(|item| item["type"] == "function_call_output")
        })
    }

    /// A text, in Gemini's API.
    pub fn gemini_text(text: &str) -> Self {
        gemini(&json!({"text": text}))
    }

    /// A tool call, in Gemini's API.
    pub fn gemini_tool(name: &str, arguments: &Value) -> Self {
        gemini(&json!({"functionCall": {"name": name, "args": arguments}}))
    }

    /// Whether a request contains the result of a tool, in Gemini's API.
    pub fn tells_of_gemini_tool(request: &Value) -> bool {
        request["contents"].to_string().contains("functionResponse")
    }
}

fn responses(item: &Value) -> Answer {
    let usage = json!({
        "input_tokens": 1, "input_tokens_details": null, "output_tokens": 1,
        "output_tokens_details": null, "total_tokens": 2,
    });
    let events = [
        json!({"type": "response.created", "response": {"id": "response-1"}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": item}),
        json!({"type": "response.completed", "response": {"id": "response-1", "usage": usage}}),
    ];
    let written = events.map(|event| {
        let name = event["type"].as_str().unwrap_or_default();
        format!("event: {name}\ndata: {event}\n\n").into_bytes()
    });
    streamed(written.into())
}

fn gemini(part: &Value) -> Answer {
    let chunk = json!({
        "candidates": [{
            "content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0,
        }],
        "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2},
    });
    streamed(vec![format!("data: {chunk}\n\n").into_bytes()])
}

fn streamed(body: Vec<Vec<u8>>) -> Answer {
    Answer(Form::Response {
        status: 200,
        content_type: "text/event-stream",
        retry_after: None,
        body,
        end: End::Whole,
    })
}
