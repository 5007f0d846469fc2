//! Actions of people: create servers, channels and roles; write, edit and delete messages; react.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::gateway::intent;
use super::oddities::Odd;
use super::rest::{Draft, Upload};
use super::snowflake::Snowflake;
use super::world::{Guild, Message, Role, User, permission};
use super::{Discord, kind};

/// A message that a person is about to send, see [`Discord::send`].
#[derive(Clone, Debug, Default)]
pub struct Said {
    text: String,
    reply_to: Option<Snowflake>,
    quietly: bool,
    files: Vec<(String, String, Vec<u8>)>,
    more: Option<Value>,
    odd: Option<Odd>,
}

impl Said {
    /// A message with this text.
    pub fn text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// Replies to a message, and pings its author.
    #[must_use]
    pub fn reply_to(mut self, message: Snowflake) -> Self {
        self.reply_to = Some(message);
        self
    }

    /// Does not ping the author of the quoted message.
    #[must_use]
    pub fn quietly(mut self) -> Self {
        self.quietly = true;
        self
    }

    /// Adds other fields to the message's JSON, such as embeds, a poll, or a forwarded message.
    #[must_use]
    pub fn with(mut self, more: Value) -> Self {
        self.more = Some(more);
        self
    }

    /// Applies a change to the message, in its event and over HTTP. The change must be repeatable.
    #[must_use]
    pub fn told_oddly(mut self, change: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        self.odd = Some(Odd::new(change));
        self
    }

    /// Adds a file with a name, a media type and content.
    #[must_use]
    pub fn file(mut self, name: &str, media_type: &str, bytes: &[u8]) -> Self {
        self.files
            .push((name.to_owned(), media_type.to_owned(), bytes.to_vec()));
        self
    }
}

/// The text that mentions and pings a user.
pub(super) fn mention(user: Snowflake) -> String {
    format!("<@{user}>")
}

impl Discord {
    /// Creates a server with the bot as a member. The owner is a separate user who never writes.
    pub fn server(&self, name: &str) -> Snowflake {
        self.shared.change(|world| {
            let owner = world.add_user(&format!("owner of {name}"), false);
            let id = world.next_id();
            let everyone = Role {
                id,
                name: "@everyone".to_owned(),
                permissions: permission::ORDINARY,
            };
            let guild = Guild {
                id,
                name: name.to_owned(),
                owner,
                roles: vec![everyone],
                members: [(owner, [].into()), (world.bot, [].into())].into(),
                opened: BTreeSet::new(),
                unavailable: false,
            };
            world.guilds.insert(id, guild);
            let event = world.guild_event(world.guild(id));
            world.dispatch("GUILD_CREATE", intent::GUILDS, Some(id), event);
            id
        })
    }

    /// Invites the bot back to a server after [`throw_out`](Self::throw_out).
    pub fn invite(&self, server: Snowflake) {
        self.shared.change(|world| {
            let bot = world.bot;
            if let Some(guild) = world.guilds.get_mut(&server) {
                guild.members.insert(bot, [].into());
            }
            let event = world.guild_event(world.guild(server));
            world.dispatch("GUILD_CREATE", intent::GUILDS, Some(server), event);
        });
    }

    /// Removes the bot and its commands from a server.
    pub fn throw_out(&self, server: Snowflake) {
        self.shared.change(|world| {
            let bot = world.bot;
            if let Some(guild) = world.guilds.get_mut(&server) {
                guild.members.remove(&bot);
            }
            world.commands.remove(&Some(server));
            world.dispatch(
                "GUILD_DELETE",
                intent::GUILDS,
                Some(server),
                json!({"id": server}),
            );
        });
    }

    /// Begins an outage of a server (true), or ends the outage.
    pub fn set_unavailable(&self, server: Snowflake, unavailable: bool) {
        self.shared.change(|world| {
            if let Some(guild) = world.guilds.get_mut(&server) {
                guild.unavailable = unavailable;
            }
            if unavailable {
                let event = json!({"id": server, "unavailable": true});
                world.dispatch("GUILD_DELETE", intent::GUILDS, Some(server), event);
            } else {
                let event = world.guild_event(world.guild(server));
                world.dispatch("GUILD_CREATE", intent::GUILDS, Some(server), event);
            }
        });
    }

    /// Creates a text channel.
    pub fn channel(&self, server: Snowflake, name: &str) -> Snowflake {
        self.channel_of_kind(server, name, kind::TEXT)
    }

