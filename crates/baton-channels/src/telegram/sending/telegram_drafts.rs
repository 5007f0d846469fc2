//! Drafts in private chats: the answer of a running turn, with Telegram's own stop button.
//!
//! The number of a draft is that of its turn. So a late press never stops another turn.

use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{
    Actor, ChatId, ConnectorError, DraftStop, EventSink, TurnDraft, TurnDrafts, Urgency,
};
use baton_core::id::TurnId;
use baton_core::message::Author;

use crate::telegram::bot_api::{BotApiError, BotApiResult, DraftOptions, RichDraft, TextDraft};
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::send_budget::send_priority::SendPriority;
use crate::telegram::telegram_account::convert_error;
use crate::telegram::telegram_connector::TelegramConnector;
use crate::telegram::telegram_markdown::{FormattedText, fits_rich_message, repair_rich_piece};
use crate::telegram::telegram_settings::Rendering;

/// The time for which Telegram shows a draft (`sendMessageDraft`).
const SHOWN: Duration = Duration::from_secs(30);

/// The shortest time between two drafts of one turn. Telegram permits one message a second in a private chat, and drafts
/// count.
const PAUSE: Duration = Duration::from_secs(1);

#[async_trait]
impl TurnDrafts for TelegramConnector {
    /// Telegram refuses drafts in groups (`TEXTDRAFT_PEER_INVALID`).
    fn can_draft_in(&self, chat: &ChatId) -> bool {
        ChatAddress::parse_chat(chat).is_ok_and(ChatAddress::is_private)
    }

    fn shown_for(&self) -> Duration {
        SHOWN
    }

    fn pause(&self) -> Duration {
        PAUSE
    }

    async fn show_draft(&self, chat: &ChatId, draft: &TurnDraft) -> Result<(), ConnectorError> {
        let address = ChatAddress::parse_chat(chat)?;
        let shown = self.show_in_forms(address, draft);
        let (priority, urgency) = (SendPriority::Draft, Urgency::NowOrNever);
        let account = &self.account;
        let shown = account.spend_turn(address.chat, priority, urgency, shown);
        let shown = shown.await?;
        shown.map_err(|error| convert_error(address.chat, error))
    }
}

impl TelegramConnector {
    /// Shows a draft in the form of the replies: rich if the settings say so, then with entities, then plain.
    async fn show_in_forms(&self, address: ChatAddress, draft: &TurnDraft) -> BotApiResult {
        let api = &self.account.api;
        let TurnDraft { turn, text } = draft;
        let options = DraftOptions::stoppable(address, turn.0, !text.is_empty());
        let rich = repair_rich_piece(text);
        let may_be_rich = !text.trim().is_empty() && fits_rich_message(&rich);
        if self.account.settings.rendering == Rendering::Rich && may_be_rich {
            let rich = RichDraft::new(options.clone(), &rich);
            match api.show_rich_draft(&rich).await {
                Err(error) if is_about_form(&error) => {
                    tracing::debug!(%error, "a rich draft is shown in a simpler form");
                }
                done => return done,
            }
        }
        let FormattedText { text, entities } = FormattedText::from_dialect(text);
        let has_entities = !entities.is_empty();
        let mut draft = TextDraft {
            options,
            text,
            entities,
        };
        match api.show_text_draft(&draft).await {
            Err(error) if has_entities && is_about_form(&error) => {
                tracing::debug!(%error, "a draft is shown without bold text, code and links");
                draft.entities.clear();
                api.show_text_draft(&draft).await
            }
            done => done,
        }
    }
}

fn is_about_form(error: &BotApiError) -> bool {
    matches!(error, BotApiError::Refused(refusal) if refusal.is_about_form())
}

/// Passes a press on the stop button to the chat layer. The update names no person. In a private chat, the number of the
/// chat is that of its person.
pub(crate) fn pass_stop(events: &dyn EventSink, chat: ChatAddress, draft: i64) {
    if !chat.is_private() {
        tracing::warn!(%chat, draft, "a press on a stop button in a group is ignored, because Telegram does not tell who pressed");
        return;
    }
    let person = chat.chat.to_string();
    events.stop_draft(DraftStop {
        chat: chat.into(),
        turn: TurnId(draft),
        actor: Actor {
            author: Author {
                id: person.as_str().into(),
                name: person,
            },
            is_us: false,
            is_bot: false,
            roles: Vec::new(),
            is_moderator: true,
            is_administrator: true,
        },
    });
}
