//! Builds the lines for the CLI's standard input. Each function returns one line, with its line end.

use serde_json::{Value, json};

use crate::images::Image;

/// A message of people. A `uuid` lets the CLI name the message in its echo and reports.
pub fn user_message(text: &str, uuid: Option<&str>) -> String {
    user_message_in_parts(&[text], uuid)
}

/// A message in several parts. The CLI looks for commands and file names in the last part only.
pub fn user_message_in_parts(parts: &[&str], uuid: Option<&str>) -> String {
    user_message_with_images(&[], parts, uuid)
}

/// A message in several parts, after images.
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
    json_line(&message)
}

/// The first request, so that the CLI asks Baton about tools. `hooks` are the hook callbacks to announce, in
/// the CLI's own form; `None` for none.
pub fn initialize_cli(request_id: &str, hooks: Option<&Value>) -> String {
    let mut asked = json!({"subtype": "initialize"});
    if let Some(hooks) = hooks {
        asked["hooks"] = hooks.clone();
    }
    request_line(request_id, &asked)
}

/// Stops the current work. The session continues.
pub fn interrupt_turn(request_id: &str) -> String {
    request_line(request_id, &json!({"subtype": "interrupt"}))
}

/// Changes the model from now on; `None` is the CLI's default.
pub fn set_model(request_id: &str, model: Option<&str>) -> String {
    request_line(request_id, &json!({"subtype": "set_model", "model": model}))
}

/// Changes the permission mode from now on: `default`, `acceptEdits`, `plan`, …
pub fn set_permission_mode(request_id: &str, mode: &str) -> String {
    request_line(
        request_id,
        &json!({"subtype": "set_permission_mode", "mode": mode}),
    )
}

/// Allows a use of a tool, with this input. `permissions` are the accepted suggestions of the request, and
/// may be empty.
pub fn allow(request_id: &str, input: &Value, permissions: &[Value]) -> String {
    let mut answer = json!({"behavior": "allow", "updatedInput": input});
    if !permissions.is_empty() {
        answer["updatedPermissions"] = permissions.into();
    }
    response_line(request_id, &answer)
}

/// Denies a use of a tool. The model reads `message`; with `interrupt` the model is stopped, too.
pub fn deny_tool(request_id: &str, message: &str, interrupt: bool) -> String {
    response_line(
        request_id,
        &json!({"behavior": "deny", "message": message, "interrupt": interrupt}),
    )
}

/// Answers a hook without an objection.
pub fn hook_continue(request_id: &str) -> String {
    response_line(request_id, &json!({"continue": true}))
}

/// Denies a use of a tool in the `PreToolUse` hook. The model reads the reason.
pub fn hook_deny(request_id: &str, reason: &str) -> String {
    hook_decision(request_id, "deny", reason)
}

/// Demands a permission request in the `PreToolUse` hook, even for a use that another rule allows.
pub fn hook_ask(request_id: &str, reason: &str) -> String {
    hook_decision(request_id, "ask", reason)
}

fn hook_decision(request_id: &str, decision: &str, reason: &str) -> String {
    let decision = json!({
        "hookEventName": "PreToolUse",
        "permissionDecision": decision,
        "permissionDecisionReason": reason,
    });
    response_line(request_id, &json!({"hookSpecificOutput": decision}))
}

/// Refuses a request. Without an answer, the CLI would wait for ever.
pub fn refuse(request_id: &str, error: &str) -> String {
    json_line(&json!({
        "type": "control_response",
        "response": {"subtype": "error", "request_id": request_id, "error": error},
    }))
}

fn request_line(request_id: &str, request: &Value) -> String {
    json_line(&json!({"type": "control_request", "request_id": request_id, "request": request}))
}

fn response_line(request_id: &str, answer: &Value) -> String {
    json_line(&json!({
        "type": "control_response",
        "response": {"subtype": "success", "request_id": request_id, "response": answer},
    }))
}

fn json_line(value: &Value) -> String {
    // JSON allows these two characters in a string, but some JavaScript ends a line there. The escapes mean
    // the same.
    let mut line = value
        .to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029");
    line.push('\n');
    line
}
