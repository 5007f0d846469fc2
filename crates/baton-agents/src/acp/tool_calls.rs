//! The tools of an agent, as people see them.

use std::collections::VecDeque;
use std::path::Path;

use agent_client_protocol::v1::schema::{
    Plan, PlanEntryStatus, ToolCall, ToolCallContent, ToolCallStatus, ToolCallUpdate, ToolKind,
};
use baton_core::activity::{Activity, ActivityState};
use serde_json::Value;

use super::reply_text::render_content;
use crate::{safe_text, summary};

/// Limit of tracked tools. For an older tool, only new updates are shown.
const TRACKED: usize = 200;
/// Limit of the kept inputs, in bytes. A question shows the whole input.
const INPUT_KEPT: usize = 32 * 1024 * 1024;
/// Limit of the shown input of a tool, in characters.
const INPUT_SHOWN: usize = 1_500;
/// Limit of the shown output of a tool, in characters.
const OUTPUT_SHOWN: usize = 2_000;
/// The id of the activity for the agent's plan, different from all ids of tools.
const PLAN: &str = "\0plan";

/// The tools of one turn, the least recently updated first.
#[derive(Debug, Default)]
pub(super) struct AcpToolCalls(VecDeque<AcpToolCall>);

/// One use of a tool, as reported so far.
#[derive(Debug)]
pub(super) struct AcpToolCall {
    /// The call without content and output; `output` has these in short form.
    call: ToolCall,
    /// The length of the input as text, in bytes.
    weight: usize,
    output: String,
    denied: bool,
}

impl AcpToolCalls {
    /// Applies an update of a tool.
    pub(super) fn apply_update(&mut self, update: ToolCallUpdate) -> &AcpToolCall {
        let at = self
            .0
            .iter()
            .position(|tool| tool.call.tool_call_id == update.tool_call_id);
        let at = at.unwrap_or_else(|| {
            // Some agents send an update without a start, so the update creates the tool.
            self.0.push_back(AcpToolCall {
                call: ToolCall::new(update.tool_call_id.clone(), ""),
                weight: 0,
                output: String::new(),
                denied: false,
            });
            self.0.len() - 1
        });
        self.0[at].apply_fields(update);
        // The updated tool moves to the back of the queue.
        let tool = self.0.remove(at).expect("it was found there");
        self.0.push_back(tool);
        while self.0.len() > TRACKED || self.total_weight() > INPUT_KEPT && self.0.len() > 1 {
            self.0.pop_front();
        }
        self.0.back().expect("the one just told of")
    }

    /// Marks a tool as denied.
    pub(super) fn mark_denied(&mut self, id: &str) -> Option<Activity> {
        let tool = self.0.iter_mut().find(|tool| tool.id() == id)?;
        tool.denied = true;
        Some(tool.to_activity())
    }

    fn total_weight(&self) -> usize {
        self.0.iter().map(|tool| tool.weight).sum()
    }
}

impl AcpToolCall {
    fn apply_fields(&mut self, update: ToolCallUpdate) {
        let mut fields = update.fields;
        let content = fields.content.take();
        let raw = fields.raw_output.take();
        if let Some(output) = format_output(content.as_deref(), raw.as_ref()) {
            self.output = output;
        }
        if let Some(input) = &fields.raw_input {
            self.weight = input.to_string().len();
        }
        self.call.update(fields);
    }

    pub(super) fn id(&self) -> &str {
        &self.call.tool_call_id.0
    }

    /// Whether the tool may change something, by its kind.
    pub(super) fn may_change(&self) -> bool {
        !matches!(
            self.call.kind,
            ToolKind::Read | ToolKind::Search | ToolKind::Think | ToolKind::Fetch
        )
    }

    /// The name of the tool, or a word for its kind.
    pub(super) fn name(&self) -> &str {
        let kind = match self.call.kind {
            ToolKind::Read => "read",
            ToolKind::Edit => "edit",
            ToolKind::Delete => "delete",
            ToolKind::Move => "move",
            ToolKind::Search => "search",
            ToolKind::Execute => "execute",
            ToolKind::Think => "think",
            ToolKind::Fetch => "fetch",
            ToolKind::SwitchMode => "switch mode",
            _ => "tool",
        };
        let name = self.call.name.as_deref();
        name.filter(|name| !name.trim().is_empty()).unwrap_or(kind)
    }

    /// The title as one line of Markdown. A command has the same form as for all agents; other tools have the
    /// agent's own title.
    pub(super) fn title(&self) -> String {
        if let Some(command) = self.command() {
            let input = serde_json::json!({"command": command});
            return summary::tool_use("Bash", &input, Path::new(""));
        }
        let title = summary::mask_secrets(&safe_text::safe_beginning(&self.call.title, []));
        if title.is_empty() {
            return self.name().to_owned();
        }
        title
    }

    /// The command of a tool that runs one; `None` if the agent does not name the command.
    pub(super) fn command(&self) -> Option<&str> {
        if self.call.kind != ToolKind::Execute {
            return None;
        }
        self.input_text("command")
    }

    /// An input of the tool, if the input is a text.
    pub(super) fn input_text(&self, key: &str) -> Option<&str> {
        self.call.raw_input.as_ref()?.get(key)?.as_str()
    }

    pub(super) fn kind(&self) -> ToolKind {
        self.call.kind
    }

