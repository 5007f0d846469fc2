//! The connector for Telegram: a bot in private chats, groups and topics.
//!
//! # Layout
//!
//! * [`telegram_module`]: the channel for the program, with its table (`telegram_table`).
//! * [`telegram_settings`]: the configuration. `telegram_sizes`: Telegram's limits on sizes; `bot_api`: all requests, with
//!   their bodies; `send_budget`: the limits on requests for each chat and for the bot.
//! * `telegram_connector`: the connector, and the abilities of Telegram; `telegram_account`: the shared state of all
//!   parts; `telegram_id` and `chat_address`: the ids of people, chats, topics and messages; `bot_context`: the facts
//!   about the bot; `telegram_wire`: objects from Telegram.
//! * Updates: `update_receiver` (the way of the updates to Baton), `reception_report` (the state of the connection),
//!   `update_poller` and `poll_size` (the requests for updates), `update_batches` (their position), `update_passing`
//!   (their order), `update_events` (all events but messages, for the chat layer).
//! * Updates by webhook: `webhook_receiver` (the whole), `webhook_table` and `webhook_settings` (the settings),
//!   `webhook_secret` (the secret), `webhook_listener` (the requests of Telegram), `webhook_intake` (their updates),
//!   `held_updates` (the parts of messages that are stored before the rest comes), `webhook_registration` (the webhook at
//!   Telegram).
//! * Conversion: `update_conversion` (one update becomes one event), `telegram_update` (the events), `incoming_conversion`
//!   (messages), `sender_conversion` (their authors), `content_words`, `entity_rendering` and `rich_text_words` (their
//!   text), `media_files`, `telegram_downloads` and `local_bot_files` (their files), `command_parsing` (commands),
//!   `press_conversion` (buttons and reactions), `service_conversion` (topics and memberships), `album_gathering` (joined
//!   messages), `poll_description` (all of these, for the fuzz target).
//! * Requests: `telegram_sending` (new messages), `telegram_edits` (edited and deleted messages), `telegram_drafts`
//!   (the answers of running turns in private chats), `telegram_marks` (reactions and typing), `telegram_topics` (the
//!   creation, the name and the end of topics), `topic_reports` (notices about topics), `telegram_markdown` (Markdown as
//!   entities, or as rich Markdown).
//! * Actions of people: `offered_list`, `menu_registration` and `menu_languages` (the commands that Telegram shows),
//!   `command_audience` (the people whose commands get an answer), `own_commands` (commands that the connector answers
//!   itself), `command_response` and `press_response` (the answers), `form_prompt`, `prompt_mark` and `form_answer`
//!   (questions that people answer by a reply), `group_admins` (the people who may manage a group).

use std::sync::Arc;

use baton_chat::ChatChannel;

mod album_gathering;
mod bot_api;
mod bot_context;
mod chat_address;
mod command_audience;
mod command_parsing;
mod command_response;
mod content_words;
mod entity_rendering;
mod form_answer;
mod form_prompt;
mod group_admins;
mod held_updates;
mod incoming_conversion;
mod local_bot_files;
mod media_files;
mod menu_languages;
mod menu_registration;
mod offered_list;
mod own_commands;
mod poll_description;
mod poll_size;
mod press_conversion;
mod press_response;
mod prompt_mark;
mod reception_report;
mod rich_text_words;
mod send_budget;
mod sender_conversion;
mod service_conversion;
mod telegram_account;
mod telegram_connector;
mod telegram_downloads;
mod telegram_drafts;
mod telegram_edits;
mod telegram_id;
mod telegram_markdown;
mod telegram_marks;
pub mod telegram_module;
mod telegram_sending;
pub mod telegram_settings;
mod telegram_sizes;
mod telegram_table;
mod telegram_topics;
mod telegram_update;
mod telegram_wire;
#[cfg(test)]
mod tests;
mod topic_reports;
mod update_batches;
mod update_conversion;
mod update_events;
mod update_passing;
mod update_poller;
mod update_receiver;
mod webhook_intake;
mod webhook_listener;
mod webhook_receiver;
mod webhook_registration;
mod webhook_secret;
mod webhook_settings;
mod webhook_table;

pub use chat_address::{ChatAddress, NotAChatAddress};
#[doc(hidden)]
pub use poll_description::describe_poll;
pub use send_budget::budget_limits::BudgetLimits;
pub use telegram_id::{NotATelegramId, TelegramId};
pub use telegram_module::TelegramModule;
pub use telegram_settings::{Rendering, TelegramSettings};
pub use webhook_secret::{WebhookSecret, WebhookSecretError};
pub use webhook_settings::WebhookSettings;

use telegram_account::TelegramAccount;
use telegram_connector::TelegramConnector;

/// The name of the channel in places.
pub const CHANNEL: &str = "telegram";
/// The name of the only account.
pub const ACCOUNT: &str = "default";

/// The error of [`open_channel`]: the HTTP client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("Baton cannot connect to Telegram: {0}; check that this machine has certificates")]
pub struct TelegramError(#[from] reqwest::Error);

/// A channel that connects to Telegram when its `receive` starts.
pub fn open_channel(settings: TelegramSettings) -> Result<ChatChannel, TelegramError> {
    // rustls needs a default provider. An error means that the process has one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chat_settings = settings.chat.clone();
    let account = Arc::new(TelegramAccount::new(settings)?);
    let connector = TelegramConnector { account };
    Ok(ChatChannel::new(Arc::new(connector), chat_settings))
}
