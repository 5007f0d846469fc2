//! Applies the policy to a permission request. The rules name tools by their names in Claude Code.

use std::path::Path;

use agent_client_protocol::v1::schema::ToolKind;
use serde_json::{Value, json};

use super::tool_calls::AcpToolCall;
use crate::policy::{Policy, Ruling, ToolCall};

/// Judges a use of a tool. `directory` is the working directory of the agent.
pub(super) fn judge_tool(policy: &Policy, tool: &AcpToolCall, directory: &Path) -> Ruling {
    let judge = |tool: &str, input: &Value, working_dir: &Path| {
        policy.judge(ToolCall {
            tool,
            input,
            working_dir,
            project: directory,
        })
    };
    match tool.kind() {
        ToolKind::Execute => match tool.command() {
            Some(command) => {
                let input = json!({"command": command});
                judge("Bash", &input, &directory_of(tool, directory))
            }
            None => ask_because("the command is unknown"),
        },
        ToolKind::Read => judge_files(tool, |path| judge("Read", path, directory)),
        ToolKind::Edit | ToolKind::Delete => {
            judge_files(tool, |path| judge("Edit", path, directory))
        }
        ToolKind::Move => match judge_files(tool, |path| judge("Edit", path, directory)) {
            Ruling::Allowed if tool.listed_files().nth(1).is_none() => {
                ask_because("the target of the move is unknown")
            }
            verdict => verdict,
        },
        ToolKind::Search => match search_path(tool) {
            Some(path) => {
                let from = directory_of(tool, directory);
                judge("Grep", &json!({"path": path}), &from)
            }
            None => ask_because("the place of the search is unknown"),
        },
        ToolKind::Fetch => match tool.input_text("url") {
            Some(url) => judge("WebFetch", &json!({"url": url}), directory),
            None => ask_because("the page is unknown"),
        },
        _ => judge(tool.name(), &tool.whole_input(), directory),
    }
}

/// Allows a tool if every file is allowed. One denied file denies the tool.
fn judge_files(tool: &AcpToolCall, judge: impl Fn(&Value) -> Ruling) -> Ruling {
    let mut ruling = None;
    for file in tool.listed_files() {
        match judge(&json!({"file_path": file})) {
            Ruling::Allowed => ruling = ruling.or(Some(Ruling::Allowed)),
            denied @ Ruling::Denied { .. } => return denied,
            ask => ruling = Some(ask),
        }
    }
    ruling.unwrap_or_else(|| ask_because("the file is unknown"))
}

/// The path of a search, relative to the tool's directory; `None` if the path is unknown.
fn search_path(tool: &AcpToolCall) -> Option<&str> {
    tool.input_text("path").or_else(|| {
        // Without a path, the search is in the directory, unless the pattern leads outside.
        let pattern = tool.input_text("pattern").or(tool.input_text("query"))?;
        let inside = !pattern.starts_with(['/', '~']) && !pattern.contains("../");
        inside.then_some(".")
    })
}

fn ask_because(why: &str) -> Ruling {
    Ruling::Ask {
        why: why.to_owned(),
    }
}

/// The directory of a tool; some agents let the model choose one.
fn directory_of(tool: &AcpToolCall, directory: &Path) -> std::path::PathBuf {
    let keys = ["directory", "dir_path", "cwd", "workdir"];
    let chosen = keys.into_iter().find_map(|key| tool.input_text(key));
    chosen.map_or_else(|| directory.to_owned(), |chosen| directory.join(chosen))
}
