//! Backfill: fetches the messages of a gap.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use baton_core::name::ExternalId;
use baton_core::panics::caught;

use super::{IngestWorker, MissedRange, ShutDown, UnreadRule};
use crate::backoff::BackoffTimer;
use crate::connector::{
    ChatHistory, ChatId, ConnectorError, HistoryPage, HistoryReader, IncomingMessage, PageStart,
    Position, ReadableMessage, Refusal,
};
use crate::status::progress_text::is_progress;

/// The maximum number of fetched messages of one gap. In a longer gap, all later messages up to the newest are
/// left out, and the log says so.
const MOST: usize = 5_000;

/// The end of a fetch.
pub(super) enum FetchEnd {
    /// No messages follow, or the rest of a long gap was given up.
    Done,
    /// The platform refuses to tell.
    Refused {
        /// The number of messages fetched before.
        fetched: usize,
    },
}

impl IngestWorker {
    /// Closes the gap before the new message at `before`.
    pub(super) async fn close_gap_before(&mut self, before: &Position) -> Result<(), ShutDown> {
        if self.position.is_some() {
            return self.fetch_missed(None).await;
        }
        let Some(history) = self.layer.connector.history() else {
            return Ok(());
        };
        // The chat was never read. The cursor goes before this message, so that after a crash the message is in
        // the gap.
        let before = history.position_before(before);
        self.pass_to(Some(before));
        self.move_cursor().await;
        Ok(())
    }

    /// Closes the gap between the cursor and the last message of the chat, if there is one.
    pub(super) async fn close_gap(&mut self, missed: MissedRange) -> Result<(), ShutDown> {
        let MissedRange { last, unread } = missed;
        // This comes before the fetch, because the threads of the chat need the old cursor.
        self.all.recall_cursor(&self.chat, self.position.clone());
        if self.position.is_none()
            && let UnreadRule::Since(parent) = &unread
        {
            let parent = self.parent_cursor(parent).await?;
            self.advance_position(parent);
        }
        let all = unread == UnreadRule::All && self.is_own_thread().await?;
        if self.position.is_none() && !all {
            // In a chat that is new to Baton, earlier messages are not for Baton. The cursor of an empty chat is the
            // beginning.
            let history = self.layer.connector.history();
            let last = last.or_else(|| history.map(ChatHistory::beginning));
            self.pass_to(last);
            self.move_cursor().await;
            return Ok(());
        }
        let is_behind = |last| self.layer.is_later(last, self.position.as_ref());
        if last.as_ref().is_some_and(is_behind) {
            self.fetch_missed(last).await?;
        }
        Ok(())
    }

