//! The text of a message for the agent. Quotes, forwarded messages and content besides text become words.

use baton_chat::connector::ContentText;

use super::command_parsing::{ParsedCommand, parse_command};
use super::entity_rendering::render_entities;
use super::rich_text_words::rich_message_words;
use crate::telegram::bot_context::BotContext;
use crate::telegram::telegram_wire::{
    Checklist, MessageContent, MessageOrigin, Sticker, TelegramMessage, TelegramPoll,
};

/// The text for the agent. Mentions of the bot are removed, and mentions of people without a public name become
/// names. The text is empty where the message has nothing to read. `has_files` tells whether files come with it.
pub(crate) fn render_text(
    bot: &BotContext,
    message: &TelegramMessage,
    content: &MessageContent,
    has_files: bool,
) -> String {
    let mut body = ContentText::default();
    body.add_text(&render_words(bot, message));
    // Beside a text, the blocks would repeat the words.
    if let (Some(rich), "") = (&content.rich_message, message.words()) {
        body.add_text(&rich_message_words(rich));
    }
    add_content(&mut body, content);
    let body = body.into_text();
    let mut text = ContentText::default();
    add_quote(&mut text, message);
    match &message.forward_origin {
        Some(origin) => add_forwarded(&mut text, origin, &body, has_files),
        None => text.add_text(&body),
    }
    let text = text.into_text();
    if text.is_empty() && !has_files {
        // A bare mention is a message too.
        return message.words().to_owned();
    }
    text
}

/// The written words. A forwarded message keeps the mentions of the bot, because they are words of somebody else.
fn render_words(bot: &BotContext, message: &TelegramMessage) -> String {
    let (words, entities) = (message.words(), message.word_entities());
    if message.forward_origin.is_some() {
        return render_entities(None, words, entities, None);
    }
    let own_name = match parse_command(bot, words) {
        ParsedCommand::OnlyNamesUs(place) => Some(place),
        _ => None,
    };
    render_entities(Some(bot), words, entities, own_name)
}

/// Adds the quoted part of the answered message, and the author of a message in another chat.
fn add_quote(text: &mut ContentText, message: &TelegramMessage) {
    let quote = message.quote.as_ref().map(|quote| quote.text.as_str());
    let quote = quote.unwrap_or_default();
    if let Some(external) = &message.external_reply {
        let origin = external.origin();
        let name = origin.map_or_else(|| "somebody".to_owned(), |origin| origin.name());
        let mut answered = ContentText::default();
        answered.add_text(quote);
        add_content(&mut answered, &external.content());
        add_file_words(&mut answered, &external.content());
        let heading = format!("In reply to a message of {name} in another chat:");
        text.add_box([heading, quote_lines(&answered.into_text())]);
    } else {
        text.add_text(&quote_lines(quote));
    }
    if message.reply_to_story.is_some() {
        text.add_text("[in reply to a story]");
    }
}

/// Adds the content of a forwarded message as a quote, with the name of the first author.
fn add_forwarded(text: &mut ContentText, origin: &MessageOrigin, body: &str, has_files: bool) {
    let name = origin.name();
    if !body.is_empty() {
        text.add_box([format!("Forwarded from {name}:"), quote_lines(body)]);
    } else if has_files {
        text.add_text(&format!("[forwarded from {name}]"));
    }
}

/// The lines of a text as a quote; empty for a blank text.
fn quote_lines(text: &str) -> String {
    let lines = text.trim().lines().map(|line| format!("> {line}"));
    let lines: Vec<String> = lines.collect();
    lines.join("\n")
}

/// Adds the content that is neither text nor a file.
fn add_content(text: &mut ContentText, content: &MessageContent) {
    if let Some(sticker) = &content.sticker {
        add_sticker(text, sticker);
    }
    if let Some(poll) = &content.poll {
        add_poll(text, poll);
    }
    if let Some(checklist) = &content.checklist {
        add_checklist(text, checklist);
    }
    add_places(text, content);
    if let Some(contact) = &content.contact {
        let last_name = contact.last_name.as_deref().unwrap_or_default();
        let names = format!("{} {last_name}", contact.first_name);
        text.add_text(&note("contact", &[names.trim(), &contact.phone_number]));
    }
    if let Some(dice) = &content.dice {
        text.add_text(&format!("[a dice: {} {}]", dice.emoji, dice.value));
    }
    if let Some(game) = &content.game {
        text.add_text(&note("game", &[&game.title]));
    }
    if let Some(invoice) = &content.invoice {
        text.add_text(&note("invoice", &[&invoice.title]));
    }
    let others = [
        (content.story.is_some(), "[a story]"),
        (content.paid_media.is_some(), "[paid media]"),
        (content.giveaway.is_some(), "[a giveaway]"),
    ];
    for (_, words) in others.iter().filter(|(is_there, _)| *is_there) {
        text.add_text(words);
    }
}

/// Adds words for the files of a message in another chat, because Baton does not download these files.
fn add_file_words(text: &mut ContentText, content: &MessageContent) {
    let name = |file: &Option<_>| file.is_some();
    let kinds = [
        (
            !content.photo.is_empty() || content.live_photo.is_some(),
            "photo",
        ),
        (name(&content.animation), "animation"),
        (
            name(&content.document) && content.animation.is_none(),
            "document",
        ),
        (name(&content.video), "video"),
        (name(&content.video_note), "video message"),
        (name(&content.audio), "sound"),
        (name(&content.voice), "voice message"),
    ];
    for (_, kind) in kinds.iter().filter(|(is_there, _)| *is_there) {
        let file = content.document.as_ref().filter(|_| *kind == "document");
        let name = file.and_then(|file| file.file_name.as_deref());
        text.add_text(&note(kind, &[name.unwrap_or_default()]));
    }
}

fn add_sticker(text: &mut ContentText, sticker: &Sticker) {
    let words = [sticker.emoji.as_deref(), sticker.set_name.as_deref()];
    let words: Vec<_> = words.into_iter().flatten().collect();
    if words.is_empty() {
        text.add_text("[a sticker]");
    } else {
        text.add_sticker(&words.join(" of "));
    }
}

fn add_poll(text: &mut ContentText, poll: &TelegramPoll) {
    let options = poll.options.iter().map(|option| option.text.as_str());
    text.add_poll(&poll.question, options);
}

fn add_checklist(text: &mut ContentText, checklist: &Checklist) {
    let tasks = checklist.tasks.iter().map(|task| {
        let is_done = task.completion_date.is_some_and(|date| date != 0);
        format!("- [{}] {}", if is_done { "x" } else { " " }, task.text)
    });
    let heading = format!("Checklist: {}", checklist.title);
    text.add_box([heading].into_iter().chain(tasks));
}

fn add_places(text: &mut ContentText, content: &MessageContent) {
    let venue = content.venue.as_ref();
    let location = content
        .location
        .as_ref()
        .or_else(|| venue?.location.as_ref());
    let point = location.map(|it| format!("{}, {}", it.latitude, it.longitude));
    let point = point.unwrap_or_default();
    if let Some(venue) = venue {
        text.add_text(&note("place", &[&venue.title, &venue.address, &point]));
    } else if let Some(location) = location {
        let kind = if location.live_period.is_some() {
            "live location"
        } else {
            "location"
        };
        text.add_text(&note(kind, &[&point]));
    }
}

/// A note such as `[a contact: Ann, +123]`. Blank parts are left out.
fn note(kind: &str, parts: &[&str]) -> String {
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    let parts = parts.iter().map(|part| part.trim());
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return format!("[{article} {kind}]");
    }
    format!("[{article} {kind}: {}]", parts.join(", "))
}
