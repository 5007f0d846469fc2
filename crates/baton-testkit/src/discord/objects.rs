//! Discord's objects as JSON, for answers and events.

use serde_json::{Value, json};

use super::snowflake::Snowflake;
use super::world::{Attachment, Channel, Guild, Message, Role, Thread, World};

impl World {
    pub(super) fn user_json(&self, id: Snowflake) -> Value {
        let Some(user) = self.users.get(&id) else {
            return json!({"id": id, "username": "deleted", "discriminator": "0", "avatar": null});
        };
        let mut written = json!({
            "id": user.id, "username": user.name, "discriminator": "0", "global_name": user.name,
            "avatar": null, "public_flags": 0, "flags": 0, "primary_guild": null,
        });
        if user.bot {
            written["bot"] = json!(true);
        }
        written
    }

    /// The bot's own user object, which has more fields than the objects of other users.
    pub(super) fn own_user_json(&self) -> Value {
        let mut user = self.user_json(self.bot);
        let more = json!({"mfa_enabled": true, "verified": true, "email": null, "locale": "en-US"});
        merge(&mut user, more);
        user
    }

    pub(super) fn application_json(&self) -> Value {
        json!({
            "id": self.application, "name": "Baton", "icon": null, "description": "",
            "bot": self.user_json(self.bot), "bot_public": false, "bot_require_code_grant": false,
            "flags": self.gateway.application_flags(), "summary": "", "type": null, "verify_key": "0".repeat(64),
            "hook": true, "redirect_uris": [], "interactions_endpoint_url": self.interactions_endpoint,
            "role_connections_verification_url": null, "owner": self.user_json(self.bot), "team": null,
            "approximate_guild_count": self.guilds.len(), "approximate_user_install_count": 0,
            "approximate_user_authorization_count": 0, "explicit_content_filter": 0,
            "eligible_oauth2_scopes": [], "flags_new": "0",
        })
    }

    /// A member object without the user, as beside a message's author.
    pub(super) fn member_json(&self, guild: Snowflake, user: Snowflake) -> Value {
        let roles: Vec<Snowflake> = self
            .guild(guild)
            .members
            .get(&user)
            .into_iter()
            .flatten()
            .copied()
            .collect();
        json!({
            "roles": roles, "nick": null, "avatar": null, "banner": null, "joined_at": guild.time(),
            "premium_since": null, "deaf": false, "mute": false, "flags": 0, "pending": false,
            "communication_disabled_until": null,
        })
    }

    pub(super) fn whole_member_json(&self, guild: Snowflake, user: Snowflake) -> Value {
        let mut member = self.member_json(guild, user);
        member["user"] = self.user_json(user);
        member
    }

    pub(super) fn channel_json(&self, channel: &Channel) -> Value {
        let mut written = self.usual_channel_json(channel);
        self.odd.of_object(channel.id, &mut written);
        written
    }

    fn usual_channel_json(&self, channel: &Channel) -> Value {
        let last = channel.messages.keys().next_back();
        let mut written = json!({
            "id": channel.id, "type": channel.kind, "last_message_id": last, "flags": 0,
            "last_pin_timestamp": null,
        });
        let Some(guild) = channel.guild else {
            let people: Vec<Value> = channel
                .recipients
                .iter()
                .map(|&id| self.user_json(id))
                .collect();
            merge(&mut written, json!({"recipients": people}));
            return written;
        };
        merge(
            &mut written,
            json!({
                "guild_id": guild, "name": channel.name, "parent_id": channel.parent,
                "rate_limit_per_user": 0,
            }),
        );
        match &channel.thread {
            None => merge(
                &mut written,
                json!({
                    "topic": null, "position": 0, "nsfw": false,
                    "permission_overwrites": overwrites(guild, channel.lacks),
                }),
            ),
            Some(thread) => merge(&mut written, self.thread_json(channel, thread)),
        }
        written
    }

