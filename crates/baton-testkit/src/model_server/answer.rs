//! The possible answers of a model server.

use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::script::last_said;
use crate::wire::End;

/// One answer.
#[derive(Debug)]
pub struct Answer(pub(super) Form);

#[derive(Debug)]
pub(super) enum Form {
    /// No answer at all, not even a status.
    Nothing,
    /// A status, headers and a body.
    Response {
        status: u16,
        content_type: &'static str,
        retry_after: Option<String>,
        body: Vec<Vec<u8>>,
        end: End,
    },
    /// A stream written by the test.
    Driven(mpsc::UnboundedReceiver<Vec<u8>>),
}

impl Answer {
    /// A reply, streamed word by word, with usage and `[DONE]`.
    pub fn text(text: &str) -> Self {
        let mut body = vec![role_delta()];
        body.extend(text.split_inclusive(' ').map(delta));
        body.extend([stop_delta(), usage(text), event("[DONE]")]);
        Self::stream(body, End::Whole)
    }

    /// A text followed by a tool call.
    pub fn tool(text: &str, name: &str, arguments: &Value) -> Self {
        let call = json!({"tool_calls": [{
            "index": 0, "id": format!("call-{name}"), "type": "function",
            "function": {"name": name, "arguments": arguments.to_string()},
        }]});
        let ends = chunk(&json!({}), Some("tool_calls"));
        let body = vec![role_delta(), delta(text), chunk(&call, None), ends];
        let last = [usage(text), event("[DONE]")];
        Self::stream(body.into_iter().chain(last).collect(), End::Whole)
    }

    /// A reply without streaming.
    pub fn plain(text: &str) -> Self {
        let document = json!({
            "id": "chatcmpl-1", "object": "chat.completion", "model": "fake-model",
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }],
            "usage": {"prompt_tokens": 7, "completion_tokens": words(text), "total_tokens": 7 + words(text)},
        });
        Self::response(200, "application/json", document.to_string())
    }

    /// An error in the format of `OpenAI`.
    pub fn status(status: u16, message: &str) -> Self {
        let document = json!({"error": {"message": message, "type": "error", "code": status}});
        Self::response(status, "application/json", document.to_string())
    }

    /// Status 429 with `Retry-After` in seconds.
    pub fn too_many(seconds: u64) -> Self {
        Self::status(429, "slow down").retry_after(&seconds.to_string())
    }

    /// Sets the header `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, value: &str) -> Self {
        if let Form::Response { retry_after, .. } = &mut self.0 {
            *retry_after = Some(value.to_owned());
        }
        self
    }

    /// Sets the content type, even to a wrong one.
    #[must_use]
    pub fn labelled(mut self, label: &'static str) -> Self {
        if let Form::Response { content_type, .. } = &mut self.0 {
            *content_type = label;
        }
        self
    }

    /// Breaks the connection instead of ending the answer.
    #[must_use]
    pub fn then_breaks(self) -> Self {
        self.then(End::Break)
    }

    /// Keeps the connection open silently instead of ending the answer.
    #[must_use]
    pub fn then_stays_open(self) -> Self {
        self.then(End::Silence)
    }

    fn then(mut self, then: End) -> Self {
        if let Form::Response { end, .. } = &mut self.0 {
            *end = then;
        }
        self
    }

    /// An answer with any status, content type and body.
    pub fn response(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self(Form::Response {
            status,
            content_type,
            retry_after: None,
            body: vec![body.into()],
            end: End::Whole,
        })
    }

    /// A stream in exactly these pieces, cut anywhere.
    pub fn pieces(pieces: impl IntoIterator<Item = impl Into<Vec<u8>>>) -> Self {
        let pieces = pieces.into_iter().map(Into::into).collect();
        Self::stream(pieces, End::Whole)
    }

    /// Begins the answer, then breaks the connection.
    pub fn breaks_after(text: &str) -> Self {
        Self::stream(vec![role_delta(), delta(text)], End::Break)
    }

    /// Begins the answer, then sends nothing more.
    pub fn silent_after(text: &str) -> Self {
        Self::stream(vec![role_delta(), delta(text)], End::Silence)
    }

    /// Never answers, not even with a status.
    pub fn nothing() -> Self {
        Self(Form::Nothing)
    }

    /// Streams the text that the test writes, at the test's pace. If the pen is dropped without
    /// [`finish`](Pen::finish), the connection breaks.
    pub fn driven() -> (Self, Pen) {
        let (pen, written) = mpsc::unbounded_channel();
        let pen = Pen(pen);
        pen.raw(role_delta());
        (Self(Form::Driven(written)), pen)
    }

    fn stream(body: Vec<Vec<u8>>, end: End) -> Self {
        Self(Form::Response {
            status: 200,
            content_type: "text/event-stream",
            retry_after: None,
            body,
            end,
        })
    }
}

/// Writes a streamed answer.
#[derive(Debug)]
pub struct Pen(mpsc::UnboundedSender<Vec<u8>>);

impl Pen {
    /// Sends more of the reply.
    pub fn say(&self, text: &str) {
        self.raw(delta(text));
    }

    /// Sends raw bytes.
    pub fn raw(&self, bytes: impl Into<Vec<u8>>) {
        // A send fails only after the caller has hung up.
        let _ = self.0.send(bytes.into());
    }

    /// Ends the reply.
    pub fn finish(self) {
        self.raw(stop_delta());
        self.raw(event("[DONE]"));
        self.raw(Vec::new());
    }
}

/// An event with this one choice.
pub fn choice(choice: &Value) -> Vec<u8> {
    event(&json!({ "choices": [choice] }).to_string())
}

/// An event with this data.
pub fn event(data: &str) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

/// An event with a piece of the reply.
pub fn delta(text: &str) -> Vec<u8> {
    chunk(&json!({"content": text}), None)
}

/// The event that ends the reply.
pub fn stop_delta() -> Vec<u8> {
    chunk(&json!({}), Some("stop"))
}

fn role_delta() -> Vec<u8> {
    chunk(&json!({"role": "assistant", "content": null}), None)
}

fn chunk(delta: &Value, finish_reason: Option<&str>) -> Vec<u8> {
    let chunk = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "fake-model",
        "system_fingerprint": "fp_1",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}],
    });
    event(&chunk.to_string())
}

/// The last event, with usage and without choices.
fn usage(text: &str) -> Vec<u8> {
    let chunk = json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [],
        "usage": {"prompt_tokens": 7, "completion_tokens": words(text), "total_tokens": 7 + words(text)},
    });
    event(&chunk.to_string())
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Repeats the last text of the person.
pub(super) fn echo(request: &Value) -> Answer {
    Answer::text(last_said(request))
}
