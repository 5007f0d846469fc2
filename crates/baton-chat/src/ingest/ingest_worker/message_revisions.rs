//! Edits and deletions of messages. An edit or deletion changes only a waiting message. A message whose turn has
//! begun stays unchanged.

use std::sync::Arc;
use std::time::Duration;

use baton_core::message::Message;
use baton_core::name::ExternalId;
use baton_core::store::{
    Edited, MessageEdited, MessagesDeleted, StoreError, StoreViews, WaitingQuery,
};

use super::{IngestWorker, ShutDown};
use crate::ChatLayer;
use crate::backoff::{BackoffTimer, BoundedTries};
use crate::connector::{
    ChatHistory, HistoryPage, IncomingMessage, PageStart, PlatformTime, Position, ReadableMessage,
    Refusal,
};
use crate::ingest::incoming_files::left_out_notes;
use crate::ingest::message_completion::{drop_deleted, edit_waiting};
use crate::ingest::message_filter::is_joined;
use crate::reply_route::ReplyRoute;

/// The time after a message in which an edit can still add a mention of Baton. A later edit only corrects an old
/// message.
const CALLS_WITHIN: Duration = Duration::from_hours(24);

/// The maximum number of remembered deletions, for messages that have not arrived yet.
const GONE: usize = 256;

/// The maximum number of waiting messages, of all chats, to check after an outage.
const REVIEWED: usize = 1_000;
/// The maximum size of these messages, in bytes.
const REVIEWED_BYTES: usize = 16 * 1024 * 1024;

/// The number of tries to fetch one page or message, over half a minute. Then the message keeps its first words,
/// because later messages wait.
const TRIES: u32 = 7;

/// The maximum number of pages of one chat to search for waiting messages.
const PAGES: usize = 10;

/// The first waiting messages from the platform.
pub(in crate::ingest) async fn read_waiting(
    layer: &ChatLayer,
    store: &dyn StoreViews,
) -> Result<Vec<Message>, StoreError> {
    let query = WaitingQuery {
        of: Some((layer.connector.channel(), layer.connector.account())),
        only_waiting: true,
        ..WaitingQuery::at_most(REVIEWED)
    };
    store.waiting(query, REVIEWED_BYTES).await
}

/// The chat and id of a stored message on the platform.
pub(in crate::ingest) fn reply_route_of(kept: &Message) -> Option<ReplyRoute> {
    ReplyRoute::parse(&kept.reply_route).ok()
}

impl IngestWorker {
    /// Handles an edit.
    pub(super) async fn handle_edit(&mut self, message: &IncomingMessage) -> Result<(), ShutDown> {
        match message {
            IncomingMessage::Readable(message) => self.apply_edit(message).await,
            // The platform may send only the changed fields, so the whole message is fetched.
            IncomingMessage::Unreadable(unreadable) => {
                let Some(id) = &unreadable.id else {
                    return Ok(());
                };
                let layer = Arc::clone(&self.layer);
                if let Some(history) = layer.connector.history()
                    && let FetchedMessage::Message(IncomingMessage::Readable(message)) =
                        self.fetch_message(history, id).await
                {
                    return self.apply_edit(&message).await;
                }
                let (chat, reason) = (&self.chat, &unreadable.reason);
                tracing::warn!(%chat, external_id = %id, reason, "an edited message cannot be read, and keeps its first text");
                Ok(())
            }
        }
    }

    /// Asks the platform for one message.
    async fn fetch_message(&self, history: &dyn ChatHistory, id: &ExternalId) -> FetchedMessage {
        let mut tries = BoundedTries::at_most(TRIES);
        loop {
            let error = match history.fetch_message(&self.chat, id).await {
                Ok(message) => return FetchedMessage::Message(message),
                Err(error) if error.refusal() == Some(Refusal::NoSuchMessage) => {
                    return FetchedMessage::Deleted;
                }
                Err(error) => error,
            };
            tracing::warn!(chat = %self.chat, external_id = %id, %error, "a message cannot be looked up");
            if !tries.wait_for_next(self.layer.clock(), &error).await {
                return FetchedMessage::Nothing;
            }
        }
    }

