//! Applies the policy to a permission request. The rules name tools by their names in Claude Code.

use std::path::Path;

use agent_client_protocol::v1::schema::ToolKind;
use serde_json::{Value, json};

use super::tools::Tool;
use crate::policy::{Policy, Ruling, ToolCall};

/// Judges a use of a tool. `directory` is the working directory of the agent.
pub(super) fn judge(policy: &Policy, tool: &Tool, directory: &Path) -> Ruling {
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
            None => unclear("which command it is cannot be told"),
        },
        ToolKind::Read => files(tool, |path| judge("Read", path, directory)),
        ToolKind::Edit | ToolKind::Delete => files(tool, |path| judge("Edit", path, directory)),
        ToolKind::Move => match files(tool, |path| judge("Edit", path, directory)) {
            Ruling::Allowed if tool.files().nth(1).is_none() => {
                unclear("where it moves the file cannot be told")
            }
            verdict => verdict,
        },
        ToolKind::Search => match searched(tool) {
            Some(place) => {
                let from = directory_of(tool, directory);
                judge("Grep", &json!({"path": place}), &from)
            }
            None => unclear("where it searches cannot be told"),
        },
        ToolKind::Fetch => match tool.given("url") {
            Some(url) => judge("WebFetch", &json!({"url": url}), directory),
            None => unclear("which page it is cannot be told"),
        },
        _ => judge(tool.name(), &tool.input(), directory),
    }
}

/// Allows a tool if every file is allowed. One denied file denies the tool.
fn files(tool: &Tool, judge: impl Fn(&Value) -> Ruling) -> Ruling {
    let mut ruling = None;
    for file in tool.files() {
        match judge(&json!({"file_path": file})) {
            Ruling::Allowed => ruling = ruling.or(Some(Ruling::Allowed)),
            denied @ Ruling::Denied { .. } => return denied,
            ask => ruling = Some(ask),
        }
    }
    ruling.unwrap_or_else(|| unclear("which file it is cannot be told"))
}

/// The path of a search, relative to the tool's directory; `None` if the path is unknown.
fn searched(tool: &Tool) -> Option<&str> {
    tool.given("path").or_else(|| {
        // Without a path, the search is in the directory, unless the pattern leads outside.
        let pattern = tool.given("pattern").or(tool.given("query"))?;
        let inside = !pattern.starts_with(['/', '~']) && !pattern.contains("../");
        inside.then_some(".")
    })
}

fn unclear(why: &str) -> Ruling {
    Ruling::Ask {
        why: why.to_owned(),
    }
}

/// The directory of a tool; some agents let the model choose one.
fn directory_of(tool: &Tool, directory: &Path) -> std::path::PathBuf {
    let keys = ["directory", "dir_path", "cwd", "workdir"];
    let said = keys.into_iter().find_map(|key| tool.given(key));
    said.map_or_else(|| directory.to_owned(), |said| directory.join(said))
}