    fn thread_json(&self, channel: &Channel, thread: &Thread) -> Value {
        let written = channel.messages.len();
        let mut more = json!({
            "owner_id": thread.owner, "message_count": written, "total_message_sent": written,
            "member_count": thread.members.len().min(50),
            "thread_metadata": {
                "archived": thread.archived, "archive_timestamp": channel.id.time(),
                "auto_archive_duration": thread.auto_archive, "locked": thread.locked,
                "create_timestamp": channel.id.time(),
            },
        });
        if thread.members.contains(&self.bot) {
            more["member"] = json!({
                "id": channel.id, "user_id": self.bot, "join_timestamp": channel.id.time(), "flags": 0,
            });
        }
        more
    }

    /// A message object for a REST answer. Events in servers have a few more fields, see [`message_event`].
    ///
    /// [`message_event`]: Self::message_event
    pub(super) fn message_json(&self, message: &Message) -> Value {
        let mut written = self.usual_message_json(message);
        if let Some(odd) = &message.odd {
            odd.change(&mut written);
        }
        written
    }

    fn usual_message_json(&self, message: &Message) -> Value {
        let attachments: Vec<Value> = message
            .attachments
            .iter()
            .map(|file| self.attachment_json(file))
            .collect();
        let mentions: Vec<Value> = message.pings.iter().map(|&id| self.user_json(id)).collect();
        let edited = (message.edits > 0).then(|| message.id.time());
        let mut written = json!({
            "id": message.id, "channel_id": message.channel, "type": message.kind,
            "author": self.user_json(message.author), "content": message.content,
            "timestamp": message.id.time(), "edited_timestamp": edited, "tts": false,
            "mention_everyone": message.pings_everyone, "mentions": mentions,
            "mention_roles": message.role_pings.iter().collect::<Vec<_>>(),
            "attachments": attachments, "embeds": message.embeds, "components": message.components,
            "pinned": false, "flags": message.flags,
        });
        if let Some(nonce) = &message.nonce {
            written["nonce"] = nonce.clone();
        }
        if let Some(metadata) = message
            .interaction
            .and_then(|id| self.interaction_metadata(id))
        {
            written["interaction_metadata"] = metadata;
        }
        if let Some(webhook) = message.webhook {
            merge(
                &mut written,
                json!({"webhook_id": webhook, "application_id": self.application}),
            );
        }
        if !message.reactions.is_empty() {
            let reactions = message.reactions.iter().map(|(emoji, users)| {
                json!({
                    "emoji": emoji_json(emoji), "count": users.len(), "me": users.contains(&self.bot),
                    "count_details": {"burst": 0, "normal": users.len()}, "burst_colors": [],
                    "me_burst": false, "burst_count": 0,
                })
            });
            written["reactions"] = reactions.collect();
        }
        if let Some(id) = message.reply_to {
            let guild = self.channel(message.channel).guild;
            let mut reference = json!({"type": 0, "channel_id": message.channel, "message_id": id});
            if let Some(guild) = guild {
                reference["guild_id"] = json!(guild);
            }
            written["message_reference"] = reference;
            let quoted = self.channel(message.channel).messages.get(&id);
            // Only one level: the reference of the quoted message is left out.
            written["referenced_message"] = quoted.map_or(Value::Null, |quoted| {
                let alone = Message {
                    reply_to: None,
                    ..quoted.clone()
                };
                self.message_json(&alone)
            });
        }
        if let Some(thread) = self.channels.get(&message.id) {
            written["thread"] = self.channel_json(thread);
        }
        if let Some(more) = &message.more {
            merge(&mut written, more.clone());
        }
        written
    }

    pub(super) fn message_event(&self, message: &Message) -> Value {
        let mut written = self.usual_message_json(message);
        if let Some(guild) = self.channel(message.channel).guild {
            written["guild_id"] = json!(guild);
            if message.webhook.is_none() {
                written["member"] = self.member_json(guild, message.author);
            }
            if let Some(mentions) = written["mentions"].as_array_mut() {
                for (mention, &user) in mentions.iter_mut().zip(&message.pings) {
                    mention["member"] = self.member_json(guild, user);
                }
            }
        }
        if let Some(odd) = &message.odd {
            odd.change(&mut written);
        }
        written
    }

