//! The bodies of requests, with Telegram's names for the fields: <https://core.telegram.org/bots/api>.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Keyboard, ReplyMarkup};
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::telegram_markdown::TextEntity;

/// The fields that all requests for new messages share.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct SendOptions {
    pub(crate) chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_thread_id: Option<i64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) disable_notification: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_parameters: Option<QuotedMessage>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_markup: Option<ReplyMarkup>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ephemeral_message_parameters: Option<EphemeralAudience>,
}

impl SendOptions {
    /// A message to this chat or topic.
    pub(crate) fn to_chat(address: ChatAddress) -> Self {
        Self {
            chat_id: address.chat,
            message_thread_id: address.topic,
            ..Self::default()
        }
    }
}

/// The message to reply to.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct QuotedMessage {
    pub(crate) message_id: i64,
}

/// The one person in a group who sees the message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EphemeralAudience {
    pub(crate) receiver_user_id: i64,
    /// The press that the message answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) callback_query_id: Option<String>,
}

/// The rule that no link in a text gets a preview.
#[derive(Clone, Copy, Debug, Serialize)]
struct LinkPreviews {
    is_disabled: bool,
}

const NO_PREVIEWS: LinkPreviews = LinkPreviews { is_disabled: true };

/// A new message with a text.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TextBody {
    #[serde(flatten)]
    options: SendOptions,
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entities: Vec<TextEntity>,
    link_preview_options: LinkPreviews,
}

impl TextBody {
    pub(crate) fn new(options: SendOptions, text: String, entities: Vec<TextEntity>) -> Self {
        Self {
            options,
            text,
            entities,
            link_preview_options: NO_PREVIEWS,
        }
    }
}

/// A new rich message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RichText {
    #[serde(flatten)]
    options: SendOptions,
    rich_message: Value,
}

impl RichText {
    pub(crate) fn new(options: SendOptions, markdown: &str) -> Self {
        Self {
            options,
            rich_message: json!({ "markdown": markdown }),
        }
    }
}

/// The new text of a sent message. An edit without buttons removes all buttons.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct EditBody {
    chat_id: i64,
    message_id: i64,
    text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entities: Vec<TextEntity>,
    link_preview_options: LinkPreviews,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Keyboard>,
}

impl EditBody {
    pub(crate) fn new(
        chat_id: i64,
        message_id: i64,
        text: String,
        entities: Vec<TextEntity>,
    ) -> Self {
        Self {
            chat_id,
            message_id,
            text,
            entities,
            link_preview_options: NO_PREVIEWS,
            reply_markup: None,
        }
    }

    /// The edit with these buttons below the new text.
    pub(crate) fn with_buttons(self, buttons: Option<Keyboard>) -> Self {
        Self {
            reply_markup: buttons,
            ..self
        }
    }
}

/// A message with one file. The request has the content of the file under the name of the kind.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FileBody {
    #[serde(flatten)]
    pub(crate) options: SendOptions,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) caption: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) caption_entities: Vec<TextEntity>,
}

/// A message with several files. Telegram makes one message for each file.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct MediaGroupBody {
    #[serde(flatten)]
    options: SendOptions,
    media: Vec<Value>,
}

impl MediaGroupBody {
    /// A group of `count` documents. The caption stands below the last one.
    pub(crate) fn of_documents(
        options: SendOptions,
        count: usize,
        caption: &str,
        entities: &[TextEntity],
    ) -> Self {
        let documents = (0..count).map(|number| {
            let mut document =
                json!({ "type": "document", "media": format!("attach://file{number}") });
            if number + 1 == count && !caption.is_empty() {
                document["caption"] = caption.into();
                document["caption_entities"] = json!(entities);
            }
            document
        });
        Self {
            media: documents.collect(),
            options,
        }
    }
}

/// The answer to a press on a button. The answer ends the press's waiting mark.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CallbackAnswer<'a> {
    pub(crate) callback_query_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<String>,
    /// Whether the text stays until the person closes the text.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) show_alert: bool,
}

/// The commands in the menu of one kind of chat.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CommandMenu {
    pub(crate) commands: Vec<MenuCommand>,
    #[serde(flatten)]
    pub(crate) address: MenuAddress,
}

/// The people who see a menu.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct MenuAddress {
    pub(crate) scope: MenuScope,
    /// The language of the people, in two letters; `None` for all languages without a menu.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language_code: Option<&'static str>,
}

/// A command in a menu.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MenuCommand {
    pub(crate) command: String,
    pub(crate) description: String,
}

/// The chats in which Telegram shows a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "type")]
pub(crate) enum MenuScope {
    #[serde(rename = "all_private_chats")]
    PrivateChats,
    #[serde(rename = "all_group_chats")]
    GroupChats,
    #[serde(rename = "all_chat_administrators")]
    ChatAdministrators,
}
