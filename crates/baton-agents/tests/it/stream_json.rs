//! Parses the recorded output of the Claude Code CLI into events, and checks the lines for the CLI.
//!
//! `tests/recorded/claude` holds shortened output of version 2.1.329.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use baton_agents::claude::events::{Event, MalformedLine, StreamReader};
use serde_json::Value;

mod control;
mod hostile;
mod situations;

/// The events of a text, read in one piece.
fn events(text: &str) -> Vec<Event> {
    let mut reader = StreamReader::default();
    let mut events = reader.push(text.as_bytes());
    events.extend(reader.finish());
    events
}

/// The recorded output of a situation.
fn recorded(name: &str) -> String {
    fs::read_to_string(recorded_at(name)).unwrap()
}

/// The path of a recording.
pub(crate) fn recorded_at(name: &str) -> PathBuf {
    folder().join(format!("{name}.jsonl"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/claude")
}

/// The events of a situation.
fn situation(name: &str) -> Vec<Event> {
    events(&recorded(name))
}

/// All situations by name, with the recorded output.
fn situations() -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = match name.as_str() {
            // Both directions, each line in an envelope.
            "20-control-stdio" => both_ways("<-"),
            _ => recorded(&name),
        };
        all.insert(name, text);
    }
    all
}

/// One direction of the recorded control protocol: `<-` from the CLI, `->` to it.
fn both_ways(direction: &str) -> String {
    let mut lines = String::new();
    for line in recorded("20-control-stdio").lines() {
        let envelope: Value = serde_json::from_str(line).unwrap();
        if envelope["dir"] == direction {
            lines.push_str(&envelope["msg"].to_string());
            lines.push('\n');
        }
    }
    assert!(!lines.is_empty(), "nothing goes {direction}");
    lines
}

fn is_lost(event: &Event) -> bool {
    matches!(event, Event::Unknown { .. } | Event::Malformed { .. })
}

#[test]
fn every_recorded_line_is_known() {
    let all = situations();
    assert_eq!(all.len(), 27);
    for (name, text) in all {
        let lost: Vec<_> = events(&text).into_iter().filter(is_lost).collect();
        match name.as_str() {
            "12-stdout-text" => assert!(matches!(
                lost[..],
                [Event::Malformed {
                    why: MalformedLine::NotJson,
                    ..
                }]
            )),
            _ => assert!(lost.is_empty(), "{name}: {lost:?}"),
        }
    }
    // Lines to the CLI have the same form.
    for event in events(&both_ways("->")) {
        assert!(!is_lost(&event), "{event:?}");
    }
}

/// Checks that the events contain all fields for people, agents and accounting.
#[test]
fn no_field_that_matters_is_lost() {
    const MATTERS: &[&str] = &[
        "/session_id",
        "/model",
        "/cwd",
        "/permissionMode",
        "/claude_code_version",
        "/tools",
        "/message/content",
        "/event/delta/text",
        "/parent_tool_use_id",
        "/result",
        "/subtype",
        "/is_error",
        "/errors",
        "/total_cost_usd",
        "/duration_ms",
        "/duration_api_ms",
        "/num_turns",
        "/permission_denials",
        "/api_error_status",
        "/terminal_reason",
        "/stop_reason",
        "/usage/input_tokens",
        "/usage/output_tokens",
        "/local_command",
        "/origin/kind",
        "/request_id",
        "/request/tool_name",
        "/request/input",
        "/request/tool_use_id",
        "/request/permission_suggestions",
        "/request/description",
        "/request/blocked_path",
        "/request/callback_id",
        "/response/request_id",
        "/response/error",
        "/response/response",
        "/attempt",
        "/max_retries",
        "/retry_delay_ms",
        "/error_status",
        "/error",
        "/status",
        "/compact_metadata/trigger",
        "/compact_metadata/pre_tokens",
        "/compact_metadata/post_tokens",
        "/tool_name",
        "/task_id",
        "/summary",
        "/tasks/0/task_id",
        "/text",
    ];
    let mut found = 0;
    for (name, text) in situations() {
        for line in text.lines().filter(|line| line.starts_with('{')) {
            let value: Value = serde_json::from_str(line).unwrap();
            let said = events(line);
            if said
                .iter()
                .all(|event| matches!(event, Event::Quiet { .. }))
            {
                continue;
            }
            // `Debug` shows every field of an event.
            let shown = format!("{said:?}");
            for pointer in MATTERS {
                // Other lines have the session of the process.
                let elsewhere = match (*pointer, value["type"].as_str().unwrap()) {
                    ("/session_id", kind) => !(kind == "result" || value["subtype"] == "init"),
                    // The event's type is the kind of line.
                    ("/subtype", kind) => kind != "result",
                    ("/status", _) => value["status"] == "compacting",
                    // The API's id, for its own support.
                    ("/request_id", kind) => kind == "assistant",
                    _ => false,
                };
                let Some(part) = value.pointer(pointer).filter(|_| !elsewhere) else {
                    continue;
                };
                for leaf in leaves(part) {
                    found += 1;
                    assert!(
                        leaf.iter().any(|written| shown.contains(written)),
                        "{name}: {pointer} {leaf:?} of {line} is not in {shown}"
                    );
                }
            }
        }
    }
    assert!(found > 900, "only {found} fields were looked at");
}

/// The texts and numbers in a value, each as `Debug` may show it.
fn leaves(value: &Value) -> Vec<Vec<String>> {
    match value {
        Value::Null | Value::Bool(_) => Vec::new(),
        Value::String(text) => vec![vec![format!("{text:?}").trim_matches('"').to_owned()]],
        // `Debug` shows a duration in its own unit.
        Value::Number(number) => {
            let seconds = number.as_f64().unwrap() / 1000.0;
            vec![vec![number.to_string(), format!("{seconds}")]]
        }
        Value::Array(items) => items.iter().flat_map(leaves).collect(),
        Value::Object(fields) => fields
            .iter()
            // The event's type is the kind of block.
            .filter(|(key, _)| *key != "type")
            .flat_map(|(_, value)| leaves(value))
            .collect(),
    }
}
