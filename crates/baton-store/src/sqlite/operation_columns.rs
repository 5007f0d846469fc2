//! The columns of an operation in the row of a delivery.

use baton_core::activity::Activity;
use baton_core::delivery::Operation;
use baton_core::id::ApprovalId;
use baton_core::message::Attachment;
use baton_core::topic::TopicEnd;
use rusqlite::Row;
use serde_json::{Value, json};

use super::row_values::{column_error, read_json, read_text};

/// The stored text of an operation, for every reader of the place. For a question, the text is only the
/// title, because a tool's input is not for everybody.
pub(super) fn stored_text(operation: &Operation) -> &str {
    match operation {
        Operation::Question { title, .. } => title,
        other => other.text(),
    }
}

/// The stored fields of an operation in addition to its text. The channel's own fields are not here.
pub(super) fn stored_fields(operation: &Operation) -> Option<String> {
    match operation {
        Operation::Reply {
            activities, files, ..
        } => {
            let plain = activities.is_empty() && files.is_empty();
            (!plain).then(|| json!({ "activities": activities, "files": files }).to_string())
        }
        Operation::Notice { activities, .. } => {
            (!activities.is_empty()).then(|| json!({ "activities": activities }).to_string())
        }
        Operation::Question { approval, text, .. } => {
            Some(json!({ "approval": approval, "whole": text }).to_string())
        }
        Operation::Verdict { approval, .. } => Some(json!({ "approval": approval }).to_string()),
        Operation::Topic { topic, end, .. } => {
            Some(json!({ "topic": topic, "end": end }).to_string())
        }
    }
}

/// Reads the kind, the text and the additional fields of an operation.
pub(super) fn read_operation(row: &Row<'_>, at: usize) -> rusqlite::Result<Operation> {
    let words: String = row.get(at + 1)?;
    let extra = read_json(row, at + 2)?;
    Ok(match read_text(row, at)? {
        "notice" => Operation::Notice {
            text: words,
            activities: parse_activities(&extra),
        },
        "question" => Operation::Question {
            approval: parse_approval(&extra).ok_or_else(|| column_error(at + 2, "no approval"))?,
            // A question of an earlier version has only a title.
            text: extra["whole"].as_str().unwrap_or(&words).to_owned(),
            title: words,
        },
        "verdict" => Operation::Verdict {
            approval: parse_approval(&extra).ok_or_else(|| column_error(at + 2, "no approval"))?,
            text: words,
        },
        "topic" => {
            let end = extra["end"].as_str().and_then(TopicEnd::parse);
            let topic = extra["topic"].as_str();
            Operation::Topic {
                topic: topic
                    .ok_or_else(|| column_error(at + 2, "no topic"))?
                    .to_owned(),
                end: end.ok_or_else(|| column_error(at + 2, "no end"))?,
                text: words,
            }
        }
        _ => Operation::Reply {
            text: words,
            activities: parse_activities(&extra),
            files: parse_files(&extra["files"]),
        },
    })
}

/// The approval of a delivery.
pub(super) fn parse_approval(extra: &Value) -> Option<ApprovalId> {
    extra.get("approval")?.as_i64().map(ApprovalId)
}

/// The activities before a reply.
pub(super) fn parse_activities(extra: &Value) -> Vec<Activity> {
    let activities = extra.get("activities").cloned();
    activities
        .and_then(|activities| serde_json::from_value(activities).ok())
        .unwrap_or_default()
}

/// The files of a stored list.
pub(super) fn parse_files(list: &Value) -> Vec<Attachment> {
    serde_json::from_value(list.clone()).unwrap_or_default()
}
