//! One line for each known tool.

use std::path::Path;

use serde_json::Value;

use super::commands;
use super::text::{LOOKED_AT, Line, beginning, visible};

/// Describes a tool run.
pub(super) fn line(tool: &str, input: &Value, working_dir: &Path) -> Line {
    let given = Given { input, working_dir };
    known(tool, &given).unwrap_or_else(|| generic(tool, &given))
}

/// The input of a tool.
struct Given<'a> {
    input: &'a Value,
    working_dir: &'a Path,
}

impl<'a> Given<'a> {
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
fn known(tool: &str, given: &Given<'_>) -> Option<Line> {
    let about = |words: &str, key: &str| Some(Line::new(words).code(given.text(key)?));
    let file = |words: &str, key: &str| Some(Line::new(words).code(given.path(key)?));
    match tool {
        "Bash" => Some(command("", given.text("command")?)),
        "Monitor" => Some(command(
            "Watching: ",
            given.text("command").or(given.text("description"))?,
        )),
        "BashOutput" | "TaskOutput" => Some(Line::new("Looking at the output of a command")),
        "KillShell" | "KillBash" | "TaskStop" => Some(Line::new("Stopping a task")),
        "Read" => Some(pages(file("Reading ", "file_path")?, given)),
        "NotebookRead" => file("Reading ", "notebook_path"),
        "Write" => file("Writing ", "file_path"),
        "Edit" | "MultiEdit" => file("Editing ", "file_path"),
        "NotebookEdit" => file("Editing ", "notebook_path"),
        "LS" => file("Listing ", "path"),
        "Grep" => Some(search("Searching for ", given)?),
        "Glob" => Some(search("Looking for files like ", given)?),
        "WebFetch" => about("Looking at ", "url"),
        "WebSearch" => about("Searching the web for ", "query"),
        "Task" | "Agent" => Some(
            Line::new("Asking a helper: ")
                .code(given.text("description").or(given.text("prompt"))?),
        ),
        "SendMessage" => Some(Line::new("Writing to a helper")),
        "TodoWrite" => todos(given),
        "TaskCreate" => about("Planning: ", "subject"),
        "TaskUpdate" | "TaskList" | "TaskGet" => Some(Line::new("Looking at the plan")),
        "EnterPlanMode" => Some(Line::new("Making a plan")),
        "ExitPlanMode" => Some(Line::new("Proposing a plan")),
        "AskUserQuestion" => {
            let question = given.list("questions").first()?.get("question")?.as_str()?;
            Some(Line::new("Asking: ").code(question))
        }
        "Skill" => {
            Some(Line::new("Using the skill ").code(given.text("skill").or(given.text("command"))?))
        }
        "SlashCommand" => about("Using the command ", "command"),
        "ToolSearch" => about("Looking for a tool: ", "query"),
        "EnterWorktree" => Some(Line::new("Making a worktree")),
        "ExitWorktree" => Some(Line::new("Leaving the worktree")),
        "ScheduleWakeup" => Some(Line::new("Setting an alarm")),
        "CronCreate" => Some(Line::new("Planning a task for later")),
        "CronList" => Some(Line::new("Looking at the planned tasks")),
        "CronDelete" => Some(Line::new("Cancelling a planned task")),
        "ListAgents" => Some(Line::new("Looking at the helpers")),
        "Workflow" => Some(Line::new("Running a workflow")),
        "ReportFindings" => Some(Line::new("Reporting what was found")),
        "ListMcpResourcesTool" => Some(Line::new("Looking at what the servers have")),
        "ReadMcpResourceTool" => about("Reading ", "uri"),
        _ => None,
    }
}

fn command(words: &str, command: &str) -> Line {
    let line = if words.is_empty() {
        Line::new(commands::doing(&visible(beginning(command, LOOKED_AT)))).words(": ")
    } else {
        Line::new(words)
    };
    line.code(commands::shown(command))
}

/// Adds the read part of a file.
fn pages(line: Line, given: &Given<'_>) -> Line {
    match (given.number("offset"), given.number("limit")) {
        (Some(first), Some(count)) if count > 0 => {
            let last = first.saturating_add(count - 1);
            line.words(&format!(", lines {first}–{last}"))
        }
        (Some(first), None) => line.words(&format!(", from line {first}")),
        (None, Some(count)) => line.words(&format!(", the first {count} lines")),
        _ => line,
    }
}

fn search(words: &str, given: &Given<'_>) -> Option<Line> {
    let mut line = Line::new(words).short_code(given.text("pattern")?);
    let place = given
        .path("path")
        .filter(|path| *path != ".")
        .or_else(|| given.text("glob"));
    if let Some(place) = place {
        line = line.words(" in ").code(place);
    }
    Some(line)
}

fn todos(given: &Given<'_>) -> Option<Line> {
    let todos = given.list("todos");
    if todos.is_empty() {
        return None;
    }
    let is =
        |todo: &&Value, status: &str| todo.get("status").and_then(Value::as_str) == Some(status);
    let done = todos.iter().filter(|todo| is(todo, "completed")).count();
    let line = Line::new(&format!("Plan: {done} of {} done", todos.len()));
    let now = todos.iter().find(|todo| is(todo, "in_progress"));
    let now = now.and_then(|todo| {
        let words = todo.get("activeForm").or_else(|| todo.get("content"));
        words.and_then(Value::as_str)
    });
    Some(match now {
        Some(now) => line.words(", now ").code(now),
        None => line,
    })
}

/// The line of any other tool: the name, and the most informative value of the input.
fn generic(tool: &str, given: &Given<'_>) -> Line {
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
        Some((server, tool)) => Line::default()
            .short_code(server)
            .words(": ")
            .short_code(tool),
        None => Line::new("Using ").short_code(tool),
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
        Some(text) => line.words(" ").code(text),
        None => line,
    }
}
