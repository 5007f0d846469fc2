//! Requests about messages: list, read, send, edit, delete.

use serde_json::{Value, json};

use super::super::gateway::intent;
use super::super::snowflake::Snowflake;
use super::super::world::{Attachment, Message, World, permission};
use super::channels::{allowed, visible};
use super::{ApiError, Call, Done, Upload, array};

fn unknown() -> ApiError {
    ApiError::new(404, 10008, "Unknown Message")
}

pub(super) fn list(world: &World, call: &Call<'_>) -> Done {
    let channel = visible(world, call.id("channel_id"))?;
    // Without the permission to read the history, Discord returns an empty list.
    if world.bot_permissions(channel) & permission::READ_MESSAGE_HISTORY == 0 {
        return Ok(Some(json!([])));
    }
    let limit = call.query_number("limit", 50);
    let seen = channel
        .messages
        .values()
        .filter(|message| message.only_for.is_none());
    let found: Vec<&Message> = if let Some(after) = call.query_id("after") {
        // The oldest messages after the given id, but the newest of these comes first.
        let mut found: Vec<_> = seen
            .filter(|message| message.id > after)
            .take(limit)
            .collect();
        found.reverse();
        found
    } else if let Some(around) = call.query_id("around") {
        let mut near: Vec<_> = seen.collect();
        near.sort_by_key(|message| message.id.0.abs_diff(around.0));
        near.truncate(limit);
        near.sort_by_key(|message| std::cmp::Reverse(message.id));
        near
    } else {
        let before = call.query_id("before").unwrap_or(Snowflake(u64::MAX));
        seen.rev()
            .filter(|message| message.id < before)
            .take(limit)
            .collect()
    };
    Ok(Some(
        found
            .into_iter()
            .map(|message| world.message_json(message))
            .collect(),
    ))
}

pub(super) fn get(world: &World, call: &Call<'_>) -> Done {
    let channel = visible(world, call.id("channel_id"))?;
    // Without the permission to read the history, Discord refuses to return a single message.
    if world.bot_permissions(channel) & permission::READ_MESSAGE_HISTORY == 0 {
        return Err(ApiError::new(403, 50001, "Missing Access"));
    }
    let message = channel.messages.get(&call.id("message_id"));
    let message = message
        .filter(|message| message.only_for.is_none())
        .ok_or_else(unknown)?;
    Ok(Some(world.message_json(message)))
}

pub(super) fn create(world: &mut World, asked: &str, call: &Call<'_>) -> Done {
    let id = call.id("channel_id");
    let channel = visible(world, id)?;
    let mut needs = if channel.thread.is_some() {
        permission::SEND_MESSAGES_IN_THREADS
    } else {
        permission::SEND_MESSAGES
    };
    if !call.uploads.is_empty() {
        needs |= permission::ATTACH_FILES;
    }
    let channel = allowed(world, id, needs)?;
    let quotes = call.body["message_reference"]["message_id"].is_string();
    if quotes && world.bot_permissions(channel) & permission::READ_MESSAGE_HISTORY == 0 {
        let what = "Cannot reply without permission to read message history";
        return Err(ApiError::new(403, 160_002, what));
    }
    let nonce = &call.body["nonce"];
    let remembered = nonce
        .as_str()
        .map_or_else(|| nonce.to_string(), str::to_owned);
    if call.body["enforce_nonce"] == true
        && let Some(&(channel, message)) = world.nonces.get(&remembered)
        && let Some(channel) = world.channels.get(&channel)
        && let Some(message) = channel.messages.get(&message)
    {
        return Ok(Some(world.message_json(message)));
    }
    let draft = Draft::read(world, asked, id, world.bot, call)?;
    // A message in an archived thread reopens the thread, unless locked.
    super::threads::open_by_message(world, id)?;
    let message = draft.post(world);
    if !nonce.is_null() {
        world.nonces.insert(remembered, (id, message));
    }
    Ok(Some(world.message_json(world.message(id, message))))
}

pub(super) fn update(world: &mut World, asked: &str, call: &Call<'_>) -> Done {
    let (channel, id) = (call.id("channel_id"), call.id("message_id"));
    let found = visible(world, channel)?
        .messages
        .get(&id)
        .ok_or_else(unknown)?;
    if found.author != world.bot {
        return Err(ApiError::new(
            403,
            50005,
            "Cannot edit a message authored by another user",
        ));
    }
    if world
        .channel(channel)
        .thread
        .as_ref()
        .is_some_and(|thread| thread.archived)
    {
        return Err(ApiError::new(400, 50083, "Thread is archived"));
    }
    edit(world, asked, channel, id, call)
}