    /// Creates a channel of any kind, see [`kind`]; unknown numbers are possible too.
    pub fn channel_of_kind(&self, server: Snowflake, name: &str, kind: u8) -> Snowflake {
        self.shared.change(|world| {
            let id = world.add_channel(Some(server), kind, name);
            world.tell_of_channel("CHANNEL_CREATE", id);
            id
        })
    }

    /// The channel of direct messages between the bot and a person, created if missing.
    pub fn direct(&self, person: Snowflake) -> Snowflake {
        self.shared.change(|world| world.direct_channel(person))
    }

    /// Deletes a channel or thread.
    pub fn delete_channel(&self, channel: Snowflake) {
        self.shared.change(|world| world.remove_channel(channel));
    }

    /// Creates a person who is in no server yet.
    pub fn person(&self, name: &str) -> Snowflake {
        self.shared.change(|world| world.add_user(name, false))
    }

    /// Creates another bot, or the author of a webhook, who is in no server yet.
    pub fn other_bot(&self, name: &str) -> Snowflake {
        self.shared.change(|world| world.add_user(name, true))
    }

    /// The user with this id.
    pub fn user(&self, id: Snowflake) -> User {
        self.shared.lock().users[&id].clone()
    }

    /// Changes a person's name; the id stays.
    pub fn rename(&self, person: Snowflake, name: &str) {
        self.shared.change(|world| {
            if let Some(user) = world.users.get_mut(&person) {
                name.clone_into(&mut user.name);
            }
        });
    }

    /// Creates a role in a server, with Discord's permission bits, see [`permission`].
    pub fn role(&self, server: Snowflake, name: &str, permissions: u64) -> Snowflake {
        self.shared.change(|world| {
            let id = world.next_id();
            let role = Role {
                id,
                name: name.to_owned(),
                permissions,
            };
            let event = json!({"guild_id": server, "role": super::objects::role_json(&role)});
            if let Some(guild) = world.guilds.get_mut(&server) {
                guild.roles.push(role);
            }
            world.dispatch("GUILD_ROLE_CREATE", intent::GUILDS, Some(server), event);
            id
        })
    }

    /// Makes a user a member of the server, with exactly these roles.
    pub fn join(&self, server: Snowflake, user: Snowflake, roles: &[Snowflake]) {
        self.shared.change(|world| {
            let Some(guild) = world.guilds.get_mut(&server) else {
                panic!("there is no server {server}");
            };
            let new = guild
                .members
                .insert(user, roles.iter().copied().collect())
                .is_none();
            let name = if new {
                "GUILD_MEMBER_ADD"
            } else {
                "GUILD_MEMBER_UPDATE"
            };
            let mut event = world.whole_member_json(server, user);
            event["guild_id"] = json!(server);
            world.dispatch(name, intent::GUILD_MEMBERS, Some(server), event);
        });
    }

    /// Sets the permissions that the bot lacks in a channel and its threads. Earlier restrictions of the
    /// channel are replaced.
    pub fn forbid(&self, channel: Snowflake, permissions: u64) {
        self.shared.change(|world| {
            world.channel_mut(channel).lacks = permissions;
            let guild = world.channel(channel).guild;
            // Sent even to a bot that can no longer see the channel, so that the bot learns of the change.
            let event = world.channel_json(world.channel(channel));
            world.dispatch("CHANNEL_UPDATE", intent::GUILDS, guild, event);
        });
    }

    /// The text that mentions and pings a user.
    pub fn mention(&self, user: Snowflake) -> String {
        mention(user)
    }

    /// A user writes a text.
    pub fn say(&self, channel: Snowflake, author: Snowflake, text: &str) -> Snowflake {
        self.send(channel, author, Said::text(text))
    }

    /// A user writes a text after a mention of the bot.
    pub fn say_to_bot(&self, channel: Snowflake, author: Snowflake, text: &str) -> Snowflake {
        let text = format!("{} {text}", mention(self.bot()));
        self.say(channel, author, &text)
    }

    /// A user sends a message with more than a text.
    pub fn send(&self, channel: Snowflake, author: Snowflake, said: Said) -> Snowflake {
        self.write(channel, author, said, |_| {})
    }

    /// A webhook sends a message under its own user.
    pub fn say_by_webhook(&self, channel: Snowflake, webhook: Snowflake, text: &str) -> Snowflake {
        self.write(channel, webhook, Said::text(text), |message| {
            message.webhook = Some(webhook);
        })
    }

