//! The tools that an agent uses, as people see them.

use std::collections::VecDeque;
use std::path::Path;

use agent_client_protocol::v1::schema::{
    Plan, PlanEntryStatus, ToolCall, ToolCallContent, ToolCallStatus, ToolCallUpdate, ToolKind,
};
use baton_core::activity::{Activity, ActivityState};
use serde_json::Value;

use super::reply::said;
use crate::{summary, text};

/// How many are followed; of an older one only what comes new is shown.
const FOLLOWED: usize = 200;
/// How much of what those are given is kept, in bytes: a question shows it whole.
const INPUT_KEPT: usize = 32 * 1024 * 1024;
/// How much of what a tool is given people see of an activity, in characters.
const INPUT_SHOWN: usize = 1_500;
/// How much of what came out, in characters.
const OUTPUT_SHOWN: usize = 2_000;
/// The activity that the agent's plan is; no id of a tool is like it.
const PLAN: &str = "\0plan";

/// The tools of one turn.
#[derive(Debug, Default)]
pub(super) struct Tools(VecDeque<Tool>);

/// One use of a tool, as far as the agent has told of it.
#[derive(Debug)]
pub(super) struct Tool {
    /// Without its content and output, which are kept short in `output`.
    call: ToolCall,
    /// How long its input is as text, in bytes.
    weight: usize,
    output: String,
    denied: bool,
}

impl Tools {
    /// What is new of a tool.
    pub(super) fn told(&mut self, update: ToolCallUpdate) -> &Tool {
        let at = self
            .0
            .iter()
            .position(|tool| tool.call.tool_call_id == update.tool_call_id);
        let at = at.unwrap_or_else(|| {
            // An update of what was never begun begins it: some agents do that.
            self.0.push_back(Tool {
                call: ToolCall::new(update.tool_call_id.clone(), ""),
                weight: 0,
                output: String::new(),
                denied: false,
            });
            self.0.len() - 1
        });
        self.0[at].told(update);
        // The one just told of is put behind those that nothing was heard of for longer.
        let tool = self.0.remove(at).expect("it was found there");
        self.0.push_back(tool);
        while self.0.len() > FOLLOWED || self.weight() > INPUT_KEPT && self.0.len() > 1 {
            self.0.pop_front();
        }
        self.0.back().expect("the one just told of")
    }

    /// People said that it may not.
    pub(super) fn denied(&mut self, id: &str) -> Option<Activity> {
        let tool = self.0.iter_mut().find(|tool| tool.id() == id)?;
        tool.denied = true;
        Some(tool.activity())
    }

    fn weight(&self) -> usize {
        self.0.iter().map(|tool| tool.weight).sum()
    }
}

