//! Tests of the decoder.

use baton_chat::command_specs::all_commands;
use baton_chat::connector::{ActionKind, ChatAction, IncomingMessage, ReadableMessage};
use serde_json::{Value, json};

use super::actions::prompt_mark::PromptKey;
use super::bot_context::{BotContext, KnownCommand};
use super::conversion::telegram_update::{DecodedMessage, TelegramEvent, TelegramUpdate};
use super::conversion::update_conversion::decode_update;

mod any_updates;
mod broken_updates;
mod decoded_authors;
mod decoded_commands;
mod decoded_events;
mod decoded_files;
mod decoded_form_answers;
mod decoded_messages;
mod decoded_texts;
mod joined_messages;

/// The number of a group with topics.
const GROUP: i64 = -1_001_234_567_890;
/// The number of a person.
const ANN: i64 = 77;
/// The number of the bot.
const US: i64 = 4_242;
/// The token of the bot.
const TOKEN: &str = "4242:secret";

fn context() -> BotContext {
    let offered = all_commands();
    let offered = offered.iter().map(KnownCommand::from_spec);
    let help = KnownCommand::without_options("help");
    BotContext {
        id: US,
        username: "baton_bot".to_owned(),
        commands: offered.chain([help]).collect(),
        prompt_key: PromptKey::from_token(TOKEN),
    }
}

fn decode(update: &Value) -> TelegramUpdate {
    decode_update(&context(), update)
}

/// The event of an update with this object.
fn event(kind: &str, object: Value) -> TelegramEvent {
    let mut update = json!({ "update_id": 1 });
    update[kind] = object;
    decode(&update).event
}

fn ann() -> Value {
    json!({ "id": ANN, "is_bot": false, "first_name": "Ann", "last_name": "Lee" })
}

fn bot() -> Value {
    json!({ "id": US, "is_bot": true, "first_name": "Baton", "username": "baton_bot" })
}

fn group() -> Value {
    json!({ "id": GROUP, "type": "supergroup", "title": "Team", "is_forum": true })
}

/// A message of Ann in the group, with further fields.
fn message(number: i64, fields: Value) -> Value {
    let mut message = json!({
        "message_id": number, "date": 1_700_000_000, "chat": group(), "from": ann(),
    });
    let (Value::Object(all), Value::Object(fields)) = (&mut message, fields) else {
        panic!("a message has fields");
    };
    all.extend(fields);
    message
}

/// The decoded form of a message with these fields.
fn decoded(fields: Value) -> DecodedMessage {
    match event("message", message(5, fields)) {
        TelegramEvent::Message(decoded) => *decoded,
        other => panic!("{other:?}"),
    }
}

fn readable(fields: Value) -> ReadableMessage {
    match decoded(fields).message {
        IncomingMessage::Readable(message) => *message,
        IncomingMessage::Unreadable(message) => panic!("{message:?}"),
    }
}

/// The reason why a message with these fields is ignored.
fn ignored(fields: Value) -> &'static str {
    match event("message", message(5, fields)) {
        TelegramEvent::Ignored(reason) => reason,
        other => panic!("{other:?}"),
    }
}

fn command(fields: Value) -> (ChatAction, String, Vec<(String, String)>) {
    let TelegramEvent::Command(command) = event("message", message(5, fields)) else {
        panic!("no command");
    };
    let ActionKind::Command { name, options } = command.action.kind.clone() else {
        panic!("{:?}", command.action);
    };
    (command.action, name, options.into_iter().collect())
}
