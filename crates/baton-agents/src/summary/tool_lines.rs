//! One line for each known tool.

use std::path::Path;

use serde_json::Value;

use super::known_commands;
use super::markdown_line::{LOOKED_AT, MarkdownLine, text_beginning, visible_text};

/// Describes a tool run.
pub(super) fn describe_tool(tool: &str, input: &Value, working_dir: &Path) -> MarkdownLine {
    let given = ToolInput { input, working_dir };
    known_tool(tool, &given).unwrap_or_else(|| generic_line(tool, &given))
}

/// The input of a tool.
struct ToolInput<'a> {
    input: &'a Value,
    working_dir: &'a Path,
}

impl<'a> ToolInput<'a> {
    fn text(&self, key: &str) -> Option<&'a str> {
        let text = self.input.get(key)?.as_str()?;
        (!text.trim().is_empty()).then_some(text)
    }

    fn number(&self, key: &str) -> Option<u64> {
        self.input.get(key)?.as_u64()
    }

    fn list(&self, key: &str) -> &'a [Value] {
        let list = self.input.get(key).and_then(Value::as_array);
        list.map_or(&[], Vec::as_slice)
    }

    /// A path, relative to the working directory if it lies below.
    fn path(&self, key: &str) -> Option<&'a str> {
        let path = self.text(key)?;
        let below = Path::new(path).strip_prefix(self.working_dir).ok();
        Some(match below.and_then(Path::to_str) {
            Some("") => ".",
            Some(below) => below,
            None => path,
        })
    }
}

/// The line of a known tool; `None` also if the expected input is missing.
fn known_tool(tool: &str, given: &ToolInput<'_>) -> Option<MarkdownLine> {
    let about = |words: &str, key: &str| Some(MarkdownLine::new(words).add_code(given.text(key)?));
    let file = |words: &str, key: &str| Some(MarkdownLine::new(words).add_code(given.path(key)?));
    match tool {
        "Bash" => Some(command_line("", given.text("command")?)),
        "Monitor" => Some(command_line(
            "Watching: ",
            given.text("command").or(given.text("description"))?,
        )),
        "BashOutput" | "TaskOutput" => {
            Some(MarkdownLine::new("Looking at the output of a command"))
        }
        "KillShell" | "KillBash" | "TaskStop" => Some(MarkdownLine::new("Stopping a task")),
        "Read" => Some(add_line_range(file("Reading ", "file_path")?, given)),
        "NotebookRead" => file("Reading ", "notebook_path"),
        "Write" => file("Writing ", "file_path"),
        "Edit" | "MultiEdit" => file("Editing ", "file_path"),
        "NotebookEdit" => file("Editing ", "notebook_path"),
        "LS" => file("Listing ", "path"),
        "Grep" => Some(search_line("Searching for ", given)?),
        "Glob" => Some(search_line("Looking for files like ", given)?),
        "WebFetch" => about("Looking at ", "url"),
        "WebSearch" => about("Searching the web for ", "query"),
        "Task" | "Agent" => Some(
            MarkdownLine::new("Asking a helper: ")
                .add_code(given.text("description").or(given.text("prompt"))?),
        ),
        "SendMessage" => Some(MarkdownLine::new("Writing to a helper")),
        "TodoWrite" => todo_line(given),
        "TaskCreate" => about("Planning: ", "subject"),
        "TaskUpdate" | "TaskList" | "TaskGet" => Some(MarkdownLine::new("Looking at the plan")),
        "EnterPlanMode" => Some(MarkdownLine::new("Making a plan")),
        "ExitPlanMode" => Some(MarkdownLine::new("Proposing a plan")),
        "AskUserQuestion" => {
            let question = given.list("questions").first()?.get("question")?.as_str()?;
            Some(MarkdownLine::new("Asking: ").add_code(question))
        }
        "Skill" => Some(
            MarkdownLine::new("Using the skill ")
                .add_code(given.text("skill").or(given.text("command"))?),
        ),
        "SlashCommand" => about("Using the command ", "command"),
        "ToolSearch" => about("Looking for a tool: ", "query"),
        "EnterWorktree" => Some(MarkdownLine::new("Making a worktree")),
        "ExitWorktree" => Some(MarkdownLine::new("Leaving the worktree")),
        "ScheduleWakeup" => Some(MarkdownLine::new("Setting an alarm")),
        "CronCreate" => Some(MarkdownLine::new("Planning a task for later")),
        "CronList" => Some(MarkdownLine::new("Looking at the planned tasks")),
        "CronDelete" => Some(MarkdownLine::new("Cancelling a planned task")),
        "ListAgents" => Some(MarkdownLine::new("Looking at the helpers")),
        "Workflow" => Some(MarkdownLine::new("Running a workflow")),
        "ReportFindings" => Some(MarkdownLine::new("Reporting the results")),
        "ListMcpResourcesTool" => {
            Some(MarkdownLine::new("Looking at the resources of the servers"))
        }
        "ReadMcpResourceTool" => about("Reading ", "uri"),
        _ => None,
    }
}

