//! The connector for Telegram: a bot in private chats, groups and topics.
//!
//! # Layout
//!
//! * [`telegram_module`]: the channel for the program, with its table (`telegram_table`).
//! * [`telegram_settings`]: the configuration. `telegram_sizes`: Telegram's limits on sizes.
//! * `telegram_connector`: the connector, and the abilities of Telegram; `telegram_account`: the shared state of all
//!   parts; `telegram_id` and `chat_address`: the ids of people, chats, topics and messages; `bot_context`: the facts
//!   about the bot.
//! * From Telegram: `updates` (the way of the updates to Baton), `webhook` (updates by webhook), `telegram_wire`
//!   (Telegram's objects), `conversion` (these objects become events of the chat layer), `telegram_downloads` and
//!   `local_bot_files` (files of messages).
//! * To Telegram: `sending` (messages, edits, drafts, marks and topics), `telegram_markdown` (Markdown as entities, or as
//!   rich Markdown), `send_budget` (the limits on requests for each chat and for the bot), `bot_api` (all requests, with
//!   their bodies).
//! * `actions`: commands, buttons and forms of people.

use std::sync::Arc;

use baton_chat::ChatChannel;

mod actions;
mod bot_api;
mod bot_context;
mod chat_address;
mod conversion;
mod local_bot_files;
mod send_budget;
mod sending;
mod telegram_account;
mod telegram_connector;
mod telegram_downloads;
mod telegram_id;
mod telegram_markdown;
pub mod telegram_module;
pub mod telegram_settings;
mod telegram_sizes;
mod telegram_table;
mod telegram_wire;
#[cfg(test)]
mod tests;
mod updates;
mod webhook;

pub use chat_address::{ChatAddress, NotAChatAddress};
#[doc(hidden)]
pub use conversion::poll_description::describe_poll;
pub use send_budget::budget_limits::BudgetLimits;
pub use telegram_id::{NotATelegramId, TelegramId};
pub use telegram_module::TelegramModule;
pub use telegram_settings::{Rendering, TelegramSettings};
pub use webhook::webhook_secret::{WebhookSecret, WebhookSecretError};
pub use webhook::webhook_settings::WebhookSettings;

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
