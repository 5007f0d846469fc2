//! The connector for Discord: a bot in servers, threads and direct messages.
//!
//! # Layout
//!
//! * [`discord_module`]: the channel for the program, with its table (`discord_table`).
//! * [`discord_settings`]: the configuration; [`translations`]: translated command names. `discord_id`, `wire`:
//!   objects from Discord; `limits`: Discord's limits; `type_numbers`: Discord's numbers for types and flags;
//!   `rest`: all requests, with their paths and bodies.
//! * `discord_connector`: the connector, and the abilities of Discord.
//! * Events: `gateway` (the connections), `application_check` (the settings of the bot on Discord),
//!   `gateway_events`, `permissions` (the permission to view channels), `message_conversion` and `message_text`
//!   (messages for the chat layer), `message_history` (past messages), `message_pages` (their pages),
//!   `attachment_downloads` (files of messages), `member_roles` (roles of people).
//! * Requests: `message_sending` (new messages) with `message_buttons`, `own_revisions` (edited and deleted
//!   messages), `own_marks` (reactions and typing), `own_messages` (messages of the bot), `reply_threads` (threads),
//!   `discord_markdown` (Discord's dialect).
//! * Actions of people: `command_registration` (the commands that Discord shows), `interaction_conversion`
//!   (interactions for the chat layer), `interaction_response` (answers in time).

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use baton_chat::ChatChannel;
use baton_chat::connector::ConnectionStates;
use baton_core::clock::Clock;
use tokio::sync::watch;

mod application_check;
mod attachment_downloads;
mod command_registration;
mod discord_connector;
mod discord_id;
mod discord_markdown;
pub mod discord_module;
pub mod discord_settings;
mod discord_table;
mod gateway;
mod gateway_events;
mod interaction_conversion;
mod interaction_response;
mod limits;
mod member_roles;
mod message_buttons;
mod message_conversion;
mod message_history;
mod message_pages;
mod message_sending;
mod message_text;
mod own_marks;
mod own_messages;
mod own_revisions;
mod permissions;
mod reply_threads;
mod rest;
pub mod translations;
mod type_numbers;
mod wire;

pub use discord_id::{Id, NotAnId};
pub use discord_module::DiscordModule;
pub use discord_settings::{DiscordSettings, OfferedIn};

use command_registration::RegistrationQueue;
use discord_connector::DiscordConnector;
use rest::RestClient;
use wire::GuildRole;

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
    let chat_settings = settings.chat_settings();
    let account = DiscordAccount::new(settings)?;
    let connector = DiscordConnector::new(Arc::new(account));
    Ok(ChatChannel::new(Arc::new(connector), chat_settings))
}

/// The ids of the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BotIds {
    user: Id,
    application: Id,
}

/// The state that all parts of the connector share.
struct DiscordAccount {
    settings: DiscordSettings,
    rest: RestClient,
    /// `None` until the first gateway event.
    ids: watch::Sender<Option<BotIds>>,
    /// The roles that Discord created for the bot, one in each server.
    own_roles: Mutex<HashSet<Id>>,
    registration: RegistrationQueue,
    connections: ConnectionStates,
}

impl DiscordAccount {
    fn new(settings: DiscordSettings) -> Result<Self, DiscordError> {
        let clock = Arc::clone(&settings.clock);
        let rest = RestClient::new(settings.api.clone(), settings.token.clone(), clock)?;
        Ok(Self {
            settings,
            rest,
            ids: watch::Sender::new(None),
            own_roles: Mutex::default(),
            registration: RegistrationQueue::default(),
            connections: ConnectionStates::default(),
        })
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.settings.clock
    }

    fn set_ids(&self, ids: BotIds) {
        self.ids.send_replace(Some(ids));
    }

    fn known_ids(&self) -> Option<BotIds> {
        *self.ids.borrow()
    }

    /// Waits for the ids of the bot, which Discord sends in the first gateway event.
    async fn wait_for_ids(&self) -> BotIds {
        let mut ids = self.ids.subscribe();
        let known = ids.wait_for(Option::is_some).await;
        match known.ok().and_then(|ids| *ids) {
            Some(ids) => ids,
            // Unreachable: the wait fails only without a sender, and `self` owns the sender.
            None => std::future::pending().await,
        }
    }

    /// Remembers the role that Discord created for the bot in a server. The role has the name of the bot, so people
    /// mention the role and mean the bot.
    fn remember_roles(&self, roles: &[GuildRole], us: Id) {
        let is_own = |role: &&GuildRole| role.tags.as_ref().is_some_and(|it| it.bot_id == Some(us));
        let own = roles.iter().filter(is_own).map(|role| role.id);
        let mut known = self
            .own_roles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.extend(own);
    }

    fn is_own_role(&self, role: Id) -> bool {
        let known = self
            .own_roles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.contains(&role)
    }
}
