//! The action of a tool call, by the tool's name and input.

use serde_json::Value;

/// Groups of similar tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolGroup {
    /// Tools for commands.
    Shell,
    /// Tools that read files, or search in them.
    Read,
    /// Tools that change files. An allow rule for edits includes writes, because both kinds of tool do the
    /// same.
    Edit,
    /// The tool that writes whole files.
    Write,
    /// Tools that start a helper.
    Helper,
}

/// The action of a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ToolAction<'a> {
    /// Runs a command.
    Command(&'a str),
    /// Reads a file.
    Reads(&'a str),
    /// Searches below a directory; `None` means the working directory. `Err` if the directory is unknown.
    Searches(Result<Option<&'a str>, ()>),
    /// Changes a file; with `whole`, replaces the whole content.
    Changes { path: &'a str, whole: bool },
    /// Fetches a page.
    Fetches(&'a str),
    /// Starts a helper of this kind.
    StartsHelper(Option<&'a str>),
    /// Any other action, or an input without the expected value.
    Other,
}

pub(super) fn parse_action<'a>(tool: &str, input: &'a Value) -> ToolAction<'a> {
    let text = |key: &str| input.get(key).and_then(Value::as_str);
    let action = match tool {
        "Bash" | "Monitor" => text("command").map(ToolAction::Command),
        "Read" => text("file_path").map(ToolAction::Reads),
        "NotebookRead" => text("notebook_path").map(ToolAction::Reads),
        "LS" | "Grep" => Some(ToolAction::Searches(Ok(text("path")))),
        "Glob" => {
            // The pattern itself can lead out of the directory.
            let pattern = text("pattern").unwrap_or("/");
            let inside = !pattern.starts_with(['/', '~']) && !pattern.contains("..");
            Some(ToolAction::Searches(if inside {
                Ok(text("path"))
            } else {
                Err(())
            }))
        }
        "Edit" | "MultiEdit" => {
            text("file_path").map(|path| ToolAction::Changes { path, whole: false })
        }
        "NotebookEdit" => {
            text("notebook_path").map(|path| ToolAction::Changes { path, whole: false })
        }
        "Write" => text("file_path").map(|path| ToolAction::Changes { path, whole: true }),
        "WebFetch" => text("url").map(ToolAction::Fetches),
        "Task" | "Agent" => Some(ToolAction::StartsHelper(text("subagent_type"))),
        _ => None,
    };
    action.unwrap_or(ToolAction::Other)
}

/// Whether a tool belongs to a group.
pub(super) fn is_in_group(group: ToolGroup, tool: &str) -> bool {
    match group {
        ToolGroup::Shell => matches!(tool, "Bash" | "Monitor"),
        ToolGroup::Read => matches!(tool, "Read" | "NotebookRead" | "LS" | "Grep" | "Glob"),
        ToolGroup::Edit => matches!(tool, "Edit" | "MultiEdit" | "NotebookEdit" | "Write"),
        ToolGroup::Write => tool == "Write",
        ToolGroup::Helper => matches!(tool, "Task" | "Agent"),
    }
}
