//! The state that all parts of the connector share.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use baton_chat::command_registration::RegistrationQueue;
use baton_chat::connector::ConnectionStates;
use baton_core::clock::Clock;
use tokio::sync::watch;

use super::discord_id::Id;
use super::discord_settings::DiscordSettings;
use super::rest::{CommandList, RestClient};
use super::wire::GuildRole;

/// The ids of the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BotIds {
    pub(super) user: Id,
    pub(super) application: Id,
}

/// The state that all parts of the connector share.
pub(super) struct DiscordAccount {
    pub(super) settings: DiscordSettings,
    pub(super) rest: RestClient,
    /// `None` until the first gateway event.
    ids: watch::Sender<Option<BotIds>>,
    /// The roles that Discord created for the bot, one in each server.
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
            ids: watch::Sender::new(None),
            own_roles: Mutex::default(),
            registration: RegistrationQueue::default(),
            connections: ConnectionStates::default(),
        })
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.settings.chat.clock
    }

    pub(super) fn set_ids(&self, ids: BotIds) {
        self.ids.send_replace(Some(ids));
    }

    pub(super) fn known_ids(&self) -> Option<BotIds> {
        *self.ids.borrow()
    }

    /// Waits for the ids of the bot, which Discord sends in the first gateway event.
    pub(super) async fn wait_for_ids(&self) -> BotIds {
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
    pub(super) fn remember_roles(&self, roles: &[GuildRole], us: Id) {
        let is_own = |role: &&GuildRole| role.tags.as_ref().is_some_and(|it| it.bot_id == Some(us));
        let own = roles.iter().filter(is_own).map(|role| role.id);
        let mut known = self
            .own_roles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.extend(own);
    }

    pub(super) fn is_own_role(&self, role: Id) -> bool {
        let known = self
            .own_roles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.contains(&role)
    }
}
