//! A chat of numbered messages. Every third message is Baton's, and a page has two messages.

use async_trait::async_trait;
use baton_core::message::Author;

use super::*;
use crate::connector::{
    HistoryPage, HistoryReader, PlatformTime, RequestFailure, Sender, UnreadableMessage,
};

struct NumberedChat {
    /// The number of the newest message; the first message is number 1.
    newest: u64,
    /// The refusal of each request for a page before this message.
    refusal: Option<(u64, Refusal)>,
    /// The number of an unreadable message.
    unreadable: Option<u64>,
}

impl NumberedChat {
    fn show(&self, number: u64) -> IncomingMessage {
        let message = message(number);
        match message.into_readable() {
            Some(message) if self.unreadable == Some(number) => {
                let reason = "odd".to_owned();
                let message = UnreadableMessage::from_readable(&message, reason);
                IncomingMessage::Unreadable(Box::new(message))
            }
            _ => self::message(number),
        }
    }
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
        button_names: Vec::new(),
        files: Vec::new(),
        reply_to: None,
        sent_at: None,
        edited_at: None,
        part_ids: Vec::new(),
        is_joined: false,
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
                    messages: (first..before).map(|it| self.show(it)).collect(),
                    more: first > 1,
                })
            }
        }
    }
}

/// Whether the search is complete, and the numbers of the found messages.
async fn search(newest: u64, refusal: Option<(u64, Refusal)>, answered: u64) -> (bool, Vec<u64>) {
    let unreadable = None;
    let chat = NumberedChat {
        newest,
        refusal,
        unreadable,
    };
    search_in(&chat, answered, true).await
}

async fn search_in(chat: &NumberedChat, answered: u64, has_answered: bool) -> (bool, Vec<u64>) {
    let answered = ExternalId::from(answered.to_string());
    let search = search_history(chat, &"chat".into(), Some(&answered), has_answered).await;
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

#[tokio::test]
async fn an_unreadable_message_leaves_a_doubt_only_if_baton_may_have_sent_it() {
    let with = |number| NumberedChat {
        newest: 10,
        refusal: None,
        unreadable: Some(number),
    };
    assert_eq!(search_in(&with(9), 5, true).await, (false, vec![6]));
    assert_eq!(search_in(&with(8), 5, true).await, (true, vec![6, 9]));
    assert_eq!(search_in(&with(3), 5, true).await, (true, vec![6, 9]));
}

#[tokio::test]
async fn an_empty_chat_is_in_doubt_unless_it_is_a_new_thread() {
    let empty = NumberedChat {
        newest: 0,
        refusal: None,
        unreadable: None,
    };
    assert_eq!(search_in(&empty, 5, true).await, (false, vec![]));
    assert_eq!(search_in(&empty, 5, false).await, (true, vec![]));
}