    async fn apply_edit(&mut self, message: &ReadableMessage) -> Result<(), ShutDown> {
        if message.sender.is_us || !message.is_from_person {
            return Ok(());
        }
        let (channel, account) = (
            self.layer.connector.channel(),
            self.layer.connector.account(),
        );
        let external_id = &message.id;
        let mut pause = BackoffTimer::default();
        loop {
            let store = self.inbox.store();
            // Between the two looks, no message that waits for its files is received.
            let turn = self.layer.incomplete.take_turn().await;
            let done = async {
                let known = store.message_by_external_id(&channel, &account, external_id);
                let Some(known) = known.await? else {
                    return Ok((
                        Edited::Unknown,
                        edit_waiting(&self.layer, &self.inbox, message).await?,
                    ));
                };
                let mut text = message.text.clone();
                // An edit does not change which files were skipped.
                text.push_str(left_out_notes(known.written_text()));
                if text.is_empty() && known.attachments.is_empty() {
                    return Ok((Edited::Same(known.id), false));
                }
                let edited = MessageEdited {
                    channel: channel.clone(),
                    account: account.clone(),
                    external_id: external_id.clone(),
                    text,
                    is_of_part: is_joined(&known),
                };
                let edited = store.message_edited(edited).await?;
                Ok((edited, false))
            };
            let done = done.await;
            drop(turn);
            match done {
                Ok((Edited::Unknown, true)) => {
                    tracing::debug!(external_id = %message.id, "a message was edited while it waited for its files");
                    return Ok(());
                }
                Ok((Edited::Unknown, false)) => break,
                Ok((edited, _)) => {
                    tracing::debug!(external_id = %message.id, ?edited, "a message was edited");
                    return Ok(());
                }
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
        // The message was not for Baton. Only a new mention makes it so; other edits do not.
        if message.mentions_us
            && let Some(edited_at) = message.edited_at
            && is_soon(message, edited_at)
        {
            if self.layer.gives_batches() {
                return self.ingest_edited(message).await;
            }
            self.begin_at_newest(edited_at).await;
            return self.ingest_message(message).await;
        }
        Ok(())
    }

    /// Begins a never-read chat at its newest message. The edited message is older, and later messages are not
    /// for Baton.
    async fn begin_at_newest(&mut self, edited_at: PlatformTime) {
        let layer = Arc::clone(&self.layer);
        let Some(history) = layer.connector.history() else {
            return;
        };
        if self.position.is_some() {
            return;
        }
        let mut tries = BoundedTries::at_most(TRIES);
        let mut pages = history.read(&self.chat);
        let newest = loop {
            let error = match pages.fetch_page(PageStart::Newest).await {
                Ok(page) => {
                    let there = page.messages.iter().filter_map(IncomingMessage::position);
                    let newest = there.max_by(|one, other| history.compare(one, other));
                    break newest.cloned();
                }
                Err(error) => error,
            };
            tracing::warn!(chat = %self.chat, %error, "the newest message of a chat cannot be looked up");
            if !tries.wait_for_next(self.layer.clock(), &error).await {
                break None;
            }
        };
        // Without an answer, the time of the edit stands in for the newest message.
        self.advance_position(newest.or_else(|| history.position_at(edited_at)));
    }

    /// Handles deletions.
    pub(super) async fn apply_deletions(&mut self, ids: Vec<ExternalId>) -> Result<(), ShutDown> {
        let mut pause = BackoffTimer::default();
        loop {
            let deleted = MessagesDeleted {
                channel: self.layer.connector.channel(),
                account: self.layer.connector.account(),
                external_ids: ids.clone(),
            };
            let done = async {
                let _turn = self.layer.incomplete.take_turn().await;
                drop_deleted(&self.layer, &self.inbox, &self.chat, &ids).await?;
                self.inbox.store().messages_deleted(deleted).await
            };
            match done.await {
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

    /// Checks the waiting messages of this chat for edits and deletions, because the platform does not report
    /// those of an outage.
    pub(super) async fn review_waiting(&mut self) -> Result<(), ShutDown> {
        let layer = Arc::clone(&self.layer);
        let Some(history) = layer.connector.history() else {
            return Ok(());
        };
        let mut waiting = self.read_waiting_here(history).await?;
        let unplaced = std::mem::take(&mut waiting.unplaced);
        if !self.review_missing(history, unplaced).await? {
            return Ok(());
        }
        let mut pages = history.read(&self.chat);
        let mut tries = BoundedTries::at_most(TRIES);
        let mut fetched = 0;
        while let Some((first, _)) = waiting.placed.first().filter(|_| fetched < PAGES) {
            let before = history.position_before(first);
            let page = match pages.fetch_page(PageStart::After(before)).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(chat = %self.chat, %error, "waiting messages are not checked for edits yet");
                    if tries.wait_for_next(self.layer.clock(), &error).await {
                        continue;
                    }
                    return Ok(());
                }
            };
            fetched += 1;
            let reached = waiting.take_reached(history, &page);
            // A page without a readable position does not show how far the page reaches.
            if !self.review_page(history, page, &reached).await? || reached.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Reads the waiting messages of this chat.
    async fn read_waiting_here(&self, history: &dyn ChatHistory) -> Result<WaitingHere, ShutDown> {
        let mut pause = BackoffTimer::default();
        let waiting = loop {
            match read_waiting(&self.layer, self.inbox.views()).await {
                Ok(waiting) => break waiting,
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        };
        let mut here = WaitingHere::default();
        for route in waiting.iter().filter_map(reply_route_of) {
            if route.chat != self.chat {
                continue;
            }
            match history.position_of(&route.message) {
                Some(position) => here.placed.push((position, route.message)),
                None => here.unplaced.push(route.message),
            }
        }
        let compare = |one: &Position, other: &Position| history.compare(one, other);
        here.placed
            .sort_by(|(one, _), (other, _)| compare(one, other));
        Ok(here)
    }

    /// Checks the waiting messages that a page reaches. Returns `false` if the platform gives no answer about a single
    /// message, because the other messages would get none either.
    async fn review_page(
        &mut self,
        history: &dyn ChatHistory,
        page: HistoryPage,
        reached: &[ExternalId],
    ) -> Result<bool, ShutDown> {
        let messages = page.messages.iter();
        let there: Vec<&ExternalId> = messages.filter_map(IncomingMessage::id).collect();
        let missing = reached.iter().filter(|id| !there.contains(id)).cloned();
        if !self.review_missing(history, missing.collect()).await? {
            return Ok(false);
        }
        let messages = page.messages.into_iter();
        for message in messages.filter_map(IncomingMessage::into_readable) {
            if reached.contains(&message.id) {
                self.apply_if_edited(&message).await?;
            }
        }
        Ok(true)
    }

    /// Checks waiting messages that were not on a page. This alone is no deletion: without the permission to read the
    /// history, a page may be empty, and the id of a message may be unreadable. Returns `false` as in
    /// [`Self::review_page`].
    async fn review_missing(
        &mut self,
        history: &dyn ChatHistory,
        missing: Vec<ExternalId>,
    ) -> Result<bool, ShutDown> {
        for id in missing {
            match self.fetch_message(history, &id).await {
                FetchedMessage::Message(IncomingMessage::Readable(message)) => {
                    self.apply_if_edited(&message).await?;
                }
                FetchedMessage::Message(IncomingMessage::Unreadable(_)) => {}
                FetchedMessage::Deleted => self.apply_deletions(vec![id]).await?,
                // The platform would give the same answer for the other messages.
                FetchedMessage::Nothing => {
                    tracing::warn!(chat = %self.chat, "waiting messages are not checked for deletions");
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    async fn apply_if_edited(&mut self, message: &ReadableMessage) -> Result<(), ShutDown> {
        if message.edited_at.is_some() {
            self.apply_edit(message).await?;
        }
        Ok(())
    }
}

/// The waiting messages of one chat.
#[derive(Default)]
struct WaitingHere {
    /// The messages whose ids tell their positions, in the order of the chat.
    placed: Vec<(Position, ExternalId)>,
    /// The other messages. They are on no known page.
    unplaced: Vec<ExternalId>,
}

impl WaitingHere {
    /// Takes the messages up to the end of a page.
    fn take_reached(&mut self, history: &dyn ChatHistory, page: &HistoryPage) -> Vec<ExternalId> {
        // If more messages follow, this page says nothing about later ones.
        let mut positions = page.messages.iter().filter_map(IncomingMessage::position);
        let end = positions.next_back().filter(|_| page.more);
        let is_reached =
            |position: &Position| end.is_none_or(|end| history.compare(position, end).is_le());
        let placed = self.placed.iter();
        let count = placed
            .take_while(|(position, _)| is_reached(position))
            .count();
        self.placed.drain(..count).map(|(_, id)| id).collect()
    }
}

/// The platform's answer about one message.
enum FetchedMessage {
    Message(IncomingMessage),
    Deleted,
    /// The platform does not tell whether the message exists.
    Nothing,
}

/// Whether the edit came soon after the message, both by the platform's clock.
fn is_soon(message: &ReadableMessage, edited_at: PlatformTime) -> bool {
    message.sent_at.is_some_and(|sent_at| {
        let after = edited_at.0.abs_diff(sent_at.0);
        Duration::from_millis(after) <= CALLS_WITHIN
    })
}
