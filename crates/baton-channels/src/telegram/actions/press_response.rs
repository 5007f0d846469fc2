//! The answer to a press on a button: a short text over the chat, or a message for a long answer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{
    ActionAnswer, ActionForm, ActionResponder, AnswerTimeLimits, ConnectorError, FirstAnswer,
    Urgency,
};

use super::command_response::{no_forms, send_answer};
use super::form_prompt::{self, AskedPerson};
use crate::telegram::bot_api::{BotApiError, CallbackAnswer, EphemeralAudience, SendOptions};
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::send_budget::send_priority::SendPriority;
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::telegram_markdown::{FORMAT, FormattedText};
use crate::telegram::telegram_sizes;

/// Telegram does not say when a press becomes too old for an answer. After this time, the mark of waiting on the button is
/// gone.
const TIME_LIMITS: AnswerTimeLimits = AnswerTimeLimits {
    first: Duration::from_secs(30),
    later: Duration::from_mins(15),
};

/// Shown over the chat for an answer that only one person may see, where Telegram has no such messages.
const TOO_LONG: &str = "The answer is too long for this chat. Baton's web page has the details.";

/// Shown over the chat if Telegram refuses the question for the text of a person.
const NO_PROMPT: &str =
    "Telegram does not let this bot ask you for a text here. Please answer on Baton's web page.";

/// Answers one press.
pub(crate) struct PressResponder {
    pub(crate) account: Arc<TelegramAccount>,
    /// The chat; `None` if unreadable.
    pub(crate) address: Option<ChatAddress>,
    /// Telegram's id of the press.
    pub(crate) press: String,
    /// The number of the message with the button.
    pub(crate) card: Option<i64>,
    /// The person; `None` if unreadable.
    pub(crate) person: Option<AskedPerson>,
    /// The number of the person, if the chat has other people too.
    pub(crate) only_for: Option<i64>,
}

#[async_trait]
impl ActionResponder for PressResponder {
    fn action_id(&self) -> String {
        format!("press {}", self.press)
    }

    fn time_limits(&self) -> AnswerTimeLimits {
        TIME_LIMITS
    }

    async fn answer_first(&self, first: &FirstAnswer) -> Result<(), ConnectorError> {
        match first {
            FirstAnswer::Message(answer) => self.follow_up(answer).await,
            FirstAnswer::Form(form) => self.ask_for_reply(form).await,
            // Telegram shows a mark of waiting on the button until the answer.
            FirstAnswer::Announcement => Ok(()),
        }
    }

    async fn follow_up(&self, answer: &ActionAnswer) -> Result<(), ConnectorError> {
        let text = FormattedText::from_dialect(&(FORMAT.render)(&answer.text)).text;
        let is_short = text.chars().count() <= telegram_sizes::PRESS_ANSWER;
        if is_short && answer.buttons.is_empty() && answer.file.is_none() {
            return self.show_over_chat(Some(text)).await;
        }
        let sent = self.send_message(answer).await;
        match (&sent, self.only_for) {
            // Nobody else may see the answer, so no other message can replace this one.
            (Err(error), Some(_)) if error.is_refused() => {
                self.show_over_chat(Some(TOO_LONG.to_owned())).await
            }
            (Err(_), _) => sent,
            (Ok(()), _) => self.show_over_chat(None).await,
        }
    }
}

impl PressResponder {
    /// Asks for a reply in place of a form.
    async fn ask_for_reply(&self, form: &ActionForm) -> Result<(), ConnectorError> {
        let (Some(address), Some(person)) = (self.address, &self.person) else {
            return Err(no_forms());
        };
        let sent = form_prompt::send_prompt(&self.account, address, self.card, person, form).await;
        match sent {
            Err(error) if error.is_refused() => {
                tracing::warn!(%address, %error, "Telegram refused a question to a person");
                self.show_over_chat(Some(NO_PROMPT.to_owned())).await
            }
            Err(error) => Err(error),
            Ok(()) => self.show_over_chat(None).await,
        }
    }

    /// Ends the mark of waiting, with a text over the chat.
    async fn show_over_chat(&self, text: Option<String>) -> Result<(), ConnectorError> {
        let text = text.filter(|text| !text.trim().is_empty());
        let answer = CallbackAnswer {
            callback_query_id: &self.press,
            show_alert: text.is_some(),
            text,
        };
        let answered = self.account.api.answer_press(&answer);
        match self.account.make_uncounted(answered).await {
            // The press is over, and nothing waits for the answer any more.
            Err(BotApiError::Refused(refusal)) if refusal.is_late_answer() => Ok(()),
            done => Ok(done?),
        }
    }

    async fn send_message(&self, answer: &ActionAnswer) -> Result<(), ConnectorError> {
        let Some(address) = self.address else {
            return Ok(());
        };
        let options = SendOptions {
            ephemeral_message_parameters: self.only_for.map(|person| EphemeralAudience {
                receiver_user_id: person,
                callback_query_id: Some(self.press.clone()),
            }),
            ..SendOptions::to_chat(address)
        };
        let (account, chat) = (&self.account, address.chat);
        let sent = send_answer(account, options, answer);
        let sent = account.spend_turn(chat, SendPriority::Reply, Urgency::CanWait, sent);
        sent.await??;
        Ok(())
    }
}
