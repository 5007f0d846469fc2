//! What was written while we were away.

use std::sync::Arc;

use super::{Lane, ShutDown, Unread};
use crate::discord::id::Id;
use crate::discord::pages::{Page, Pages, Which};
use crate::discord::pause::Pause;
use crate::discord::presence;
use crate::discord::rest::RestError;
use crate::discord::wire::{Incoming, Message};
use crate::discord::{ACCOUNT, CHANNEL};

/// How many messages are fetched of one gap. What is before the last ones of a longer gap is left out, and
/// the log says so.
const MOST: usize = 5_000;

impl Lane {
    /// Fetches what was missed before this message, which comes now.
    pub(super) async fn look(&mut self, before: Id) -> Result<(), ShutDown> {
        if self.position.is_some() {
            return self.fetch(None).await;
        }
        // Never read. Where we are killed before this message is kept, it was missed.
        self.position = Some(Id(before.0.saturating_sub(1)));
        self.passed += 1;
        self.move_cursor().await;
        Ok(())
    }

    /// Closes the gap between the cursor and the last message of the channel, if there is one.
    pub(super) async fn missed(
        &mut self,
        last: Option<Id>,
        unread: Unread,
    ) -> Result<(), ShutDown> {
        // Before anything of it is fetched: its threads ask for it.
        self.all.note_read(self.channel, self.position);
        if self.position.is_none()
            && let Unread::Since(parent) = unread
        {
            self.position = self.read_before(parent).await?;
        }
        let all = unread == Unread::All && self.is_our_thread().await?;
        if self.position.is_none() && !all {
            // Seen for the first time: what was said before is not for us. An empty channel begins at 1.
            self.position = last.or(Some(Id(1)));
            self.passed += 1;
            self.move_cursor().await;
            return Ok(());
        }
        if last.is_some_and(|last| self.position.is_none_or(|position| position < last)) {
            self.fetch(last).await?;
        }
        Ok(())
    }

    /// Whether this is the thread of a message that we keep: not one that was made with another data folder.
    async fn is_our_thread(&self) -> Result<bool, ShutDown> {
        let (channel, account) = (CHANNEL.into(), ACCOUNT.into());
        // A thread has the number of the message that it was made of.
        let id = self.channel.to_string().into();
        let mut pause = Pause::default();
        loop {
            let store = self.inbox.store();
            match store.message_by_external_id(&channel, &account, &id).await {
                Ok(kept) => return Ok(kept.is_some()),
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
    }

    /// How far a channel had been read when its server was shown to us.
    async fn read_before(&self, channel: Id) -> Result<Option<Id>, ShutDown> {
        let stored = self.read_cursor(channel).await?;
        let read = self.all.note_read(channel, stored);
        // Of one that was empty it is not known when it was read.
        Ok(read.filter(|read| *read > Id(1)))
    }

    /// Fetches what is after the cursor, in order.
    pub(super) async fn fetch(&mut self, last: Option<Id>) -> Result<(), ShutDown> {
        let mut fetched = 0;
        let mut pause = Pause::default();
        let shared = Arc::clone(&self.shared);
        let mut pages = Pages::of(&shared.rest, self.channel);
        loop {
            let after = self.position.unwrap_or(Id(1));
            let page = match self.page(&mut pages, after).await {
                Ok(page) => page,
                Err(error @ RestError::Refused { .. }) => {
                    tracing::warn!(channel = %self.channel, %error, "missed messages cannot be fetched");
                    return Ok(());
                }
                Err(error) => {
                    tracing::warn!(channel = %self.channel, %error, "missed messages are fetched later");
                    pause.pass_after(&error, self.shared.clock()).await;
                    continue;
                }
            };
            pause = Pause::default();
            fetched += page.messages.len();
            for message in &page.messages {
                if let Incoming::Read(message) = message {
                    self.clear_up(message).await;
                }
                self.came(message).await?;
            }
            let through = last.is_some_and(|last| self.position >= Some(last));
            if !page.more || (through && self.to_do.is_empty()) {
                break;
            }
            // Where no id on a whole page can be read, it would come again and again.
            if fetched >= MOST || self.position.is_none_or(|position| position <= after) {
                self.leave_out(fetched).await;
                break;
            }
        }
        self.move_cursor().await;
        Ok(())
    }

    /// Goes on with what comes next.
    async fn leave_out(&mut self, fetched: usize) {
        let mut pages = Pages::of(&self.shared.rest, self.channel).at_most(1);
        let newest = pages.fetch(Which::Newest).await;
        let newest = newest.ok().and_then(|page| page.messages.last()?.id());
        tracing::error!(
            channel = %self.channel, fetched, from = ?self.position, to = ?newest,
            "more was missed than can be fetched; what is between these two messages is left out"
        );
        self.position = self.position.max(newest);
        self.passed += 1;
    }

    async fn page(&self, pages: &mut Pages<'_>, after: Id) -> Result<Page, RestError> {
        // For this one request: a channel that is to wait holds up no other.
        let _permit = self.all.may_fetch().await;
        pages.fetch(Which::After(after)).await
    }

    /// Takes away what a process before this one said of a turn that it ran.
    async fn clear_up(&self, message: &Message) {
        let us = self.shared.us().await.user;
        if message.author.id == us && presence::is_progress(message) {
            let deleted = presence::left::take_away(&self.shared, self.channel, message.id);
            if let Err(error) = deleted.await {
                tracing::warn!(%error, "a message of progress stays");
            }
        }
    }
}