    /// Discord sends a system message of this type, such as a join (7) or a pinned message (6).
    pub fn system_message(&self, channel: Snowflake, author: Snowflake, kind: u8) -> Snowflake {
        self.write(channel, author, Said::text(""), |message| {
            message.kind = kind;
        })
    }

    fn write(
        &self,
        channel: Snowflake,
        author: Snowflake,
        said: Said,
        change: impl FnOnce(&mut Message),
    ) -> Snowflake {
        self.shared.change(|world| {
            let uploads =
                said.files
                    .into_iter()
                    .enumerate()
                    .map(|(number, (name, media_type, bytes))| {
                        let media_type = Some(media_type);
                        Upload {
                            number: number as u64,
                            name,
                            media_type,
                            bytes: bytes.into(),
                        }
                    });
            let uploads: Vec<Upload> = uploads.collect();
            let mut draft = Draft::new(channel, author);
            draft.0.content = said.text;
            draft.0.attachments = world.store(&uploads);
            if let Some(quoted) = said.reply_to {
                draft.0.reply_to = Some(quoted);
                draft.0.kind = 19;
            }
            draft.0.more = said.more;
            draft.0.odd = said.odd;
            change(&mut draft.0);
            let rings = if said.quietly {
                json!({"parse": ["users", "roles", "everyone"], "replied_user": false})
            } else {
                Value::Null
            };
            draft.ring(world, &rings);
            // A person's message in an archived thread reopens the thread, as the bot's message does.
            if world
                .channel(channel)
                .thread
                .as_ref()
                .is_some_and(|thread| thread.archived)
            {
                world.change_thread(channel, Some(false), None);
            }
            world.join_thread(channel, author);
            draft.post(world)
        })
    }

    /// The author edits a message. A new mention in it is reported, and notifies nobody.
    pub fn edit(&self, channel: Snowflake, message: Snowflake, text: &str) {
        self.shared.change(|world| {
            let mut edited = Draft(world.message(channel, message).clone());
            let message = &mut edited.0;
            message
                .earlier
                .push(std::mem::replace(&mut message.content, text.to_owned()));
            message.edits += 1;
            edited.ring(world, &Value::Null);
            world.replace(edited.0);
        });
    }

    /// Discord adds the preview of a link: an update without an edit.
    pub fn unfurl(&self, channel: Snowflake, message: Snowflake) {
        self.shared.change(|world| {
            let mut shown = world.message(channel, message).clone();
            shown.embeds = vec![json!({"type": "link", "title": "A page"})];
            world.replace(shown);
        });
    }

    /// A moderator deletes several messages at once.
    pub fn delete_many(&self, channel: Snowflake, messages: &[Snowflake]) {
        self.shared
            .change(|world| world.remove_messages(channel, messages));
    }

    /// The author or another user deletes a message.
    pub fn delete(&self, channel: Snowflake, message: Snowflake) {
        self.shared
            .change(|world| world.remove_message(channel, message));
    }

    /// A user adds a reaction to a message.
    pub fn react(&self, channel: Snowflake, message: Snowflake, user: Snowflake, emoji: &str) {
        self.shared
            .change(|world| world.react(channel, message, user, emoji));
    }

    /// A user removes a reaction.
    pub fn take_reaction(
        &self,
        channel: Snowflake,
        message: Snowflake,
        user: Snowflake,
        emoji: &str,
    ) {
        self.shared
            .change(|world| world.take_reaction(channel, message, user, emoji));
    }

    /// A user types.
    pub fn type_in(&self, channel: Snowflake, user: Snowflake) {
        self.shared.change(|world| world.type_in(channel, user));
    }

    /// A user creates a thread, with or without a starting message. The bot joins when it is mentioned or
    /// writes.
    pub fn thread(
        &self,
        channel: Snowflake,
        message: Option<Snowflake>,
        owner: Snowflake,
        name: &str,
    ) -> Snowflake {
        let body = json!({"name": name});
        self.shared
            .change(|world| world.begin_thread(channel, message, owner, &body))
    }

    /// Archives or reopens a thread, as time or a moderator does.
    pub fn set_archived(&self, thread: Snowflake, archived: bool) {
        self.shared
            .change(|world| world.change_thread(thread, Some(archived), None));
    }

    /// Locks or unlocks a thread.
    pub fn set_locked(&self, thread: Snowflake, locked: bool) {
        self.shared
            .change(|world| world.change_thread(thread, None, Some(locked)));
    }
}
