//! Updates on their way to the chat layer: messages in batches, and all other events one by one, in Telegram's order.

use std::sync::Arc;

use baton_chat::connector::{
    BatchCursor, CreatedThread, EventBatch, EventSink, FetchMark, IncomingMessage,
};
use baton_core::store::StoreError;
use serde_json::Value;

use super::update_events::{self, EventOrigin};
use crate::telegram::actions::command_menu::list_menu_commands;
use crate::telegram::actions::own_commands;
use crate::telegram::bot_api::BotDescription;
use crate::telegram::bot_context::{BotContext, KnownCommand};
use crate::telegram::conversion::telegram_update::{TelegramEvent, TelegramUpdate, TopicChanger};
use crate::telegram::conversion::update_conversion::decode_update;
use crate::telegram::sending::topic_reports;
use crate::telegram::telegram_account::TelegramAccount;

/// Decodes the updates of one bot, and passes them on.
pub(crate) struct UpdatePasser<'a> {
    pub(crate) account: &'a Arc<TelegramAccount>,
    pub(crate) events: &'a Arc<dyn EventSink>,
    context: BotContext,
}

impl<'a> UpdatePasser<'a> {
    pub(crate) fn new(
        account: &'a Arc<TelegramAccount>,
        events: &'a Arc<dyn EventSink>,
        bot: &BotDescription,
    ) -> Self {
        let commands = list_menu_commands();
        let commands = commands.map(|spec| KnownCommand::from_spec(&spec));
        Self {
            account,
            events,
            context: BotContext {
                id: bot.id,
                username: bot.username.clone(),
                commands: commands.chain(own_commands::known_commands()).collect(),
                prompt_key: account.prompt_key.clone(),
            },
        }
    }

    /// Decodes one update of Telegram.
    pub(crate) fn decode_raw(&self, raw: &Value) -> TelegramUpdate {
        decode_update(&self.context, raw)
    }

    /// Passes the updates on. The last commit moves the cursor, and ends the batch with `caught_up`. Returns an error if
    /// the program ends; Telegram then gives the updates again.
    pub(crate) async fn pass_on(
        &self,
        updates: Vec<TelegramUpdate>,
        cursor: Option<BatchCursor>,
        caught_up: Option<FetchMark>,
    ) -> Result<(), StoreError> {
        let mut batch = EventBatch::default();
        for TelegramUpdate { id, chat, event } in updates {
            if let Some(chat) = &chat {
                update_events::note_chat(self.account, &**self.events, chat);
                topic_reports::report_seen(self.account, &**self.events, chat.address).await?;
            }
            match event {
                TelegramEvent::Message(decoded) => batch.messages.push(decoded.message),
                TelegramEvent::Unreadable(message) => {
                    batch.messages.push(IncomingMessage::Unreadable(message));
                }
                TelegramEvent::TopicCreated(topic) if topic.by == TopicChanger::Us => {
                    batch.threads.push(CreatedThread {
                        thread: topic.address.into(),
                        name: topic.name,
                    });
                }
                event => {
                    // An edit finds its message only in the store. The cursor moves after all updates, because a
                    // joined message has parts behind this event.
                    self.events.take_batch(std::mem::take(&mut batch)).await?;
                    let origin = EventOrigin {
                        update: id,
                        chat: chat.map(|chat| chat.address),
                    };
                    update_events::pass_event(self.account, self.events, origin, event).await?;
                }
            }
        }
        batch.cursor = cursor;
        batch.caught_up = caught_up;
        self.events.take_batch(batch).await
    }
}