    /// The files in the tool's input and locations.
    pub(super) fn listed_files(&self) -> impl Iterator<Item = &Path> {
        let keys = ["file_path", "absolute_path", "path", "notebook_path"];
        let given = keys.into_iter().filter_map(|key| self.input_text(key));
        let locations = self.call.locations.iter().map(|place| &*place.path);
        given.map(Path::new).chain(locations)
    }

    /// The whole input.
    pub(super) fn whole_input(&self) -> Value {
        match &self.call.raw_input {
            Some(input) => input.clone(),
            // Some agents give the input only as title and content.
            None => serde_json::json!({"title": self.call.title, "content": self.output}),
        }
    }

    /// The scope of "allow for this session": the exact command, or every use of another tool. For a tool
    /// without name and kind, the scope is the title. Returns `None` for a tool without a known command.
    pub(super) fn session_grant(&self) -> Option<String> {
        let nameless = self.call.name.is_none() && self.call.kind == ToolKind::Other;
        if nameless {
            return Some(format!("{}({})", self.name(), self.call.title));
        }
        if self.call.kind != ToolKind::Execute {
            return Some(self.name().to_owned());
        }
        // Other inputs (directory, sandbox) are a part of the permission.
        let mut input = self.call.raw_input.clone()?;
        let input = input.as_object_mut()?;
        for key in ["description", "timeout"] {
            input.remove(key);
        }
        match input.get("command") {
            Some(Value::String(command)) if input.len() == 1 => {
                Some(format!("{}({command})", self.name()))
            }
            Some(_) => Some(format!("{}({})", self.name(), Value::Object(input.clone()))),
            None => None,
        }
    }

    pub(super) fn to_activity(&self) -> Activity {
        let input = self
            .call
            .raw_input
            .as_ref()
            .map(format_input)
            .unwrap_or_default();
        let parts = [input, self.output.clone()];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        Activity {
            id: self.id().to_owned(),
            title: self.title(),
            detail: summary::mask_secrets(&parts.collect::<Vec<_>>().join("\n\n")),
            state: self.activity_state(),
            within: None,
        }
    }

    fn activity_state(&self) -> ActivityState {
        match self.call.status {
            _ if self.denied => ActivityState::Denied,
            ToolCallStatus::Completed => ActivityState::Done,
            ToolCallStatus::Failed => ActivityState::Failed,
            _ => ActivityState::Running,
        }
    }
}

/// The input of a tool as readable lines.
fn format_input(input: &Value) -> String {
    let Value::Object(fields) = input else {
        return match input {
            Value::Null => String::new(),
            other => safe_text::cut_text(&other.to_string(), INPUT_SHOWN),
        };
    };
    let lines = fields.iter().map(|(name, value)| match value {
        Value::String(text) if text.contains('\n') => format!("{name}:\n{text}"),
        Value::String(text) => format!("{name}: {text}"),
        other => format!("{name}: {other}"),
    });
    safe_text::cut_text(&lines.collect::<Vec<_>>().join("\n"), INPUT_SHOWN)
}

/// The output of a tool as readable text; `None` without output.
fn format_output(content: Option<&[ToolCallContent]>, raw: Option<&Value>) -> Option<String> {
    let output = content.map(|content| {
        let parts = content.iter().filter_map(|part| match part {
            ToolCallContent::Content(content) => Some(render_content(&content.content)),
            ToolCallContent::Diff(diff) => {
                Some(format_diff(diff.old_text.as_deref(), &diff.new_text))
            }
            _ => None,
        });
        parts.collect::<Vec<_>>().join("\n\n")
    });
    let output = output.filter(|output| !output.trim().is_empty());
    let raw = || match raw? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    output
        .or_else(raw)
        .map(|output| safe_text::cut_text(output.trim(), OUTPUT_SHOWN))
}

/// A change of a text, line by line.
fn format_diff(old: Option<&str>, new: &str) -> String {
    let old = old.unwrap_or_default().lines().map(|line| ("- ", line));
    let new = new.lines().map(|line| ("+ ", line));
    let lines = old.chain(new).map(|(sign, line)| format!("{sign}{line}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The activity for the agent's plan; `over` at the end of the turn.
pub(super) fn plan_activity(plan: &Plan, over: bool) -> Activity {
    let entries = &plan.entries;
    let is = |status: &PlanEntryStatus| entries.iter().find(|entry| entry.status == *status);
    let done = entries.iter();
    let done = done.filter(|entry| entry.status == PlanEntryStatus::Completed);
    let done = done.count();
    let next = is(&PlanEntryStatus::InProgress).or_else(|| is(&PlanEntryStatus::Pending));
    let next = next.map(|entry| format!(": {}", safe_text::safe_beginning(&entry.content, [])));
    let all = entries.len();
    let lines = entries.iter().map(|entry| {
        let sign = match entry.status {
            PlanEntryStatus::Completed => "[x]",
            PlanEntryStatus::InProgress => "[>]",
            _ => "[ ]",
        };
        format!("{sign} {}", entry.content)
    });
    Activity {
        id: PLAN.to_owned(),
        title: format!("Plan, {done} of {all} done{}", next.unwrap_or_default()),
        detail: safe_text::cut_text(&lines.collect::<Vec<_>>().join("\n"), OUTPUT_SHOWN),
        state: if over || done == all {
            ActivityState::Done
        } else {
            ActivityState::Running
        },
        within: None,
    }
}
