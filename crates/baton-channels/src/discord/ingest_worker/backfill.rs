//! Backfill: fetches the messages of a gap.

use std::sync::Arc;

use super::{IngestWorker, ShutDown, UnreadRule};
use crate::discord::backoff::BackoffTimer;
use crate::discord::discord_id::Id;
use crate::discord::message_pages::{MessagePage, MessagePages};
use crate::discord::rest::{PagePosition, RestError};
use crate::discord::status;
use crate::discord::wire::{DiscordMessage, IncomingMessage};
use crate::discord::{ACCOUNT, CHANNEL};

/// The maximum number of fetched messages of one gap. In a longer gap, all later messages up to the newest
/// are left out, and the log says so.
const MOST: usize = 5_000;

impl IngestWorker {
    /// Closes the gap before the new message `before`.
    pub(super) async fn close_gap_before(&mut self, before: Id) -> Result<(), ShutDown> {
        if self.position.is_some() {
            return self.fetch_missed(None).await;
        }
        // The channel was never read. The cursor goes before this message, so that after a crash the message
        // is in the gap.
        self.advance_position(Some(Id(before.0.saturating_sub(1))));
        self.passed += 1;
        self.move_cursor().await;
        Ok(())
    }

    /// Closes the gap between the cursor and the last message of the channel, if there is one.
    pub(super) async fn close_gap(
        &mut self,
        last: Option<Id>,
        unread: UnreadRule,
    ) -> Result<(), ShutDown> {
        // This comes before the fetch, because the threads of the channel need the old cursor.
        self.all.recall_cursor(self.channel, self.position);
        if self.position.is_none()
            && let UnreadRule::Since(parent) = unread
        {
            let parent = self.parent_cursor(parent).await?;
            self.advance_position(parent);
        }
        let all = unread == UnreadRule::All && self.is_own_thread().await?;
        if self.position.is_none() && !all {
            // On the first look at a channel, earlier messages are not for the bot. The cursor of an empty
            // channel is 1.
            self.advance_position(last.or(Some(Id(1))));
            self.passed += 1;
            self.move_cursor().await;
            return Ok(());
        }
        if last.is_some_and(|last| self.position.is_none_or(|position| position < last)) {
            self.fetch_missed(last).await?;
        }
        Ok(())
    }

    /// Whether this is the thread of a stored message. A thread from the time of another data folder is not.
    async fn is_own_thread(&self) -> Result<bool, ShutDown> {
        let (channel, account) = (CHANNEL.into(), ACCOUNT.into());
        // A thread has the id of the message under which Discord opened the thread.
        let id = self.channel.to_string().into();
        let mut pause = BackoffTimer::default();
        loop {
            let store = self.inbox.store();
            match store.message_by_external_id(&channel, &account, &id).await {
                Ok(kept) => return Ok(kept.is_some()),
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
    }

    /// The cursor of a channel at the time when Discord last sent the server.
    async fn parent_cursor(&self, channel: Id) -> Result<Option<Id>, ShutDown> {
        let stored = self.read_channel_cursor(channel).await?;
        let read = self.all.recall_cursor(channel, stored);
        // The cursor of an empty channel does not tell when the channel was read.
        Ok(read.filter(|read| *read > Id(1)))
    }

    /// Fetches the messages after the cursor in order, at least through `last`.
    pub(super) async fn fetch_missed(&mut self, last: Option<Id>) -> Result<(), ShutDown> {
        let mut fetched = 0;
        let mut pause = BackoffTimer::default();
        let shared = Arc::clone(&self.shared);
        let mut pages = MessagePages::new(&shared.rest, self.channel);
        loop {
            let after = self.position.unwrap_or(Id(1));
            let page = match self.fetch_page(&mut pages, after).await {
                Ok(page) => page,
                Err(error @ RestError::Refused { .. }) => {
                    tracing::warn!(channel = %self.channel, %error, "missed messages cannot be fetched");
                    return Ok(());
                }
                Err(error) => {
                    tracing::warn!(channel = %self.channel, %error, "missed messages are fetched later");
                    pause.wait_after(&error, self.shared.clock()).await;
                    continue;
                }
            };
            pause = BackoffTimer::default();
            fetched += page.messages.len();
            for message in &page.messages {
                if let IncomingMessage::Read(message) = message {
                    self.delete_stale_progress(message).await;
                }
                self.handle_message(message).await?;
            }
            let through = last.is_some_and(|last| self.position >= Some(last));
            if !page.more || (through && self.to_do.is_empty()) {
                break;
            }
            // Without a readable id on a whole page, the next request would return the same page.
            if fetched >= MOST || self.position.is_none_or(|position| position <= after) {
                self.give_up_gap(fetched).await;
                break;
            }
        }
        self.move_cursor().await;
        Ok(())
    }

    /// Gives up the rest of the gap, and continues after the newest message.
    async fn give_up_gap(&mut self, fetched: usize) {
        let mut pages = MessagePages::new(&self.shared.rest, self.channel).at_most(1);
        let newest = pages.fetch_page(PagePosition::Newest).await;
        let newest = newest.ok().and_then(|page| page.messages.last()?.id());
        tracing::error!(
            channel = %self.channel, fetched, from = ?self.position, to = ?newest,
            "more was missed than can be fetched; what is between these two messages is left out"
        );
        self.advance_position(self.position.max(newest));
        self.passed += 1;
    }

    async fn fetch_page(
        &self,
        pages: &mut MessagePages<'_>,
        after: Id,
    ) -> Result<MessagePage, RestError> {
        // The permit is for this one request: a channel that waits must not delay other channels.
        let _permit = self.all.acquire_fetch().await;
        pages.fetch_page(PagePosition::After(after)).await
    }

    /// Deletes a progress message of an earlier process.
    async fn delete_stale_progress(&self, message: &DiscordMessage) {
        let us = self.shared.wait_for_ids().await.user;
        if message.author.id == us && status::is_progress(message) {
            let rest = &self.shared.rest;
            let deleted = rest.delete_message(self.channel, message.id);
            if let Err(error) = deleted.await {
                tracing::warn!(%error, "a message of progress stays");
            }
        }
    }
}
