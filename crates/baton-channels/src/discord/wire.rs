//! Discord's objects, with the fields that Baton reads. Unknown fields are ignored, so that Discord can add
//! fields. A field with a wrong type is left out, see [`tolerant_parsing`].

use std::collections::BTreeMap;
use std::time::Duration;

use baton_chat::connection::session_starts::SessionAllowance;
use baton_chat::http::tolerant_parsing;
use baton_core::message::Author;
use serde::Deserialize;
use serde_json::Value;

use super::discord_id::Id;
use super::permissions::Permissions;
use super::type_numbers::ChannelType;

mod discord_message;

pub(super) use discord_message::{DiscordMessage, MessageEmbed, NamedItem, WireMessage};

/// A person or a bot.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DiscordUser {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) username: String,
    pub(super) global_name: Option<String>,
    #[serde(default)]
    pub(super) bot: bool,
}

impl DiscordUser {
    /// The name that people see.
    pub(super) fn name(&self) -> &str {
        self.global_name.as_deref().unwrap_or(&self.username)
    }

    /// The author of a message or decision. `member` is the same user in the server, with the nickname there.
    pub(super) fn to_author(&self, member: Option<&GuildMember>) -> Author {
        let nick = member.and_then(|member| member.nick.as_deref());
        Author {
            id: self.id.into(),
            name: nick.unwrap_or(self.name()).to_owned(),
        }
    }
}

/// A user as a member of a server.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct GuildMember {
    #[serde(default)]
    pub(super) roles: Vec<Id>,
    pub(super) nick: Option<String>,
    /// The permissions in the channel, in interactions.
    #[serde(default)]
    pub(super) permissions: Permissions,
    /// The user, in interactions and reactions.
    pub(super) user: Option<DiscordUser>,
}

/// A channel, a thread, or a direct message channel.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DiscordChannel {
    pub(super) id: Id,
    #[serde(default, rename = "type")]
    pub(super) kind: ChannelType,
    pub(super) guild_id: Option<Id>,
    pub(super) parent_id: Option<Id>,
    /// The creator of a thread.
    pub(super) owner_id: Option<Id>,
    /// The id of the newest message; null or "0" in an empty channel.
    #[serde(default)]
    pub(super) last_message_id: Value,
    pub(super) thread_metadata: Option<ThreadMetadata>,
    /// Exceptions from the permissions of the server, for roles and members.
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(super) permission_overwrites: Vec<PermissionOverwrite>,
    /// Whether the thread was created just now.
    #[serde(default)]
    pub(super) newly_created: bool,
}

/// The permissions that a channel allows or denies for one role or member.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct PermissionOverwrite {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) allow: Permissions,
    #[serde(default)]
    pub(super) deny: Permissions,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ThreadMetadata {
    #[serde(default)]
    pub(super) archived: bool,
}

impl DiscordChannel {
    /// Whether the channel is an announcement thread, a public thread or a private thread.
    pub(super) fn is_thread(&self) -> bool {
        matches!(
            self.kind,
            ChannelType::ANNOUNCEMENT_THREAD
                | ChannelType::PUBLIC_THREAD
                | ChannelType::PRIVATE_THREAD
        )
    }
}

/// A server, with the roles, members and channels.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DiscordGuild {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) unavailable: bool,
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(super) roles: Vec<GuildRole>,
    /// Some members, always with the bot.
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(super) members: Vec<GuildMember>,
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(super) channels: Vec<DiscordChannel>,
    /// The active threads.
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(super) threads: Vec<DiscordChannel>,
}

/// A role of a server.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GuildRole {
    pub(super) id: Id,
    #[serde(default)]
    pub(super) permissions: Permissions,
    tags: Option<RoleTags>,
}

#[derive(Clone, Debug, Deserialize)]
struct RoleTags {
    bot_id: Option<Id>,
}

impl GuildRole {
    /// The bot for which Discord created the role.
    pub(super) fn bot(&self) -> Option<Id> {
        self.tags.as_ref()?.bot_id
    }
}

/// The identity of the bot.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct GatewayReady {
    pub(super) user: DiscordUser,
    pub(super) application: PartialApplication,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct PartialApplication {
    pub(super) id: Id,
}