fn command_line(words: &str, command: &str) -> MarkdownLine {
    let line = if words.is_empty() {
        MarkdownLine::new(known_commands::describe_command(&visible_text(
            text_beginning(command, LOOKED_AT),
        )))
        .add_words(": ")
    } else {
        MarkdownLine::new(words)
    };
    line.add_code(known_commands::without_leading_cd(command))
}

/// Adds the read part of a file.
fn add_line_range(line: MarkdownLine, given: &ToolInput<'_>) -> MarkdownLine {
    match (given.number("offset"), given.number("limit")) {
        (Some(first), Some(count)) if count > 0 => {
            let last = first.saturating_add(count - 1);
            line.add_words(&format!(", lines {first}–{last}"))
        }
        (Some(first), None) => line.add_words(&format!(", from line {first}")),
        (None, Some(count)) => line.add_words(&format!(", the first {count} lines")),
        _ => line,
    }
}

fn search_line(words: &str, given: &ToolInput<'_>) -> Option<MarkdownLine> {
    let mut line = MarkdownLine::new(words).add_short_code(given.text("pattern")?);
    let target = given
        .path("path")
        .filter(|path| *path != ".")
        .or_else(|| given.text("glob"));
    if let Some(target) = target {
        line = line.add_words(" in ").add_code(target);
    }
    Some(line)
}

fn todo_line(given: &ToolInput<'_>) -> Option<MarkdownLine> {
    let todos = given.list("todos");
    if todos.is_empty() {
        return None;
    }
    let is =
        |todo: &&Value, status: &str| todo.get("status").and_then(Value::as_str) == Some(status);
    let done = todos.iter().filter(|todo| is(todo, "completed")).count();
    let line = MarkdownLine::new(&format!("Plan: {done} of {} done", todos.len()));
    let now = todos.iter().find(|todo| is(todo, "in_progress"));
    let now = now.and_then(|todo| {
        let words = todo.get("activeForm").or_else(|| todo.get("content"));
        words.and_then(Value::as_str)
    });
    Some(match now {
        Some(now) => line.add_words(", now ").add_code(now),
        None => line,
    })
}

/// The line of any other tool: the name, and the most informative value of the input.
fn generic_line(tool: &str, given: &ToolInput<'_>) -> MarkdownLine {
    const TELLING: &[&str] = &[
        "command",
        "file_path",
        "path",
        "notebook_path",
        "url",
        "uri",
        "query",
        "pattern",
        "title",
        "name",
        "subject",
        "description",
        "question",
        "message",
        "text",
        "prompt",
        "id",
    ];
    let line = match tool
        .strip_prefix("mcp__")
        .and_then(|rest| rest.split_once("__"))
    {
        Some((server, tool)) => MarkdownLine::default()
            .add_short_code(server)
            .add_words(": ")
            .add_short_code(tool),
        None => MarkdownLine::new("Using ").add_short_code(tool),
    };
    let telling = TELLING
        .iter()
        .find_map(|key| given.path(key))
        .or_else(|| {
            let fields = given.input.as_object()?;
            fields.values().find_map(Value::as_str)
        })
        .filter(|text| !text.trim().is_empty());
    match telling {
        Some(text) => line.add_words(" ").add_code(text),
        None => line,
    }
}
