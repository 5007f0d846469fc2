//! Telegram's rules beyond the description: lengths, entities, buttons, commands.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use super::requests::Upload;
use super::rich::RichSize;

mod file_rules;
#[cfg(test)]
mod tests;

use file_rules::{check_album, check_sizes};

/// A broken rule.
pub(super) struct Broken {
    /// The violation.
    pub(super) what: String,
    /// The description in Telegram's answer, after `Bad Request: `.
    pub(super) answer: String,
}

fn broken(what: impl Into<String>, answer: &str) -> Broken {
    Broken {
        what: what.into(),
        answer: answer.to_owned(),
    }
}

/// The largest text, in UTF-16 units.
const TEXT: usize = 4_096;
/// The largest text before entities are parsed, in bytes.
const RAW_TEXT: usize = 32_768;
const CAPTION: usize = 1_024;
const QUERY_ANSWER: usize = 200;
const TOPIC_NAME: usize = 128;
const PLACEHOLDER: usize = 64;
const COMMANDS: usize = 100;
const COMMAND_DESCRIPTION: usize = 256;

static COMMAND: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^[a-z0-9_]{1,32}$").expect("the pattern is valid"));

/// The broken rules of a request. The description's types are checked before. The server accepts files of at most
/// `largest_upload` bytes.
pub(super) fn broken_rules(
    method: &str,
    body: &Map<String, Value>,
    uploads: &[Upload],
    largest_upload: usize,
) -> Vec<Broken> {
    let mut all = Vec::new();
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    if body.contains_key("parse_mode") {
        all.push(broken(
            "parse_mode is not supported by the fake",
            "parse_mode is not supported",
        ));
    }
    if body.contains_key("inline_message_id") || body.contains_key("business_connection_id") {
        all.push(broken(
            "not supported by the fake",
            "not supported by the fake",
        ));
    }
    match method {
        "sendMessage" | "editMessageText" | "editEphemeralMessageText" => {
            if let Some(text) = text("text") {
                check_text(text, &mut all);
            } else if !body.contains_key("rich_message") {
                all.push(broken(
                    "neither text nor rich_message",
                    "message text is empty",
                ));
            }
        }
        "sendMessageDraft" => {
            if let Some(text) = text("text").filter(|text| units(text) > TEXT) {
                all.push(broken(
                    format!("text has {} units", units(text)),
                    "message is too long",
                ));
            }
        }
        "answerCallbackQuery" => {
            if let Some(text) = text("text").filter(|text| text.chars().count() > QUERY_ANSWER) {
                all.push(broken(
                    format!("text has {} characters", text.chars().count()),
                    "MESSAGE_TOO_LONG",
                ));
            }
        }
        "createForumTopic" | "editForumTopic" => {
            if let Some(name) = text("name") {
                let length = name.trim().chars().count();
                // An empty name in editForumTopic keeps the name.
                if length > TOPIC_NAME || (length == 0 && method == "createForumTopic") {
                    all.push(broken(
                        format!("the name has {length} characters"),
                        "TOPIC_TITLE_INVALID",
                    ));
                }
            }
        }
        "setMyCommands" => check_commands(&body["commands"], &mut all),
        "sendMediaGroup" => check_album(&body["media"], &mut all),
        "setMessageReaction"
            if body
                .get("reaction")
                .and_then(Value::as_array)
                .is_some_and(|all| all.len() > 1) =>
        {
            all.push(broken(
                "a bot may set one reaction only",
                "REACTIONS_TOO_MANY",
            ));
        }
        _ => {}
    }
    if method.ends_with("Draft") && body.get("draft_id").and_then(Value::as_i64) == Some(0) {
        all.push(broken("draft_id is 0", "RANDOM_ID_INVALID"));
    }
    if let Some(rich) = body.get("rich_message") {
        check_rich(rich, &mut all);
    }
    check_caption(body, &mut all);
    check_entities(
        text("text").unwrap_or_default(),
        body.get("entities"),
        &mut all,
    );
    check_buttons(body.get("reply_markup"), &mut all);
    check_forced_reply(body.get("reply_markup"), &mut all);
    check_sizes(body, uploads, largest_upload, &mut all);
    all
}

/// The length of a text in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

