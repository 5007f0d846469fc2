//! The CLI's reports about itself: `system`.

use serde_json::Value;

use super::fields::{list_field, millis_field, text_field, text_list, whole_number};
use super::line_events::LineEvents;
use super::{
    ApiRetry, BackgroundTask, CompactionStep, Event, ModelApiError, PermissionDenied,
    SessionStarted, TaskReport, TaskStep,
};

pub(super) fn parse_system(value: &Value, parsed: &mut LineEvents<'_>) {
    let subtype = text_field(value, "subtype").unwrap_or_default();
    let kind = format!("system/{subtype}");
    match subtype.as_str() {
        "init" => parsed.add_event(Event::SessionStarted(Box::new(parse_session(value)))),
        "status" => parse_status(value, parsed),
        "session_state_changed" => {
            parsed.add_or_unknown(text_field(value, "state").map(Event::State), &kind);
        }
        "compact_boundary" => {
            let nothing = Value::Null;
            let about = value.get("compact_metadata").unwrap_or(&nothing);
            parsed.add_event(Event::Compaction(CompactionStep::Boundary {
                trigger: text_field(about, "trigger"),
                before: whole_number(about, "pre_tokens"),
                after: whole_number(about, "post_tokens"),
            }));
        }
        "api_retry" => parsed.add_event(Event::ApiRetry(parse_retry(value))),
        "permission_denied" => parsed.add_or_unknown(parse_permission_denied(value), &kind),
        "background_tasks_changed" => {
            let tasks = list_field(value, "tasks").iter().filter_map(|task| {
                Some(BackgroundTask {
                    id: text_field(task, "task_id")?,
                    kind: text_field(task, "task_type"),
                    description: text_field(task, "description"),
                })
            });
            parsed.add_event(Event::BackgroundTasks(tasks.collect()));
        }
        "task_started" | "task_progress" | "task_updated" | "task_notification" => {
            parsed.add_or_unknown(parse_task(value, &subtype), &kind);
        }
        "thinking_tokens" => parsed.add_event(Event::Thinking { parent: None }),
        "hook_response" => parse_hook_response(value, parsed),
        "notification" => parsed.add_notice(kind, text_field(value, "text").unwrap_or_default()),
        "informational"
        | "local_command_output"
        | "model_refusal_fallback"
        | "model_refusal_no_fallback" => {
            parsed.add_notice(kind, text_field(value, "content").unwrap_or_default());
        }
        "mirror_error" => parsed.add_notice(kind, text_field(value, "error").unwrap_or_default()),
        "worker_shutting_down" => {
            parsed.add_notice(kind, text_field(value, "reason").unwrap_or_default());
        }
        "session_writes_lost" => {
            let lost = text_list(value, "lost").join(" and ");
            let why = text_field(value, "error_code").unwrap_or_default();
            parsed.add_notice(kind, format!("not saved: {lost} ({why})"));
        }
        "hook_started"
        | "hook_progress"
        | "control_request_progress"
        | "commands_changed"
        | "files_persisted"
        | "memory_recall"
        | "plugin_install"
        | "elicitation_complete" => {
            parsed.add_quiet(kind);
        }
        _ => parsed.add_unknown(kind),
    }
}

fn parse_session(value: &Value) -> SessionStarted {
    SessionStarted {
        session_id: text_field(value, "session_id"),
        model: text_field(value, "model"),
        cwd: text_field(value, "cwd"),
        tools: text_list(value, "tools"),
        permission_mode: text_field(value, "permissionMode"),
        version: text_field(value, "claude_code_version"),
        mcp_servers: list_field(value, "mcp_servers")
            .iter()
            .filter_map(|server| {
                Some((
                    text_field(server, "name")?,
                    text_field(server, "status").unwrap_or_default(),
                ))
            })
            .collect(),
    }
}

/// One line can hold several events: the end of a compaction, and a new permission mode.
fn parse_status(value: &Value, parsed: &mut LineEvents<'_>) {
    let mut has_event = false;
    let mut add_found = |event: Event| {
        has_event = true;
        parsed.add_event(event);
    };
    if let Some(result) = text_field(value, "compact_result") {
        add_found(Event::Compaction(CompactionStep::Ended(match &*result {
            "success" => Ok(()),
            _ => Err(text_field(value, "compact_error").unwrap_or(result)),
        })));
    }
    match text_field(value, "status") {
        Some(status) if status == "compacting" => {
            add_found(Event::Compaction(CompactionStep::Started));
        }
        Some(status) => add_found(Event::State(status)),
        None => {}
    }
    if let Some(mode) = text_field(value, "permissionMode") {
        add_found(Event::PermissionMode(mode));
    }
    if !has_event {
        parsed.add_quiet("system/status");
    }
}

fn parse_retry(value: &Value) -> ApiRetry {
    ApiRetry {
        attempt: whole_number(value, "attempt"),
        max: whole_number(value, "max_retries"),
        pause: millis_field(value, "retry_delay_ms"),
        error: ModelApiError {
            status: whole_number(value, "error_status"),
            kind: text_field(value, "error"),
        },
    }
}

fn parse_permission_denied(value: &Value) -> Option<Event> {
    Some(Event::NotAllowed(PermissionDenied {
        tool: text_field(value, "tool_name")?,
        tool_use_id: text_field(value, "tool_use_id"),
        message: text_field(value, "message"),
    }))
}

fn parse_task(value: &Value, subtype: &str) -> Option<Event> {
    let status = |value: &Value| text_field(value, "status");
    let step = match subtype {
        "task_started" => TaskStep::Started {
            description: text_field(value, "description"),
        },
        "task_notification" => TaskStep::Ended {
            status: status(value),
            summary: text_field(value, "summary"),
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
            summary: text_field(value, "summary").or_else(|| text_field(value, "description")),
        },
    };
    Some(Event::Task(TaskReport {
        id: text_field(value, "task_id")?,
        tool_use_id: text_field(value, "tool_use_id"),
        step,
    }))
}

/// Reports a failed hook. A successful hook needs no report.
fn parse_hook_response(value: &Value, parsed: &mut LineEvents<'_>) {
    let failed = match text_field(value, "outcome").as_deref() {
        Some(outcome) => outcome != "success",
        None => whole_number(value, "exit_code").is_some_and(|code| code != 0),
    };
    if !failed {
        return parsed.add_quiet("system/hook_response");
    }
    let name = text_field(value, "hook_name").unwrap_or_else(|| "a hook".to_owned());
    let words = text_field(value, "stderr").or_else(|| text_field(value, "output"));
    let words = words.unwrap_or_default();
    parsed.add_notice("system/hook_response", format!("{name} failed: {words}"));
}
