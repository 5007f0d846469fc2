//! Requests about reactions: add and remove.

use serde_json::json;

use super::super::gateway::intent;
use super::super::objects::emoji_json;
use super::super::snowflake::Snowflake;
use super::super::world::{World, permission};
use super::channels::{allowed, visible};
use super::{ApiError, Call, Done};

pub(super) fn add(world: &mut World, call: &Call<'_>) -> Done {
    let (channel, message, emoji) = target(world, call)?;
    let first = !world
        .message(channel, message)
        .reactions
        .contains_key(&emoji);
    let needs =
        permission::READ_MESSAGE_HISTORY | if first { permission::ADD_REACTIONS } else { 0 };
    allowed(world, channel, needs)?;
    world.react(channel, message, world.bot, &emoji);
    Ok(None)
}

pub(super) fn remove(world: &mut World, call: &Call<'_>, user: Snowflake) -> Done {
    let (channel, message, emoji) = target(world, call)?;
    if user != world.bot {
        allowed(world, channel, permission::MANAGE_MESSAGES)?;
    }
    world.take_reaction(channel, message, user, &emoji);
    Ok(None)
}

/// The channel, the message and the emoji; an error if the message or the emoji is unknown.
fn target(world: &World, call: &Call<'_>) -> Result<(Snowflake, Snowflake, String), ApiError> {
    let (channel, message) = (call.id("channel_id"), call.id("message_id"));
    let found = visible(world, channel)?.messages.contains_key(&message);
    if !found {
        return Err(ApiError::new(404, 10008, "Unknown Message"));
    }
    let emoji = call.path.get("emoji_name").cloned().unwrap_or_default();
    // A character other than an ASCII letter or digit, or a keycap. Custom emojis are unknown, because no
    // server here has any.
    if emoji.is_empty()
        || emoji.chars().any(|letter| letter.is_ascii_alphanumeric()) && !emoji.contains('\u{20e3}')
    {
        return Err(ApiError::new(400, 10014, "Unknown Emoji"));
    }
    Ok((channel, message, emoji))
}

impl World {
    /// Adds a reaction. An existing reaction stays, without an event.
    pub(in super::super) fn react(
        &mut self,
        channel: Snowflake,
        message: Snowflake,
        user: Snowflake,
        emoji: &str,
    ) {
        let reactions = &mut self.message_mut(channel, message).reactions;
        let new = reactions.entry(emoji.to_owned()).or_default().insert(user);
        if new {
            self.tell_of_reaction("MESSAGE_REACTION_ADD", channel, message, user, emoji);
        }
    }

    pub(in super::super) fn take_reaction(
        &mut self,
        channel: Snowflake,
        message: Snowflake,
        user: Snowflake,
        emoji: &str,
    ) {
        let reactions = &mut self.message_mut(channel, message).reactions;
        let removed = reactions
            .get_mut(emoji)
            .is_some_and(|users| users.remove(&user));
        reactions.retain(|_, users| !users.is_empty());
        if removed {
            self.tell_of_reaction("MESSAGE_REACTION_REMOVE", channel, message, user, emoji);
        }
    }

    fn tell_of_reaction(
        &mut self,
        name: &str,
        channel: Snowflake,
        message: Snowflake,
        user: Snowflake,
        emoji: &str,
    ) {
        let mut event = json!({
            "user_id": user, "channel_id": channel, "message_id": message, "emoji": emoji_json(emoji),
            "burst": false, "type": 0,
        });
        if let Some(guild) = self.channel(channel).guild {
            event["guild_id"] = json!(guild);
            if name == "MESSAGE_REACTION_ADD" {
                event["member"] = self.whole_member_json(guild, user);
                event["message_author_id"] = json!(self.message(channel, message).author);
            }
        }
        let intents = (
            intent::GUILD_MESSAGE_REACTIONS,
            intent::DIRECT_MESSAGE_REACTIONS,
        );
        self.tell_in(name, intents, channel, event);
    }
}
