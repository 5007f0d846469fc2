//! Requests about threads: create, list, join, archive, reopen.

use serde_json::{Value, json};

use super::super::gateway::intent;
use super::super::snowflake::Snowflake;
use super::super::world::{Channel, Thread, World, kind, permission};
use super::channels::{allowed, visible};
use super::{ApiError, Call, Done};

/// The default minutes until a thread is archived.
const AUTO_ARCHIVE: u64 = 4320;

/// Creates a thread from a message. The thread gets the message's id.
pub(super) fn from_message(world: &mut World, call: &Call<'_>) -> Done {
    let (parent, message) = (call.id("channel_id"), call.id("message_id"));
    let channel = allowed(world, parent, permission::CREATE_PUBLIC_THREADS)?;
    if channel.guild.is_none() || channel.thread.is_some() {
        return Err(ApiError::new(
            400,
            50024,
            "Cannot execute action on this channel type",
        ));
    }
    if !channel.messages.contains_key(&message) {
        return Err(ApiError::new(404, 10008, "Unknown Message"));
    }
    if world.channels.contains_key(&message) {
        let what = "A thread has already been created for this message";
        return Err(ApiError::new(400, 160_004, what));
    }
    let id = world.begin_thread(parent, Some(message), world.bot, call.body);
    Ok(Some(world.channel_json(world.channel(id))))
}

/// Creates a thread without a starting message.
pub(super) fn alone(world: &mut World, call: &Call<'_>) -> Done {
    let parent = call.id("channel_id");
    let channel = allowed(world, parent, permission::CREATE_PUBLIC_THREADS)?;
    if channel.kind != kind::TEXT && channel.kind != kind::ANNOUNCEMENT {
        return Err(ApiError::new(
            400,
            50024,
            "Cannot execute action on this channel type",
        ));
    }
    let id = world.begin_thread(parent, None, world.bot, call.body);
    Ok(Some(world.channel_json(world.channel(id))))
}

pub(super) fn active(world: &World, call: &Call<'_>) -> Done {
    let guild = call.id("guild_id");
    if !world.guilds.contains_key(&guild) {
        return Err(ApiError::new(404, 10004, "Unknown Guild"));
    }
    let open = |channel: &&Channel| {
        channel.guild == Some(guild)
            && channel
                .thread
                .as_ref()
                .is_some_and(|thread| !thread.archived)
    };
    Ok(Some(
        world.thread_list(world.channels.values().filter(open)),
    ))
}

pub(super) fn archived(world: &World, call: &Call<'_>) -> Done {
    let parent = allowed(
        world,
        call.id("channel_id"),
        permission::READ_MESSAGE_HISTORY,
    )?
    .id;
    let archived = |channel: &&Channel| {
        channel.parent == Some(parent)
            && channel
                .thread
                .as_ref()
                .is_some_and(|thread| thread.archived)
    };
    Ok(Some(
        world.thread_list(world.channels.values().filter(archived)),
    ))
}

pub(super) fn members(world: &World, call: &Call<'_>) -> Done {
    let channel = visible(world, call.id("channel_id"))?;
    let thread = of(channel)?;
    let members = thread
        .members
        .iter()
        .map(|&user| member_json(channel.id, user));
    Ok(Some(members.collect()))
}

pub(super) fn add(world: &mut World, call: &Call<'_>, user: Snowflake) -> Done {
    let id = call.id("channel_id");
    let thread = of(visible(world, id)?)?;
    if thread.archived {
        return Err(ApiError::new(400, 50083, "Thread is archived"));
    }
    if !world.users.contains_key(&user) {
        return Err(ApiError::new(404, 10013, "Unknown User"));
    }
    world.join_thread(id, user);
    Ok(None)
}

pub(super) fn remove(world: &mut World, call: &Call<'_>, user: Snowflake) -> Done {
    let id = call.id("channel_id");
    let thread = of(visible(world, id)?)?;
    if user != world.bot && thread.owner != world.bot {
        allowed(world, id, permission::MANAGE_THREADS)?;
    }
    if let Some(thread) = &mut world.channel_mut(id).thread {
        thread.members.remove(&user);
    }
    Ok(None)
}

