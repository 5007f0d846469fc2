//! Topics that Baton creates for the answers to a message. The chat layer makes sure that each conversation has at most
//! one topic, although Telegram can lose the answer to a creation.

use async_trait::async_trait;
use baton_chat::connector::{
    ChatId, ConnectorError, NamedThreads, Refusal, RequestFailure, Urgency,
};

use crate::telegram::bot_api::{BotApiError, BotApiResult};
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::send_budget::send_priority::SendPriority;
use crate::telegram::telegram_account::convert_error;
use crate::telegram::telegram_connector::TelegramConnector;
use crate::telegram::telegram_sizes;

/// The beginning of the numbers of supergroups.
const SUPERGROUP: &str = "-100";

#[async_trait]
impl NamedThreads for TelegramConnector {
    fn longest_name(&self) -> usize {
        telegram_sizes::TOPIC_NAME
    }

    async fn create(&self, chat: &ChatId, name: &str) -> Result<ChatId, ConnectorError> {
        let address = ChatAddress::parse_chat(chat)?;
        let created = self.account.api.create_topic(address.chat, name);
        let created = self.change_topic(address.chat, created).await?;
        let created = created.map_err(|error| convert_error(address.chat, error))?;
        Ok(ChatAddress::new(address.chat, Some(created.message_thread_id)).into())
    }

    async fn rename(&self, thread: &ChatId, name: &str) -> Result<(), ConnectorError> {
        let (chat, topic) = parse_topic(thread)?;
        let renamed = self.account.api.rename_topic(chat, topic, name);
        confirm_change(chat, self.change_topic(chat, renamed).await?)
    }

    /// Only topics of supergroups have addresses. The address has the number of the group without its mark.
    fn link(&self, thread: &ChatId) -> Option<String> {
        let address = ChatAddress::parse_chat(thread).ok()?;
        let (chat, topic) = (address.chat.to_string(), address.topic?);
        let group = chat.strip_prefix(SUPERGROUP)?;
        Some(format!("https://t.me/c/{group}/{topic}"))
    }

    async fn reopen(&self, thread: &ChatId) -> Result<(), ConnectorError> {
        let address = ChatAddress::parse_chat(thread)?;
        // Only General needs no number. Telegram says that General is closed, and Baton opens only topics with a number.
        let topic = address.topic.ok_or_else(|| ConnectorError {
            hint: Some("open General again, then use `baton dead replay`"),
            ..refuse_change("General, the main topic of this group, is closed")
        })?;
        let chat = address.chat;
        let reopened = self.account.api.reopen_topic(chat, topic);
        confirm_change(chat, self.change_topic(chat, reopened).await?)
    }

    async fn close(&self, thread: &ChatId) -> Result<(), ConnectorError> {
        let (chat, topic) = parse_topic(thread)?;
        if ChatAddress::new(chat, None).is_private() {
            return Err(ConnectorError {
                hint: Some("delete the topic with --delete, or leave the topic as it is"),
                ..refuse_change("Telegram cannot close topics of private chats")
            });
        }
        let closed = self.account.api.close_topic(chat, topic);
        confirm_change(chat, self.change_topic(chat, closed).await?)
    }

    async fn delete(&self, thread: &ChatId) -> Result<(), ConnectorError> {
        let (chat, topic) = parse_topic(thread)?;
        let deleted = self.account.api.delete_topic(chat, topic);
        confirm_change(chat, self.change_topic(chat, deleted).await?)
    }
}

impl TelegramConnector {
    /// Makes a request about a topic. Telegram counts such requests like messages.
    async fn change_topic<T>(
        &self,
        chat: i64,
        request: impl Future<Output = BotApiResult<T>>,
    ) -> Result<BotApiResult<T>, ConnectorError> {
        let account = &self.account;
        account
            .spend_turn(chat, SendPriority::Topic, Urgency::CanWait, request)
            .await
    }
}

/// The result of a change. A change without an effect is a success.
fn confirm_change(chat: i64, changed: BotApiResult) -> Result<(), ConnectorError> {
    match changed {
        Err(BotApiError::Refused(refusal)) if refusal.is_unchanged() => Ok(()),
        done => done.map_err(|error| convert_error(chat, error)),
    }
}

/// The numbers of the chat and of the topic.
fn parse_topic(thread: &ChatId) -> Result<(i64, i64), ConnectorError> {
    let address = ChatAddress::parse_chat(thread)?;
    let topic = address.topic.ok_or_else(|| {
        refuse_change("this is no topic: General and chats without topics have no topic to change")
    })?;
    Ok((address.chat, topic))
}

fn refuse_change(message: &str) -> ConnectorError {
    ConnectorError::new(RequestFailure::Refused(Refusal::Other), message)
}
