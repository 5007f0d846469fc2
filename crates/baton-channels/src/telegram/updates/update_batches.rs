//! The updates of long polls: one batch for each answer, with the position of the reader.

use std::sync::Arc;
use std::time::Duration;

use baton_chat::connector::{BatchCursor, EventSink, FetchMark};
use baton_core::store::StoreError;
use serde_json::Value;

use super::album_gathering::{AlbumGathering, GatheredUpdates};
use super::update_passing::UpdatePasser;
use crate::telegram::bot_api::BotDescription;
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::webhook::held_updates::HeldUpdates;
use crate::telegram::webhook::webhook_intake::pass_restored;

/// The time in which the rest of an album or of a long text arrives.
pub(crate) const GATHERING: Duration = Duration::from_millis(800);

/// The updates of one bot.
pub(crate) struct UpdateBatches<'a> {
    passer: UpdatePasser<'a>,
    /// The name of the stored position. Each bot has its own numbers of updates.
    reader: String,
    /// The number of the next update; `None` before the first one.
    next: Option<i64>,
    gathering: AlbumGathering,
    /// Whether the end of an album or of a long text may be missing.
    is_unfinished: bool,
}

impl<'a> UpdateBatches<'a> {
    /// Reads the stored position of the bot, and passes on the rest of an earlier webhook. Returns an error if the program ends.
    pub(crate) async fn open_batches(
        account: &'a Arc<TelegramAccount>,
        events: &'a Arc<dyn EventSink>,
        bot: &BotDescription,
    ) -> Result<Self, StoreError> {
        let reader = bot.id.to_string();
        let stored = events.batch_cursor(&reader).await?;
        let passer = UpdatePasser::new(account, events, bot);
        let now = account.clock().steady();
        let held = HeldUpdates::restore_updates(&**events, bot, now).await?;
        pass_restored(&passer, held).await?;
        Ok(Self {
            passer,
            reader,
            next: stored.and_then(|stored| stored.parse().ok()),
            gathering: AlbumGathering::default(),
            is_unfinished: false,
        })
    }

    /// The number for the next request. The request acknowledges all updates before it.
    pub(crate) fn next_offset(&self) -> Option<i64> {
        self.next
    }

    /// Whether the end of an album or of a long text may be missing. Then the next request must not wait.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.is_unfinished
    }

    /// Passes the updates on. `caught_up` is the mark of their request, if Telegram had no further updates. Returns an
    /// error if the program ends; Telegram then gives the updates again.
    pub(crate) async fn take_updates(
        &mut self,
        updates: &[Value],
        caught_up: Option<FetchMark>,
    ) -> Result<(), StoreError> {
        let decoded = updates.iter();
        let decoded = decoded.map(|update| self.passer.decode_raw(update));
        let GatheredUpdates {
            updates,
            open_since,
            next_offset,
        } = self.gathering.gather_poll(decoded.collect());
        let position = next_offset.filter(|next| self.next != Some(*next));
        let cursor = position.map(|position| BatchCursor {
            reader: self.reader.clone(),
            position: position.to_string(),
        });
        let caught_up = caught_up.filter(|_| open_since.is_none());
        self.passer.pass_on(updates, cursor, caught_up).await?;
        self.next = next_offset.or(self.next);
        self.is_unfinished = open_since.is_some();
        if self.is_unfinished {
            let clock = self.passer.account.clock();
            clock.sleep_until(clock.steady().after(GATHERING)).await;
        }
        Ok(())
    }
}
