//! What Discord says, as far as it matters here. Whatever else it says is not looked at, so that
//! nothing new over there breaks anything here; what of it has another type than it should is left out, see
//! [`reading`].

use baton_core::message::Author;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::id::Id;

pub(super) mod json;
mod message;
pub(super) mod reading;

pub(super) use message::{
    Attachment, Embed, Incoming, Message, Poll, PollMedia, Sticker, UnreadableMessage,
};

/// Somebody.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct User {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) username: String,
    pub(super) global_name: Option<String>,
    #[serde(default)]
    pub(super) bot: bool,
}

impl User {
    /// What people see.
    pub(super) fn name(&self) -> &str {
        self.global_name.as_deref().unwrap_or(&self.username)
    }

    /// Whoever writes or decides; `member` is who they are in that server.
    pub(super) fn author(&self, member: Option<&Member>) -> Author {
        let nick = member.and_then(|member| member.nick.as_deref());
        Author {
            id: self.id.to_string().into(),
            name: nick.unwrap_or(self.name()).to_owned(),
        }
    }
}

/// Somebody in a server.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Member {
    #[serde(default)]
    pub(super) roles: Vec<Id>,
    pub(super) nick: Option<String>,
    /// What they may do there, of an interaction: a number in decimal digits.
    pub(super) permissions: Option<String>,
    /// Who it is, of an interaction or a reaction.
    pub(super) user: Option<User>,
}

impl Member {
    /// Whether they may do one of these, in the server where they use a command.
    pub(super) fn may(&self, one_of: u64) -> bool {
        let permissions = self.permissions.as_deref().unwrap_or_default();
        let permissions: u64 = permissions.parse().unwrap_or_default();
        permissions & one_of != 0
    }
}

/// A channel, a thread, or a conversation with one person.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Channel {
    pub(super) id: Id,
    #[serde(default, rename = "type")]
    pub(super) kind: u64,
    pub(super) guild_id: Option<Id>,
    pub(super) parent_id: Option<Id>,
    /// Who began a thread.
    pub(super) owner_id: Option<Id>,
    #[serde(default)]
    pub(super) last_message_id: LastMessage,
    pub(super) thread_metadata: Option<ThreadMetadata>,
    /// What there is otherwise for some roles and people.
    #[serde(default, deserialize_with = "reading::each")]
    pub(super) permission_overwrites: Vec<Overwrite>,
    /// It was begun just now.
    #[serde(default)]
    pub(super) newly_created: bool,
}

/// The last message of a channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LastMessage {
    /// It has none.
    #[default]
    Nothing,
    Is(Id),
    /// It may have one.
    Unreadable,
}

impl<'de> Deserialize<'de> for LastMessage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let told = Value::deserialize(deserializer)?;
        if told.is_null() || told == "0" {
            return Ok(Self::Nothing);
        }
        Ok(Id::deserialize(&told).map_or(Self::Unreadable, Self::Is))
    }
}

/// What a role or somebody may do in a channel, and may not; each a number in decimal digits.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Overwrite {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) allow: String,
    #[serde(default)]
    pub(super) deny: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ThreadMetadata {
    #[serde(default)]
    pub(super) archived: bool,
}

impl Channel {
    /// Whether it is a thread: of an announcement, public, or private.
    pub(super) fn is_thread(&self) -> bool {
        matches!(self.kind, 10..=12)
    }

    /// Whether it is a conversation with one person.
    pub(super) fn is_direct(&self) -> bool {
        self.kind == 1
    }

    pub(super) fn is_archived(&self) -> bool {
        self.thread_metadata.as_ref().is_some_and(|it| it.archived)
    }
}

/// A server, with what is in it.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Guild {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) unavailable: bool,
    #[serde(default, deserialize_with = "reading::each")]
    pub(super) roles: Vec<Role>,
    /// Some of them, with us.
    #[serde(default, deserialize_with = "reading::each")]
    pub(super) members: Vec<Member>,
    #[serde(default, deserialize_with = "reading::each")]
    pub(super) channels: Vec<Channel>,
    /// Those that are active.
    #[serde(default, deserialize_with = "reading::each")]
    pub(super) threads: Vec<Channel>,
}

/// What some of a server may do.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Role {
    pub(super) id: Id,
    /// A number in decimal digits.
    #[serde(default)]
    pub(super) permissions: String,
    pub(super) tags: Option<RoleTags>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct RoleTags {
    /// The bot that it was made for.
    pub(super) bot_id: Option<Id>,
}

