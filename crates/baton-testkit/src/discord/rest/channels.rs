//! Requests about channels: read, change, show typing, open direct messages.

use serde_json::json;

use super::super::gateway::intent;
use super::super::snowflake::Snowflake;
use super::super::world::{Channel, World, kind, permission};
use super::{ApiError, Call, Done};

/// Finds a channel that the bot can see; 404 if unknown, 403 if hidden.
pub(super) fn visible(world: &World, id: Snowflake) -> Result<&Channel, ApiError> {
    let channel = world
        .channels
        .get(&id)
        .ok_or_else(|| ApiError::new(404, 10003, "Unknown Channel"))?;
    let left = channel
        .guild
        .is_some_and(|guild| !world.guild(guild).members.contains_key(&world.bot));
    if left || world.bot_permissions(channel) & permission::VIEW_CHANNEL == 0 {
        return Err(ApiError::new(403, 50001, "Missing Access"));
    }
    Ok(channel)
}

/// Finds a channel where the bot has all these permissions; 403 otherwise.
pub(super) fn allowed(world: &World, id: Snowflake, needs: u64) -> Result<&Channel, ApiError> {
    let channel = visible(world, id)?;
    // In direct messages the bot has ordinary permissions, so only its own messages are under its control.
    if world.bot_permissions(channel) & needs != needs {
        return Err(ApiError::new(403, 50013, "Missing Permissions"));
    }
    Ok(channel)
}

pub(super) fn get(world: &World, call: &Call<'_>) -> Done {
    let channel = visible(world, call.id("channel_id"))?;
    Ok(Some(world.channel_json(channel)))
}

/// Changes `archived`, `locked` and the name of a thread. Other channels are refused with 403.
pub(super) fn update(world: &mut World, call: &Call<'_>) -> Done {
    let id = call.id("channel_id");
    let channel = visible(world, id)?;
    let may = world.bot_permissions(channel);
    let Some(thread) = &channel.thread else {
        return Err(ApiError::new(403, 50013, "Missing Permissions"));
    };
    let manages = may & permission::MANAGE_THREADS != 0;
    let wanted = |name: &str| call.body[name].as_bool();
    let locks = wanted("locked").is_some_and(|locked| locked != thread.locked);
    let opens = wanted("archived") == Some(false) && thread.archived;
    // Anyone with permission to write may reopen a thread that is not locked. Other changes are for its
    // owner.
    let permitted = if locks || (opens && thread.locked) {
        manages
    } else if opens {
        manages || may & permission::SEND_MESSAGES_IN_THREADS != 0
    } else {
        manages || thread.owner == world.bot
    };
    if !permitted {
        return Err(ApiError::new(403, 50013, "Missing Permissions"));
    }
    if thread.archived && wanted("archived") != Some(false) {
        return Err(ApiError::new(400, 50083, "Thread is archived"));
    }
    world.change_thread(id, wanted("archived"), wanted("locked"));
    if let Some(name) = call.body["name"].as_str() {
        name.clone_into(&mut world.channel_mut(id).name);
        world.tell_of_channel("THREAD_UPDATE", id);
    }
    Ok(Some(world.channel_json(world.channel(id))))
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Done {
    let id = call.id("channel_id");
    let channel = allowed(world, id, permission::MANAGE_THREADS)?;
    let written = world.channel_json(channel);
    world.remove_channel(id);
    Ok(Some(written))
}

pub(super) fn typing(world: &mut World, call: &Call<'_>) -> Done {
    let id = call.id("channel_id");
    let channel = visible(world, id)?;
    let needs = if channel.thread.is_some() {
        permission::SEND_MESSAGES_IN_THREADS
    } else {
        permission::SEND_MESSAGES
    };
    allowed(world, id, needs)?;
    world.type_in(id, world.bot);
    Ok(None)
}

/// Opens the direct messages with a person. Repeated requests return the same channel.
pub(super) fn create_direct(world: &mut World, call: &Call<'_>) -> Done {
    let user: Option<Snowflake> = call.body["recipient_id"]
        .as_str()
        .and_then(|id| id.parse().ok());
    let Some(user) = user.filter(|user| world.users.contains_key(user)) else {
        return Err(ApiError::new(400, 50033, "Invalid Recipient(s)"));
    };
    let id = world.direct_channel(user);
    Ok(Some(world.channel_json(world.channel(id))))
}

impl World {
    pub(in super::super) fn add_channel(
        &mut self,
        guild: Option<Snowflake>,
        kind: u8,
        name: &str,
    ) -> Snowflake {
        let id = self.next_id();
        let channel = Channel {
            id,
            guild,
            kind,
            name: name.to_owned(),
            parent: None,
            recipients: Vec::new(),
            thread: None,
            lacks: 0,
            messages: std::collections::BTreeMap::new(),
            typing: std::collections::BTreeMap::new(),
        };
        self.channels.insert(id, channel);
        id
    }

    /// The channel of direct messages with a person, created if missing.
    pub(in super::super) fn direct_channel(&mut self, user: Snowflake) -> Snowflake {
        let there =
            |channel: &&Channel| channel.kind == kind::DIRECT && channel.recipients == [user];
        if let Some(channel) = self.channels.values().find(there) {
            return channel.id;
        }
        let id = self.add_channel(None, kind::DIRECT, "");
        self.channel_mut(id).recipients.push(user);
        id
    }

    pub(in super::super) fn type_in(&mut self, channel: Snowflake, user: Snowflake) {
        let now = self.clock.steady();
        let seconds = self.clock.wall().0 / 1000;
        let entry = self.channel_mut(channel);
        entry.typing.insert(user, now);
        let guild = entry.guild;
        let mut event = json!({"channel_id": channel, "user_id": user, "timestamp": seconds});
        if let Some(guild) = guild {
            event["guild_id"] = json!(guild);
            event["member"] = self.whole_member_json(guild, user);
        }
        let intents = (intent::GUILD_MESSAGE_TYPING, intent::DIRECT_MESSAGE_TYPING);
        self.tell_in("TYPING_START", intents, channel, event);
    }

    /// Sends the event that a channel is new, has changed, or is deleted.
    pub(in super::super) fn tell_of_channel(&mut self, name: &str, channel: Snowflake) {
        let event = self.channel_json(self.channel(channel));
        self.tell_in(name, (intent::GUILDS, 0), channel, event);
    }

    pub(in super::super) fn remove_channel(&mut self, id: Snowflake) {
        let channel = self.channel(id);
        let name = if channel.thread.is_some() {
            "THREAD_DELETE"
        } else {
            "CHANNEL_DELETE"
        };
        let threads = self
            .channels
            .values()
            .filter(|thread| thread.parent == Some(id));
        let threads: Vec<Snowflake> = threads.map(|thread| thread.id).collect();
        self.tell_of_channel(name, id);
        // Discord sends no event for the threads deleted with their channel.
        for gone in threads.into_iter().chain([id]) {
            self.channels.remove(&gone);
        }
    }
}