    fn attachment_json(&self, file: &Attachment) -> Value {
        let url = format!("{}/attachments/{}/{}", self.base, file.id, file.name);
        let mut written = json!({
            "id": file.id, "filename": file.name, "size": file.bytes.len(), "url": url, "proxy_url": url,
        });
        if let Some(media_type) = &file.media_type {
            written["content_type"] = json!(media_type);
        }
        written
    }

    /// A server object for `GUILD_CREATE`.
    pub(super) fn guild_event(&self, guild: &Guild) -> Value {
        let mut written = guild_json(guild);
        let (threads, channels): (Vec<&Channel>, Vec<&Channel>) = self
            .channels
            .values()
            .filter(|channel| channel.guild == Some(guild.id))
            .partition(|channel| channel.thread.is_some());
        let open = threads.into_iter().filter(|channel| {
            channel
                .thread
                .as_ref()
                .is_some_and(|thread| !thread.archived)
        });
        let members: Vec<Value> = [self.bot]
            .into_iter()
            .map(|user| self.whole_member_json(guild.id, user))
            .collect();
        merge(
            &mut written,
            json!({
                "joined_at": guild.id.time(), "large": false, "unavailable": false,
                "member_count": guild.members.len(), "members": members, "presences": [],
                "voice_states": [], "stage_instances": [], "guild_scheduled_events": [],
                "soundboard_sounds": [],
                "channels": channels.into_iter().map(|channel| self.channel_json(channel)).collect::<Vec<_>>(),
                "threads": open.map(|channel| self.channel_json(channel)).collect::<Vec<_>>(),
            }),
        );
        self.odd.of_object(guild.id, &mut written);
        written
    }
}

pub(super) fn guild_json(guild: &Guild) -> Value {
    json!({
        "id": guild.id, "name": guild.name, "icon": null, "splash": null, "discovery_splash": null,
        "owner_id": guild.owner, "afk_channel_id": null, "afk_timeout": 300,
        "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0,
        "roles": guild.roles.iter().map(role_json).collect::<Vec<_>>(), "emojis": [], "stickers": [],
        "features": [], "mfa_level": 0, "application_id": null, "system_channel_id": null,
        "system_channel_flags": 0, "rules_channel_id": null, "vanity_url_code": null,
        "description": null, "banner": null, "premium_tier": 0, "premium_subscription_count": 0,
        "preferred_locale": "en-US", "public_updates_channel_id": null, "nsfw_level": 0,
        "premium_progress_bar_enabled": false, "safety_alerts_channel_id": null, "nsfw": false,
        "home_header": null, "widget_enabled": false,
        "widget_channel_id": null, "max_presences": null, "max_stage_video_channel_users": 50,
        "incidents_data": null, "max_video_channel_users": 25, "max_members": 500_000, "region": "deprecated",
    })
}

pub(super) fn role_json(role: &Role) -> Value {
    json!({
        "id": role.id, "name": role.name, "color": 0, "hoist": false, "icon": null,
        "colors": {"primary_color": 0, "secondary_color": null, "tertiary_color": null},
        "unicode_emoji": null, "position": 0, "permissions": role.permissions.to_string(),
        "managed": false, "mentionable": false, "flags": 0,
    })
}

/// An emoji from a path: a character, or `name:id`.
pub(super) fn emoji_json(emoji: &str) -> Value {
    match emoji.split_once(':') {
        Some((name, id)) => json!({"id": id, "name": name}),
        None => json!({"id": null, "name": emoji}),
    }
}

fn overwrites(guild: Snowflake, lacks: u64) -> Value {
    if lacks == 0 {
        return json!([]);
    }
    json!([{"id": guild, "type": 0, "allow": "0", "deny": lacks.to_string()}])
}

/// Adds the fields of `more` to `into`.
pub(super) fn merge(into: &mut Value, more: Value) {
    let (Value::Object(into), Value::Object(more)) = (into, more) else {
        unreachable!("both are objects");
    };
    into.extend(more);
}
