//! A chat of numbered messages. Every third message is Baton's, and a page has two messages.

use async_trait::async_trait;
use baton_core::message::Author;

use super::*;
use crate::connector::{HistoryPage, HistoryReader, PlatformTime, RequestFailure, Sender};

struct NumberedChat {
    /// The number of the newest message; the first message is number 1.
    newest: u64,
    /// The refusal of each request for a page before this message.
    refusal: Option<(u64, Refusal)>,
}

fn number_of(text: &str) -> u64 {
    text.parse().unwrap()
}

fn message(number: u64) -> IncomingMessage {
    IncomingMessage::Readable(Box::new(ReadableMessage {
        id: number.to_string().into(),
        chat: "chat".into(),
        position: number.to_string().into(),
        workspace: None,
        is_direct: false,
        sender: Sender {
            author: Author {
                id: "somebody".into(),
                name: String::new(),
            },
            is_us: number.is_multiple_of(3),
            is_bot: false,
            roles: None,
        },
        is_from_person: true,
        mentions_us: false,
        is_silent: false,
        text: String::new(),
        actions: Vec::new(),
        files: Vec::new(),
        reply_to: None,
        sent_at: None,
        edited_at: None,
    }))
}

#[async_trait]
impl ChatHistory for NumberedChat {
    fn compare(&self, one: &Position, other: &Position) -> Ordering {
        number_of(one.as_str()).cmp(&number_of(other.as_str()))
    }

    fn parse_position(&self, _stored: &str) -> Option<Position> {
        None
    }

    fn beginning(&self) -> Position {
        "0".into()
    }

    fn position_before(&self, position: &Position) -> Position {
        position.clone()
    }

    fn position_of(&self, message: &ExternalId) -> Option<Position> {
        Some(message.as_str().into())
    }

    fn position_at(&self, _time: PlatformTime) -> Option<Position> {
        None
    }

    fn read(&self, _chat: &ChatId) -> Box<dyn HistoryReader + '_> {
        Box::new(self)
    }

    async fn fetch_message(
        &self,
        _chat: &ChatId,
        message: &ExternalId,
    ) -> Result<IncomingMessage, ConnectorError> {
        Ok(self::message(number_of(message.as_str())))
    }
}

#[async_trait]
impl HistoryReader for &NumberedChat {
    async fn fetch_page(&mut self, from: PageStart) -> Result<HistoryPage, ConnectorError> {
        let before = match from {
            PageStart::Before(Some(position)) => number_of(position.as_str()),
            _ => self.newest + 1,
        };
        match self.refusal {
            Some((limit, refusal)) if before <= limit => {
                let failure = RequestFailure::Refused(refusal);
                Err(ConnectorError::new(failure, "refused"))
            }
            _ => {
                let first = before.saturating_sub(2).max(1);
                Ok(HistoryPage {
                    messages: (first..before).map(message).collect(),
                    more: first > 1,
                })
            }
        }
    }
}

/// The numbers of the found messages, and whether the search is complete.
async fn search(newest: u64, refusal: Option<(u64, Refusal)>, answered: u64) -> (bool, Vec<u64>) {
    let chat = NumberedChat { newest, refusal };
    let answered = ExternalId::from(answered.to_string());
    let search = search_history(&chat, &"chat".into(), &answered).await;
    let search = search.unwrap();
    let is_complete = matches!(search, OwnMessageSearch::Complete(_));
    let found = search.into_found();
    let numbers = found.iter().map(|it| number_of(it.id.as_str()));
    (is_complete, numbers.collect())
}

#[tokio::test]
async fn a_search_up_to_the_answered_message_is_complete() {
    assert_eq!(search(10, None, 3).await, (true, vec![6, 9]));
    assert_eq!(search(10, None, 4).await, (true, vec![6, 9]));
    assert_eq!(search(2, None, 1).await, (true, Vec::new()));
}

#[tokio::test]
async fn a_search_that_ends_too_early_cannot_tell() {
    let all: Vec<u64> = (30..=49).filter(|it| it % 3 == 0).collect();
    assert_eq!(search(49, None, 1).await, (false, all));
    let hidden = Some((8, Refusal::Other));
    assert_eq!(search(10, hidden, 1).await, (false, vec![9]));
}

#[tokio::test]
async fn a_chat_that_does_not_exist_has_no_message() {
    let none = Some((u64::MAX, Refusal::NoSuchChat));
    assert_eq!(search(10, none, 1).await, (true, Vec::new()));
}