/// Changes the fields present in the body.
pub(super) fn edit(
    world: &mut World,
    asked: &str,
    channel: Snowflake,
    id: Snowflake,
    call: &Call<'_>,
) -> Done {
    let before = world.message(channel, id).clone();
    let mut after = before.clone();
    let body = call.body;
    if let Some(content) = body.get("content") {
        after.earlier.push(std::mem::take(&mut after.content));
        content
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut after.content);
    }
    if let Some(embeds) = body.get("embeds") {
        after.embeds = array(embeds).to_vec();
    }
    if let Some(components) = body.get("components") {
        after.components = numbered(components);
    }
    if let Some(kept) = body.get("attachments") {
        let kept: Vec<&str> = array(kept)
            .iter()
            .filter_map(|kept| kept["id"].as_str())
            .collect();
        after
            .attachments
            .retain(|file| kept.contains(&file.id.to_string().as_str()));
    }
    after.attachments.extend(world.store(call.uploads));
    if after.is_empty() {
        return Err(empty(world, asked));
    }
    after.edits += 1;
    world.replace(after);
    Ok(Some(world.message_json(world.message(channel, id))))
}

pub(super) fn delete(world: &mut World, call: &Call<'_>) -> Done {
    let (channel, id) = (call.id("channel_id"), call.id("message_id"));
    let found = visible(world, channel)?
        .messages
        .get(&id)
        .ok_or_else(unknown)?;
    if found.author != world.bot {
        allowed(world, channel, permission::MANAGE_MESSAGES)?;
    }
    world.remove_message(channel, id);
    Ok(None)
}

fn empty(world: &mut World, asked: &str) -> ApiError {
    world.violation(asked, "an empty message");
    ApiError::new(400, 50006, "Cannot send an empty message")
}

/// A message not posted yet.
pub(in super::super) struct Draft(pub(in super::super) Message);

impl Draft {
    /// An empty message.
    pub(in super::super) fn new(channel: Snowflake, author: Snowflake) -> Self {
        Self(Message {
            id: Snowflake(0),
            channel,
            author,
            kind: 0,
            content: String::new(),
            earlier: Vec::new(),
            attachments: Vec::new(),
            embeds: Vec::new(),
            components: Vec::new(),
            reply_to: None,
            pings: std::collections::BTreeSet::new(),
            role_pings: std::collections::BTreeSet::new(),
            pings_everyone: false,
            reactions: std::collections::BTreeMap::new(),
            nonce: None,
            flags: 0,
            only_for: None,
            webhook: None,
            interaction: None,
            more: None,
            odd: None,
            edits: 0,
        })
    }

    /// Builds a message from the body of a request.
    pub(in super::super) fn read(
        world: &mut World,
        asked: &str,
        channel: Snowflake,
        author: Snowflake,
        call: &Call<'_>,
    ) -> Result<Self, ApiError> {
        let body = call.body;
        let mut draft = Self::new(channel, author);
        let message = &mut draft.0;
        body["content"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut message.content);
        message.embeds = array(&body["embeds"]).to_vec();
        message.components = numbered(&body["components"]);
        message.flags = body["flags"].as_u64().unwrap_or_default();
        message.nonce = body.get("nonce").filter(|nonce| !nonce.is_null()).cloned();
        let reference = &body["message_reference"];
        if let Some(id) = reference["message_id"]
            .as_str()
            .and_then(|id| id.parse().ok())
        {
            let there = world.channel(channel).messages.contains_key(&id);
            if there {
                message.reply_to = Some(id);
                message.kind = 19;
            } else if reference["fail_if_not_exists"] != false {
                let what = "message_reference: Unknown message".to_owned();
                return Err(ApiError::form(&[what]));
            }
        }
        message.attachments = world.store(call.uploads);
        if message.is_empty() {
            return Err(empty(world, asked));
        }
        draft.ring(world, &body["allowed_mentions"]);
        Ok(draft)
    }

    /// Records whom the message pings. Without `allowed_mentions`: everyone named in the text, and the author
    /// of the quoted message.
    pub(in super::super) fn ring(&mut self, world: &World, allowed: &Value) {
        let all = allowed.is_null();
        let parses =
            |kind: &str| all || array(&allowed["parse"]).iter().any(|parsed| parsed == kind);
        let listed = |kind: &str, id: Snowflake| {
            array(&allowed[kind])
                .iter()
                .any(|listed| *listed == *id.to_string())
        };
        let message = &mut self.0;
        for (mark, id) in named(&message.content) {
            match mark {
                "@&" if parses("roles") || listed("roles", id) => {
                    message.role_pings.insert(id);
                }
                "@" | "@!"
                    if world.users.contains_key(&id)
                        && (parses("users") || listed("users", id)) =>
                {
                    message.pings.insert(id);
                }
                _ => {}
            }
        }
        let everyone = message.content.contains("@everyone") || message.content.contains("@here");
        message.pings_everyone = everyone && parses("everyone");
        let rings_quoted = allowed["replied_user"].as_bool().unwrap_or(all);
        let quoted = message
            .reply_to
            .and_then(|id| world.channel(message.channel).messages.get(&id));
        if let Some(quoted) = quoted.filter(|_| rings_quoted) {
            message.pings.insert(quoted.author);
        }
    }

