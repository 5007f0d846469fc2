//! The methods for edits, deletions and reactions.

use serde_json::{Value, json};

use super::super::answer::{ApiError, Done};
use super::super::chat_objects::{ChatKind, Message};
use super::super::requests::Call;
use super::super::rich::source_text;
use super::super::world::World;

/// The time for which a bot can delete a message, in seconds.
const DELETABLE: i64 = 48 * 3600;

/// The message of the bot that a request changes.
fn own_message(world: &World, call: &Call) -> Result<Message, ApiError> {
    let chat = world.usable(call.chat())?;
    let message = chat.messages.get(&call.number("message_id").unwrap_or(0));
    let message = message.ok_or_else(|| ApiError::bad_request("message to edit not found"))?;
    let is_event = message.text.is_empty() && message.files.is_empty() && message.rich.is_none();
    if message.author != Some(world.bot) || is_event {
        return Err(ApiError::bad_request("message can't be edited"));
    }
    Ok(message.clone())
}

/// Stores the changed message. An edit without an effect is refused.
fn store_edit(world: &mut World, mut edited: Message) -> Done {
    let date = world.date();
    let (chat, id) = (edited.chat, edited.id);
    let message = world.message_mut(chat, id);
    let same = edited.text == message.text
        && edited.entities == message.entities
        && edited.rich == message.rich
        && shown_buttons(&edited) == shown_buttons(message);
    if same {
        let what = "message is not modified: specified new message content and reply markup are exactly the same \
                    as a current content and reply markup of the message";
        return Err(ApiError::bad_request(what));
    }
    if edited.text != message.text {
        edited.earlier.push(message.text.clone());
    }
    edited.edit_date = Some(date);
    *message = edited;
    Ok(world.message_json(world.message(chat, id)))
}

/// The visible buttons. An empty list of rows means no buttons.
fn shown_buttons(message: &Message) -> Option<&Value> {
    let rows = message
        .markup
        .as_ref()
        .map(|markup| &markup["inline_keyboard"]);
    rows.filter(|rows| rows.as_array().is_some_and(|rows| !rows.is_empty()))
}

fn apply_text(message: &mut Message, call: &Call) {
    if let Some(rich) = call.body.get("rich_message") {
        message.text = source_text(rich);
        message.rich = Some(rich.clone());
        message.entities = Vec::new();
    } else {
        call.text("text")
            .unwrap_or_default()
            .clone_into(&mut message.text);
        message.rich = None;
        message.entities = call.get("entities").as_array().cloned().unwrap_or_default();
    }
    // An edit without buttons removes the buttons.
    message.markup = call.body.get("reply_markup").cloned();
}

pub(super) fn edit_text(world: &mut World, call: &Call) -> Done {
    let mut message = own_message(world, call)?;
    if !message.files.is_empty() {
        return Err(ApiError::bad_request(
            "there is no text in the message to edit",
        ));
    }
    apply_text(&mut message, call);
    store_edit(world, message)
}

pub(super) fn edit_caption(world: &mut World, call: &Call) -> Done {
    let mut message = own_message(world, call)?;
    if message.files.is_empty() {
        return Err(ApiError::bad_request(
            "there is no caption in the message to edit",
        ));
    }
    call.text("caption")
        .unwrap_or_default()
        .clone_into(&mut message.text);
    message.entities = call
        .get("caption_entities")
        .as_array()
        .cloned()
        .unwrap_or_default();
    message.markup = call.body.get("reply_markup").cloned();
    store_edit(world, message)
}

pub(super) fn edit_buttons(world: &mut World, call: &Call) -> Done {
    let mut message = own_message(world, call)?;
    message.markup = call.body.get("reply_markup").cloned();
    store_edit(world, message)
}

pub(super) fn delete_message(world: &mut World, call: &Call) -> Done {
    let id = call.number("message_id").unwrap_or(0);
    delete_one(world, call.chat(), id)?;
    Ok(json!(true))
}

/// Deletes several messages, and skips unknown ones.
pub(super) fn delete_messages(world: &mut World, call: &Call) -> Done {
    world.usable(call.chat())?;
    for id in call
        .get("message_ids")
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_i64)
    {
        let _ = delete_one(world, call.chat(), id);
    }
    Ok(json!(true))
}

fn delete_one(world: &mut World, chat: i64, id: i64) -> Result<(), ApiError> {
    let now = world.date();
    let chat = world.usable(chat)?;
    let message = chat.messages.get(&id);
    let message = message.ok_or_else(|| ApiError::bad_request("message to delete not found"))?;
    let may_all = world.bot_may(chat, "can_delete_messages");
    let own = message.author == Some(world.bot);
    if !(own || may_all || chat.kind == ChatKind::Private) {
        return Err(ApiError::bad_request("message can't be deleted"));
    }
    if now - message.date > DELETABLE && !may_all {
        return Err(ApiError::bad_request(
            "message can't be deleted for everyone",
        ));
    }
    if message.more.contains_key("forum_topic_created") {
        return Err(ApiError::bad_request("message can't be deleted"));
    }
    let chat = chat.id;
    world.chat_mut(chat).messages.remove(&id);
    Ok(())
}

fn find_ephemeral<'a>(
    world: &'a mut World,
    call: &Call,
) -> Result<(i64, &'a mut Message), ApiError> {
    let chat = world.usable(call.chat())?.id;
    let id = call.number("ephemeral_message_id").unwrap_or(0);
    let person = call.number("receiver_user_id");
    let message = world.chat_mut(chat).ephemeral.get_mut(&id);
    let message = message.filter(|message| message.only_for == person);
    let message = message.ok_or_else(|| ApiError::bad_request("message to edit not found"))?;
    Ok((chat, message))
}

pub(super) fn edit_ephemeral_text(world: &mut World, call: &Call) -> Done {
    let (_, message) = find_ephemeral(world, call)?;
    let before = message.text.clone();
    apply_text(message, call);
    message.earlier.push(before);
    Ok(json!(true))
}

pub(super) fn delete_ephemeral(world: &mut World, call: &Call) -> Done {
    let (chat, message) = find_ephemeral(world, call)?;
    let id = message.id;
    world.chat_mut(chat).ephemeral.remove(&id);
    Ok(json!(true))
}

pub(super) fn set_reaction(world: &mut World, call: &Call) -> Done {
    let chat = world.usable(call.chat())?.id;
    let id = call.number("message_id").unwrap_or(0);
    let bot = world.bot;
    let message = world.chat_mut(chat).messages.get_mut(&id);
    let message = message.ok_or_else(|| ApiError::bad_request("message to react not found"))?;
    let reactions = call.get("reaction").as_array().cloned().unwrap_or_default();
    if reactions.is_empty() {
        message.reactions.remove(&bot);
    } else {
        message.reactions.insert(bot, reactions);
    }
    Ok(json!(true))
}