impl Tool {
    fn told(&mut self, update: ToolCallUpdate) {
        let mut fields = update.fields;
        let content = fields.content.take();
        let raw = fields.raw_output.take();
        if let Some(output) = output(content.as_deref(), raw.as_ref()) {
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

    /// Whether it changes anything, as far as can be told.
    pub(super) fn acts(&self) -> bool {
        !matches!(
            self.call.kind,
            ToolKind::Read | ToolKind::Search | ToolKind::Think | ToolKind::Fetch
        )
    }

    /// What kind of tool it is, in a word.
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

    /// One line of Markdown: what it does. A command is told as it is everywhere; of the rest the agent
    /// knows best.
    pub(super) fn title(&self) -> String {
        if let Some(command) = self.command() {
            let input = serde_json::json!({"command": command});
            return summary::tool_use("Bash", &input, Path::new(""));
        }
        let title = summary::masked(&text::beginning(&self.call.title, []));
        if title.is_empty() {
            return self.name().to_owned();
        }
        title
    }

    /// The command that it runs, where it says so.
    pub(super) fn command(&self) -> Option<&str> {
        if self.call.kind != ToolKind::Execute {
            return None;
        }
        self.given("command")
    }

    /// One of the things that it is given, where that is a text.
    pub(super) fn given(&self, key: &str) -> Option<&str> {
        self.call.raw_input.as_ref()?.get(key)?.as_str()
    }

    pub(super) fn kind(&self) -> ToolKind {
        self.call.kind
    }

    /// The files that it says it is about.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let keys = ["file_path", "absolute_path", "path", "notebook_path"];
        let given = keys.into_iter().filter_map(|key| self.given(key));
        let told = self.call.locations.iter().map(|place| &*place.path);
        given.map(Path::new).chain(told)
    }

    /// What it is given, whole.
    pub(super) fn input(&self) -> Value {
        match &self.call.raw_input {
            Some(input) => input.clone(),
            // An agent may say it only in words.
            None => serde_json::json!({"title": self.call.title, "content": self.output}),
        }
    }

    /// What "allow for this session" covers: a command as it is, of other tools every use; of a tool
    /// that is of no kind just this. `None` where it does not say what it runs.
    pub(super) fn grant(&self) -> Option<String> {
        let nameless = self.call.name.is_none() && self.call.kind == ToolKind::Other;
        if nameless {
            return Some(format!("{}({})", self.name(), self.call.title));
        }
        if self.call.kind != ToolKind::Execute {
            return Some(self.name().to_owned());
        }
        // How else it is run (where, outside of which walls) is a part of what was allowed.
        let mut input = self.call.raw_input.clone()?;
        let input = input.as_object_mut()?;
        for said in ["description", "timeout"] {
            input.remove(said);
        }
        match input.get("command") {
            Some(Value::String(command)) if input.len() == 1 => {
                Some(format!("{}({command})", self.name()))
            }
            Some(_) => Some(format!("{}({})", self.name(), Value::Object(input.clone()))),
            None => None,
        }
    }

    pub(super) fn activity(&self) -> Activity {
        let input = self.call.raw_input.as_ref().map(input).unwrap_or_default();
        let parts = [input, self.output.clone()];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        Activity {
            id: self.id().to_owned(),
            title: self.title(),
            detail: summary::masked(&parts.collect::<Vec<_>>().join("\n\n")),
            state: self.state(),
            within: None,
        }
    }

    fn state(&self) -> ActivityState {
        match self.call.status {
            _ if self.denied => ActivityState::Denied,
            ToolCallStatus::Completed => ActivityState::Done,
            ToolCallStatus::Failed => ActivityState::Failed,
            _ => ActivityState::Running,
        }
    }
}

/// What a tool is given, as people can read it.
fn input(input: &Value) -> String {
    let Value::Object(fields) = input else {
        return match input {
            Value::Null => String::new(),
            other => text::cut(&other.to_string(), INPUT_SHOWN),
        };
    };
    let lines = fields.iter().map(|(name, value)| match value {
        Value::String(text) if text.contains('\n') => format!("{name}:\n{text}"),
        Value::String(text) => format!("{name}: {text}"),
        other => format!("{name}: {other}"),
    });
    text::cut(&lines.collect::<Vec<_>>().join("\n"), INPUT_SHOWN)
}

/// What came out of a tool, as people can read it; `None` where nothing is said of it.
fn output(content: Option<&[ToolCallContent]>, raw: Option<&Value>) -> Option<String> {
    let told = content.map(|content| {
        let parts = content.iter().filter_map(|part| match part {
            ToolCallContent::Content(content) => Some(said(&content.content)),
            ToolCallContent::Diff(diff) => Some(changed(diff.old_text.as_deref(), &diff.new_text)),
            _ => None,
        });
        parts.collect::<Vec<_>>().join("\n\n")
    });
    let told = told.filter(|told| !told.trim().is_empty());
    let raw = || match raw? {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    told.or_else(raw)
        .map(|output| text::cut(output.trim(), OUTPUT_SHOWN))
}

/// A change of a text, line by line.
fn changed(old: Option<&str>, new: &str) -> String {
    let old = old.unwrap_or_default().lines().map(|line| ("- ", line));
    let new = new.lines().map(|line| ("+ ", line));
    let lines = old.chain(new).map(|(sign, line)| format!("{sign}{line}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The agent's plan; `over` when the turn is.
pub(super) fn plan(plan: &Plan, over: bool) -> Activity {
    let entries = &plan.entries;
    let is = |status: &PlanEntryStatus| entries.iter().find(|entry| entry.status == *status);
    let done = entries.iter();
    let done = done.filter(|entry| entry.status == PlanEntryStatus::Completed);
    let done = done.count();
    let next = is(&PlanEntryStatus::InProgress).or_else(|| is(&PlanEntryStatus::Pending));
    let next = next.map(|entry| format!(": {}", text::beginning(&entry.content, [])));
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
        detail: text::cut(&lines.collect::<Vec<_>>().join("\n"), OUTPUT_SHOWN),
        state: if over || done == all {
            ActivityState::Done
        } else {
            ActivityState::Running
        },
        within: None,
    }
}
