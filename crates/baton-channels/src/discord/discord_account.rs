//! The shared state of all parts of the connector.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use baton_chat::command_registration::RegistrationQueue;
use baton_chat::connection::session_starts::{SessionAllowance, SessionAllowances};
use baton_chat::connector::{ConnectionStates, ConnectorError};
use baton_chat::late_value::LateValue;
use baton_core::clock::Clock;

use super::discord_id::Id;
use super::discord_settings::DiscordSettings;
use super::rest::{CommandList, RestClient};
use super::wire::GuildRole;

#[async_trait]
impl SessionAllowances for DiscordAccount {
    async fn fetch_allowance(&self) -> Result<SessionAllowance, ConnectorError> {
        let bot = self.rest.fetch_gateway_bot().await?;
        Ok(bot.session_start_limit.to_allowance())
    }
}

/// The ids of the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BotIds {
    pub(super) user: Id,
    pub(super) application: Id,
}

/// The shared state of all parts of the connector.
pub(super) struct DiscordAccount {
    pub(super) settings: DiscordSettings,
    pub(super) rest: RestClient,
    /// The ids of the bot, from the first gateway event.
    pub(super) ids: LateValue<BotIds>,
    /// The bot's own roles. Discord creates one in each server.
    own_roles: Mutex<HashSet<Id>>,
    pub(super) registration: RegistrationQueue<CommandList>,
    pub(super) connections: ConnectionStates,
}

impl DiscordAccount {
    pub(super) fn new(settings: DiscordSettings) -> Result<Self, reqwest::Error> {
        let clock = Arc::clone(&settings.chat.clock);
        let rest = RestClient::new(settings.api.clone(), &settings.token, clock)?;
        Ok(Self {
            settings,
            rest,
            ids: LateValue::default(),
            own_roles: Mutex::default(),
            registration: RegistrationQueue::default(),
            connections: ConnectionStates::default(),
        })
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.settings.chat.clock
    }

    pub(super) fn known_ids(&self) -> Option<BotIds> {
        self.ids.known_value()
    }

    pub(super) async fn wait_for_ids(&self) -> BotIds {
        self.ids.wait_for_value().await
    }

    /// Remembers the bot's own role in a server. The role has the name of the bot, so people mention the role and mean
    /// the bot.
    pub(super) fn remember_roles(&self, roles: &[GuildRole], us: Id) {
        let own = roles.iter().filter(|role| role.bot() == Some(us));
        self.lock_own_roles().extend(own.map(|role| role.id));
    }

    pub(super) fn is_own_role(&self, role: Id) -> bool {
        self.lock_own_roles().contains(&role)
    }

    fn lock_own_roles(&self) -> MutexGuard<'_, HashSet<Id>> {
        let roles = self.own_roles.lock();
        roles.unwrap_or_else(PoisonError::into_inner)
    }
}
