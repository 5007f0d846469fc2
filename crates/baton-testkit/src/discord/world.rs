//! What there is: servers, channels, people, messages. One lock holds it all, so every event has its
//! place in one order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use baton_core::clock::{Clock, Steady};
use serde_json::Value;

use super::check::Violation;
use super::faults::Faults;
use super::gateway::Gateway;
use super::interactions::Interaction;
use super::oddities::{Odd, Oddities};
use super::rest::Asked;
use super::snowflake::Snowflake;

/// What the bot may do in a channel, as bits of Discord's own.
pub mod permission {
    /// Put a reaction that nobody put before.
    pub const ADD_REACTIONS: u64 = 1 << 6;
    /// Everything.
    pub const ADMINISTRATOR: u64 = 1 << 3;
    /// See the channel at all.
    pub const VIEW_CHANNEL: u64 = 1 << 10;
    /// Write into a channel that is no thread.
    pub const SEND_MESSAGES: u64 = 1 << 11;
    /// Delete what others wrote, and their reactions.
    pub const MANAGE_MESSAGES: u64 = 1 << 13;
    /// Have embeds shown.
    pub const EMBED_LINKS: u64 = 1 << 14;
    /// Send files.
    pub const ATTACH_FILES: u64 = 1 << 15;
    /// Read what was written before.
    pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
    /// Archive, lock and reopen threads of others.
    pub const MANAGE_THREADS: u64 = 1 << 34;
    /// Begin a thread.
    pub const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
    /// Write into a thread.
    pub const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;
    /// What people who came by an invitation may do, and the bot.
    pub const ORDINARY: u64 = ADD_REACTIONS
        | VIEW_CHANNEL
        | SEND_MESSAGES
        | EMBED_LINKS
        | ATTACH_FILES
        | READ_MESSAGE_HISTORY
        | CREATE_PUBLIC_THREADS
        | SEND_MESSAGES_IN_THREADS;
}

/// A person, a bot, or a webhook.
#[derive(Clone, Debug)]
pub struct User {
    /// Whose it is for good.
    pub id: Snowflake,
    /// Its name, which can change.
    pub name: String,
    /// Whether it is a program.
    pub bot: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Guild {
    pub(super) id: Snowflake,
    pub(super) name: String,
    pub(super) owner: Snowflake,
    pub(super) roles: Vec<Role>,
    /// The roles of each who is in it.
    pub(super) members: BTreeMap<Snowflake, BTreeSet<Snowflake>>,
    /// The commands that everybody may use here, whatever the bot has said of them.
    pub(super) opened: BTreeSet<String>,
    /// An outage: there, but not to be reached.
    pub(super) unavailable: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) id: Snowflake,
    pub(super) name: String,
    pub(super) permissions: u64,
}

/// What kind of channel, by Discord's number; others than these can be made too.
pub mod kind {
    /// A channel of a server.
    pub const TEXT: u8 = 0;
    /// Between the bot and one person.
    pub const DIRECT: u8 = 1;
    /// For announcements.
    pub const ANNOUNCEMENT: u8 = 5;
    /// A thread that everybody sees.
    pub const THREAD: u8 = 11;
    /// Only threads are in it.
    pub const FORUM: u8 = 15;
}

#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) id: Snowflake,
    /// None: direct messages.
    pub(super) guild: Option<Snowflake>,
    pub(super) kind: u8,
    pub(super) name: String,
    pub(super) parent: Option<Snowflake>,
    /// Who is in direct messages, besides the bot.
    pub(super) recipients: Vec<Snowflake>,
    pub(super) thread: Option<Thread>,
    /// What the bot must not do here, bits of [`permission`].
    pub(super) lacks: u64,
    pub(super) messages: BTreeMap<Snowflake, Message>,
    /// Since when each is shown as typing.
    pub(super) typing: BTreeMap<Snowflake, Steady>,
}

#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub(super) owner: Snowflake,
    pub(super) archived: bool,
    pub(super) locked: bool,
    /// Minutes of silence after which it is archived; the fake never does so by itself.
    pub(super) auto_archive: u64,
    pub(super) members: BTreeSet<Snowflake>,
}

/// A file of a message.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its id.
    pub id: Snowflake,
    /// As people see it.
    pub name: String,
    /// What its sender said that it is.
    pub media_type: Option<String>,
    /// What is in it.
    pub bytes: Arc<[u8]>,
}

/// A message as people see it.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id; greater ones are later.
    pub id: Snowflake,
    /// The channel or thread that it is in.
    pub channel: Snowflake,
    /// Who wrote it.
    pub author: Snowflake,
    /// Discord's number of what kind of message it is: 0 ordinary, 19 a reply, 20 the answer to a
    /// command; others are Discord's own.
    pub kind: u8,
    /// Its text now.
    pub content: String,
    /// Its texts before, oldest first.
    pub earlier: Vec<String>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// As they were sent.
    pub embeds: Vec<Value>,
    /// Rows of buttons and selects, as they were sent.
    pub components: Vec<Value>,
    /// The message that it quotes.
    pub reply_to: Option<Snowflake>,
    /// People whom it rings: named in it, or quoted, and not held back by its sender.
    pub pings: BTreeSet<Snowflake>,
    /// Roles that it rings.
    pub role_pings: BTreeSet<Snowflake>,
    /// Whether it rings all.
    pub pings_everyone: bool,
    /// Who put which emoji.
    pub reactions: BTreeMap<String, BTreeSet<Snowflake>>,
    /// What its sender told it from others by.
    pub nonce: Option<Value>,
    /// Bits of Discord's own: 4 no embeds, 64 seen by one only, 4096 without a sound.
    pub flags: u64,
    /// Only this person sees it.
    pub only_for: Option<Snowflake>,
    /// The webhook that wrote it.
    pub webhook: Option<Snowflake>,
    /// The interaction that it answers.
    pub interaction: Option<Snowflake>,
    /// What else Discord tells of it.
    pub more: Option<Value>,
    /// How it is told otherwise than it should be.
    pub(super) odd: Option<Odd>,
    /// How often it was edited.
    pub edits: usize,
}

