//! What the tools do, by their names and by what they are given.

use serde_json::Value;

/// Tools that do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    /// Run a command.
    Shell,
    /// Read files, or search in them.
    Read,
    /// Change files. What may edit may also write: the tools are two ways to do the same.
    Edit,
    /// Write whole files.
    Write,
    /// Ask a helper.
    Helper,
}

/// What a call does.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Does<'a> {
    /// Runs a command.
    Command(&'a str),
    /// Reads a file.
    Reads(&'a str),
    /// Searches below a directory; `None` is the working directory. `Err` where it cannot be told.
    Searches(Result<Option<&'a str>, ()>),
    /// Changes a file, which is written anew.
    Changes { path: &'a str, whole: bool },
    /// Looks at a page.
    Fetches(&'a str),
    /// Asks a helper of this kind.
    Asks(Option<&'a str>),
    /// Something else, or it does not say with what.
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
            // The pattern can lead elsewhere by itself.
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

/// Whether a tool is one of a group.
pub(super) fn is_of(group: Group, tool: &str) -> bool {
    match group {
        Group::Shell => matches!(tool, "Bash" | "Monitor"),
        Group::Read => matches!(tool, "Read" | "NotebookRead" | "LS" | "Grep" | "Glob"),
        Group::Edit => matches!(tool, "Edit" | "MultiEdit" | "NotebookEdit" | "Write"),
        Group::Write => tool == "Write",
        Group::Helper => matches!(tool, "Task" | "Agent"),
    }
}
