//! The bodies of requests about messages, with Discord's names for the fields:
//! <https://docs.discord.com/developers/resources/message>.

use baton_chat::connector::{Button, ButtonLook, OutgoingFile};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::discord::discord_id::Id;
use crate::discord::discord_sizes;
use crate::discord::type_numbers::{ButtonStyle, ComponentType, MessageFlags};

/// A new message, a changed message, or an answer to an interaction. In a changed message, an absent field keeps its
/// value.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct MessageBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
    /// Boxes with a title and a text, from [`render_embed`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) embeds: Vec<Value>,
    /// Rows of buttons, from [`arrange_buttons`]. In a changed message, an empty list removes all buttons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) components: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    /// Whether Discord returns the earlier message with the same nonce in place of a second message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) enforce_nonce: Option<bool>,
    /// The mentions that notify people, from [`mention_nobody`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_mentions: Option<Value>,
    /// The answered message, from [`refer_to`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_reference: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) flags: Option<MessageFlags>,
    /// The files. The JSON only lists the files, and the request has their content.
    #[serde(
        rename = "attachments",
        serialize_with = "list_files",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub(crate) files: Vec<OutgoingFile>,
}

impl MessageBody {
    /// A message with only a text. The text notifies nobody.
    pub(crate) fn with_content(content: impl Into<String>) -> Self {
        Self {
            content: Some(content.into()),
            allowed_mentions: Some(mention_nobody()),
            ..Self::default()
        }
    }
}

/// Lists the files under their numbers in the request.
fn list_files<S: Serializer>(files: &[OutgoingFile], list: S) -> Result<S::Ok, S::Error> {
    let files = files.iter().enumerate();
    list.collect_seq(
        files.map(|(number, file)| json!({ "id": number.to_string(), "filename": file.name })),
    )
}

/// The rule that no mention in the text notifies anybody.
pub(crate) fn mention_nobody() -> Value {
    json!({ "parse": [] })
}

/// The rule that, in the same way, a reply does not notify the author of the answered message.
pub(crate) fn mention_nobody_in_reply() -> Value {
    json!({ "parse": [], "replied_user": false })
}

/// A reference to the answered message. Discord sends the reply even if the message was deleted.
pub(crate) fn refer_to(message: Id) -> Value {
    json!({ "message_id": message, "fail_if_not_exists": false })
}

/// A box with a title and a text (`resources/message#embed-object`).
pub(crate) fn render_embed(title: &str, description: &str) -> Value {
    json!({ "title": title, "description": description })
}

/// The buttons in rows (`components/reference#action-row`); `None` without buttons. Buttons without room are left
/// out.
pub(crate) fn arrange_buttons(buttons: &[Button]) -> Option<Vec<Value>> {
    let rows = buttons
        .chunks(discord_sizes::BUTTONS)
        .take(discord_sizes::ROWS)
        .map(|row| {
            let buttons: Vec<_> = row.iter().map(render_button).collect();
            json!({ "type": ComponentType::ACTION_ROW, "components": buttons })
        });
    (!buttons.is_empty()).then(|| rows.collect())
}

/// A button (`components/reference#button`). Discord sends `custom_id` with each press.
fn render_button(button: &Button) -> Value {
    let style = match button.look {
        ButtonLook::Primary => ButtonStyle::PRIMARY,
        ButtonLook::Positive => ButtonStyle::SUCCESS,
        ButtonLook::Negative => ButtonStyle::DANGER,
        ButtonLook::Secondary => ButtonStyle::SECONDARY,
    };
    json!({
        "type": ComponentType::BUTTON,
        "style": style,
        "label": button.label,
        "custom_id": button.name,
    })
}
