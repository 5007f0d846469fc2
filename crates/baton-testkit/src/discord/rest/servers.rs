//! Requests about servers, members, and the address of the gateway.

use serde_json::{Value, json};

use super::super::objects::{guild_json, role_json};
use super::super::world::{Guild, World};
use super::{ApiError, Call, Done};

pub(super) fn gateway(world: &World) -> Value {
    json!({
        "url": world.gateway_url(), "shards": world.gateway.shards,
        "session_start_limit": world.gateway.starts.told(world.clock.steady()),
    })
}

/// A server with the bot as a member; 404 otherwise.
fn known<'a>(world: &'a World, call: &Call<'_>) -> Result<&'a Guild, ApiError> {
    let guild = world.guilds.get(&call.id("guild_id"));
    let guild = guild.filter(|guild| guild.members.contains_key(&world.bot));
    guild.ok_or_else(|| ApiError::new(404, 10004, "Unknown Guild"))
}

pub(super) fn mine(world: &World, call: &Call<'_>) -> Value {
    let limit = call.query_number("limit", 200);
    let after = call.query_id("after");
    let mine = world
        .guilds
        .values()
        .filter(|guild| guild.members.contains_key(&world.bot));
    let mine = mine
        .filter(|guild| after.is_none_or(|after| guild.id > after))
        .take(limit);
    let written = mine.map(|guild| {
        let permissions = world.permissions(guild.id, world.bot).to_string();
        json!({
            "id": guild.id, "name": guild.name, "icon": null, "banner": null, "owner": false,
            "permissions": permissions, "features": [],
        })
    });
    written.collect()
}

pub(super) fn guild(world: &World, call: &Call<'_>) -> Done {
    let guild = known(world, call)?;
    let mut written = guild_json(guild);
    if call.query_is("with_counts", "true") {
        written["approximate_member_count"] = json!(guild.members.len());
        written["approximate_presence_count"] = json!(guild.members.len());
    }
    Ok(Some(written))
}

/// All channels except threads.
pub(super) fn channels(world: &World, call: &Call<'_>) -> Done {
    let guild = known(world, call)?.id;
    let channels = world.channels.values();
    let channels =
        channels.filter(|channel| channel.guild == Some(guild) && channel.thread.is_none());
    Ok(Some(
        channels
            .map(|channel| world.channel_json(channel))
            .collect(),
    ))
}

pub(super) fn member(world: &World, call: &Call<'_>) -> Done {
    let (guild, user) = (known(world, call)?, call.id("user_id"));
    if !guild.members.contains_key(&user) {
        return Err(ApiError::new(404, 10007, "Unknown Member"));
    }
    Ok(Some(world.whole_member_json(guild.id, user)))
}

pub(super) fn roles(world: &World, call: &Call<'_>) -> Done {
    let roles: Vec<Value> = known(world, call)?.roles.iter().map(role_json).collect();
    Ok(Some(json!(roles)))
}
