//! The search for Baton's own messages after an unknown outcome.

use std::cmp::Ordering;

use baton_core::name::ExternalId;

use super::chat_ids::{ChatId, Position};
use super::connector_error::{ConnectorError, Refusal};
use super::incoming_message::{IncomingMessage, ReadableMessage};
use super::outgoing_message::OwnMessage;
use super::{ChatHistory, PageStart};

/// The maximum number of pages to search. With pages of 100 messages, the search ends after 1,000 messages.
const PAGES: usize = 10;

/// The result of a search for Baton's own messages.
#[derive(Clone, Debug)]
pub enum OwnMessageSearch {
    /// All messages of Baton since the answered message, oldest first. Empty if the chat does not exist yet.
    Complete(Vec<OwnMessage>),
    /// The found messages, oldest first. Other messages of Baton may exist: the platform refuses the history, the chat has
    /// too many later messages, or a message is unreadable and may be of Baton.
    Incomplete(Vec<OwnMessage>),
}

impl OwnMessageSearch {
    /// The found messages, oldest first.
    pub fn into_found(self) -> Vec<OwnMessage> {
        match self {
            Self::Complete(found) | Self::Incomplete(found) => found,
        }
    }
}

impl OwnMessageSearch {
    /// Both results, with the messages of `later` at the end.
    pub(crate) fn and(self, later: Self) -> Self {
        let is_complete = matches!((&self, &later), (Self::Complete(_), Self::Complete(_)));
        let mut found = self.into_found();
        found.append(&mut later.into_found());
        if is_complete {
            Self::Complete(found)
        } else {
            Self::Incomplete(found)
        }
    }
}

impl From<ReadableMessage> for OwnMessage {
    fn from(message: ReadableMessage) -> Self {
        Self {
            id: message.id,
            text: message.text,
            reply_to: message.reply_to,
            button_names: message.button_names,
            is_silent: message.is_silent,
        }
    }
}

/// Searches the history of a chat from its end back to the answered message, for at most ten pages. Without `answered`,
/// the search goes back to the beginning of the chat. `has_answered` says whether the answered message is in this chat,
/// and not in the parent of a thread.
pub async fn search_history(
    history: &dyn ChatHistory,
    chat: &ChatId,
    answered: Option<&ExternalId>,
    has_answered: bool,
) -> Result<OwnMessageSearch, ConnectorError> {
    let answered_at = answered.and_then(|answered| history.position_of(answered));
    let is_later = |position: &Position| {
        let mut answered_at = answered_at.iter();
        answered_at.all(|it| history.compare(position, it) == Ordering::Greater)
    };
    let mut pages = history.read(chat);
    let mut found = Vec::new();
    let mut before = None;
    let mut is_doubtful = false;
    for _ in 0..PAGES {
        let page = match pages.fetch_page(PageStart::Before(before)).await {
            Ok(page) => page,
            // The thread for the answers does not exist yet, or no longer.
            Err(error)
                if matches!(
                    error.refusal(),
                    Some(Refusal::NoSuchChat | Refusal::ThreadGone)
                ) && error.moved.is_none() =>
            {
                return Ok(OwnMessageSearch::Complete(found));
            }
            Err(error) if error.is_refused() => {
                tracing::warn!(%chat, %error, "a chat cannot be searched for messages of Baton");
                return Ok(OwnMessageSearch::Incomplete(found));
            }
            Err(error) => return Err(error),
        };
        let positions = page.messages.iter().filter_map(IncomingMessage::position);
        let oldest = positions.min_by(|one, other| history.compare(one, other));
        let oldest = oldest.cloned();
        let mut ids = page.messages.iter().map(IncomingMessage::id);
        let answered_index = ids.position(|id| id.is_some() && id == answered);
        let since = answered_index.map_or(0, |index| index + 1);
        // An empty chat without the answered message is a hidden history, or the message was deleted.
        is_doubtful |= page.messages.is_empty() && found.is_empty() && has_answered;
        let since = page.messages.into_iter().skip(since);
        let since = since.inspect(|message| is_doubtful |= may_be_ours(message, is_later));
        let since = since.filter_map(IncomingMessage::into_readable);
        let ours = since.filter(|it| it.sender.is_us && is_later(&it.position));
        found.splice(..0, ours.map(OwnMessage::from));
        let is_reached = oldest.as_ref().is_some_and(|oldest| !is_later(oldest));
        if !page.more || is_reached || answered_index.is_some() {
            return Ok(if is_doubtful {
                OwnMessageSearch::Incomplete(found)
            } else {
                OwnMessageSearch::Complete(found)
            });
        }
        if oldest.is_none() {
            // Without a readable position, no earlier page can be fetched.
            break;
        }
        before = oldest;
    }
    tracing::warn!(%chat, "the earlier messages of a chat are not searched for messages of Baton");
    Ok(OwnMessageSearch::Incomplete(found))
}

/// Whether an unreadable message may be a message of Baton since the answered message.
fn may_be_ours(message: &IncomingMessage, is_later: impl Fn(&Position) -> bool) -> bool {
    let IncomingMessage::Unreadable(message) = message else {
        return false;
    };
    message.sender.as_ref().is_none_or(|sender| sender.is_us)
        && message.position.as_ref().is_none_or(is_later)
}

#[cfg(test)]
mod tests;
