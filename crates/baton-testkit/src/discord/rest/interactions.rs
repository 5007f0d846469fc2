//! Requests that answer interactions: the first answer, its edits, and follow-up messages.

use serde_json::{Value, json};

use super::super::interactions::{ACKNOWLEDGE_WITHIN, Acknowledged, Interaction, TOKEN_LIVES};
use super::super::snowflake::Snowflake;
use super::super::world::{EPHEMERAL, LOADING, World};
use super::{ApiError, Call, Done, Draft};

/// Handles the first answer. Discord accepts only one, within 3 seconds.
/// Source: `/interactions/receiving-and-responding#responding-to-an-interaction`.
pub(super) fn callback(world: &mut World, asked: &str, call: &Call<'_>) -> Done {
    let now = world.clock.steady();
    let id = call.id("interaction_id");
    let token = call.path.get("interaction_token");
    let found = world
        .interactions
        .get(&id)
        .filter(|found| Some(&found.token) == token)
        .cloned();
    let unknown = || ApiError::new(404, 10062, "Unknown interaction");
    let interaction = found.ok_or_else(unknown)?;
    if interaction.acknowledged.is_some() {
        world.violation(asked, "a second first answer to one interaction");
        return Err(ApiError::new(
            400,
            40060,
            "Interaction has already been acknowledged.",
        ));
    }
    let took = now.since(interaction.asked);
    if took > ACKNOWLEDGE_WITHIN {
        world.violation(
            asked,
            &format!("the first answer came after {} ms", took.as_millis()),
        );
        return Err(unknown());
    }
    let kind = call.body["type"].as_u64().unwrap_or_default();
    let data = &call.body["data"];
    let mut done = Acknowledged {
        at: now,
        original: None,
        modal: None,
        choices: None,
    };
    match kind {
        4 => {
            let call = Call {
                body: data,
                ..*call
            };
            done.original = Some(respond(world, asked, &interaction, 0, &call)?);
        }
        5 => {
            let flags = data["flags"].as_u64().unwrap_or_default() & EPHEMERAL | LOADING;
            let mut draft = addressed(world, &interaction);
            draft.0.flags = flags;
            draft.0.only_for = (flags & EPHEMERAL != 0).then_some(interaction.user);
            done.original = Some(draft.post(world));
        }
        6 | 7 => {
            let Some(message) = interaction.message else {
                world.violation(asked, "an update, where there is no message with a button");
                return Err(ApiError::form(&["type: no message to update".to_owned()]));
            };
            if kind == 7 {
                let call = Call {
                    body: data,
                    ..*call
                };
                super::messages::edit(world, asked, interaction.channel, message, &call)?;
            }
            done.original = Some(message);
        }
        9 if interaction.kind != 5 => done.modal = Some(data.clone()),
        8 => done.choices = Some(data["choices"].clone()),
        _ => {
            world.violation(
                asked,
                &format!(
                    "an answer of type {kind} to one of type {}",
                    interaction.kind
                ),
            );
            return Err(ApiError::form(&[
                "type: not for this interaction".to_owned()
            ]));
        }
    }
    let answer = call.query_is("with_response", "true").then(|| {
        let message = done.original.map(|original| world.message(interaction.channel, original));
        json!({
            "interaction": {
                "id": id, "type": interaction.kind, "response_message_id": done.original,
                "response_message_loading": kind == 5,
                "response_message_ephemeral": message.is_some_and(|message| message.only_for.is_some()),
            },
            "resource": {"type": kind, "message": message.map(|message| world.message_json(message))},
        })
    });
    if let Some(interaction) = world.interactions.get_mut(&id) {
        interaction.acknowledged = Some(done);
    }
    Ok(answer)
}

