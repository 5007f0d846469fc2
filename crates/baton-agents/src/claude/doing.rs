//! What the CLI does on its way to a reply: its tools and helpers, as people see them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_core::activity::{Activity, ActivityState};
use serde_json::Value;

use super::events::{Task, TaskStep, ToolEnded, ToolStarted};
use crate::{summary, text};

/// How much of what a tool is given people see, in characters.
const GIVEN: usize = 1_500;
/// How many tools can run at once before the first is no longer followed.
const FOLLOWED: usize = 1_000;

/// The tools that run now.
#[derive(Debug, Default)]
pub(super) struct Doing {
    /// Where the CLI works.
    directory: PathBuf,
    /// By their tool use, with the tool's name.
    running: BTreeMap<String, (String, Activity)>,
    /// The tool use of each helper in the background, by its task.
    helpers: BTreeMap<String, String>,
}

impl Doing {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            ..Self::default()
        }
    }

    /// Whether something runs that may take its time.
    pub(super) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    pub(super) fn started(&mut self, tool: &ToolStarted) -> Activity {
        let activity = Activity {
            id: tool.id.clone(),
            title: summary::tool_use(&tool.name, &tool.input, &self.directory),
            detail: given(&tool.input),
            state: ActivityState::Running,
            within: tool.parent.clone(),
        };
        if self.running.len() == FOLLOWED {
            self.running.pop_first();
        }
        let running = (tool.name.clone(), activity.clone());
        self.running.insert(tool.id.clone(), running);
        activity
    }

    /// `None` where nobody knows that tool, or it goes on in the background.
    pub(super) fn ended(&mut self, tool: &ToolEnded) -> Option<Activity> {
        if self.helpers.values().any(|helper| *helper == tool.id) {
            return None;
        }
        let state = match (&tool.not_run, tool.is_error) {
            (Some(_), _) => ActivityState::Denied,
            (None, true) => ActivityState::Failed,
            (None, false) => ActivityState::Done,
        };
        self.end(&tool.id, state, &tool.text)
    }

    /// What is new of a helper in the background.
    pub(super) fn task(&mut self, task: &Task) -> Option<Activity> {
        match &task.step {
            TaskStep::Started { .. } => {
                let tool = task.tool_use_id.as_ref()?;
                // A command in the background has had its say: that it runs there.
                let begins = self.running.contains_key(tool) && self.helpers.len() < FOLLOWED;
                if begins {
                    self.helpers.insert(task.id.clone(), tool.clone());
                }
                None
            }
            TaskStep::Runs { .. } => None,
            TaskStep::Ended { status, summary } => {
                // Told twice, and the second time with what came out.
                let summary = summary.as_deref()?;
                let tool = self.helpers.remove(&task.id)?;
                let state = match status.as_deref() {
                    Some("completed") | None => ActivityState::Done,
                    Some(_) => ActivityState::Failed,
                };
                self.end(&tool, state, summary)
            }
        }
    }

    fn end(&mut self, id: &str, state: ActivityState, output: &str) -> Option<Activity> {
        let (tool, mut activity) = self.running.remove(id)?;
        let outcome = summary::outcome(&tool, output, state != ActivityState::Done);
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

/// What a tool is given, as people can read it.
fn given(input: &Value) -> String {
    let Value::Object(fields) = input else {
        return String::new();
    };
    let lines = fields.iter().map(|(name, value)| match value {
        Value::String(text) if text.contains('\n') => format!("{name}:\n{text}"),
        Value::String(text) => format!("{name}: {text}"),
        other => format!("{name}: {other}"),
    });
    let lines = lines.collect::<Vec<_>>().join("\n");
    summary::masked(&text::cut(&lines, GIVEN))
}
