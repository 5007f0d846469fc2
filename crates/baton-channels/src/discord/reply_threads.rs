//! Creates threads for the answers to a message, and reopens archived threads.

use async_trait::async_trait;
use baton_chat::connector::{ChatId, ConnectorError, Threads};
use baton_core::name::ExternalId;

use super::discord_connector::DiscordConnector;
use super::discord_id::parse_id;
use super::discord_sizes;
use super::rest::{RestError, code};
use super::wire::WireMessage;

#[async_trait]
impl Threads for DiscordConnector {
    /// A thread has the id of its message.
    fn thread_of(&self, _chat: &ChatId, message: &ExternalId) -> ChatId {
        message.as_str().into()
    }

    async fn create(&self, chat: &ChatId, message: &ExternalId) -> Result<(), ConnectorError> {
        let (channel, message) = (parse_id(chat.as_str())?, parse_id(message.as_str())?);
        let rest = &self.account.rest;
        let content = match rest.fetch_message(channel, message).await {
            Ok(WireMessage::Readable(asked)) => asked.content,
            Ok(WireMessage::Unreadable(asked)) => asked.read_field("content").unwrap_or_default(),
            Err(_) => String::new(),
        };
        let name = thread_name(&content);
        let name = if name.is_empty() { "Baton" } else { &name };
        let made = rest.create_thread_from_message(channel, message, name);
        match made.await {
            Err(RestError::Refused(refusal)) if refusal.code == code::HAS_THREAD => Ok(()),
            made => Ok(made?),
        }
    }

    /// Usually Discord reopens a thread for a new message without this request.
    async fn reopen(&self, thread: &ChatId) -> Result<(), ConnectorError> {
        let thread = parse_id(thread.as_str())?;
        Ok(self.account.rest.reopen_thread(thread).await?)
    }
}

/// The name of a thread: the first line of the message, without mentions.
fn thread_name(content: &str) -> String {
    let line = content.lines().next().unwrap_or_default();
    let words = line.split_whitespace();
    let words: Vec<_> = words.filter(|word| !word.starts_with("<@")).collect();
    words
        .join(" ")
        .chars()
        .take(discord_sizes::THREAD_NAME)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_named_after_what_was_asked() {
        assert_eq!(thread_name("<@5> what is  this?\nmore"), "what is this?");
        assert_eq!(
            thread_name(&"x".repeat(500)).chars().count(),
            discord_sizes::THREAD_NAME
        );
    }
}
