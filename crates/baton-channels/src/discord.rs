//! The connector for Discord: a bot in servers, threads and direct messages.
//!
//! # Layout
//!
//! * [`discord_module`]: the channel for the program, with its table (`discord_table`).
//! * [`discord_settings`]: the configuration; [`translation_rules`]: Discord's rules for translated command names.
//!   `discord_id`, `wire`: objects from Discord; `discord_sizes`: Discord's limits on sizes; `type_numbers`: Discord's
//!   numbers for types and flags; `rest`: all requests, with their paths and bodies.
//! * `discord_connector`: the connector, and the abilities of Discord; `discord_account`: the shared state of
//!   all parts.
//! * Events: `gateway` (the connections), `application_check` (the settings of the bot on Discord),
//!   `gateway_events`, `permissions` (the permission to view channels), `channel_conversion` (channels for the
//!   chat layer), `message_conversion` and `message_text` (messages), `reaction_conversion` (reactions),
//!   `message_history` (past messages), `message_pages` (their pages), `attachment_downloads` (files of messages),
//!   `member_roles` (roles of people).
//! * Requests: `message_sending` (new messages), `message_edits` (edited and deleted messages), `own_marks` (reactions
//!   and typing), `reply_threads` (threads), `discord_markdown` (Discord's dialect).
//! * Actions of people: `command_registration` (the commands that Discord shows), `interaction_conversion`
//!   (interactions for the chat layer), `interaction_response` (their answers).

use std::sync::Arc;

use baton_chat::ChatChannel;

mod application_check;
mod attachment_downloads;
mod channel_conversion;
mod command_registration;
mod discord_account;
mod discord_connector;
mod discord_id;
mod discord_markdown;
pub mod discord_module;
pub mod discord_settings;
mod discord_sizes;
mod discord_table;
mod gateway;
mod gateway_events;
mod interaction_conversion;
mod interaction_response;
mod member_roles;
mod message_conversion;
mod message_edits;
mod message_history;
mod message_pages;
mod message_sending;
mod message_text;
mod own_marks;
mod permissions;
mod reaction_conversion;
mod reply_threads;
mod rest;
pub mod translation_rules;
mod type_numbers;
mod wire;

pub use discord_id::{Id, NotAnId};
pub use discord_module::DiscordModule;
pub use discord_settings::{DiscordSettings, OfferedIn};

use discord_account::DiscordAccount;
use discord_connector::DiscordConnector;

/// The name of the channel in places.
pub const CHANNEL: &str = "discord";
/// The name of the only account.
pub const ACCOUNT: &str = "default";

/// The error of [`open_channel`]: the HTTP client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("Baton cannot connect to Discord: {0}; check that this machine has certificates")]
pub struct DiscordError(#[from] reqwest::Error);

/// A channel that connects to Discord when its `receive` starts.
pub fn open_channel(settings: DiscordSettings) -> Result<ChatChannel, DiscordError> {
    // rustls needs a default provider. An error means that the process has one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chat_settings = settings.chat.clone();
    let account = Arc::new(DiscordAccount::new(settings)?);
    let connector = DiscordConnector { account };
    Ok(ChatChannel::new(Arc::new(connector), chat_settings))
}
