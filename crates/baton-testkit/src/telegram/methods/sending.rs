//! The methods that send messages.

use serde_json::{Map, Value, json};

use super::super::answer::{ApiError, Done};
use super::super::chat_objects::{ChatKind, Message, SentFile};
use super::super::requests::{Call, Upload};
use super::super::rich::source_text;
use super::super::world::{Chat, World};

/// Sends a text or a rich message.
pub(super) fn send_text(world: &mut World, call: &Call) -> Done {
    let mut message = address_message(world, call)?;
    if let Some(rich) = call.body.get("rich_message") {
        message.text = source_text(rich);
        message.rich = Some(rich.clone());
    } else {
        // Telegram cuts spaces at both ends; entities of bots rarely touch them.
        call.text("text")
            .unwrap_or_default()
            .clone_into(&mut message.text);
        message.entities = read_list(call.get("entities"));
    }
    Ok(record_sent(world, call, message))
}

/// Sends one file.
pub(super) fn send_file(world: &mut World, call: &Call, field: &str) -> Done {
    let mut message = address_message(world, call)?;
    message.files = vec![given_file(world, call.get(field), &call.uploads, field)?];
    call.text("caption")
        .unwrap_or_default()
        .clone_into(&mut message.text);
    message.entities = read_list(call.get("caption_entities"));
    Ok(record_sent(world, call, message))
}

/// Sends several files as an album.
pub(super) fn send_album(world: &mut World, call: &Call) -> Done {
    let template = address_message(world, call)?;
    let album = Some(format!("album{}", world.next_id()));
    let mut messages = Vec::new();
    for item in read_list(call.get("media")) {
        let field = item["type"].as_str().unwrap_or("document").to_owned();
        let file = given_file(world, &item["media"], &call.uploads, &field)?;
        messages.push(Message {
            files: vec![file],
            text: item["caption"].as_str().unwrap_or_default().to_owned(),
            entities: read_list(&item["caption_entities"]),
            album: album.clone(),
            ..template.clone()
        });
    }
    let sent = messages.into_iter();
    let sent = sent.map(|message| record_sent(world, call, message));
    Ok(Value::Array(sent.collect()))
}

fn read_list(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// A message without content, at the place that the request names.
fn address_message(world: &World, call: &Call) -> Result<Message, ApiError> {
    let chat = world.usable(call.chat())?;
    let topic = topic_of(world, chat, call.number("message_thread_id"))?;
    let mut message = Message {
        chat: chat.id,
        topic,
        author: Some(world.bot),
        markup: call.body.get("reply_markup").cloned(),
        silent: call.is("disable_notification"),
        ..Message::default()
    };
    if let Some(parameters) = call.get("reply_parameters").as_object() {
        find_reply(world, &mut message, parameters)?;
    }
    if let Some(parameters) = call.get("ephemeral_message_parameters").as_object() {
        let person = parameters
            .get("receiver_user_id")
            .and_then(Value::as_i64)
            .unwrap_or(0);
        if chat.kind == ChatKind::Private || !chat.members.contains_key(&person) {
            return Err(ApiError::bad_request("EPHEMERAL_RECEIVER_INVALID"));
        }
        message.only_for = Some(person);
    }
    Ok(message)
}

/// The topic of a message with this thread id.
fn topic_of(world: &World, chat: &Chat, thread: Option<i64>) -> Result<Option<i64>, ApiError> {
    let Some(thread) = thread else {
        if chat.is_forum && chat.general_closed {
            return Err(ApiError::bad_request("TOPIC_CLOSED"));
        }
        return Ok(None);
    };
    if !world.has_topics_in(chat) {
        // Telegram ignores the thread id without topics, and the message goes to the main chat.
        return Ok(None);
    }
    match chat.topics.get(&thread) {
        Some(topic) if topic.closed => Err(ApiError::bad_request("TOPIC_CLOSED")),
        Some(_) => Ok(Some(thread)),
        None if chat.kind == ChatKind::Private && world.misroutes_private => Ok(None),
        // General has no thread id: 1 is not found either.
        None => Err(ApiError::bad_request("message thread not found")),
    }
}

fn find_reply(
    world: &World,
    message: &mut Message,
    parameters: &Map<String, Value>,
) -> Result<(), ApiError> {
    let number = |name: &str| parameters.get(name).and_then(Value::as_i64);
    let Some(id) = number("message_id") else {
        return Ok(());
    };
    let chat = number("chat_id").unwrap_or(message.chat);
    let found = world
        .chats
        .get(&chat)
        .and_then(|chat| chat.messages.get(&id));
    let elsewhere = chat != message.chat || found.is_some_and(|found| found.topic != message.topic);
    match found {
        Some(_) if chat != message.chat => Ok(()),
        Some(_) => {
            message.reply_to = Some(id);
            Ok(())
        }
        None if !elsewhere
            && parameters.get("allow_sending_without_reply") == Some(&json!(true)) =>
        {
            Ok(())
        }
        None => Err(ApiError::bad_request("message to be replied not found")),
    }
}

/// The file that a parameter gives: an upload, or a file that Telegram knows.
fn given_file(
    world: &mut World,
    value: &Value,
    uploads: &[Upload],
    field: &str,
) -> Result<SentFile, ApiError> {
    let text = value.as_str().unwrap_or_default();
    let Some(part) = text.strip_prefix("attach://") else {
        let known = world.files.get(text).cloned();
        return known
            .ok_or_else(|| ApiError::bad_request("wrong file identifier/HTTP URL specified"));
    };
    // The check against the description has found the upload.
    let upload = uploads.iter().find(|upload| upload.part == part);
    let upload = upload.ok_or_else(|| ApiError::bad_request("there is no such file"))?;
    Ok(world.keep_file(
        field,
        &upload.name,
        upload.media_type.as_deref(),
        upload.bytes.clone(),
    ))
}

/// Posts a message, and returns its JSON. A message ends the typing and the drafts.
fn record_sent(world: &mut World, call: &Call, message: Message) -> Value {
    let (id, only_for) = (message.chat, message.only_for);
    if only_for.is_some() {
        let date = world.date();
        let chat = world.chat_mut(id);
        chat.last_ephemeral += 1;
        let number = chat.last_ephemeral;
        chat.ephemeral.insert(
            number,
            Message {
                id: number,
                date,
                ..message
            },
        );
        return world.message_json(&world.chat(id).ephemeral[&number]);
    }
    let asked_topic = call.number("message_thread_id");
    let number = world.post(message);
    let chat = world.chat_mut(id);
    chat.typing = None;
    chat.drafts.retain(|_, draft| draft.topic != asked_topic);
    world.message_json(world.message(id, number))
}