    /// Posts the message to its channel, sends the event, and returns the message's id.
    pub(in super::super) fn post(mut self, world: &mut World) -> Snowflake {
        let id = world.next_id();
        self.0.id = id;
        let Message {
            channel,
            author,
            only_for,
            ..
        } = self.0;
        let entry = world.channel_mut(channel);
        entry.messages.insert(id, self.0);
        // A posted message ends the author's typing.
        entry.typing.remove(&author);
        if only_for.is_none() {
            let event = world.message_event(world.message(channel, id));
            world.tell_of_message("MESSAGE_CREATE", channel, event);
        }
        id
    }
}

/// Numbers components without an id from 1, as Discord does.
fn numbered(components: &Value) -> Vec<Value> {
    let mut rows = array(components).to_vec();
    let mut next = 1;
    for row in &mut rows {
        let mut number = |component: &mut Value| {
            if component["id"].is_null() {
                component["id"] = json!(next);
            }
            next += 1;
        };
        number(row);
        let parts = row["components"].as_array_mut();
        parts.into_iter().flatten().for_each(number);
    }
    rows
}

/// The mentions in a text, as mark and id.
fn named(text: &str) -> impl Iterator<Item = (&str, Snowflake)> {
    text.split('<').skip(1).filter_map(|rest| {
        let (inner, _) = rest.split_once('>')?;
        let digits = inner.find(|letter: char| letter.is_ascii_digit())?;
        let (mark, id) = inner.split_at(digits);
        Some((mark, id.parse().ok()?))
    })
}

impl Message {
    fn is_empty(&self) -> bool {
        self.content.trim().is_empty()
            && self.embeds.is_empty()
            && self.components.is_empty()
            && self.attachments.is_empty()
    }
}

impl World {
    /// Stores files for download.
    pub(in super::super) fn store(&mut self, uploads: &[Upload]) -> Vec<Attachment> {
        let mut stored = Vec::new();
        for upload in uploads {
            let file = Attachment {
                id: self.next_id(),
                name: upload.name.clone(),
                media_type: upload.media_type.clone(),
                bytes: upload.bytes.as_ref().into(),
            };
            self.files.insert(file.id, file.clone());
            stored.push(file);
        }
        stored
    }

    /// Replaces a message with its changed version, and sends the event.
    pub(in super::super) fn replace(&mut self, message: Message) {
        let (channel, id, hidden) = (message.channel, message.id, message.only_for.is_some());
        *self.message_mut(channel, id) = message;
        if !hidden {
            let event = self.message_event(self.message(channel, id));
            self.tell_of_message("MESSAGE_UPDATE", channel, event);
        }
    }

    /// Removes several messages at once, and sends one event about the removed ones.
    pub(in super::super) fn remove_messages(&mut self, channel: Snowflake, ids: &[Snowflake]) {
        let all = &mut self.channel_mut(channel).messages;
        let removed = ids.iter().filter(|id| all.remove(id).is_some());
        let removed: Vec<Snowflake> = removed.copied().collect();
        let mut event = json!({"ids": removed, "channel_id": channel});
        if let Some(guild) = self.channel(channel).guild {
            event["guild_id"] = json!(guild);
        }
        self.tell_of_message("MESSAGE_DELETE_BULK", channel, event);
    }

    pub(in super::super) fn remove_message(&mut self, channel: Snowflake, id: Snowflake) {
        let removed = self.channel_mut(channel).messages.remove(&id);
        if removed.is_some_and(|message| message.only_for.is_none()) {
            let mut event = json!({"id": id, "channel_id": channel});
            if let Some(guild) = self.channel(channel).guild {
                event["guild_id"] = json!(guild);
            }
            self.tell_of_message("MESSAGE_DELETE", channel, event);
        }
    }

    /// Sends an event to the sessions with an intent for the channel's messages, if the bot can see the
    /// channel.
    pub(in super::super) fn tell_of_message(
        &mut self,
        name: &str,
        channel: Snowflake,
        event: Value,
    ) {
        self.tell_in(
            name,
            (intent::GUILD_MESSAGES, intent::DIRECT_MESSAGES),
            channel,
            event,
        );
    }

    /// Sends an event about a channel, under the intent for servers or the intent for direct messages.
    pub(in super::super) fn tell_in(
        &mut self,
        name: &str,
        intents: (u64, u64),
        channel: Snowflake,
        event: Value,
    ) {
        let channel = self.channel(channel);
        if self.bot_permissions(channel) & permission::VIEW_CHANNEL == 0 {
            return;
        }
        let guild = channel.guild;
        let intent = if guild.is_some() {
            intents.0
        } else {
            intents.1
        };
        self.dispatch(name, intent, guild, event);
    }
}
