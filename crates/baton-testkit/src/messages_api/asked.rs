//! One request, and what it says.

use serde_json::Value;

use super::text;
use crate::script;

/// One request that the API got.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The whole body.
    pub body: Value,
    /// The header `x-api-key`, or what follows `Bearer` in `authorization`.
    pub key: Option<String>,
    /// The header `x-claude-code-session-id`.
    pub session: Option<String>,
}

impl Asked {
    /// Role and text of each message; a message without text has an empty one.
    pub fn messages(&self) -> Vec<(&str, String)> {
        let messages = self.body["messages"].as_array().into_iter().flatten();
        messages
            .map(|message| (text(&message["role"]), said(&message["content"])))
            .collect()
    }

    /// Whether any message holds these words: a session that goes on holds what was said before.
    pub fn mentions(&self, words: &str) -> bool {
        self.messages().iter().any(|(_, said)| said.contains(words))
    }

    /// What the person said last; what the CLI adds of itself comes before it in the same message.
    pub fn last_said(&self) -> String {
        script::last_said(&self.body).to_owned()
    }

    /// What each tool brought: the id that the call had, the text, whether it is an error.
    pub fn tool_results(&self) -> Vec<(String, String, bool)> {
        let messages = self.body["messages"].as_array().into_iter().flatten();
        let blocks = messages.filter_map(|message| message["content"].as_array());
        let results = blocks
            .flatten()
            .filter(|block| block["type"] == "tool_result");
        results
            .map(|block| {
                let id = text(&block["tool_use_id"]).to_owned();
                let error = block["is_error"] == true;
                (id, said(&block["content"]), error)
            })
            .collect()
    }

    /// The names of the tools that it offers.
    pub fn tools(&self) -> Vec<&str> {
        let tools = self.body["tools"].as_array().into_iter().flatten();
        tools.map(|tool| text(&tool["name"])).collect()
    }

    /// The text of its system prompt.
    pub fn system(&self) -> String {
        said(&self.body["system"])
    }

    /// Whether it is part of a conversation.
    pub(super) fn is_of_a_conversation(&self) -> bool {
        !self.tools().is_empty()
    }
}

fn said(content: &Value) -> String {
    script::texts(content).join("\n")
}
