//! The known channels, and the settings for answers in each channel.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::discord_id::Id;
use super::discord_settings::{Answering, Covers, DiscordSettings, PlaceSettings};
use super::rest::{RestClient, RestError};
use super::wire::{DiscordChannel, GuildRole};

/// The maximum number of remembered channels. Forgotten channels are fetched again.
pub(super) const REMEMBERED: usize = 50_000;

/// The relevant facts about a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChannelInfo {
    /// The server of the channel; `None` for a direct message channel, or if unknown.
    pub(super) server: Option<Id>,
    pub(super) kind: ChannelKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelKind {
    Channel,
    Thread {
        /// The channel of the thread.
        parent: Option<Id>,
        /// The creator of the thread.
        owner: Option<Id>,
    },
    /// A direct message channel with one person.
    Direct,
}

impl From<&DiscordChannel> for ChannelInfo {
    fn from(channel: &DiscordChannel) -> Self {
        let kind = if channel.is_thread() {
            ChannelKind::Thread {
                parent: channel.parent_id,
                owner: channel.owner_id,
            }
        } else if channel.is_direct() {
            ChannelKind::Direct
        } else {
            ChannelKind::Channel
        };
        Self {
            server: channel.guild_id,
            kind,
        }
    }
}

impl ChannelInfo {
    /// Sets the server, unless the channel names one.
    pub(super) fn or_in_server(self, server: Option<Id>) -> Self {
        let server = self.server.or(server);
        Self { server, ..self }
    }

    /// The channel of a thread; `None` for other channels.
    pub(super) fn parent(&self) -> Option<Id> {
        match self.kind {
            ChannelKind::Thread { parent, .. } => parent,
            ChannelKind::Channel | ChannelKind::Direct => None,
        }
    }

    /// Whether the channel is a thread that `user` created.
    pub(super) fn is_thread_of(&self, user: Id) -> bool {
        matches!(self.kind, ChannelKind::Thread { owner, .. } if owner == Some(user))
    }
}

/// The configured places, and the channels that Discord has shown.
#[derive(Debug)]
pub(super) struct PlaceDirectory {
    /// The settings of places. Places are only added, and their number is small.
    answering: RwLock<Vec<(Covers, Arc<Answering>)>>,
    /// The settings of direct messages.
    direct: Option<Arc<Answering>>,
    known: Mutex<HashMap<Id, ChannelInfo>>,
    /// The servers of the configured channels. These entries are never forgotten.
    servers: Mutex<HashMap<Id, Id>>,
    /// The roles that Discord created for the bot, one in each server.
    our_roles: Mutex<HashSet<Id>>,
}

impl PlaceDirectory {
    pub(super) fn new(settings: &DiscordSettings) -> Self {
        let places = settings.places.iter();
        let answering = places.map(|place| (place.covers, Arc::new(place.answering.clone())));
        Self {
            answering: RwLock::new(answering.collect()),
            direct: settings.direct.clone().map(Arc::new),
            known: Mutex::default(),
            servers: Mutex::default(),
            our_roles: Mutex::default(),
        }
    }

    /// Adds a place while Baton runs.
    pub(super) fn add_place(&self, place: PlaceSettings) {
        let mut all = self
            .answering
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        all.push((place.covers, Arc::new(place.answering)));
        drop(all);
        if let Covers::Channel(channel) = place.covers
            && let Some(known) = self.known_channel(channel)
        {
            self.remember_server(channel, &known);
        }
    }

    fn remember_server(&self, channel: Id, known: &ChannelInfo) {
        if let Some(server) = known.server
            && self.settings_of_scope(Covers::Channel(channel)).is_some()
        {
            let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
            servers.insert(channel, server);
        }
    }

    /// The settings for a channel; `None` if the bot does not listen there. The settings of a channel take
    /// precedence over those of its server.
    pub(super) fn answer_settings(
        &self,
        channel: Id,
        known: &ChannelInfo,
    ) -> Option<Arc<Answering>> {
        if known.kind == ChannelKind::Direct {
            return self.direct.clone();
        }
        let settings_of_scope = |covers| self.settings_of_scope(covers);
        let parent = known.parent().map(Covers::Channel);
        let server = known.server.map(Covers::Server);
        settings_of_scope(Covers::Channel(channel))
            .or_else(|| parent.and_then(settings_of_scope))
            .or_else(|| server.and_then(settings_of_scope))
    }

