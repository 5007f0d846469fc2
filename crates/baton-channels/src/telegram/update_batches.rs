//! Updates on their way to the chat layer: messages in batches with the position of the reader, and all other events one
//! by one, in Telegram's order.

use std::sync::Arc;
use std::time::Duration;

use baton_chat::command_specs::offered_commands;
use baton_chat::connector::{
    BatchCursor, CreatedThread, EventBatch, EventSink, FetchMark, IncomingMessage,
};
use baton_core::store::StoreError;
use serde_json::Value;

use super::album_gathering::{AlbumGathering, GatheredUpdates};
use super::bot_api::BotDescription;
use super::bot_context::{BotContext, KnownCommand};
use super::own_commands;
use super::telegram_account::TelegramAccount;
use super::telegram_update::{TelegramEvent, TelegramUpdate};
use super::update_conversion::decode_update;
use super::update_events;

/// The time in which the rest of an album or of a long text arrives.
const GATHERING: Duration = Duration::from_millis(800);

/// The updates of one bot.
pub(super) struct UpdateBatches<'a> {
    account: &'a Arc<TelegramAccount>,
    events: &'a Arc<dyn EventSink>,
    context: BotContext,
    /// The name of the stored position. Each bot has its own numbers of updates.
    reader: String,
    /// The number of the next update; `None` before the first one.
    next: Option<i64>,
    gathering: AlbumGathering,
    /// Whether the end of an album or of a long text may be missing.
    is_unfinished: bool,
}

impl<'a> UpdateBatches<'a> {
    /// Reads the stored position of the bot. Returns an error if the program ends.
    pub(super) async fn open(
        account: &'a Arc<TelegramAccount>,
        events: &'a Arc<dyn EventSink>,
        bot: &BotDescription,
    ) -> Result<Self, StoreError> {
        let reader = bot.id.to_string();
        let stored = events.batch_cursor(&reader).await?;
        let commands = offered_commands(account.settings.chat.projects.is_some());
        let commands = commands.map(|spec| KnownCommand::from_spec(&spec));
        Ok(Self {
            account,
            events,
            context: BotContext {
                id: bot.id,
                username: bot.username.clone(),
                commands: commands.chain(own_commands::known_commands()).collect(),
            },
            reader,
            next: stored.and_then(|stored| stored.parse().ok()),
            gathering: AlbumGathering::default(),
            is_unfinished: false,
        })
    }

    /// The number for the next request. The request acknowledges all updates before it.
    pub(super) fn next_offset(&self) -> Option<i64> {
        self.next
    }

    /// Whether the end of an album or of a long text may be missing. Then the next request must not wait.
    pub(super) fn is_unfinished(&self) -> bool {
        self.is_unfinished
    }

    /// Passes the updates on. `caught_up` is the mark of their request, if Telegram had no further updates. Returns an
    /// error if the program ends; Telegram then gives the updates again.
    pub(super) async fn take_updates(
        &mut self,
        updates: &[Value],
        caught_up: Option<FetchMark>,
    ) -> Result<(), StoreError> {
        let decoded = updates.iter();
        let decoded = decoded.map(|update| decode_update(&self.context, update));
        let GatheredUpdates {
            updates,
            open_since,
            next_offset,
        } = self.gathering.gather_poll(decoded.collect());
        let mut batch = EventBatch::default();
        for TelegramUpdate { chat, event, .. } in updates {
            if let Some(chat) = chat {
                update_events::note_chat(self.account, &**self.events, &chat);
            }
            match event {
                TelegramEvent::Message(decoded) => batch.messages.push(decoded.message),
                TelegramEvent::Unreadable(message) => {
                    batch.messages.push(IncomingMessage::Unreadable(message));
                }
                TelegramEvent::TopicCreated(topic) if topic.is_ours => {
                    batch.threads.push(CreatedThread {
                        thread: topic.address.into(),
                        name: topic.name,
                    });
                }
                event => {
                    // An edit finds its message only in the store. The position moves after the whole poll, because a
                    // joined message has parts behind this event.
                    self.events.take_batch(std::mem::take(&mut batch)).await?;
                    update_events::pass_event(self.account, self.events, event).await?;
                }
            }
        }
        let position = next_offset.filter(|next| self.next != Some(*next));
        batch.cursor = position.map(|position| BatchCursor {
            reader: self.reader.clone(),
            position: position.to_string(),
        });
        batch.caught_up = caught_up.filter(|_| open_since.is_none());
        self.events.take_batch(batch).await?;
        self.next = next_offset.or(self.next);
        self.is_unfinished = open_since.is_some();
        if self.is_unfinished {
            let clock = self.account.clock();
            clock.sleep_until(clock.steady().after(GATHERING)).await;
        }
        Ok(())
    }
}