    /// Whether this is the thread of a stored message. A thread from the time of another data folder is not.
    async fn is_own_thread(&self) -> Result<bool, ShutDown> {
        let (channel, account) = (
            self.layer.connector.channel(),
            self.layer.connector.account(),
        );
        // This finds the message where the platform gives a thread the id of the message under which the thread
        // was opened. Elsewhere no message has the id, and earlier messages of the thread do not count.
        let id = ExternalId::from(self.chat.as_str());
        let mut pause = BackoffTimer::default();
        loop {
            let store = self.inbox.store();
            match store.message_by_external_id(&channel, &account, &id).await {
                Ok(kept) => return Ok(kept.is_some()),
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
    }

    /// The cursor of a chat at the time when the platform last listed the chat.
    async fn parent_cursor(&self, chat: &ChatId) -> Result<Option<Position>, ShutDown> {
        let stored = self.read_chat_cursor(chat).await?;
        let read = self.all.recall_cursor(chat, stored);
        // The cursor of an empty chat does not tell when the chat was read.
        let history = self.layer.connector.history();
        Ok(read.filter(|read| {
            history.is_some_and(|history| history.compare(read, &history.beginning()).is_gt())
        }))
    }

    /// Fetches the messages after the cursor in order, at least through `last`.
    pub(super) async fn fetch_missed(&mut self, last: Option<Position>) -> Result<(), ShutDown> {
        self.fetch_pages(last).await.map(|_| ())
    }

    /// Like [`Self::fetch_missed`], and tells how the fetch ended.
    pub(super) async fn fetch_pages(
        &mut self,
        last: Option<Position>,
    ) -> Result<FetchEnd, ShutDown> {
        let mut fetched = 0;
        let mut pause = BackoffTimer::default();
        let layer = Arc::clone(&self.layer);
        let Some(history) = layer.connector.history() else {
            return Ok(FetchEnd::Done);
        };
        let mut pages = history.read(&self.chat);
        loop {
            let after = self.position.clone();
            let after = after.unwrap_or_else(|| history.beginning());
            let page = match self.fetch_page(&mut *pages, after.clone()).await {
                Ok(page) => page,
                // New credentials mend this.
                Err(error)
                    if error.is_refused() && error.refusal() != Some(Refusal::Credentials) =>
                {
                    tracing::warn!(chat = %self.chat, %error, "missed messages cannot be fetched");
                    return Ok(FetchEnd::Refused { fetched });
                }
                Err(error) => {
                    tracing::warn!(chat = %self.chat, %error, "missed messages are fetched later");
                    pause.wait_after(&error, self.layer.clock()).await;
                    continue;
                }
            };
            pause = BackoffTimer::default();
            fetched += page.messages.len();
            self.handle_page(history, &page, &after).await?;
            let through = last.as_ref().is_some_and(|last| {
                let position = self.position.as_ref();
                position.is_some_and(|position| history.compare(position, last).is_ge())
            });
            if !page.more || (through && self.to_do.is_empty()) {
                break;
            }
            // Without a readable position on a whole page, the next request would return the same page.
            let is_stuck = self
                .position
                .as_ref()
                .is_none_or(|position| history.compare(position, &after).is_le());
            if fetched >= MOST || is_stuck {
                let reason = "too many messages were missed";
                self.give_up_gap(history, reason, fetched).await?;
                break;
            }
        }
        self.move_cursor().await;
        Ok(FetchEnd::Done)
    }

    /// Handles the messages of a page that begins after a position.
    async fn handle_page(
        &mut self,
        history: &dyn ChatHistory,
        page: &HistoryPage,
        after: &Position,
    ) -> Result<(), ShutDown> {
        for message in &page.messages {
            if let IncomingMessage::Readable(message) = message {
                self.delete_stale_progress(message).await;
            }
            self.handle_message(message).await?;
        }
        if let Some(through) = &self.position {
            self.all.open_gaps.forget_read(&self.chat, |position| {
                history.compare(position, after).is_gt()
                    && history.compare(position, through).is_le()
            });
        }
        Ok(())
    }

    /// Gives up the rest of the gap, and continues after the newest message. Ingests the messages that were left to
    /// the history.
    pub(super) async fn give_up_gap(
        &mut self,
        history: &dyn ChatHistory,
        reason: &str,
        fetched: usize,
    ) -> Result<(), ShutDown> {
        let newest = self.find_newest(history).await;
        let kept = self.all.open_gaps.take_kept(&self.chat);
        tracing::error!(
            chat = %self.chat, reason, fetched, from = ?self.position, to = ?newest, kept = kept.messages.len(), lost = kept.lost,
            "a gap is given up: the messages between these two positions are left out, without the kept ones"
        );
        self.ingest_kept(kept.messages).await?;
        let position = self.later_than_handled(newest.as_ref());
        self.pass_to(position);
        Ok(())
    }

    /// The position of the newest message; `None` if the platform does not tell. Tries again after errors that may
    /// end, so that the gap stays open.
    async fn find_newest(&self, history: &dyn ChatHistory) -> Option<Position> {
        let mut pause = BackoffTimer::default();
        loop {
            let page = caught(history.read(&self.chat).fetch_page(PageStart::Newest)).await;
            let error = match page {
                Ok(Ok(page)) => return page.messages.last()?.position().cloned(),
                Ok(Err(error)) => error,
                Err(panicked) => {
                    tracing::error!(chat = %self.chat, %panicked, "the newest message cannot be looked up");
                    return None;
                }
            };
            if error.is_final() && error.refusal() != Some(Refusal::Credentials) {
                return None;
            }
            tracing::warn!(chat = %self.chat, %error, "a gap is given up later");
            pause.wait_after(&error, self.layer.clock()).await;
        }
    }

    /// Logs the number of dropped events, if no history can give their messages.
    pub(super) fn report_dropped(&self) {
        let dropped = self.dropped.swap(0, Ordering::AcqRel);
        if dropped > 0 && self.layer.connector.history().is_none() {
            tracing::error!(
                chat = %self.chat, dropped,
                "events of a chat are lost, because too many came at once, and the platform has no history"
            );
        }
    }

    async fn fetch_page(
        &self,
        pages: &mut dyn HistoryReader,
        after: Position,
    ) -> Result<HistoryPage, ConnectorError> {
        // The permit is for this one request: a chat that waits must not delay other chats.
        let _permit = self.all.acquire_fetch().await;
        self.all.open_gaps.begin_page(&self.chat);
        pages.fetch_page(PageStart::After(after)).await
    }

    /// Deletes a progress message of an earlier process.
    async fn delete_stale_progress(&self, message: &ReadableMessage) {
        if message.sender.is_us
            && is_progress(&message.text, message.is_silent)
            && let Some(revisions) = self.layer.connector.revisions()
        {
            let deleted = revisions.delete(&self.chat, &message.id);
            if let Err(error) = deleted.await {
                tracing::warn!(%error, "a progress message cannot be deleted");
            }
        }
    }
}
