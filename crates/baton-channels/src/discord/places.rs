//! Which channels there are, and how people are answered in each.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use reqwest::Method;

use super::id::Id;
use super::rest::{Call, Rest, RestError};
use super::settings::{Answering, Covers, DiscordSettings};
use super::wire::{Channel, Role};

/// How many channels are remembered at most. What is forgotten is asked for again.
const REMEMBERED: usize = 50_000;

/// What matters of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) guild: Option<Id>,
    /// The channel that a thread is in.
    pub(super) parent: Option<Id>,
    pub(super) is_thread: bool,
    /// Who began a thread.
    pub(super) owner: Option<Id>,
    pub(super) is_direct: bool,
}

impl From<&Channel> for Known {
    fn from(channel: &Channel) -> Self {
        Self {
            guild: channel.guild_id,
            // A channel has a parent too: what it is listed under.
            parent: channel.parent_id.filter(|_| channel.is_thread()),
            is_thread: channel.is_thread(),
            owner: channel.owner_id,
            is_direct: channel.is_direct(),
        }
    }
}

/// All that we were told of.
#[derive(Debug, Default)]
pub(super) struct Places {
    known: Mutex<HashMap<Id, Known>>,
    /// The roles that servers have made for us alone, one each.
    our_roles: Mutex<HashSet<Id>>,
}

impl Places {
    /// Remembers a channel of a server.
    pub(super) fn note(&self, channel: &Channel, guild: Option<Id>) -> Known {
        let mut known = Known::from(channel);
        known.guild = known.guild.or(guild);
        self.with(|all| {
            if all.len() >= REMEMBERED {
                all.clear();
            }
            all.insert(channel.id, known);
        });
        known
    }

    /// Remembers the role that a server has made for us. It has our name, and people choose it where they
    /// mean us.
    pub(super) fn note_roles(&self, roles: &[Role], us: Id) {
        let ours = |role: &&Role| role.tags.as_ref().is_some_and(|it| it.bot_id == Some(us));
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

    pub(super) fn forget(&self, channel: Id) {
        self.with(|all| all.remove(&channel));
    }

    /// What is remembered.
    pub(super) fn get(&self, channel: Id) -> Option<Known> {
        self.with(|all| all.get(&channel).copied())
    }

    /// What is remembered, or what Discord says.
    pub(super) async fn find(&self, rest: &Rest, channel: Id) -> Result<Known, RestError> {
        if let Some(known) = self.get(channel) {
            return Ok(known);
        }
        let call = Call::new(Method::GET, format!("channels/{channel}"));
        let found: Channel = rest.call(call).await?;
        Ok(self.note(&found, None))
    }

    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Id, Known>) -> T) -> T {
        work(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl DiscordSettings {
    /// How people are answered in a channel; `None` where we do not listen. What is said of a channel
    /// goes before what is said of its server.
    pub(super) fn answering(&self, channel: Id, known: &Known) -> Option<&Answering> {
        if known.is_direct {
            return self.direct.as_ref();
        }
        let covering = |covers: Covers| {
            let place = self.places.iter().find(|place| place.covers == covers);
            place.map(|place| &place.answering)
        };
        let parent = known.parent.map(Covers::Channel);
        let server = known.guild.map(Covers::Server);
        covering(Covers::Channel(channel))
            .or_else(|| parent.and_then(covering))
            .or_else(|| server.and_then(covering))
    }
}
