//! The bodies of requests about messages, with Discord's names for the fields:
//! <https://docs.discord.com/developers/resources/message>.

use baton_chat::connector::OutgoingFile;
use serde::Serialize;

use crate::discord::discord_id::Id;
use crate::discord::type_numbers::{ButtonStyle, ComponentType, MessageFlags};

/// A new message.
#[derive(Clone, Debug, Default, Serialize)]
pub(in crate::discord) struct CreateMessage {
    pub(in crate::discord) content: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::discord) components: Vec<ActionRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) nonce: Option<String>,
    /// Whether Discord returns the earlier message with the same nonce in place of a second message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) enforce_nonce: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) allowed_mentions: Option<AllowedMentions>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) message_reference: Option<ReplyReference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::discord) attachments: Vec<AttachmentUpload>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) flags: Option<MessageFlags>,
}

impl CreateMessage {
    /// A message with only a text.
    pub(in crate::discord) fn with_content(content: impl Into<String>) -> Self {
        Self {
            content: content.into(),
            ..Self::default()
        }
    }
}

/// A change of a message. An absent field keeps its value.
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct EditMessage {
    pub(in crate::discord) content: String,
    /// An empty list removes all buttons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) components: Option<Vec<ActionRow>>,
    pub(in crate::discord) allowed_mentions: AllowedMentions,
}

/// The mentions that notify people.
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct AllowedMentions {
    /// The kinds of mentions.
    parse: [&'static str; 0],
    /// Whether a reply notifies the author of the answered message.
    #[serde(skip_serializing_if = "Option::is_none")]
    replied_user: Option<bool>,
}

impl AllowedMentions {
    /// No mention in the text notifies anybody.
    pub(in crate::discord) const NONE: Self = Self {
        parse: [],
        replied_user: None,
    };

    /// In the same way, a reply notifies nobody.
    pub(in crate::discord) const NONE_IN_REPLY: Self = Self {
        parse: [],
        replied_user: Some(false),
    };
}

/// The message that a new message replies to.
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct ReplyReference {
    pub(in crate::discord) message_id: Id,
    /// Whether Discord refuses the reply if the answered message was deleted.
    pub(in crate::discord) fail_if_not_exists: bool,
}

/// A file in the same request.
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct AttachmentUpload {
    /// The number of the file in the request.
    id: String,
    filename: String,
}

impl AttachmentUpload {
    /// The list for all files of a request.
    pub(in crate::discord) fn list_files(files: &[OutgoingFile]) -> Vec<Self> {
        let files = files.iter().enumerate();
        let files = files.map(|(number, file)| Self {
            id: number.to_string(),
            filename: file.name.clone(),
        });
        files.collect()
    }
}

/// A row of buttons (`components/reference#action-row`).
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct ActionRow {
    #[serde(rename = "type")]
    kind: ComponentType,
    components: Vec<MessageButton>,
}

impl ActionRow {
    pub(in crate::discord) fn new(buttons: Vec<MessageButton>) -> Self {
        Self {
            kind: ComponentType::ACTION_ROW,
            components: buttons,
        }
    }
}

/// A button (`components/reference#button`).
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct MessageButton {
    #[serde(rename = "type")]
    kind: ComponentType,
    style: ButtonStyle,
    label: String,
    custom_id: String,
}

impl MessageButton {
    /// A button with a label for people. Discord sends `custom_id` with each press.
    pub(in crate::discord) fn new(
        style: ButtonStyle,
        label: impl Into<String>,
        custom_id: impl Into<String>,
    ) -> Self {
        Self {
            kind: ComponentType::BUTTON,
            style,
            label: label.into(),
            custom_id: custom_id.into(),
        }
    }
}