/// A new reaction to a message.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct MessageReaction {
    pub(super) user_id: Id,
    pub(super) channel_id: Id,
    pub(super) message_id: Id,
    pub(super) member: Option<GuildMember>,
    #[serde(default)]
    pub(super) emoji: PartialEmoji,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct PartialEmoji {
    pub(super) name: Option<String>,
}

/// A command, a press on a button, or a sent form.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct DiscordInteraction {
    pub(super) id: Id,
    #[serde(default, rename = "type")]
    pub(super) kind: u64,
    pub(super) token: String,
    pub(super) channel_id: Option<Id>,
    /// A part of the channel object.
    channel: Option<Value>,
    pub(super) guild_id: Option<Id>,
    /// Set in servers.
    pub(super) member: Option<GuildMember>,
    /// Set outside servers.
    pub(super) user: Option<DiscordUser>,
    #[serde(default)]
    pub(super) data: InteractionData,
}

impl DiscordInteraction {
    pub(super) const COMMAND: u64 = 2;
    pub(super) const BUTTON: u64 = 3;
    pub(super) const FORM: u64 = 5;

    /// The person behind the interaction.
    pub(super) fn person(&self) -> Option<&DiscordUser> {
        let member = self.member.as_ref().and_then(|it| it.user.as_ref());
        member.or(self.user.as_ref())
    }

    /// The part of the channel that Discord sends; `None` if unreadable.
    pub(super) fn shown_channel(&self) -> Option<DiscordChannel> {
        tolerant_parsing::parse_value("the channel of an interaction", self.channel.clone()?).ok()
    }
}

/// The data of the command, button or form. An unreadable part counts as missing, and the rest stays
/// readable.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct InteractionData(Value);

impl InteractionData {
    /// The name of the command.
    pub(super) fn command_name(&self) -> &str {
        self.0["name"].as_str().unwrap_or_default()
    }

    /// The texts of the options of the command, by their names.
    pub(super) fn option_texts(&self) -> BTreeMap<String, String> {
        let options = self.0["options"].as_array();
        let options = options.into_iter().flatten().filter_map(|option| {
            let (name, value) = (option["name"].as_str()?, option["value"].as_str()?);
            Some((name.to_owned(), value.to_owned()))
        });
        options.collect()
    }

    /// The name that Baton gave the button or form.
    pub(super) fn custom_id(&self) -> &str {
        self.0["custom_id"].as_str().unwrap_or_default()
    }

    /// The texts of a form, in the order of the fields. The names of the fields are numbers.
    pub(super) fn form_texts(&self) -> Vec<String> {
        let rows = self.0["components"].as_array();
        let fields = rows.into_iter().flatten().flat_map(|row| {
            // Discord nests fields in two ways: in rows, and in labels.
            let inner = row["components"].as_array().into_iter().flatten();
            inner.chain([&row["component"]])
        });
        let written: BTreeMap<usize, String> = fields
            .filter_map(|field| {
                let number = field["custom_id"].as_str()?.parse().ok()?;
                Some((number, field["value"].as_str()?.to_owned()))
            })
            .collect();
        written.into_values().collect()
    }
}

/// The answer to a sent message.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct CreatedMessage {
    pub(super) id: Id,
}

/// The settings of the application on Discord.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ApplicationSettings {
    /// The address that gets commands and buttons in place of the gateway.
    #[serde(default)]
    pub(super) interactions_endpoint_url: Option<String>,
}

/// The settings for gateway connections. An unreadable field gets its default, so that the bot still
/// connects.
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

/// The limit on new gateway sessions. The defaults are Discord's defaults for a bot
/// (<https://docs.discord.com/developers/events/gateway#session-start-limit-object>).
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub(super) struct SessionStartLimit {
    total: u32,
    remaining: u32,
    /// In milliseconds.
    reset_after: u64,
    max_concurrency: u16,
}

impl SessionStartLimit {
    /// The limit for the chat layer. Discord wants 5 s between two sessions of one bucket
    /// (<https://docs.discord.com/developers/events/gateway#rate-limiting>).
    pub(super) fn to_allowance(&self) -> SessionAllowance {
        SessionAllowance {
            total: self.total,
            left: self.remaining,
            resets_in: Duration::from_millis(self.reset_after),
            buckets: self.max_concurrency.into(),
            apart: Duration::from_secs(5),
        }
    }
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