fn is_blank(text: &str) -> bool {
    let invisible = |letter: char| {
        letter.is_whitespace()
            || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    text.chars().all(invisible)
}

fn check_text(text: &str, all: &mut Vec<Broken>) {
    if text.is_empty() {
        all.push(broken("text is empty", "message text is empty"));
    } else if is_blank(text) {
        all.push(broken(
            "text has invisible characters only",
            "text must be non-empty",
        ));
    } else if text.len() > RAW_TEXT {
        all.push(broken(
            format!("text has {} bytes", text.len()),
            "text is too long",
        ));
    } else if units(text) > TEXT {
        all.push(broken(
            format!("text has {} units", units(text)),
            "message is too long",
        ));
    }
}

fn check_caption(body: &Map<String, Value>, all: &mut Vec<Broken>) {
    let caption = body
        .get("caption")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if units(caption) > CAPTION {
        let what = format!("caption has {} units", units(caption));
        all.push(broken(what, "message caption is too long"));
    }
    check_entities(caption, body.get("caption_entities"), all);
}

/// Checks that each entity is inside the text and splits no character.
fn check_entities(text: &str, entities: Option<&Value>, all: &mut Vec<Broken>) {
    let Some(entities) = entities.and_then(Value::as_array) else {
        return;
    };
    let mut borders = vec![0];
    for letter in text.chars() {
        borders.push(borders.last().copied().unwrap_or(0) + letter.len_utf16());
    }
    let is_border =
        |at: u64| usize::try_from(at).is_ok_and(|at| borders.binary_search(&at).is_ok());
    for entity in entities {
        let (offset, length) = (entity["offset"].as_u64(), entity["length"].as_u64());
        let fits = match (offset, length) {
            (Some(offset), Some(length)) => {
                length > 0 && is_border(offset) && is_border(offset.saturating_add(length))
            }
            _ => false,
        };
        if !fits {
            let what = format!("an entity is outside the text or splits a character: {entity}");
            all.push(broken(
                what,
                "can't parse entities: entity beginning or end is wrong",
            ));
        }
        let lacks = match entity["type"].as_str() {
            Some("text_link") => entity["url"].is_null(),
            Some("text_mention") => entity["user"].is_null(),
            Some("custom_emoji") => entity["custom_emoji_id"].is_null(),
            _ => false,
        };
        if lacks {
            all.push(broken(
                format!("an entity lacks its field: {entity}"),
                "can't parse entities",
            ));
        }
    }
}

/// The fields of an inline button, of which each button has exactly one.
const ACTIONS: [&str; 11] = [
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
    "disabled",
];

fn check_buttons(markup: Option<&Value>, all: &mut Vec<Broken>) {
    let rows = markup.and_then(|markup| markup["inline_keyboard"].as_array());
    let buttons = rows
        .into_iter()
        .flatten()
        .filter_map(Value::as_array)
        .flatten();
    for button in buttons {
        if let Some(data) = button["callback_data"].as_str()
            && !(1..=64).contains(&data.len())
        {
            all.push(broken(
                format!("callback_data has {} bytes", data.len()),
                "BUTTON_DATA_INVALID",
            ));
        }
        if let Some(text) = button["copy_text"]["text"].as_str()
            && !(1..=256).contains(&text.chars().count())
        {
            all.push(broken(
                "copy_text has not 1–256 characters",
                "BUTTON_COPY_TEXT_INVALID",
            ));
        }
        if button["text"].as_str().is_none_or(is_blank) {
            all.push(broken(
                "a button has no text",
                "can't parse inline keyboard button: Text must be non-empty",
            ));
        }
        let actions = ACTIONS
            .iter()
            .filter(|name| !button[**name].is_null())
            .count();
        if actions != 1 {
            all.push(broken(
                format!("a button has {actions} actions: {button}"),
                "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
            ));
        }
    }
}

fn check_forced_reply(markup: Option<&Value>, all: &mut Vec<Broken>) {
    let placeholder = markup.and_then(|markup| markup["input_field_placeholder"].as_str());
    let length = placeholder.map(|placeholder| placeholder.chars().count());
    if length.is_some_and(|length| !(1..=PLACEHOLDER).contains(&length)) {
        all.push(broken(
            "input_field_placeholder has not 1–64 characters",
            "REPLY_MARKUP_PLACEHOLDER_INVALID",
        ));
    }
}

fn check_commands(commands: &Value, all: &mut Vec<Broken>) {
    let commands = commands.as_array().map_or(&[][..], Vec::as_slice);
    if commands.len() > COMMANDS {
        all.push(broken(
            format!("{} commands", commands.len()),
            "BOT_COMMANDS_TOO_MUCH",
        ));
    }
    for command in commands {
        let name = command["command"].as_str().unwrap_or_default();
        if !COMMAND.is_match(name) {
            all.push(broken(
                format!("the name of the command {name:?}"),
                "BOT_COMMAND_INVALID",
            ));
        }
        let length = command["description"]
            .as_str()
            .unwrap_or_default()
            .chars()
            .count();
        if !(1..=COMMAND_DESCRIPTION).contains(&length) {
            let what = format!("the description of {name} has {length} characters");
            all.push(broken(what, "BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
}

fn check_rich(rich: &Value, all: &mut Vec<Broken>) {
    let kinds = ["blocks", "html", "markdown"]
        .iter()
        .filter(|kind| !rich[**kind].is_null())
        .count();
    if kinds != 1 {
        all.push(broken(
            format!("a rich message with {kinds} contents"),
            "exactly one content must be specified",
        ));
    }
    let size = RichSize::of(rich);
    let limits = [
        (size.characters, 32_768, "characters", "MESSAGE_TOO_LONG"),
        (size.blocks, 500, "blocks", "RICH_MESSAGE_TOO_MANY_BLOCKS"),
        (size.levels, 16, "levels", "RICH_MESSAGE_TOO_DEEP"),
        (size.media, 50, "media", "RICH_MESSAGE_TOO_MANY_MEDIA"),
        (size.columns, 20, "columns", "RICH_MESSAGE_TOO_MANY_COLUMNS"),
    ];
    for (given, most, unit, answer) in limits {
        if given > most {
            all.push(broken(format!("a rich message of {given} {unit}"), answer));
        }
    }
    if size == RichSize::default() {
        all.push(broken("an empty rich message", "message text is empty"));
    }
}
