//! The addresses of chats, topics and messages.

use std::fmt;
use std::str::FromStr;

use baton_chat::connector::{ChatId, ConnectorError, Position, Refusal, RequestFailure};
use baton_config::WrittenId;
use baton_core::name::ExternalId;

use super::telegram_id::{TelegramId, parse_number};

/// The number that links show for the General topic of a group. The Bot API wants no number there.
const GENERAL_TOPIC: i64 = 1;

/// A chat, or a topic of a chat. The General topic of a group is the chat without a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChatAddress {
    /// The number of the chat. Only private chats have positive numbers.
    pub chat: i64,
    /// The number of the topic.
    pub topic: Option<i64>,
}

/// The text is not the address of a chat or topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a chat of Telegram; write the number of the chat such as -1001234567890, with /7 after the number for topic 7"
)]
pub struct NotAChatAddress;

impl ChatAddress {
    /// The chat, or the topic of the chat.
    pub fn new(chat: i64, topic: Option<i64>) -> Self {
        let is_general = |topic: i64| topic == GENERAL_TOPIC && chat < 0;
        Self {
            chat,
            topic: topic.filter(|topic| *topic > 0 && !is_general(*topic)),
        }
    }

    /// The chat without the topic.
    pub(super) fn whole_chat(self) -> Self {
        Self::new(self.chat, None)
    }

    /// Whether the chat is a private chat.
    pub(super) fn is_private(self) -> bool {
        self.chat > 0
    }

    /// The address behind an id of the chat layer. An id of another platform is an error.
    pub(super) fn parse_chat(chat: &ChatId) -> Result<Self, ConnectorError> {
        chat.as_str()
            .parse()
            .map_err(|_| refuse_id(chat.as_str(), "chat"))
    }

    /// A message of this chat.
    pub(super) fn message(self, number: i64) -> MessageAddress {
        MessageAddress {
            chat: self.chat,
            number,
        }
    }
}

impl fmt::Display for ChatAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.topic {
            Some(topic) => write!(f, "{}/{topic}", self.chat),
            None => self.chat.fmt(f),
        }
    }
}

impl FromStr for ChatAddress {
    type Err = NotAChatAddress;

    fn from_str(text: &str) -> Result<Self, NotAChatAddress> {
        let (chat, topic) = match text.split_once('/') {
            Some((chat, topic)) => {
                let topic = parse_number(topic).filter(|topic| *topic > 0);
                (chat, Some(topic.ok_or(NotAChatAddress)?))
            }
            None => (text, None),
        };
        let TelegramId(chat) = chat.parse().map_err(|_| NotAChatAddress)?;
        Ok(Self::new(chat, topic))
    }
}

impl From<ChatAddress> for ChatId {
    fn from(address: ChatAddress) -> Self {
        address.to_string().into()
    }
}

/// A table of places names chats and topics. The number of a person is an address too.
impl WrittenId for ChatAddress {
    const PERSON_HINT: &'static str = TelegramId::PERSON_HINT;
}

/// A message of a chat. Each chat has its own numbers of messages, which all its topics share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct MessageAddress {
    /// The number of the chat.
    pub(super) chat: i64,
    /// The number of the message.
    pub(super) number: i64,
}

impl MessageAddress {
    /// The message behind an id of the chat layer. An id of another platform, and the id of an ephemeral message,
    /// are errors.
    pub(super) fn parse_message(id: &ExternalId) -> Result<Self, ConnectorError> {
        let (chat, number) = (parse_number(id.space()), parse_number(id.as_str()));
        match (chat, number) {
            (Some(chat), Some(number)) if chat != 0 && number > 0 => Ok(Self { chat, number }),
            _ => Err(refuse_id(&format!("{}/{id}", id.space()), "message")),
        }
    }

    /// The position after the message.
    pub(super) fn position(self) -> Position {
        self.number.to_string().into()
    }
}

impl From<MessageAddress> for ExternalId {
    fn from(message: MessageAddress) -> Self {
        Self::within(&message.chat.to_string(), &message.number.to_string())
    }
}

/// The id of an ephemeral message, which has no number of its own in the chat. `counterpart` is the person behind
/// the message, because each person has separate numbers.
pub(super) fn ephemeral_id(chat: i64, counterpart: &str, number: i64) -> ExternalId {
    let id = format!("ephemeral-{counterpart}-{number}");
    ExternalId::within(&chat.to_string(), &id)
}

fn refuse_id(text: &str, what: &str) -> ConnectorError {
    let failure = RequestFailure::Refused(Refusal::Other);
    ConnectorError::new(failure, format!("{text:?} is not a {what} of Telegram"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_and_read_in_the_same_form() {
        for (text, chat, topic) in [
            ("-1001234567890", -1_001_234_567_890, None),
            ("-1001234567890/7", -1_001_234_567_890, Some(7)),
            ("12345", 12_345, None),
            ("12345/1", 12_345, Some(1)),
        ] {
            let address = ChatAddress::new(chat, topic);
            assert_eq!(text.parse(), Ok(address));
            assert_eq!(address.to_string(), text);
            assert_eq!(ChatAddress::parse_chat(&address.into()).unwrap(), address);
            assert_eq!(address.whole_chat(), ChatAddress::new(chat, None));
        }
    }

    #[test]
    fn the_general_topic_of_a_group_is_the_chat_without_a_topic() {
        let general = "-1001234567890/1".parse::<ChatAddress>().unwrap();
        assert_eq!(general.to_string(), "-1001234567890");
    }

    #[test]
    fn other_texts_are_no_addresses() {
        for text in [
            "", "/", "-100/", "/7", "0", "5/0", "5/-7", "5/7/8", "a", "5 ", "+5",
        ] {
            assert_eq!(text.parse::<ChatAddress>(), Err(NotAChatAddress), "{text}");
            assert!(ChatAddress::parse_chat(&text.into()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_id_of_a_message_names_the_chat_without_the_topic() {
        let message = ChatAddress::new(-100_123, Some(7)).message(42);
        let id = ExternalId::from(message);
        assert_eq!((id.space(), id.as_str()), ("-100123", "42"));
        assert_eq!(message.position().as_str(), "42");
        assert_eq!(MessageAddress::parse_message(&id).unwrap(), message);
        for other in [
            ExternalId::from("42"),
            ExternalId::within("-100123", "0"),
            ephemeral_id(-100_123, "12", 3),
        ] {
            assert!(MessageAddress::parse_message(&other).is_err(), "{other:?}");
        }
    }
}
