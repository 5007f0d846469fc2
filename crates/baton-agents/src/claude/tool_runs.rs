//! Tracks the tools and helpers of the CLI, as people see them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_core::activity::{Activity, ActivityState};
use serde_json::Value;

use super::events::{TaskReport, TaskStep, ToolEnded, ToolStarted};
use crate::{safe_text, summary};

/// Limit of the shown tool input, in characters.
const INPUT_SHOWN: usize = 1_500;
/// Limit of tracked tools. At more tools, one is no longer tracked.
const TRACKED: usize = 1_000;

/// The running tools.
#[derive(Debug, Default)]
pub(super) struct ToolRuns {
    /// The working directory of the CLI.
    directory: PathBuf,
    /// Tool name and activity, by the id of the tool use.
    running: BTreeMap<String, (String, Activity)>,
    /// The id of the tool use of each helper in the background, by the id of its task.
    helpers: BTreeMap<String, String>,
}

impl ToolRuns {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            ..Self::default()
        }
    }

    /// Whether a tool runs, so a silent CLI is no failure.
    pub(super) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    pub(super) fn record_start(&mut self, tool: &ToolStarted) -> Activity {
        let activity = Activity {
            id: tool.id.clone(),
            title: summary::tool_use(&tool.name, &tool.input, &self.directory),
            detail: format_input(&tool.input),
            state: ActivityState::Running,
            within: tool.parent.clone(),
        };
        if self.running.len() == TRACKED {
            self.running.pop_first();
        }
        let running = (tool.name.clone(), activity.clone());
        self.running.insert(tool.id.clone(), running);
        activity
    }

    /// Returns `None` for an unknown tool, and for a helper that continues in the background.
    pub(super) fn record_end(&mut self, tool: &ToolEnded) -> Option<Activity> {
        if self.helpers.values().any(|helper| *helper == tool.id) {
            return None;
        }
        let state = match (&tool.not_run, tool.is_error) {
            (Some(_), _) => ActivityState::Denied,
            (None, true) => ActivityState::Failed,
            (None, false) => ActivityState::Done,
        };
        self.end_activity(&tool.id, state, &tool.text)
    }

    /// Records a step of a background task. Returns the activity of a helper that ended.
    pub(super) fn record_task(&mut self, task: &TaskReport) -> Option<Activity> {
        match &task.step {
            TaskStep::Started { .. } => {
                let tool = task.tool_use_id.as_ref()?;
                // The tool use of a background command has already ended, so the command is not tracked.
                let begins = self.running.contains_key(tool) && self.helpers.len() < TRACKED;
                if begins {
                    self.helpers.insert(task.id.clone(), tool.clone());
                }
                None
            }
            TaskStep::Runs { .. } => None,
            TaskStep::Ended { status, summary } => {
                // The CLI reports the end twice. Only the second report has the result.
                let summary = summary.as_deref()?;
                let tool = self.helpers.remove(&task.id)?;
                let state = match status.as_deref() {
                    Some("completed") | None => ActivityState::Done,
                    Some(_) => ActivityState::Failed,
                };
                self.end_activity(&tool, state, summary)
            }
        }
    }

    fn end_activity(&mut self, id: &str, state: ActivityState, output: &str) -> Option<Activity> {
        let (tool, mut activity) = self.running.remove(id)?;
        let outcome = summary::describe_result(&tool, output, state != ActivityState::Done);
        activity.state = state;
        if !outcome.line.is_empty() {
            activity.title = format!("{} → {}", activity.title, outcome.line);
        }
        if !outcome.detail.is_empty() {
            activity.detail = format!("{}\n\n{}", activity.detail, outcome.detail);
        }
        Some(activity)
    }
}

/// The input of a tool as readable lines, without secrets.
fn format_input(input: &Value) -> String {
    let Value::Object(fields) = input else {
        return String::new();
    };
    let lines = fields.iter().map(|(name, value)| match value {
        Value::String(text) if text.contains('\n') => format!("{name}:\n{text}"),
        Value::String(text) => format!("{name}: {text}"),
        other => format!("{name}: {other}"),
    });
    let lines = lines.collect::<Vec<_>>().join("\n");
    summary::mask_secrets(&safe_text::cut_text(&lines, INPUT_SHOWN))
}