    /// The probable settings for a channel that is unknown, except perhaps for its server.
    pub(super) fn likely_settings(
        &self,
        channel: Id,
        server: Option<Id>,
    ) -> Option<Arc<Answering>> {
        if server.is_some_and(|server| !self.is_ours(server)) {
            return None;
        }
        let of_server = || server.and_then(|server| self.settings_of_scope(Covers::Server(server)));
        // Discord sends the server with each new message, but not with a fetched message.
        let direct = || self.direct.clone().filter(|_| server.is_none());
        let any = || {
            let all = self.answering.read();
            let all = all.unwrap_or_else(PoisonError::into_inner);
            all.first().map(|(_, answering)| Arc::clone(answering))
        };
        let own = self.settings_of_scope(Covers::Channel(channel));
        own.or_else(of_server).or_else(direct).or_else(any)
    }

    /// The settings of the place with exactly this scope.
    pub(super) fn settings_of_scope(&self, covers: Covers) -> Option<Arc<Answering>> {
        let all = self
            .answering
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let place = all.iter().find(|(place, _)| *place == covers);
        place.map(|(_, answering)| Arc::clone(answering))
    }

    /// Whether the configuration names this server, or a channel of this server.
    pub(super) fn is_ours(&self, server: Id) -> bool {
        let all = self
            .answering
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().any(|(covers, _)| match covers {
            Covers::Server(id) => *id == server,
            Covers::Channel(id) => servers.get(id) == Some(&server),
        })
    }

    /// Remembers a channel. `server` applies if the channel names no server.
    pub(super) fn remember_channel(
        &self,
        channel: &DiscordChannel,
        server: Option<Id>,
    ) -> ChannelInfo {
        let known = ChannelInfo::from(channel).or_in_server(server);
        self.remember_server(channel.id, &known);
        self.with_channels(|all| {
            if all.len() >= REMEMBERED {
                all.clear();
            }
            all.insert(channel.id, known);
        });
        known
    }

    /// Remembers the role that Discord created for the bot in a server. The role has the name of the bot, so
    /// people mention the role and mean the bot.
    pub(super) fn remember_roles(&self, roles: &[GuildRole], us: Id) {
        let ours = |role: &&GuildRole| role.tags.as_ref().is_some_and(|it| it.bot_id == Some(us));
        let ours = roles.iter().filter(ours).map(|role| role.id);
        let mut known = self
            .our_roles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.extend(ours);
    }

    pub(super) fn is_our_role(&self, role: Id) -> bool {
        let known = self
            .our_roles
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.contains(&role)
    }

    pub(super) fn forget_channel(&self, channel: Id) {
        self.with_channels(|all| all.remove(&channel));
    }

    /// The channel, if remembered.
    pub(super) fn known_channel(&self, channel: Id) -> Option<ChannelInfo> {
        self.with_channels(|all| all.get(&channel).copied())
    }

    /// The channel from memory, or else from Discord.
    pub(super) async fn find_channel(
        &self,
        rest: &RestClient,
        channel: Id,
    ) -> Result<ChannelInfo, RestError> {
        if let Some(known) = self.known_channel(channel) {
            return Ok(known);
        }
        let found = rest.fetch_channel(channel).await?;
        Ok(self.remember_channel(&found, None))
    }

    fn with_channels<T>(&self, work: impl FnOnce(&mut HashMap<Id, ChannelInfo>) -> T) -> T {
        work(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use baton_core::clock::SystemClock;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_server_of_a_place_is_known_however_many_channels_there_are() {
        let mut settings = DiscordSettings::new(String::new(), SystemClock::shared());
        settings.places.push(PlaceSettings {
            covers: Covers::Channel(Id(1)),
            answering: Answering::by("bob"),
        });
        let places = PlaceDirectory::new(&settings);
        let server = Some(Id(7));
        for id in 1..=REMEMBERED + 1 {
            let channel = json!({ "id": id.to_string(), "type": 0 });
            places.remember_channel(&serde_json::from_value(channel).unwrap(), server);
        }
        assert_eq!(places.known_channel(Id(1)), None, "forgotten");
        assert!(places.is_ours(Id(7)));
        assert!(!places.is_ours(Id(8)));
    }
}
