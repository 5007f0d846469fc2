//! The text of a message for the agent. Embeds, stickers, polls and forwarded messages become words.

use baton_chat::connector::ContentText;

use super::discord_account::DiscordAccount;
use super::discord_id::Id;
use super::wire::{DiscordMessage, MessageEmbed, NamedItem};

/// The two ways to write a mention of a user.
pub(super) fn mention_marks(us: Id) -> [String; 2] {
    [format!("<@{us}>"), format!("<@!{us}>")]
}

/// The text for the agent. Mentions of the bot are removed, and mentions of other people become names. The
/// text is empty where the message has nothing to read.
pub(super) fn render_text(account: &DiscordAccount, us: Id, message: &DiscordMessage) -> String {
    // Baton recognizes its own messages by their exact text.
    if message.author.id == us {
        return message.content.clone();
    }
    let mut text = ContentText::default();
    text.add_text(&name_mentions(account, us, message));
    // Beside a text, embeds are only previews of the links in the text.
    if message.content.is_empty() {
        add_embeds(&mut text, &message.embeds);
    }
    add_stickers(&mut text, &message.sticker_items);
    if let Some(poll) = &message.poll {
        let answers = poll.answers.iter();
        let answers = answers.map(|answer| answer.poll_media.text.as_str());
        text.add_poll(&poll.question.text, answers);
    }
    for forwarded in message.forwarded.iter().map(|it| &it.message) {
        let mut inner = ContentText::default();
        inner.add_text(&forwarded.content);
        add_embeds(&mut inner, &forwarded.embeds);
        add_stickers(&mut inner, &forwarded.sticker_items);
        text.add_forwarded(inner);
    }
    let text = text.into_text();
    if text.is_empty() && message.all_files().is_empty() {
        // A bare mention is a message too.
        return message.content.clone();
    }
    text
}

fn name_mentions(account: &DiscordAccount, us: Id, message: &DiscordMessage) -> String {
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

fn add_embeds(text: &mut ContentText, embeds: &[MessageEmbed]) {
    for embed in embeds {
        let author = embed.author.as_ref().map(|author| &author.name);
        let whole = [
            author,
            embed.title.as_ref(),
            embed.url.as_ref(),
            embed.description.as_ref(),
        ];
        let fields = embed.fields.iter();
        let fields = fields.map(|field| format!("{}: {}", field.name, field.value));
        text.add_box(whole.into_iter().flatten().cloned().chain(fields));
    }
}

fn add_stickers(text: &mut ContentText, stickers: &[NamedItem]) {
    for sticker in stickers {
        text.add_sticker(&sticker.name);
    }
}
