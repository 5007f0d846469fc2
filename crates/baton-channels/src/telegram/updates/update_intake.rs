//! The intake of updates, by poll and by webhook: stores the updates, joins the parts of messages, and passes everything
//! on to the chat layer.
//!
//! # Acknowledged after the commit, and joined all the same
//!
//! An album, or a long text, comes as several updates. An update that may have further parts is first stored in its raw
//! form, in one commit with the messages that came at the same time. Then Baton acknowledges the update, and the next part
//! comes. When no further part can follow, one commit stores the joined message, and removes the raw parts. A crash at any
//! moment loses nothing, because the parts wait in the store.
//!
//! No other way works for a webhook: Telegram's server sends the next update of a chat only after the answer to the one
//! before. A poll could also be answered later, but then the updates of all chats would wait for the album of one chat.

use std::sync::Arc;

use baton_chat::connector::{EventSink, FetchMark};
use baton_core::store::StoreError;
use serde_json::Value;

use super::held_updates::{HeldUpdates, UpdateSource};
use super::update_passing::UpdatePasser;
use crate::telegram::bot_api::BotDescription;
use crate::telegram::telegram_account::TelegramAccount;

/// The updates of one bot on their way to the chat layer.
pub(crate) struct UpdateIntake<'a> {
    passer: UpdatePasser<'a>,
    held: HeldUpdates,
}

impl<'a> UpdateIntake<'a> {
    /// Reads the parts of messages that an earlier process has stored. Returns an error if the program ends.
    pub(crate) async fn open_intake(
        account: &'a Arc<TelegramAccount>,
        events: &'a Arc<dyn EventSink>,
        bot: &BotDescription,
        source: UpdateSource,
    ) -> Result<Self, StoreError> {
        let now = account.clock().steady();
        Ok(Self {
            passer: UpdatePasser::new(account, events, bot),
            held: HeldUpdates::restore_updates(&**events, bot, source, now).await?,
        })
    }

    /// The number for the next poll. The poll acknowledges all updates before it; `None` before the first update.
    pub(crate) fn next_offset(&self) -> Option<i64> {
        self.held.next_offset()
    }

    /// Completes when a stored part can have no further part. Then [`take_updates`](Self::take_updates) passes the
    /// message on. Never completes without a stored part.
    pub(crate) async fn until_due(&self) {
        match self.held.next_due() {
            Some(due) => self.passer.account.clock().sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    /// Stores the updates, and passes on all that need not be held. After `Ok`, Baton may acknowledge the updates.
    /// `offset` is the number after the updates of a poll. `caught_up` is the mark of their request, if Telegram had no
    /// further updates. Returns an error if the program ends; Telegram then gives the updates again.
    pub(crate) async fn take_updates(
        &mut self,
        updates: impl IntoIterator<Item = Value>,
        offset: Option<i64>,
        caught_up: Option<FetchMark>,
    ) -> Result<(), StoreError> {
        let clock = self.passer.account.clock();
        let now = clock.steady();
        for raw in updates {
            let update = raw.get("update_id").and_then(Value::as_i64);
            if !self.held.add_update(raw) {
                tracing::debug!(update, "Telegram repeats an update that is stored");
            }
        }
        let due = self.held.take_due(&self.passer, now, offset);
        self.passer
            .pass_on(due.updates, due.cursor, caught_up)
            .await?;
        self.held.begin_wait(clock.steady());
        Ok(())
    }
}