/// Who we are.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Ready {
    pub(super) user: User,
    pub(super) application: Application,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Application {
    pub(super) id: Id,
}

/// Somebody put a mark on a message.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Reaction {
    pub(super) user_id: Id,
    pub(super) channel_id: Id,
    pub(super) message_id: Id,
    pub(super) member: Option<Member>,
    #[serde(default)]
    pub(super) emoji: Emoji,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Emoji {
    pub(super) name: Option<String>,
}

/// Somebody used a command, pressed a button, or sent a form.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Interaction {
    pub(super) id: Id,
    #[serde(default, rename = "type")]
    pub(super) kind: u64,
    pub(super) token: String,
    pub(super) channel_id: Option<Id>,
    /// The channel, in part.
    channel: Option<Value>,
    pub(super) guild_id: Option<Id>,
    /// In a server.
    pub(super) member: Option<Member>,
    /// Elsewhere.
    pub(super) user: Option<User>,
    #[serde(default)]
    pub(super) data: InteractionData,
}

impl Interaction {
    pub(super) const COMMAND: u64 = 2;
    pub(super) const BUTTON: u64 = 3;
    pub(super) const FORM: u64 = 5;

    /// Who it was.
    pub(super) fn who(&self) -> Option<&User> {
        let member = self.member.as_ref().and_then(|it| it.user.as_ref());
        member.or(self.user.as_ref())
    }

    /// The channel, as far as Discord shows it here; `None` where that is not understood.
    pub(super) fn shown_channel(&self) -> Option<Channel> {
        reading::read("the channel of an interaction", self.channel.clone()?).ok()
    }
}

/// What was used, pressed or filled in. What of it is not understood is as if it were not there, and loses
/// nothing else.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct InteractionData(Value);

impl InteractionData {
    /// The name of the command.
    pub(super) fn command(&self) -> &str {
        self.0["name"].as_str().unwrap_or_default()
    }

    /// What is given with a command, by its name.
    pub(super) fn option(&self, name: &str) -> Option<&Value> {
        let options = self.0["options"].as_array();
        let mut options = options.into_iter().flatten();
        let option = options.find(|option| option["name"] == name)?;
        Some(&option["value"])
    }

    /// The name of the button or form, which we gave it.
    pub(super) fn custom_id(&self) -> &str {
        self.0["custom_id"].as_str().unwrap_or_default()
    }

    /// What was written into a form, in the order of its fields, whose names are numbers.
    pub(super) fn fields(&self) -> Vec<String> {
        let rows = self.0["components"].as_array();
        let mut written: Vec<(usize, String)> = rows
            .into_iter()
            .flatten()
            .flat_map(|row| {
                // Each way that Discord has of nesting them.
                let inner = row["components"].as_array().into_iter().flatten();
                inner.chain([&row["component"]])
            })
            .filter_map(|field| {
                let number = field["custom_id"].as_str()?.parse().ok()?;
                Some((number, field["value"].as_str()?.to_owned()))
            })
            .collect();
        written.sort();
        written.into_iter().map(|(_, value)| value).collect()
    }
}

/// A gateway event.
#[derive(Debug)]
pub(super) struct Event {
    /// The name of the event, if readable.
    pub(super) name: Option<String>,
    pub(super) data: Value,
}

/// How the gateway is to be used. A field that cannot be read has a default: without one, the bot would be deaf.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(super) struct GatewayBot {
    pub(super) url: String,
    pub(super) shards: u32,
    pub(super) session_start_limit: SessionStartLimit,
}

impl Default for GatewayBot {
    fn default() -> Self {
        Self {
            url: "wss://gateway.discord.gg".to_owned(),
            shards: 1,
            session_start_limit: SessionStartLimit::default(),
        }
    }
}

/// How many sessions may begin. The defaults are those of a bot that Discord has not raised
/// (<https://docs.discord.com/developers/events/gateway#session-start-limit-object>).
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(super) struct SessionStartLimit {
    pub(super) total: u32,
    pub(super) remaining: u32,
    /// In milliseconds.
    pub(super) reset_after: u64,
    pub(super) max_concurrency: u16,
}

impl Default for SessionStartLimit {
    fn default() -> Self {
        Self {
            total: 1_000,
            remaining: 1_000,
            reset_after: 24 * 60 * 60 * 1_000,
            max_concurrency: 1,
        }
    }
}
