//! The text of a message for the agent. Embeds, stickers, polls and forwarded messages become words.

use super::Shared;
use super::discord_id::Id;
use super::wire::{Embed, Message, Poll, PollMedia, Sticker};

/// The two ways to write a mention of a user.
pub(super) fn marks(us: Id) -> [String; 2] {
    [format!("<@{us}>"), format!("<@!{us}>")]
}

/// The text for the agent. Mentions of the bot are removed, and mentions of other people become names. The
/// text is empty where the message has nothing to read.
pub(super) fn said(shared: &Shared, us: Id, message: &Message) -> String {
    let mut said = vec![text(shared, us, message)];
    // Beside a text, embeds are only previews of the links in the text.
    if message.content.is_empty() {
        said.extend(message.embeds.iter().map(embed));
    }
    said.extend(message.sticker_items.iter().map(sticker));
    said.extend(message.poll.as_ref().map(poll));
    for forwarded in message.forwarded.iter().map(|it| &it.message) {
        let mut parts = vec![forwarded.content.clone()];
        parts.extend(forwarded.embeds.iter().map(embed));
        parts.extend(forwarded.sticker_items.iter().map(sticker));
        let forwarded = together(&parts);
        if !forwarded.is_empty() {
            said.push(format!("Forwarded:\n{}", quoted(&forwarded)));
        }
    }
    let said = together(&said);
    if said.is_empty() && message.files().is_empty() {
        // A bare mention is a message too.
        return message.content.clone();
    }
    said
}

fn text(shared: &Shared, us: Id, message: &Message) -> String {
    let mut text = message.content.clone();
    for mark in marks(us) {
        text = text.replace(&mark, "");
    }
    for role in &message.mention_roles {
        if shared.places.is_our_role(*role) {
            text = text.replace(&format!("<@&{role}>"), "");
        }
    }
    for user in &message.mentions {
        for mark in marks(user.id) {
            text = text.replace(&mark, &format!("@{}", user.name()));
        }
    }
    text
}

fn embed(embed: &Embed) -> String {
    let author = embed.author.as_ref().map(|author| author.name.clone());
    let whole = [
        author,
        embed.title.clone(),
        embed.url.clone(),
        embed.description.clone(),
    ];
    let mut parts: Vec<_> = whole.into_iter().flatten().collect();
    let fields = embed.fields.iter();
    parts.extend(fields.map(|field| format!("{}: {}", field.name, field.value)));
    lines(parts)
}

fn sticker(sticker: &Sticker) -> String {
    format!("[a sticker: {}]", sticker.name)
}

fn poll(poll: &Poll) -> String {
    let text = |media: &PollMedia| media.text.clone().unwrap_or_default();
    let answers = poll.answers.iter();
    let answers = answers.map(|answer| format!("- {}", text(&answer.poll_media)));
    lines(
        [format!("Poll: {}", text(&poll.question))]
            .into_iter()
            .chain(answers)
            .collect(),
    )
}

fn quoted(text: &str) -> String {
    lines(text.lines().map(|line| format!("> {line}")).collect())
}

fn lines(parts: Vec<String>) -> String {
    let mut parts = parts;
    parts.retain(|part| !part.trim().is_empty());
    parts.join("\n")
}

/// Joins the parts with blank lines, without the empty parts.
fn together(parts: &[String]) -> String {
    let parts = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}