fn of(channel: &Channel) -> Result<&Thread, ApiError> {
    let thread = channel.thread.as_ref();
    thread.ok_or_else(|| ApiError::new(400, 50024, "Cannot execute action on this channel type"))
}

fn member_json(thread: Snowflake, user: Snowflake) -> Value {
    json!({"id": thread, "user_id": user, "join_timestamp": thread.time(), "flags": 0})
}

/// Reopens an archived thread when the bot writes a message there. A locked thread accepts messages only from
/// a bot with the permission to manage threads.
pub(super) fn open_by_message(world: &mut World, id: Snowflake) -> Result<(), ApiError> {
    let channel = world.channel(id);
    let Some(thread) = &channel.thread else {
        return Ok(());
    };
    let manages = world.bot_permissions(channel) & permission::MANAGE_THREADS != 0;
    if thread.locked && !manages {
        return Err(ApiError::new(400, 160_005, "Thread is locked"));
    }
    if thread.archived {
        world.change_thread(id, Some(false), None);
    }
    world.join_thread(id, world.bot);
    Ok(())
}

impl World {
    /// Creates a thread with the name and the archive time from `body`, and with the id of `message` if
    /// given.
    pub(in super::super) fn begin_thread(
        &mut self,
        parent: Snowflake,
        message: Option<Snowflake>,
        owner: Snowflake,
        body: &Value,
    ) -> Snowflake {
        let guild = self.channel(parent).guild;
        let id = message.unwrap_or_else(|| self.next_id());
        let channel = Channel {
            id,
            guild,
            kind: kind::THREAD,
            name: body["name"].as_str().unwrap_or_default().to_owned(),
            parent: Some(parent),
            recipients: Vec::new(),
            thread: Some(Thread {
                owner,
                archived: false,
                locked: false,
                auto_archive: body["auto_archive_duration"]
                    .as_u64()
                    .unwrap_or(AUTO_ARCHIVE),
                members: [owner].into(),
            }),
            lacks: 0,
            messages: std::collections::BTreeMap::new(),
            typing: std::collections::BTreeMap::new(),
        };
        self.channels.insert(id, channel);
        let mut event = self.channel_json(self.channel(id));
        event["newly_created"] = json!(true);
        self.tell_in("THREAD_CREATE", (intent::GUILDS, 0), id, event);
        if let Some(message) = message {
            // The message now shows its thread.
            let message = self.message_mut(parent, message);
            message.flags |= 1 << 5;
            let message = message.clone();
            self.replace(message);
        }
        id
    }

    pub(in super::super) fn change_thread(
        &mut self,
        id: Snowflake,
        archived: Option<bool>,
        locked: Option<bool>,
    ) {
        let Some(thread) = &mut self.channel_mut(id).thread else {
            panic!("{id} is no thread");
        };
        thread.archived = archived.unwrap_or(thread.archived);
        thread.locked = locked.unwrap_or(thread.locked);
        self.tell_of_channel("THREAD_UPDATE", id);
    }

    pub(in super::super) fn join_thread(&mut self, id: Snowflake, user: Snowflake) {
        let Some(thread) = &mut self.channel_mut(id).thread else {
            return;
        };
        if thread.members.insert(user) {
            let count = thread.members.len();
            let guild = self.channel(id).guild;
            let mut added = member_json(id, user);
            if let Some(guild) = guild {
                added["member"] = self.whole_member_json(guild, user);
                added["presence"] = Value::Null;
            }
            let event = json!({
                "id": id, "guild_id": guild, "member_count": count.min(50), "added_members": [added],
            });
            self.tell_in("THREAD_MEMBERS_UPDATE", (intent::GUILDS, 0), id, event);
        }
    }

    fn thread_list<'a>(&self, threads: impl Iterator<Item = &'a Channel>) -> Value {
        let (mut list, mut own) = (Vec::new(), Vec::new());
        for channel in threads {
            list.push(self.channel_json(channel));
            if channel
                .thread
                .as_ref()
                .is_some_and(|thread| thread.members.contains(&self.bot))
            {
                own.push(member_json(channel.id, self.bot));
            }
        }
        json!({"threads": list, "members": own, "has_more": false})
    }
}
