//! One part of a reply or of a notice, as the store holds the part.

use baton_core::channel::DeliverError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One part of a reply or of a notice, rendered once. Every try sends the same part, even if a later version of Baton
/// renders differently. A later try changes a part only to leave out files that cannot be sent. A later version may add
/// fields, so unknown fields are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MessagePart {
    /// The text in the platform's dialect; empty for a part of only files.
    #[serde(default)]
    pub(super) text: String,
    /// The name of the file with the whole text, if this file goes with the part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) whole_text: Option<String>,
    /// The files that go with the part, as indexes into the files of the reply.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) attachments: Vec<usize>,
}

impl MessagePart {
    /// A message with only a text.
    pub(super) fn from_text(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }

    /// Whether files go with the part.
    pub(super) fn has_files(&self) -> bool {
        self.whole_text.is_some() || !self.attachments.is_empty()
    }

    /// Whether the part has neither text nor files.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && !self.has_files()
    }

    /// Reads the stored form.
    pub(super) fn parse(stored: &Value) -> Result<Self, DeliverError> {
        Self::deserialize(stored).map_err(|error| DeliverError::Never {
            reason: format!("a stored part of this delivery cannot be read: {error}"),
        })
    }

    /// The form to store.
    pub(super) fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stored_message_is_read_again_whatever_a_later_version_adds() {
        let part = MessagePart {
            text: "hello".to_owned(),
            whole_text: Some("reply.md".to_owned()),
            attachments: vec![0, 2],
        };
        let kept = json!({ "text": "hello", "whole_text": "reply.md", "attachments": [0, 2] });
        assert_eq!(part.to_value(), kept);
        assert_eq!(MessagePart::parse(&kept), Ok(part));
        let later = json!({ "text": "hello", "effect": "confetti" });
        let hello = MessagePart::from_text("hello".to_owned());
        assert_eq!(MessagePart::parse(&later), Ok(hello));
    }
}
