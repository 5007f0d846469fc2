//! Questions of agents to people.

use baton_core::approval::{Question, Wants};
use serde_json::json;

/// May the agent run a command?
pub(crate) fn command_question(command: &str) -> Question {
    Question {
        tool: "shell".to_owned(),
        title: format!("Run `{command}`"),
        input: json!({ "command": command }),
        wants: Wants::Permission {
            grant: Some("shell".to_owned()),
        },
    }
}
