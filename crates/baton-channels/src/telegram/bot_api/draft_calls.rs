//! The requests for drafts (`sendMessageDraft`, `sendRichMessageDraft`), with their bodies.

use serde::Serialize;
use serde_json::{Value, json};

use super::{BotApi, BotApiResult};
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::telegram_markdown::TextEntity;

/// The fields that all drafts share.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DraftOptions {
    chat_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_thread_id: Option<i64>,
    /// Never 0.
    draft_id: i64,
    /// Whether people see Telegram's stop button.
    can_stop: bool,
    /// Whether the draft stays after a press on the stop button.
    keep_on_stop: bool,
}

impl DraftOptions {
    /// The draft with this number, with a stop button. A draft without text disappears at a press.
    pub(crate) fn stoppable(address: ChatAddress, draft_id: i64, has_text: bool) -> Self {
        Self {
            chat_id: address.chat,
            message_thread_id: address.topic,
            draft_id,
            can_stop: true,
            keep_on_stop: has_text,
        }
    }
}

/// A draft with a text. Without text, Telegram shows that the bot thinks.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TextDraft {
    #[serde(flatten)]
    pub(crate) options: DraftOptions,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) entities: Vec<TextEntity>,
}

/// A rich draft, which has a text.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RichDraft {
    #[serde(flatten)]
    options: DraftOptions,
    rich_message: Value,
}

impl RichDraft {
    pub(crate) fn new(options: DraftOptions, markdown: &str) -> Self {
        Self {
            options,
            rich_message: json!({ "markdown": markdown }),
        }
    }
}

impl BotApi {
    pub(crate) async fn show_text_draft(&self, draft: &TextDraft) -> BotApiResult {
        self.confirm_success("sendMessageDraft", draft).await
    }

    pub(crate) async fn show_rich_draft(&self, draft: &RichDraft) -> BotApiResult {
        self.confirm_success("sendRichMessageDraft", draft).await
    }
}
