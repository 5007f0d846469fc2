//! The action of a tool call, by the tool's name and input.

use serde_json::Value;

/// Groups of similar tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
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
pub(super) enum Does<'a> {
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
    Asks(Option<&'a str>),
    /// Any other action, or an input without the expected value.
    Other,
}

pub(super) fn does<'a>(tool: &str, input: &'a Value) -> Does<'a> {
    let text = |key: &str| input.get(key).and_then(Value::as_str);
    let does = match tool {
        "Bash" | "Monitor" => text("command").map(Does::Command),
        "Read" => text("file_path").map(Does::Reads),
        "NotebookRead" => text("notebook_path").map(Does::Reads),
        "LS" | "Grep" => Some(Does::Searches(Ok(text("path")))),
        "Glob" => {
            // The pattern itself can lead out of the directory.
            let pattern = text("pattern").unwrap_or("/");
            let inside = !pattern.starts_with(['/', '~']) && !pattern.contains("..");
            Some(Does::Searches(if inside {
                Ok(text("path"))
            } else {
                Err(())
            }))
        }
        "Edit" | "MultiEdit" => text("file_path").map(|path| Does::Changes { path, whole: false }),
        "NotebookEdit" => text("notebook_path").map(|path| Does::Changes { path, whole: false }),
        "Write" => text("file_path").map(|path| Does::Changes { path, whole: true }),
        "WebFetch" => text("url").map(Does::Fetches),
        "Task" | "Agent" => Some(Does::Asks(text("subagent_type"))),
        _ => None,
    };
    does.unwrap_or(Does::Other)
}

/// Whether a tool belongs to a group.
pub(super) fn is_of(group: Group, tool: &str) -> bool {
    match group {
        Group::Shell => matches!(tool, "Bash" | "Monitor"),
        Group::Read => matches!(tool, "Read" | "NotebookRead" | "LS" | "Grep" | "Glob"),
        Group::Edit => matches!(tool, "Edit" | "MultiEdit" | "NotebookEdit" | "Write"),
        Group::Write => tool == "Write",
        Group::Helper => matches!(tool, "Task" | "Agent"),
    }
}