/// The flag of a message that only one person sees.
pub(super) const EPHEMERAL: u64 = 1 << 6;
/// The flag of an answer that is promised: "… is thinking".
pub(super) const LOADING: u64 = 1 << 7;

pub(super) struct World {
    pub(super) clock: Arc<dyn Clock>,
    /// `http://127.0.0.1:port`.
    pub(super) base: String,
    pub(super) token: String,
    pub(super) bot: Snowflake,
    pub(super) application: Snowflake,
    pub(super) users: BTreeMap<Snowflake, User>,
    pub(super) guilds: BTreeMap<Snowflake, Guild>,
    pub(super) channels: BTreeMap<Snowflake, Channel>,
    /// By server; under none those that are everywhere.
    pub(super) commands: BTreeMap<Option<Snowflake>, Vec<Value>>,
    pub(super) interactions: BTreeMap<Snowflake, Interaction>,
    /// The bot's messages by nonce, for as long as Discord remembers.
    pub(super) nonces: BTreeMap<String, (Snowflake, Snowflake)>,
    /// What Discord takes of a bot, in bytes.
    pub(super) largest_file: usize,
    pub(super) files: BTreeMap<Snowflake, Attachment>,
    pub(super) gateway: Gateway,
    /// What stands on the page of the application.
    pub(super) interactions_endpoint: Option<String>,
    pub(super) faults: Faults,
    pub(super) odd: Oddities,
    /// Names that are refused for a command, whatever the rules say.
    pub(super) refused_names: BTreeSet<String>,
    pub(super) violations: Vec<Violation>,
    pub(super) asked: Vec<Asked>,
    last: Snowflake,
}

impl World {
    pub(super) fn new(clock: Arc<dyn Clock>, base: String, token: &str) -> Self {
        let mut world = Self {
            clock,
            base,
            token: token.to_owned(),
            bot: Snowflake(0),
            application: Snowflake(0),
            users: BTreeMap::new(),
            guilds: BTreeMap::new(),
            channels: BTreeMap::new(),
            commands: BTreeMap::new(),
            interactions: BTreeMap::new(),
            nonces: BTreeMap::new(),
            largest_file: super::rules::LARGEST_FILE,
            files: BTreeMap::new(),
            gateway: Gateway::default(),
            interactions_endpoint: None,
            faults: Faults::default(),
            odd: Oddities::default(),
            refused_names: BTreeSet::new(),
            violations: Vec::new(),
            asked: Vec::new(),
            last: Snowflake(0),
        };
        world.bot = world.add_user("baton", true);
        // A bot's application has the bot's id, but for very old ones.
        world.application = world.bot;
        world
    }

    pub(super) fn next_id(&mut self) -> Snowflake {
        self.last = self.last.next(self.clock.wall());
        self.last
    }

    pub(super) fn add_user(&mut self, name: &str, bot: bool) -> Snowflake {
        let id = self.next_id();
        let name = name.to_owned();
        self.users.insert(id, User { id, name, bot });
        id
    }

    pub(super) fn channel(&self, id: Snowflake) -> &Channel {
        self.channels
            .get(&id)
            .unwrap_or_else(|| panic!("there is no channel {id}"))
    }

    pub(super) fn channel_mut(&mut self, id: Snowflake) -> &mut Channel {
        self.channels
            .get_mut(&id)
            .unwrap_or_else(|| panic!("there is no channel {id}"))
    }

    pub(super) fn guild(&self, id: Snowflake) -> &Guild {
        self.guilds
            .get(&id)
            .unwrap_or_else(|| panic!("there is no server {id}"))
    }

    pub(super) fn message(&self, channel: Snowflake, id: Snowflake) -> &Message {
        let message = self.channel(channel).messages.get(&id);
        message.unwrap_or_else(|| panic!("there is no message {id} in {channel}"))
    }

    pub(super) fn message_mut(&mut self, channel: Snowflake, id: Snowflake) -> &mut Message {
        let message = self.channel_mut(channel).messages.get_mut(&id);
        message.unwrap_or_else(|| panic!("there is no message {id} in {channel}"))
    }

    /// What somebody may do in a server, by role; its owner may do everything.
    pub(super) fn permissions(&self, guild: Snowflake, user: Snowflake) -> u64 {
        let guild = self.guild(guild);
        if guild.owner == user {
            return u64::MAX >> 14;
        }
        let own = guild.members.get(&user);
        let counts =
            |role: &&Role| role.id == guild.id || own.is_some_and(|own| own.contains(&role.id));
        let roles = guild.roles.iter().filter(counts);
        roles.fold(0, |all, role| all | role.permissions)
    }

    /// What the bot may do in a channel.
    pub(super) fn bot_permissions(&self, channel: &Channel) -> u64 {
        let Some(guild) = channel.guild else {
            return permission::ORDINARY;
        };
        let parent = channel.parent.and_then(|id| self.channels.get(&id));
        let lacks = channel.lacks | parent.map_or(0, |parent| parent.lacks);
        self.permissions(guild, self.bot) & !lacks
    }
}
