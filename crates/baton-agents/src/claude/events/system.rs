//! The CLI's reports about itself: `system`.

use serde_json::Value;

use super::fields::{list, millis, text, texts, whole};
use super::line::{Said, notice};
use super::{
    ApiError, ApiRetry, BackgroundTask, Compaction, Event, NotAllowed, SessionStarted, Task,
    TaskStep,
};

pub(super) fn read(value: &Value, said: &mut Said<'_>) {
    let subtype = text(value, "subtype").unwrap_or_default();
    let kind = format!("system/{subtype}");
    match subtype.as_str() {
        "init" => said.add(Event::SessionStarted(Box::new(session(value)))),
        "status" => status(value, said),
        "session_state_changed" => {
            said.add_or_unknown(text(value, "state").map(Event::State), &kind);
        }
        "compact_boundary" => {
            let nothing = Value::Null;
            let about = value.get("compact_metadata").unwrap_or(&nothing);
            said.add(Event::Compaction(Compaction::Boundary {
                trigger: text(about, "trigger"),
                before: whole(about, "pre_tokens"),
                after: whole(about, "post_tokens"),
            }));
        }
        "api_retry" => said.add(Event::ApiRetry(retry(value))),
        "permission_denied" => said.add_or_unknown(not_allowed(value), &kind),
        "background_tasks_changed" => {
            let tasks = list(value, "tasks").iter().filter_map(|task| {
                Some(BackgroundTask {
                    id: text(task, "task_id")?,
                    kind: text(task, "task_type"),
                    description: text(task, "description"),
                })
            });
            said.add(Event::BackgroundTasks(tasks.collect()));
        }
        "task_started" | "task_progress" | "task_updated" | "task_notification" => {
            said.add_or_unknown(task(value, &subtype), &kind);
        }
        "thinking_tokens" => said.add(Event::Thinking { parent: None }),
        "hook_response" => hook_ended(value, said),
        "notification" => notice(kind, text(value, "text").unwrap_or_default(), said),
        "informational"
        | "local_command_output"
        | "model_refusal_fallback"
        | "model_refusal_no_fallback" => {
            notice(kind, text(value, "content").unwrap_or_default(), said);
        }
        "mirror_error" => notice(kind, text(value, "error").unwrap_or_default(), said),
        "worker_shutting_down" => notice(kind, text(value, "reason").unwrap_or_default(), said),
        "session_writes_lost" => {
            let lost = texts(value, "lost").join(" and ");
            let why = text(value, "error_code").unwrap_or_default();
            notice(kind, format!("not saved: {lost} ({why})"), said);
        }
        "hook_started"
        | "hook_progress"
        | "control_request_progress"
        | "commands_changed"
        | "files_persisted"
        | "memory_recall"
        | "plugin_install"
        | "elicitation_complete" => {
            said.quiet(kind);
        }
        _ => said.unknown(kind),
    }
}

fn session(value: &Value) -> SessionStarted {
    SessionStarted {
        session_id: text(value, "session_id"),
        model: text(value, "model"),
        cwd: text(value, "cwd"),
        tools: texts(value, "tools"),
        permission_mode: text(value, "permissionMode"),
        version: text(value, "claude_code_version"),
        mcp_servers: list(value, "mcp_servers")
            .iter()
            .filter_map(|server| {
                Some((
                    text(server, "name")?,
                    text(server, "status").unwrap_or_default(),
                ))
            })
            .collect(),
    }
}

/// One line can hold several events: the end of a compaction, and a new permission mode.
fn status(value: &Value, said: &mut Said<'_>) {
    let mut told = false;
    let mut tell = |event: Event| {
        told = true;
        said.add(event);
    };
    if let Some(result) = text(value, "compact_result") {
        tell(Event::Compaction(Compaction::Ended(match &*result {
            "success" => Ok(()),
            _ => Err(text(value, "compact_error").unwrap_or(result)),
        })));
    }
    match text(value, "status") {
        Some(status) if status == "compacting" => tell(Event::Compaction(Compaction::Started)),
        Some(status) => tell(Event::State(status)),
        None => {}
    }
    if let Some(mode) = text(value, "permissionMode") {
        tell(Event::PermissionMode(mode));
    }
    if !told {
        said.quiet("system/status");
    }
}

fn retry(value: &Value) -> ApiRetry {
    ApiRetry {
        attempt: whole(value, "attempt"),
        max: whole(value, "max_retries"),
        pause: millis(value, "retry_delay_ms"),
        error: ApiError {
            status: whole(value, "error_status"),
            kind: text(value, "error"),
        },
    }
}

fn not_allowed(value: &Value) -> Option<Event> {
    Some(Event::NotAllowed(NotAllowed {
        tool: text(value, "tool_name")?,
        tool_use_id: text(value, "tool_use_id"),
        message: text(value, "message"),
    }))
}

fn task(value: &Value, subtype: &str) -> Option<Event> {
    let status = |value: &Value| text(value, "status");
    let step = match subtype {
        "task_started" => TaskStep::Started {
            description: text(value, "description"),
        },
        "task_notification" => TaskStep::Ended {
            status: status(value),
            summary: text(value, "summary"),
        },
        // Two lines report the end of a task. A double report is better than none.
        "task_updated" => match value.get("patch").and_then(status) {
            Some(status) if status != "running" && status != "pending" => TaskStep::Ended {
                status: Some(status),
                summary: None,
            },
            _ => TaskStep::Runs { summary: None },
        },
        _ => TaskStep::Runs {
            summary: text(value, "summary").or_else(|| text(value, "description")),
        },
    };
    Some(Event::Task(Task {
        id: text(value, "task_id")?,
        tool_use_id: text(value, "tool_use_id"),
        step,
    }))
}

/// Reports a failed hook. A successful hook needs no report.
fn hook_ended(value: &Value, said: &mut Said<'_>) {
    let failed = match text(value, "outcome").as_deref() {
        Some(outcome) => outcome != "success",
        None => whole(value, "exit_code").is_some_and(|code| code != 0),
    };
    if !failed {
        return said.quiet("system/hook_response");
    }
    let name = text(value, "hook_name").unwrap_or_else(|| "a hook".to_owned());
    let words = text(value, "stderr").or_else(|| text(value, "output"));
    let words = words.unwrap_or_default();
    notice(
        "system/hook_response",
        format!("{name} failed: {words}"),
        said,
    );
}
