//! The bodies of answers to interactions, with Discord's names for the fields:
//! <https://docs.discord.com/developers/interactions/receiving-and-responding>.

use serde::Serialize;

use super::message_requests::{ActionRow, AllowedMentions, AttachmentUpload};
use crate::discord::type_numbers::{CallbackType, ComponentType, MessageFlags, TextInputStyle};

/// The first answer to an interaction.
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct InteractionCallback {
    #[serde(rename = "type")]
    kind: CallbackType,
    data: CallbackData,
}

#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
enum CallbackData {
    Message(InteractionMessage),
    Modal(ModalForm),
}

impl InteractionCallback {
    /// A message.
    pub(in crate::discord) fn message(message: InteractionMessage) -> Self {
        Self {
            kind: CallbackType::CHANNEL_MESSAGE_WITH_SOURCE,
            data: CallbackData::Message(message),
        }
    }

    /// The announcement of a later message with these flags. Discord shows "thinking …".
    pub(in crate::discord) fn deferred_message(flags: MessageFlags) -> Self {
        Self {
            kind: CallbackType::DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE,
            data: CallbackData::Message(InteractionMessage {
                flags: Some(flags),
                ..InteractionMessage::default()
            }),
        }
    }

    /// A form to fill in.
    pub(in crate::discord) fn modal(form: ModalForm) -> Self {
        Self {
            kind: CallbackType::MODAL,
            data: CallbackData::Modal(form),
        }
    }
}

/// A message that answers an interaction.
#[derive(Clone, Debug, Default, Serialize)]
pub(in crate::discord) struct InteractionMessage {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) allowed_mentions: Option<AllowedMentions>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::discord) embeds: Vec<OutgoingEmbed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::discord) components: Vec<ActionRow>,
    /// Only in the first answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::discord) flags: Option<MessageFlags>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::discord) attachments: Vec<AttachmentUpload>,
}

/// A box with a title and a text (`resources/message#embed-object`).
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct OutgoingEmbed {
    pub(in crate::discord) title: String,
    pub(in crate::discord) description: String,
}

/// A form to fill in. Discord sends `custom_id` with the filled form.
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct ModalForm {
    pub(in crate::discord) custom_id: String,
    pub(in crate::discord) title: String,
    pub(in crate::discord) components: Vec<FormLabel>,
}

/// A text field of a form, with a label above (`components/reference#label`).
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct FormLabel {
    #[serde(rename = "type")]
    kind: ComponentType,
    label: String,
    component: TextInput,
}

impl FormLabel {
    pub(in crate::discord) fn new(label: String, input: TextInput) -> Self {
        Self {
            kind: ComponentType::LABEL,
            label,
            component: input,
        }
    }
}

/// A text field (`components/reference#text-input`).
#[derive(Clone, Debug, Serialize)]
pub(in crate::discord) struct TextInput {
    #[serde(rename = "type")]
    kind: ComponentType,
    custom_id: String,
    style: TextInputStyle,
    required: bool,
    max_length: usize,
}

impl TextInput {
    /// A field for several lines. `max_length` is in characters.
    pub(in crate::discord) fn paragraph(
        custom_id: String,
        required: bool,
        max_length: usize,
    ) -> Self {
        Self {
            kind: ComponentType::TEXT_INPUT,
            custom_id,
            style: TextInputStyle::PARAGRAPH,
            required,
            max_length,
        }
    }
}
