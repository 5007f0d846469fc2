//! The answers to a command. A command is a message, so an answer is a reply to it. In a group, only the person sees the
//! answer, if the server knows such messages.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{
    ActionAnswer, ActionResponder, AnswerTimeLimits, ConnectorError, FirstAnswer, Refusal,
    RequestFailure, Urgency,
};
use baton_chat::text::text_splitting::truncate_text;

use crate::telegram::bot_api::{
    BotApiError, BotApiResult, EphemeralAudience, FileBody, QuotedMessage, ReplyMarkup,
    SendOptions, SentMessage,
};
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::send_budget::send_priority::SendPriority;
use crate::telegram::sending::telegram_sending::send_text;
use crate::telegram::telegram_account::{TelegramAccount, convert_error};
use crate::telegram::telegram_markdown::{FORMAT, FormattedText};
use crate::telegram::telegram_sizes;

/// Telegram has no limits of time for messages, but people stop waiting.
const TIME_LIMITS: AnswerTimeLimits = AnswerTimeLimits {
    first: Duration::from_mins(1),
    later: Duration::from_mins(15),
};

/// Answers one command.
pub(crate) struct CommandResponder {
    pub(crate) account: Arc<TelegramAccount>,
    pub(crate) address: ChatAddress,
    /// The number of the message with the command; `None` if only the person and the bot see this message.
    pub(crate) message: Option<i64>,
    /// The person, if the chat has other people too.
    pub(crate) only_for: Option<i64>,
    /// The priority of the answer within the limits on messages.
    pub(crate) priority: SendPriority,
}

#[async_trait]
impl ActionResponder for CommandResponder {
    fn action_id(&self) -> String {
        format!(
            "{}: message {}",
            self.address,
            self.message.unwrap_or_default()
        )
    }

    fn time_limits(&self) -> AnswerTimeLimits {
        TIME_LIMITS
    }

    async fn answer_first(&self, first: &FirstAnswer) -> Result<(), ConnectorError> {
        match first {
            FirstAnswer::Message(answer) => self.follow_up(answer).await,
            FirstAnswer::Form(_) => Err(no_forms()),
            FirstAnswer::Announcement => Ok(()),
        }
    }

    async fn follow_up(&self, answer: &ActionAnswer) -> Result<(), ConnectorError> {
        let quoted = self.message.map(|message_id| QuotedMessage { message_id });
        match self.send_quoting(answer, quoted).await {
            // People may delete their command before the answer.
            Err(error) if error.refusal() == Some(Refusal::CannotQuote) => {
                self.send_quoting(answer, None).await
            }
            done => done,
        }
    }
}

impl CommandResponder {
    /// Sends the answer as a reply to this message, or without a quote.
    async fn send_quoting(
        &self,
        answer: &ActionAnswer,
        quoted: Option<QuotedMessage>,
    ) -> Result<(), ConnectorError> {
        let options = SendOptions {
            reply_parameters: quoted,
            ..SendOptions::to_chat(self.address)
        };
        let only_for = self.only_for.map(|person| EphemeralAudience {
            receiver_user_id: person,
            callback_query_id: None,
        });
        let answered = async {
            if only_for.is_some() {
                let private = SendOptions {
                    ephemeral_message_parameters: only_for,
                    ..options.clone()
                };
                match send_answer(&self.account, private, answer).await {
                    // An older server, or a chat without such messages.
                    Err(BotApiError::Refused(refusal)) if refusal.is_about_form() => {}
                    done => return done,
                }
            }
            send_answer(&self.account, options, answer).await
        };
        let (account, chat) = (&self.account, self.address.chat);
        let answered = account.spend_turn(chat, self.priority, Urgency::CanWait, answered);
        let answered = answered.await?;
        answered.map_err(|error| convert_error(chat, error))?;
        Ok(())
    }
}

/// Sends an answer as one message, cut to Telegram's limits.
pub(crate) async fn send_answer(
    account: &TelegramAccount,
    options: SendOptions,
    answer: &ActionAnswer,
) -> BotApiResult<SentMessage> {
    let options = SendOptions {
        reply_markup: ReplyMarkup::from_buttons(&answer.buttons),
        ..options
    };
    if let Some(file) = &answer.file {
        let text = render_answer(answer, telegram_sizes::CAPTION.size);
        let FormattedText { text, entities } = FormattedText::from_dialect(&text);
        let message = FileBody {
            options,
            caption: text,
            caption_entities: entities,
        };
        return account.api.send_document(&message, file.clone()).await;
    }
    let text = render_answer(answer, telegram_sizes::MESSAGE.size);
    send_text(account, options, &text).await
}

/// The text of an answer in Telegram's dialect, with its title, cut to `size`.
fn render_answer(answer: &ActionAnswer, size: usize) -> String {
    let text = match &answer.title {
        Some(title) => format!("**{title}**\n\n{}", answer.text),
        None => answer.text.clone(),
    };
    match truncate_text(FORMAT, &text, size) {
        // Telegram refuses a message without a text.
        text if text.trim().is_empty() => "…".to_owned(),
        text => text,
    }
}

pub(crate) fn no_forms() -> ConnectorError {
    let failure = RequestFailure::Refused(Refusal::Other);
    ConnectorError::new(failure, "Telegram has no forms")
}
