//! The bodies of first answers to interactions, with Discord's names for the fields:
//! <https://docs.discord.com/developers/interactions/receiving-and-responding>.

use baton_chat::connector::{ActionForm, FormField};
use serde::Serialize;
use serde_json::{Value, json};

use super::message_requests::MessageBody;
use crate::discord::discord_sizes;
use crate::discord::type_numbers::{CallbackType, ComponentType, MessageFlags, TextInputStyle};

/// The first answer to an interaction.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct InteractionCallback {
    #[serde(rename = "type")]
    kind: CallbackType,
    data: Value,
}

impl InteractionCallback {
    /// A message without files.
    pub(crate) fn message(message: &MessageBody) -> Self {
        Self {
            kind: CallbackType::CHANNEL_MESSAGE_WITH_SOURCE,
            data: json!(message),
        }
    }

    /// The announcement of a later message with these flags. Discord shows "thinking …".
    pub(crate) fn deferred_message(flags: MessageFlags) -> Self {
        Self {
            kind: CallbackType::DEFERRED_CHANNEL_MESSAGE_WITH_SOURCE,
            data: json!({ "flags": flags }),
        }
    }

    /// A form to fill in. Discord sends `custom_id` with the filled form.
    pub(crate) fn modal(form: &ActionForm) -> Self {
        let fields = form.fields.iter().enumerate().map(render_field);
        Self {
            kind: CallbackType::MODAL,
            data: json!({
                "custom_id": form.name,
                "title": form.title,
                "components": fields.collect::<Vec<_>>(),
            }),
        }
    }
}

/// A text field of a form, with a label above (`components/reference#label` and `#text-input`).
fn render_field((number, field): (usize, &FormField)) -> Value {
    let label: String = field.label.chars().take(discord_sizes::FIELD).collect();
    let input = json!({
        "type": ComponentType::TEXT_INPUT,
        "custom_id": number.to_string(),
        "style": TextInputStyle::PARAGRAPH,
        "required": field.required,
        "max_length": field.longest.min(discord_sizes::FIELD_TEXT),
    });
    json!({ "type": ComponentType::LABEL, "label": label, "component": input })
}
