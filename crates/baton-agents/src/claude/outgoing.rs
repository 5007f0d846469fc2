//! What is written to the CLI's standard input: each function makes one line, with its end.

use serde_json::{Value, json};

use crate::images::Image;

/// A message of people. With a `uuid`, the CLI names it when it echoes the message.
pub fn user_message(text: &str, uuid: Option<&str>) -> String {
    user_message_in_parts(&[text], uuid)
}

/// The same, in several parts. The CLI looks for commands and names of files in the last one only.
pub fn user_message_in_parts(parts: &[&str], uuid: Option<&str>) -> String {
    user_message_with_images(&[], parts, uuid)
}

/// The same, behind images.
pub(super) fn user_message_with_images(
    images: &[Image],
    parts: &[&str],
    uuid: Option<&str>,
) -> String {
    let images = images.iter().map(|image| {
        let Image {
            media_type, base64, ..
        } = image;
        let source = json!({"type": "base64", "media_type": media_type, "data": base64});
        json!({"type": "image", "source": source})
    });
    let parts = parts
        .iter()
        .map(|text| json!({"type": "text", "text": text}));
    let parts: Vec<_> = images.chain(parts).collect();
    let mut message = json!({
        "type": "user",
        "message": {"role": "user", "content": parts},
        "parent_tool_use_id": null,
        "session_id": "",
    });
    if let Some(uuid) = uuid {
        message["uuid"] = uuid.into();
    }
    line(&message)
}

/// The first thing that is said, so that tools are asked for here. `hooks` are the callbacks to be
/// announced, in the CLI's own form; `None` for none.
pub fn initialize(request_id: &str, hooks: Option<&Value>) -> String {
    let mut asked = json!({"subtype": "initialize"});
    if let Some(hooks) = hooks {
        asked["hooks"] = hooks.clone();
    }
    request(request_id, &asked)
}

/// Stop what is being done. The session goes on.
pub fn interrupt(request_id: &str) -> String {
    request(request_id, &json!({"subtype": "interrupt"}))
}

/// From now on another model answers; `None` is the CLI's own choice.
pub fn set_model(request_id: &str, model: Option<&str>) -> String {
    request(request_id, &json!({"subtype": "set_model", "model": model}))
}

/// From now on permissions are handled this way: `default`, `acceptEdits`, `plan`, …
pub fn set_permission_mode(request_id: &str, mode: &str) -> String {
    request(
        request_id,
        &json!({"subtype": "set_permission_mode", "mode": mode}),
    )
}

/// The tool may be used, with this input. `permissions` are those of the request's suggestions that
/// are taken, and may be none.
pub fn allow(request_id: &str, input: &Value, permissions: &[Value]) -> String {
    let mut answer = json!({"behavior": "allow", "updatedInput": input});
    if !permissions.is_empty() {
        answer["updatedPermissions"] = permissions.into();
    }
    response(request_id, &answer)
}

/// The tool may not be used. The model is told `message`; with `interrupt` it is stopped, too.
pub fn deny(request_id: &str, message: &str, interrupt: bool) -> String {
    response(
        request_id,
        &json!({"behavior": "deny", "message": message, "interrupt": interrupt}),
    )
}

/// A hook has nothing against it.
pub fn hook_continue(request_id: &str) -> String {
    response(request_id, &json!({"continue": true}))
}

/// A `PreToolUse` hook is against it. The model is told why.
pub fn hook_deny(request_id: &str, reason: &str) -> String {
    hook_decision(request_id, "deny", reason)
}

/// A `PreToolUse` hook wants it to be asked, whatever else allows it.
pub fn hook_ask(request_id: &str, reason: &str) -> String {
    hook_decision(request_id, "ask", reason)
}

fn hook_decision(request_id: &str, decision: &str, reason: &str) -> String {
    let decision = json!({
        "hookEventName": "PreToolUse",
        "permissionDecision": decision,
        "permissionDecisionReason": reason,
    });
    response(request_id, &json!({"hookSpecificOutput": decision}))
}

/// What was asked cannot be answered. Silence would leave the CLI waiting for ever.
pub fn refuse(request_id: &str, error: &str) -> String {
    line(&json!({
        "type": "control_response",
        "response": {"subtype": "error", "request_id": request_id, "error": error},
    }))
}

fn request(request_id: &str, request: &Value) -> String {
    line(&json!({"type": "control_request", "request_id": request_id, "request": request}))
}

fn response(request_id: &str, answer: &Value) -> String {
    line(&json!({
        "type": "control_response",
        "response": {"subtype": "success", "request_id": request_id, "response": answer},
    }))
}

fn line(value: &Value) -> String {
    // Some JavaScript ends a line at these two, which JSON leaves as they are. They can only be
    // within a string, where an escape means the same.
    let mut line = value
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    line.push('\n');
    line
}
