//! The past messages of channels. A position is the id of the last message before it.

use std::cmp::Ordering;

use async_trait::async_trait;
use baton_chat::connector::{
    ChatHistory, ChatId, ConnectorError, HistoryPage, HistoryReader, IncomingMessage, PageStart,
    PlatformTime, Position,
};
use baton_core::name::ExternalId;

use super::discord_account::DiscordAccount;
use super::discord_connector::DiscordConnector;
use super::discord_id::{Id, parse_id};
use super::message_conversion::convert_message;
use super::message_pages::MessagePages;
use super::rest::PagePosition;

#[async_trait]
impl ChatHistory for DiscordConnector {
    /// A later message has a greater id.
    fn compare(&self, one: &Position, other: &Position) -> Ordering {
        number_of(one).cmp(&number_of(other))
    }

    fn parse_position(&self, stored: &str) -> Option<Position> {
        parse_id(stored).ok().map(Into::into)
    }

    fn beginning(&self) -> Position {
        BEGINNING.into()
    }

    fn position_before(&self, position: &Position) -> Position {
        Id(number_of(position).saturating_sub(1)).into()
    }

    fn position_of(&self, message: &ExternalId) -> Option<Position> {
        parse_id(message.as_str()).ok().map(Into::into)
    }

    fn position_at(&self, time: PlatformTime) -> Option<Position> {
        Id::first_created_at(time.0).map(Into::into)
    }

    fn read(&self, chat: &ChatId) -> Box<dyn HistoryReader + '_> {
        let channel = parse_id(chat.as_str());
        Box::new(ChannelReader {
            account: &self.account,
            pages: channel.map(|channel| MessagePages::new(&self.account.rest, channel)),
        })
    }

    async fn fetch_message(
        &self,
        chat: &ChatId,
        message: &ExternalId,
    ) -> Result<IncomingMessage, ConnectorError> {
        let (channel, id) = (parse_id(chat.as_str())?, parse_id(message.as_str())?);
        let account = &self.account;
        let message = account.rest.fetch_message(channel, id).await?;
        let us = account.wait_for_ids().await.user;
        Ok(convert_message(account, us, &message))
    }
}

/// The position before every message.
const BEGINNING: Id = Id(1);

/// The number of a position. An unreadable position comes before all messages.
fn number_of(position: &Position) -> u64 {
    position.as_str().parse().unwrap_or_default()
}

/// Reads one channel page by page. The number of messages per request stays the same from page to page.
struct ChannelReader<'a> {
    account: &'a DiscordAccount,
    /// An error if the chat has no id of Discord.
    pages: Result<MessagePages<'a>, ConnectorError>,
}

#[async_trait]
impl HistoryReader for ChannelReader<'_> {
    async fn fetch_page(&mut self, from: PageStart) -> Result<HistoryPage, ConnectorError> {
        let pages = self.pages.as_mut().map_err(|error| error.clone())?;
        let id = |position| Id(number_of(&position));
        let page = match from {
            PageStart::After(it) => pages.fetch_page(PagePosition::After(id(it))).await?,
            PageStart::Before(Some(it)) => pages.fetch_page(PagePosition::Before(id(it))).await?,
            PageStart::Before(None) => pages.fetch_page(PagePosition::Newest).await?,
            PageStart::Newest => pages.fetch_newest().await?,
        };
        let us = self.account.wait_for_ids().await.user;
        let messages = page.messages.iter();
        let messages = messages.map(|message| convert_message(self.account, us, message));
        Ok(HistoryPage {
            messages: messages.collect(),
            more: page.more,
        })
    }
}
