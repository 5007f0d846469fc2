//! Pages of a channel's messages. Each message is parsed alone, and a page that is too long is fetched in
//! parts.

use std::cell::Cell;
use std::fmt;

use baton_chat::http::response_body::{LONGEST, ResponseBody};
use baton_chat::http::{json_repair, tolerant_parsing};
use serde::Deserializer;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::discord_id::Id;
use super::limits;
use super::rest::{PagePosition, RestClient, RestError};
use super::wire::{UnreadableWireMessage, WireMessage};

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
    /// The number of messages per request.
    limit: usize,
}

impl<'a> MessagePages<'a> {
    pub(super) fn new(rest: &'a RestClient, channel: Id) -> Self {
        let limit = limits::PAGE;
        Self {
            rest,
            channel,
            limit,
        }
    }

    /// Fetches only the newest message.
    pub(super) async fn fetch_newest(&self) -> Result<MessagePage, RestError> {
        let mut one = Self { limit: 1, ..*self };
        one.fetch_page(PagePosition::Newest).await
    }

    /// Fetches a page. When the answer is too long, asks for fewer messages. A single message that is too
    /// long counts as unreadable.
    pub(super) async fn fetch_page(
        &mut self,
        which: PagePosition,
    ) -> Result<MessagePage, RestError> {
        loop {
            let (channel, limit) = (self.channel, self.limit);
            let page = self.rest.fetch_message_page(channel, which, limit);
            let bytes = match page.await? {
                ResponseBody::Whole(bytes) => bytes,
                ResponseBody::Beginning(_) if limit > 1 => {
                    self.limit = limit / 2;
                    tracing::info!(
                        %channel, limit = self.limit,
                        "a page of messages is too long, and is asked for in parts"
                    );
                    continue;
                }
                ResponseBody::Beginning(bytes) => {
                    let messages = vec![unreadable_page(channel, &bytes)];
                    let more = true;
                    return Ok(MessagePage { messages, more });
                }
            };
            if bytes.len() < LONGEST / 2 {
                // The messages after a long one are usually shorter.
                self.limit = (limit * 2).min(limits::PAGE);
            }
            // A page that is no list comes from a proxy, and the next one may come from Discord.
            let page = json_repair::split_elements(&bytes).map_err(|error| RestError::Unknown {
                reason: format!("the page of messages is unreadable: {error}"),
            })?;
            let more = page.len() == limit;
            let messages = page.into_iter();
            let messages = messages.map(|message| WireMessage::parse(message, Some(channel)));
            let mut messages: Vec<_> = messages.collect();
            messages.sort_by_key(WireMessage::id);
            return Ok(MessagePage { messages, more });
        }
    }
}

/// An unreadable message from a page that holds only this message, and was cut off.
fn unreadable_page(channel: Id, page: &[u8]) -> WireMessage {
    let raw = page.get(..page.len().min(tolerant_parsing::RAW));
    let raw = String::from_utf8_lossy(raw.unwrap_or_default()).into_owned();
    let reason = "the message is too long".to_owned();
    let message = UnreadableWireMessage::with_id(first_id(page), channel, raw, reason);
    WireMessage::Unreadable(Box::new(message))
}

/// The id of the first element of a list that was cut off.
fn first_id(list: &[u8]) -> Option<Id> {
    let id = Cell::new(None);
    // The parser stops with an error at the cut.
    let _ = serde_json::Deserializer::from_slice(list).deserialize_seq(FirstIdVisitor(&id));
    id.get()
}

/// Records the id of the first element.
struct FirstIdVisitor<'a>(&'a Cell<Option<Id>>);

impl<'de> Visitor<'de> for FirstIdVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        list.next_element_seed(FirstIdSeed(self.0)).map(|_| ())
    }
}

struct FirstIdSeed<'a>(&'a Cell<Option<Id>>);

impl<'de> DeserializeSeed<'de> for FirstIdSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FirstIdSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            if name == "id" {
                self.0.set(fields.next_value()?);
            } else {
                fields.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_found_in_what_is_cut_off() {
        let found = |text: &str| first_id(text.as_bytes());
        let cut =
            r#"[{"author":{"id":"1"},"content":"\"id\"","id":"2","mentions":[{"id":"3"},{"na"#;
        assert_eq!(found(cut), Some(Id(2)));
        assert_eq!(found(r#"[{"author":{"id":"1"},"content":"x"#), None);
        assert_eq!(found("[]"), None);
        assert_eq!(found("{"), None);
    }
}
