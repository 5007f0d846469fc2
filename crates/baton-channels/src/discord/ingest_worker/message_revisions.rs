//! Edits and deletions of messages. An edit or deletion changes only a waiting message. A message whose turn
//! has begun stays unchanged.

use std::time::Duration;

use baton_core::message::Message;
use baton_core::store::{
    Edited, MessageEdited, MessagesDeleted, StoreError, StoreViews, WaitingQuery,
};
use jiff::Timestamp;

use super::{IngestWorker, ShutDown};
use crate::discord::attachments;
use crate::discord::backoff::{BackoffTimer, BoundedTries};
use crate::discord::discord_id::Id;
use crate::discord::message_filter::mentions_bot;
use crate::discord::message_pages::MessagePages;
use crate::discord::message_text::render_text;
use crate::discord::reply_route::ReplyRoute;
use crate::discord::rest::{PagePosition, code};
use crate::discord::wire::{DiscordMessage, IncomingMessage};
use crate::discord::{ACCOUNT, CHANNEL};

/// The time after a message in which an edit can still add a mention of the bot. A later edit only corrects
/// an old message.
const CALLS_WITHIN: Duration = Duration::from_hours(24);

/// The maximum number of remembered deletions, for messages that have not arrived yet.
const GONE: usize = 256;

/// The maximum number of waiting messages, of all channels, to check after an outage.
pub(in crate::discord) const REVIEWED: usize = 1_000;
/// The maximum size of these messages, in bytes.
const REVIEWED_BYTES: usize = 16 * 1024 * 1024;

/// The number of tries to fetch one page or message, over half a minute. Then the message keeps its first
/// words, because later messages wait.
const TRIES: u32 = 7;

/// The maximum number of pages of one channel to search for waiting messages.
const PAGES: usize = 10;

/// The first waiting messages from Discord.
pub(in crate::discord) async fn read_waiting(
    store: &dyn StoreViews,
) -> Result<Vec<Message>, StoreError> {
    let query = WaitingQuery {
        of: Some((CHANNEL.into(), ACCOUNT.into())),
        only_waiting: true,
        ..WaitingQuery::at_most(REVIEWED)
    };
    store.waiting(query, REVIEWED_BYTES).await
}

/// The channel and id of a stored message on Discord.
pub(in crate::discord) fn reply_route_of(kept: &Message) -> Option<ReplyRoute> {
    serde_json::from_value(kept.reply_route.clone()).ok()
}

impl IngestWorker {
    /// Handles an edit.
    pub(super) async fn handle_edit(&mut self, message: &IncomingMessage) -> Result<(), ShutDown> {
        match message {
            IncomingMessage::Read(message) => self.apply_edit(message).await,
            // Discord may send only the changed fields, so the whole message is fetched.
            IncomingMessage::Unreadable(unreadable) => {
                let Some(id) = unreadable.id else {
                    return Ok(());
                };
                if let FetchedMessage::Message(IncomingMessage::Read(message)) =
                    self.fetch_message(id).await
                {
                    return self.apply_edit(&message).await;
                }
                let (channel, reason) = (self.channel, &unreadable.reason);
                tracing::warn!(%channel, external_id = %id, reason, "an edited message cannot be read, and keeps its first words");
                Ok(())
            }
        }
    }

    /// Asks Discord for one message.
    async fn fetch_message(&self, id: Id) -> FetchedMessage {
        let mut tries = BoundedTries::at_most(TRIES);
        loop {
            let error = match self.shared.rest.fetch_message(self.channel, id).await {
                Ok(message) => return FetchedMessage::Message(message),
                Err(error) if error.code() == Some(code::UNKNOWN_MESSAGE) => {
                    return FetchedMessage::Deleted;
                }
                Err(error) => error,
            };
            tracing::warn!(channel = %self.channel, external_id = %id, %error, "a message cannot be looked up");
            if !tries.wait_for_next(self.shared.clock(), &error).await {
                return FetchedMessage::Nothing;
            }
        }
    }

