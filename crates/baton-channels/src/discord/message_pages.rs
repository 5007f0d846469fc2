//! Pages of a channel's messages. Each message is parsed alone.

use baton_chat::http::page_size::{PageSize, RawPage};
use baton_chat::http::unreadable_object::UnreadableObject;
use serde_json::json;

use super::discord_id::Id;
use super::discord_sizes;
use super::rest::{PagePosition, RestClient, RestResult};
use super::wire::WireMessage;

/// One page of messages.
pub(super) struct MessagePage {
    /// Oldest first; messages without a readable id come before all others.
    pub(super) messages: Vec<WireMessage>,
    /// Whether more messages may follow in this direction.
    pub(super) more: bool,
}

/// The pages of one channel.
pub(super) struct MessagePages<'a> {
    rest: &'a RestClient,
    channel: Id,
    size: PageSize,
}

impl<'a> MessagePages<'a> {
    pub(super) fn new(rest: &'a RestClient, channel: Id) -> Self {
        let size = PageSize::new(channel, discord_sizes::PAGE);
        Self {
            rest,
            channel,
            size,
        }
    }

    /// Fetches only the newest message.
    pub(super) async fn fetch_newest(&self) -> RestResult<MessagePage> {
        let size = PageSize::new(self.channel, 1);
        let mut one = Self { size, ..*self };
        one.fetch_page(PagePosition::Newest).await
    }

    /// Fetches a page. A single message that is too long counts as unreadable.
    pub(super) async fn fetch_page(&mut self, which: PagePosition) -> RestResult<MessagePage> {
        let (rest, channel) = (self.rest, self.channel);
        let fetch = |limit| rest.fetch_message_page(channel, which, limit);
        let (mut messages, more): (Vec<_>, _) = match self.size.fetch_page(fetch).await? {
            RawPage::Messages { messages, is_full } => {
                let messages = messages.into_iter();
                let parsed = messages.map(|message| WireMessage::parse(message, Some(channel)));
                (parsed.collect(), is_full)
            }
            RawPage::TooLong(page) => {
                let id: Option<Id> = page.field_of_first("id");
                let message = UnreadableObject {
                    fields: json!({ "id": id, "channel_id": channel }),
                    raw: page.raw_beginning(),
                    reason: "the message is too long".to_owned(),
                };
                (vec![WireMessage::Unreadable(Box::new(message))], true)
            }
        };
        messages.sort_by_key(WireMessage::id);
        Ok(MessagePage { messages, more })
    }
}
