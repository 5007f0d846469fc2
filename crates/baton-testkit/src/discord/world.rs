//! The state of the fake Discord: servers, channels, people and messages. One lock protects all state, so all
//! events have one order.

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

/// The permissions of the bot in a channel, as Discord's bits.
pub mod permission {
    /// Add a reaction with an emoji that is new on the message.
    pub const ADD_REACTIONS: u64 = 1 << 6;
    /// Every permission.
    pub const ADMINISTRATOR: u64 = 1 << 3;
    /// See the channel.
    pub const VIEW_CHANNEL: u64 = 1 << 10;
    /// Send messages to a channel, but not to a thread.
    pub const SEND_MESSAGES: u64 = 1 << 11;
    /// Delete the messages and reactions of others.
    pub const MANAGE_MESSAGES: u64 = 1 << 13;
    /// Send links with embeds.
    pub const EMBED_LINKS: u64 = 1 << 14;
    /// Send files.
    pub const ATTACH_FILES: u64 = 1 << 15;
    /// Read earlier messages.
    pub const READ_MESSAGE_HISTORY: u64 = 1 << 16;
    /// Archive, lock and reopen the threads of others.
    pub const MANAGE_THREADS: u64 = 1 << 34;
    /// Create a thread.
    pub const CREATE_PUBLIC_THREADS: u64 = 1 << 35;
    /// Send messages to a thread.
    pub const SEND_MESSAGES_IN_THREADS: u64 = 1 << 38;
    /// The permissions of the bot and of people who joined by an invitation.
    pub const ORDINARY: u64 = ADD_REACTIONS
        | VIEW_CHANNEL
        | SEND_MESSAGES
        | EMBED_LINKS
        | ATTACH_FILES
        | READ_MESSAGE_HISTORY
        | CREATE_PUBLIC_THREADS
        | SEND_MESSAGES_IN_THREADS;
}

