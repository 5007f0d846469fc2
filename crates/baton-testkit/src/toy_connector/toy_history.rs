//! The past messages of the toy platform, for the connector.

use std::cmp::Ordering;

use async_trait::async_trait;
use baton_chat::connector::{
    ChatHistory, ChatId, ConnectorError, EditedButtons, HistoryPage, HistoryReader,
    IncomingMessage, MessageEdit, OwnRevisions, PageStart, PlatformTime, Position, Refusal,
    Urgency,
};
use baton_core::name::ExternalId;

use super::toy_platform::ToyPlatform;
use super::{ToyConnector, incoming, no_such_message, number_of, refused};

/// The messages of one page. Few, so that a small test has several pages.
const PAGE: usize = 2;

impl ToyPlatform {
    /// One page, after a request that may have to wait.
    async fn page(&self, chat: &ChatId, from: PageStart) -> Result<HistoryPage, ConnectorError> {
        self.modify(|state| state.pages += 1);
        let mut changes = self.state.subscribe();
        let released = changes.wait_for(|state| !state.held.contains(chat)).await;
        let state = released.expect("the platform outlives the request");
        if state.hidden.contains(chat) {
            return Err(refused(Refusal::Other));
        }
        let all = state.chats.get(chat).map(Vec::as_slice).unwrap_or_default();
        let (after, before) = match &from {
            PageStart::After(position) => (number_at(position), all.len()),
            PageStart::Newest => (all.len().saturating_sub(1), all.len()),
            PageStart::Before(Some(position)) => (0, number_at(position).saturating_sub(1)),
            PageStart::Before(None) => (0, all.len()),
        };
        let there = all.iter().enumerate().take(before).skip(after);
        let there = there.filter(|(_, message)| message.text.is_some());
        let mut messages: Vec<IncomingMessage> = there
            .map(|(index, message)| incoming(chat, index + 1, message))
            .collect();
        let more = messages.len() > PAGE;
        if matches!(from, PageStart::Before(_)) {
            messages.drain(..messages.len().saturating_sub(PAGE));
        }
        messages.truncate(PAGE);
        Ok(HistoryPage { messages, more })
    }
}

fn number_at(position: &Position) -> usize {
    position.as_str().parse().unwrap_or_default()
}

fn position(number: usize) -> Position {
    number.to_string().into()
}

struct ToyPages {
    platform: ToyPlatform,
    chat: ChatId,
}

#[async_trait]
impl HistoryReader for ToyPages {
    async fn fetch_page(&mut self, from: PageStart) -> Result<HistoryPage, ConnectorError> {
        self.platform.page(&self.chat, from).await
    }
}

#[async_trait]
impl ChatHistory for ToyConnector {
    fn compare(&self, one: &Position, other: &Position) -> Ordering {
        number_at(one).cmp(&number_at(other))
    }

    fn parse_position(&self, stored: &str) -> Option<Position> {
        stored.parse().ok().map(position)
    }

    fn beginning(&self) -> Position {
        position(0)
    }

    fn position_before(&self, before: &Position) -> Position {
        position(number_at(before).saturating_sub(1))
    }

    fn position_of(&self, message: &ExternalId) -> Option<Position> {
        Some(position(number_of(message)))
    }

    fn position_at(&self, _time: PlatformTime) -> Option<Position> {
        None
    }

    fn read(&self, chat: &ChatId) -> Box<dyn HistoryReader + '_> {
        Box::new(ToyPages {
            platform: self.platform.clone(),
            chat: chat.clone(),
        })
    }

    async fn fetch_message(
        &self,
        chat: &ChatId,
        message: &ExternalId,
    ) -> Result<IncomingMessage, ConnectorError> {
        let number = number_of(message);
        self.platform.modify(|state| {
            let found = state.message(chat, number).ok_or_else(no_such_message)?;
            Ok(incoming(chat, number, found))
        })
    }
}

#[async_trait]
impl OwnRevisions for ToyConnector {
    async fn edit(
        &self,
        chat: &ChatId,
        message: &ExternalId,
        edit: &MessageEdit,
        _urgency: Urgency,
    ) -> Result<(), ConnectorError> {
        super::check_length(&edit.text)?;
        self.platform.modify(|state| {
            super::check_move(state, chat)?;
            let found = state.message(chat, number_of(message));
            let found = found.filter(|found| found.is_ours);
            let found = found.ok_or_else(no_such_message)?;
            found.text = Some(edit.text.clone());
            found.is_edited = true;
            if edit.buttons != EditedButtons::Kept {
                found.buttons.clear();
            }
            Ok(())
        })
    }

    async fn delete(&self, chat: &ChatId, message: &ExternalId) -> Result<(), ConnectorError> {
        self.platform.modify(|state| {
            let found = state.message(chat, number_of(message));
            let found = found.filter(|found| found.is_ours);
            found.ok_or_else(no_such_message)?.text = None;
            Ok(())
        })
    }
}
