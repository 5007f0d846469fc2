//! A request and its content.

use serde_json::Value;

use super::text;
use crate::script;

/// A request to the API.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The JSON body.
    pub body: Value,
    /// The header `x-api-key`, or the token after `Bearer` in `authorization`.
    pub key: Option<String>,
    /// The header `x-claude-code-session-id`.
    pub session: Option<String>,
}

impl Asked {
    /// Role and text of each message. The text is empty for a message without text.
    pub fn messages(&self) -> Vec<(&str, String)> {
        let messages = self.body["messages"].as_array().into_iter().flatten();
        messages
            .map(|message| (text(&message["role"]), said(&message["content"])))
            .collect()
    }

    /// Whether any message contains these words. A continued session contains its earlier messages.
    pub fn mentions(&self, words: &str) -> bool {
        self.messages().iter().any(|(_, said)| said.contains(words))
    }

    /// The last text of the person. The CLI puts its own text before the person's text, in the same message.
    pub fn last_said(&self) -> String {
        script::last_said(&self.body).to_owned()
    }

    /// The results of the tools: the id of the call, the text, and whether the call failed.
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

    /// The names of the tools that the request offers.
    pub fn tools(&self) -> Vec<&str> {
        let tools = self.body["tools"].as_array().into_iter().flatten();
        tools.map(|tool| text(&tool["name"])).collect()
    }

    /// The text of the system prompt.
    pub fn system(&self) -> String {
        said(&self.body["system"])
    }

    /// Whether the request belongs to a conversation, recognized by its tools.
    pub(super) fn is_of_a_conversation(&self) -> bool {
        !self.tools().is_empty()
    }
}

fn said(content: &Value) -> String {
    script::texts(content).join("\n")
}