    async fn apply_edit(&mut self, message: &DiscordMessage) -> Result<(), ShutDown> {
        let us = self.shared.wait_for_ids().await.user;
        if message.author.id == us || !message.is_from_person() {
            return Ok(());
        }
        let (channel, account) = (CHANNEL.into(), ACCOUNT.into());
        let external_id = message.id.to_string().into();
        let mut pause = BackoffTimer::default();
        loop {
            let store = self.inbox.store();
            let done = async {
                let known = store.message_by_external_id(&channel, &account, &external_id);
                let Some(known) = known.await? else {
                    return Ok(Edited::Unknown);
                };
                let mut text = render_text(&self.shared, us, message);
                // An edit does not change which files were skipped.
                text.push_str(attachments::left_out_notes(&known.text));
                if text.is_empty() && known.attachments.is_empty() {
                    return Ok(Edited::Same(known.id));
                }
                let edited = MessageEdited {
                    channel: channel.clone(),
                    account: account.clone(),
                    external_id: external_id.clone(),
                    text,
                };
                store.message_edited(edited).await
            };
            match done.await {
                Ok(Edited::Unknown) => break,
                Ok(edited) => {
                    tracing::debug!(external_id = %message.id, ?edited, "a message was edited");
                    return Ok(());
                }
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
        // The message was not for the bot. Only a new mention makes it so; other edits do not.
        if mentions_bot(&self.shared, us, message)
            && let Some(edited_at) = edited_at(message)
            && is_soon(message, edited_at)
        {
            self.begin_at_newest(edited_at).await;
            return self.ingest_message(message).await;
        }
        Ok(())
    }

    /// Begins a never-read channel at its newest message. The edited message is older, and later messages are
    /// not for the bot.
    async fn begin_at_newest(&mut self, edited_at: i64) {
        if self.position.is_some() {
            return;
        }
        let mut tries = BoundedTries::at_most(TRIES);
        let shared = std::sync::Arc::clone(&self.shared);
        let mut pages = MessagePages::new(&shared.rest, self.channel).at_most(1);
        let newest = loop {
            let error = match pages.fetch_page(PagePosition::Newest).await {
                Ok(page) => break page.messages.iter().filter_map(IncomingMessage::id).max(),
                Err(error) => error,
            };
            tracing::warn!(channel = %self.channel, %error, "the newest message of a channel cannot be looked up");
            if !tries.wait_for_next(self.shared.clock(), &error).await {
                break None;
            }
        };
        // Without an answer, the time of the edit stands in for the newest message.
        self.advance_position(newest.or(Id::first_created_at(edited_at)));
    }

    /// Handles deletions.
    pub(super) async fn apply_deletions(&mut self, ids: Vec<Id>) -> Result<(), ShutDown> {
        let mut pause = BackoffTimer::default();
        loop {
            let deleted = MessagesDeleted {
                channel: CHANNEL.into(),
                account: ACCOUNT.into(),
                external_ids: ids.iter().map(|id| id.to_string().into()).collect(),
            };
            match self.inbox.store().messages_deleted(deleted).await {
                Ok(withdrawn) => {
                    for message in withdrawn {
                        tracing::debug!(message_id = %message, "a message was deleted, and is withdrawn");
                    }
                    break;
                }
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
        // A deletion can arrive before its message.
        self.early_deletions.extend(ids);
        let too_many = self.early_deletions.len().saturating_sub(GONE);
        self.early_deletions.drain(..too_many);
        Ok(())
    }

    /// Checks the waiting messages of this channel for edits and deletions, because Discord does not report
    /// those of an outage.
    pub(super) async fn review_waiting(&mut self) -> Result<(), ShutDown> {
        let mut pause = BackoffTimer::default();
        let waiting = loop {
            match read_waiting(self.inbox.views()).await {
                Ok(waiting) => break waiting,
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        };
        let routes = waiting.iter().filter_map(reply_route_of);
        let here = routes.filter(|route| route.channel == self.channel);
        let mut here: Vec<Id> = here.map(|route| route.message).collect();
        here.sort_unstable();
        let shared = std::sync::Arc::clone(&self.shared);
        let mut pages = MessagePages::new(&shared.rest, self.channel);
        let mut tries = BoundedTries::at_most(TRIES);
        let mut fetched = 0;
        while let Some(first) = here.first().filter(|_| fetched < PAGES) {
            let page = match pages.fetch_page(PagePosition::After(Id(first.0 - 1))).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(channel = %self.channel, %error, "waiting messages are not checked for edits yet");
                    if tries.wait_for_next(self.shared.clock(), &error).await {
                        continue;
                    }
                    return Ok(());
                }
            };
            fetched += 1;
            let there: Vec<Id> = page
                .messages
                .iter()
                .filter_map(IncomingMessage::id)
                .collect();
            // If more messages follow, this page says nothing about later ones.
            let end = there.last().filter(|_| page.more).copied();
            let seen = here
                .iter()
                .take_while(|id| end.is_none_or(|end| **id <= end));
            let seen: Vec<Id> = seen.copied().collect();
            here.drain(..seen.len());
            let missing = seen.iter().filter(|id| !there.contains(id)).copied();
            if !self.review_missing(missing.collect()).await? {
                return Ok(());
            }
            for message in page
                .messages
                .into_iter()
                .filter_map(IncomingMessage::into_read)
            {
                if seen.contains(&message.id) {
                    self.apply_if_edited(&message).await?;
                }
            }
            if seen.is_empty() {
                // A page without a readable id does not show how far it reaches.
                return Ok(());
            }
        }
        Ok(())
    }

    /// Checks waiting messages that were not on a page. This alone is no deletion: without Read Message
    /// History a page is empty, and the id of a message may be unreadable. Returns whether Discord tells
    /// something about single messages.
    async fn review_missing(&mut self, missing: Vec<Id>) -> Result<bool, ShutDown> {
        for id in missing {
            match self.fetch_message(id).await {
                FetchedMessage::Message(IncomingMessage::Read(message)) => {
                    self.apply_if_edited(&message).await?;
                }
                FetchedMessage::Message(IncomingMessage::Unreadable(_)) => {}
                FetchedMessage::Deleted => self.apply_deletions(vec![id]).await?,
                // Discord would give the same answer for the other messages.
                FetchedMessage::Nothing => {
                    tracing::warn!(channel = %self.channel, "waiting messages are not checked for deletions");
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    async fn apply_if_edited(&mut self, message: &DiscordMessage) -> Result<(), ShutDown> {
        if message.edited_timestamp.is_some() {
            self.apply_edit(message).await?;
        }
        Ok(())
    }
}

/// Discord's answer about one message.
enum FetchedMessage {
    Message(IncomingMessage),
    Deleted,
    /// Discord does not tell whether the message exists.
    Nothing,
}

/// The time of the last edit, in milliseconds since 1970, by Discord's clock.
fn edited_at(message: &DiscordMessage) -> Option<i64> {
    let edited: Timestamp = message.edited_timestamp.as_deref()?.parse().ok()?;
    Some(edited.as_millisecond())
}

/// Whether the edit came soon after the message, both by Discord's clock.
fn is_soon(message: &DiscordMessage, edited_at: i64) -> bool {
    let after = edited_at - message.id.created_at();
    Duration::from_millis(after.unsigned_abs()) <= CALLS_WITHIN
}