/// Handles requests with an interaction's token after the first answer.
pub(super) fn webhook(world: &mut World, asked: &str, operation: &str, call: &Call<'_>) -> Done {
    let token = call.path.get("webhook_token");
    let found = world
        .interactions
        .values()
        .find(|found| Some(&found.token) == token)
        .cloned();
    let Some(interaction) = found.filter(|_| call.id("webhook_id") == world.application) else {
        return Err(ApiError::new(404, 10015, "Unknown Webhook"));
    };
    if world.clock.steady().since(interaction.asked) > TOKEN_LIVES {
        return Err(ApiError::new(401, 50027, "Invalid Webhook Token"));
    }
    let Some(done) = &interaction.acknowledged else {
        world.violation(
            asked,
            "a message to an interaction that is not acknowledged",
        );
        return Err(ApiError::new(404, 10015, "Unknown Webhook"));
    };
    let channel = interaction.channel;
    let loading = |world: &World, id: Snowflake| {
        let message = world.channel(channel).messages.get(&id);
        message.is_some_and(|message| message.flags & LOADING != 0)
    };
    if operation == "execute_webhook" {
        // The first message replaces "thinking".
        if let Some(original) = done.original.filter(|&original| loading(world, original)) {
            return finish_loading(world, asked, channel, original, call);
        }
        let message = respond(world, asked, &interaction, 0, call)?;
        return Ok(Some(world.message_json(world.message(channel, message))));
    }
    let message = if operation.contains("original") {
        done.original
    } else {
        Some(call.id("message_id"))
    };
    let own = |id: &Snowflake| {
        let message = world.channel(channel).messages.get(id);
        message.is_some_and(|message| {
            message.interaction == Some(interaction.id) || done.original == Some(*id)
        })
    };
    let id = message
        .filter(own)
        .ok_or_else(|| ApiError::new(404, 10008, "Unknown Message"))?;
    if operation.starts_with("get_") {
        return Ok(Some(world.message_json(world.message(channel, id))));
    }
    if operation.starts_with("delete_") {
        world.remove_message(channel, id);
        return Ok(None);
    }
    if loading(world, id) {
        return finish_loading(world, asked, channel, id, call);
    }
    super::messages::edit(world, asked, channel, id, call)
}

fn finish_loading(
    world: &mut World,
    asked: &str,
    channel: Snowflake,
    id: Snowflake,
    call: &Call<'_>,
) -> Done {
    let before = world.message(channel, id).flags;
    world.message_mut(channel, id).flags &= !LOADING;
    let done = super::messages::edit(world, asked, channel, id, call);
    if done.is_err() {
        world.message_mut(channel, id).flags = before;
    }
    done
}

/// Posts a message through the interaction's webhook.
fn respond(
    world: &mut World,
    asked: &str,
    interaction: &Interaction,
    flags: u64,
    call: &Call<'_>,
) -> Result<Snowflake, ApiError> {
    let mut draft = Draft::read(world, asked, interaction.channel, world.bot, call)?;
    let whose = addressed(world, interaction).0;
    let message = &mut draft.0;
    message.flags |= flags;
    message.kind = whose.kind;
    message.webhook = whose.webhook;
    message.interaction = whose.interaction;
    message.only_for = (message.flags & EPHEMERAL != 0).then_some(interaction.user);
    Ok(draft.post(world))
}

/// An empty message that answers the interaction.
fn addressed(world: &World, interaction: &Interaction) -> Draft {
    let mut draft = Draft::new(interaction.channel, world.bot);
    draft.0.kind = if interaction.kind == 2 { 20 } else { 0 };
    draft.0.webhook = Some(world.application);
    draft.0.interaction = Some(interaction.id);
    draft
}

impl World {
    /// The `interaction_metadata` of a message that answers this interaction.
    pub(in super::super) fn interaction_metadata(&self, id: Snowflake) -> Option<Value> {
        let interaction = self.interactions.get(&id)?;
        let user = self.user_json(self.asker(id)?.id);
        let mut metadata = json!({
            "id": id, "type": interaction.kind, "user": user, "authorizing_integration_owners": {},
        });
        if let Some(message) = interaction.message {
            metadata["interacted_message_id"] = json!(message);
        }
        if interaction.kind == 5 {
            // The fake does not record the source of a form, and always claims a command.
            metadata["triggering_interaction_metadata"] = metadata.clone();
            metadata["triggering_interaction_metadata"]["type"] = json!(2);
        }
        if interaction.kind == 2 {
            metadata["name"] = json!(interaction.name);
        }
        Some(metadata)
    }
}
