//! The text of a message for the agent. Embeds, stickers, polls and forwarded messages become words.

use super::discord_account::DiscordAccount;
use super::discord_id::Id;
use super::wire::{DiscordMessage, MessageEmbed, MessagePoll, PollMedia, StickerItem};

/// The two ways to write a mention of a user.
pub(super) fn mention_marks(us: Id) -> [String; 2] {
    [format!("<@{us}>"), format!("<@!{us}>")]
}

/// The text for the agent. Mentions of the bot are removed, and mentions of other people become names. The
/// text is empty where the message has nothing to read.
pub(super) fn render_text(account: &DiscordAccount, us: Id, message: &DiscordMessage) -> String {
    let mut paragraphs = vec![render_content(account, us, message)];
    // Beside a text, embeds are only previews of the links in the text.
    if message.content.is_empty() {
        paragraphs.extend(message.embeds.iter().map(render_embed));
    }
    paragraphs.extend(message.sticker_items.iter().map(render_sticker));
    paragraphs.extend(message.poll.as_ref().map(render_poll));
    for forwarded in message.forwarded.iter().map(|it| &it.message) {
        let mut parts = vec![forwarded.content.clone()];
        parts.extend(forwarded.embeds.iter().map(render_embed));
        parts.extend(forwarded.sticker_items.iter().map(render_sticker));
        let forwarded = join_paragraphs(&parts);
        if !forwarded.is_empty() {
            paragraphs.push(format!("Forwarded:\n{}", quote_lines(&forwarded)));
        }
    }
    let text = join_paragraphs(&paragraphs);
    if text.is_empty() && message.all_files().is_empty() {
        // A bare mention is a message too.
        return message.content.clone();
    }
    text
}

fn render_content(account: &DiscordAccount, us: Id, message: &DiscordMessage) -> String {
    let mut text = message.content.clone();
    for mark in mention_marks(us) {
        text = text.replace(&mark, "");
    }
    for role in &message.mention_roles {
        if account.is_own_role(*role) {
            text = text.replace(&format!("<@&{role}>"), "");
        }
    }
    for user in &message.mentions {
        for mark in mention_marks(user.id) {
            text = text.replace(&mark, &format!("@{}", user.name()));
        }
    }
    text
}

fn render_embed(embed: &MessageEmbed) -> String {
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
    join_lines(parts)
}

fn render_sticker(sticker: &StickerItem) -> String {
    format!("[a sticker: {}]", sticker.name)
}

fn render_poll(poll: &MessagePoll) -> String {
    let text = |media: &PollMedia| media.text.clone().unwrap_or_default();
    let answers = poll.answers.iter();
    let answers = answers.map(|answer| format!("- {}", text(&answer.poll_media)));
    join_lines(
        [format!("Poll: {}", text(&poll.question))]
            .into_iter()
            .chain(answers)
            .collect(),
    )
}

fn quote_lines(text: &str) -> String {
    join_lines(text.lines().map(|line| format!("> {line}")).collect())
}

fn join_lines(parts: Vec<String>) -> String {
    let mut parts = parts;
    parts.retain(|part| !part.trim().is_empty());
    parts.join("\n")
}

/// Joins the parts with blank lines, without the empty parts.
fn join_paragraphs(parts: &[String]) -> String {
    let parts = parts
        .iter()
        .map(|part| part.trim())
        .filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("\n\n")
}