/// A person, a bot or a webhook.
#[derive(Clone, Debug)]
pub struct User {
    /// The permanent id.
    pub id: Snowflake,
    /// The name, which can change.
    pub name: String,
    /// Whether the user is a program.
    pub bot: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Guild {
    pub(super) id: Snowflake,
    pub(super) name: String,
    pub(super) owner: Snowflake,
    pub(super) roles: Vec<Role>,
    /// The members, with their roles.
    pub(super) members: BTreeMap<Snowflake, BTreeSet<Snowflake>>,
    /// The commands that everybody may use here, despite the permissions that the bot registered.
    pub(super) opened: BTreeSet<String>,
    /// Whether the server has an outage: listed, but unavailable.
    pub(super) unavailable: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Role {
    pub(super) id: Snowflake,
    pub(super) name: String,
    pub(super) permissions: u64,
}

/// The kinds of channels, by Discord's numbers. Tests can create channels of other kinds too.
pub mod kind {
    /// A text channel of a server.
    pub const TEXT: u8 = 0;
    /// The direct messages of the bot and one person.
    pub const DIRECT: u8 = 1;
    /// An announcement channel.
    pub const ANNOUNCEMENT: u8 = 5;
    /// A public thread.
    pub const THREAD: u8 = 11;
    /// A forum, whose only content is threads.
    pub const FORUM: u8 = 15;
}

#[derive(Clone, Debug)]
pub(super) struct Channel {
    pub(super) id: Snowflake,
    /// The server; none for direct messages.
    pub(super) guild: Option<Snowflake>,
    pub(super) kind: u8,
    pub(super) name: String,
    pub(super) parent: Option<Snowflake>,
    /// The people in direct messages, besides the bot.
    pub(super) recipients: Vec<Snowflake>,
    pub(super) thread: Option<Thread>,
    /// The permissions that the bot lacks here, as bits of [`permission`].
    pub(super) lacks: u64,
    pub(super) messages: BTreeMap<Snowflake, Message>,
    /// The users shown as typing, with the start time of each.
    pub(super) typing: BTreeMap<Snowflake, Steady>,
}

#[derive(Clone, Debug)]
pub(super) struct Thread {
    pub(super) owner: Snowflake,
    pub(super) archived: bool,
    pub(super) locked: bool,
    /// Minutes of silence before Discord archives the thread. The fake never archives a thread by itself.
    pub(super) auto_archive: u64,
    pub(super) members: BTreeSet<Snowflake>,
}

/// A file of a message.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// The attachment's id.
    pub id: Snowflake,
    /// The file name, as people see it.
    pub name: String,
    /// The media type, as the sender declared it.
    pub media_type: Option<String>,
    /// The content.
    pub bytes: Arc<[u8]>,
}

/// A message as people see it.
#[derive(Clone, Debug)]
pub struct Message {
    /// The message's id; a later message has a greater id.
    pub id: Snowflake,
    /// The channel or thread of the message.
    pub channel: Snowflake,
    /// The author.
    pub author: Snowflake,
    /// Discord's number of the message type: 0 ordinary, 19 a reply, 20 the answer to a command. Other
    /// numbers are Discord's system messages.
    pub kind: u8,
    /// The current text.
    pub content: String,
    /// The earlier texts, oldest first.
    pub earlier: Vec<String>,
    /// The files.
    pub attachments: Vec<Attachment>,
    /// The embeds, as sent.
    pub embeds: Vec<Value>,
    /// The rows of buttons and selects, with an id for each component.
    pub components: Vec<Value>,
    /// The message that this one replies to.
    pub reply_to: Option<Snowflake>,
    /// The people whom the message pings: named in the text or quoted, and not suppressed by the sender.
    pub pings: BTreeSet<Snowflake>,
    /// The roles that the message pings.
    pub role_pings: BTreeSet<Snowflake>,
    /// Whether the message pings everyone.
    pub pings_everyone: bool,
    /// The users who reacted, by emoji.
    pub reactions: BTreeMap<String, BTreeSet<Snowflake>>,
    /// The sender's nonce, which identifies a repeated request.
    pub nonce: Option<Value>,
    /// Discord's flag bits: 4 no embeds, 64 visible to one person only, 4096 without a notification.
    pub flags: u64,
    /// The only person who sees the message, if not everybody.
    pub only_for: Option<Snowflake>,
    /// The webhook that sent the message.
    pub webhook: Option<Snowflake>,
    /// The interaction that the message answers.
    pub interaction: Option<Snowflake>,
    /// Extra fields for the message's JSON.
    pub more: Option<Value>,
    /// A planted deviation of the message's JSON.
    pub(super) odd: Option<Odd>,
    /// The number of edits.
    pub edits: usize,
}

/// The flag of a message visible to one person only.
pub(super) const EPHEMERAL: u64 = 1 << 6;
/// The flag of a deferred answer, shown as "… is thinking".
pub(super) const LOADING: u64 = 1 << 7;

pub(super) struct World {
    pub(super) clock: Arc<dyn Clock>,
    /// The base URL: `http://127.0.0.1:port`.
    pub(super) base: String,
    pub(super) token: String,
    pub(super) bot: Snowflake,
    pub(super) application: Snowflake,
    pub(super) users: BTreeMap<Snowflake, User>,
    pub(super) guilds: BTreeMap<Snowflake, Guild>,
    pub(super) channels: BTreeMap<Snowflake, Channel>,
    /// The commands by server; the key none holds the global commands.
    pub(super) commands: BTreeMap<Option<Snowflake>, Vec<Value>>,
    pub(super) interactions: BTreeMap<Snowflake, Interaction>,
    /// The bot's messages by nonce, as Discord remembers them for a while.
    pub(super) nonces: BTreeMap<String, (Snowflake, Snowflake)>,
    /// The largest upload of a bot that Discord accepts, in bytes.
    pub(super) largest_file: usize,
    pub(super) files: BTreeMap<Snowflake, Attachment>,
    pub(super) gateway: Gateway,
    /// The interactions URL on the application's page in the developer portal.
    pub(super) interactions_endpoint: Option<String>,
    pub(super) faults: Faults,
    pub(super) odd: Oddities,
    /// Command names that are refused although the rules accept them.
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
        // A bot's application has the bot's id, except for very old bots.
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

    /// The permissions of a user in a server, from all roles of the user. The owner has every permission.
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

    /// The permissions of the bot in a channel.
    pub(super) fn bot_permissions(&self, channel: &Channel) -> u64 {
        let Some(guild) = channel.guild else {
            return permission::ORDINARY;
        };
        let parent = channel.parent.and_then(|id| self.channels.get(&id));
        let lacks = channel.lacks | parent.map_or(0, |parent| parent.lacks);
        self.permissions(guild, self.bot) & !lacks
    }
}
