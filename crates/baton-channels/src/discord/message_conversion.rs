//! Discord's messages in the form of the chat layer.

use baton_chat::connector::{
    IncomingFile, IncomingMessage, PlatformTime, ReadableMessage, Sender, UnreadableMessage,
};
use baton_chat::http::tolerant_parsing;
use baton_chat::http::unreadable_object::UnreadableObject;

use super::discord_account::DiscordAccount;
use super::discord_id::Id;
use super::message_text::{mention_marks, render_text};
use super::type_numbers::MessageFlags;
use super::wire::{DiscordMessage, DiscordUser, WireMessage};

/// Converts a message. `us` is the bot. A message from REST tells no server, so `is_direct` is never set here.
pub(super) fn convert_message(
    account: &DiscordAccount,
    us: Id,
    message: &WireMessage,
) -> IncomingMessage {
    match message {
        WireMessage::Readable(message) => {
            let converted = convert_readable(account, us, message);
            IncomingMessage::with_text(converted, || render_text(account, us, message))
        }
        WireMessage::Unreadable(message) => {
            IncomingMessage::Unreadable(Box::new(convert_unreadable(us, message)))
        }
    }
}

fn convert_readable(account: &DiscordAccount, us: Id, message: &DiscordMessage) -> ReadableMessage {
    let files = message.all_files().into_iter().map(|file| IncomingFile {
        name: file.filename.clone(),
        size: file.size,
        reference: file.url.clone(),
    });
    let member = message.member.as_ref();
    let roles = member.map(|member| member.roles.iter().copied().map(Into::into).collect());
    let edited = message.edited_timestamp.as_deref();
    ReadableMessage {
        id: message.id.into(),
        chat: message.channel_id.into(),
        position: message.id.into(),
        workspace: message.guild_id.map(Into::into),
        is_direct: false,
        sender: Sender {
            author: message.author.to_author(member),
            is_us: message.author.id == us,
            is_bot: message.author.bot || message.webhook_id.is_some(),
            roles,
        },
        is_from_person: DiscordMessage::is_kind_of_people(message.kind),
        mentions_us: mentions_bot(account, us, message),
        is_silent: message.flags.contains(MessageFlags::SUPPRESS_NOTIFICATIONS),
        text: message.content.clone(),
        button_names: message.button_names(),
        files: files.collect(),
        reply_to: message.replied_to().map(Into::into),
        sent_at: Some(PlatformTime(message.id.created_at())),
        edited_at: edited.and_then(PlatformTime::parse),
        part_ids: Vec::new(),
        is_joined: false,
    }
}

fn convert_unreadable(us: Id, message: &UnreadableObject) -> UnreadableMessage {
    let id: Option<Id> = message.read_field("id");
    let kind: Option<u64> = message.read_field("type");
    let channel: Option<Id> = message.read_field("channel_id");
    let server: Option<Id> = message.read_field("guild_id");
    UnreadableMessage {
        id: id.map(Into::into),
        position: id.map(Into::into),
        chat: channel.map(Into::into),
        workspace: server.map(Into::into),
        sender: parse_sender(us, message),
        may_be_from_person: kind.is_none_or(DiscordMessage::is_kind_of_people),
        may_mention_us: message.raw.contains(&us.to_string()),
        text: message.read_field("content"),
        raw: message.raw_beginning(),
        reason: message.reason.clone(),
    }
}

/// The author of an unreadable message; `None` if the author may or may not be a bot.
fn parse_sender(us: Id, message: &UnreadableObject) -> Option<Sender> {
    let author = message.read_field("author")?;
    let author = tolerant_parsing::parse_object::<DiscordUser>("an author", author, &["bot"]);
    let author = author.ok()?;
    let webhook = &message.fields["webhook_id"];
    Some(Sender {
        author: author.to_author(None),
        is_us: author.id == us,
        is_bot: author.bot || !webhook.is_null() && webhook != "0",
        roles: None,
    })
}

/// Whether a message mentions the bot, or replies to the bot.
fn mentions_bot(account: &DiscordAccount, us: Id, message: &DiscordMessage) -> bool {
    let roles = message.mention_roles.iter();
    message.mentions.iter().any(|user| user.id == us)
        // Without Message Content Intent, Discord sends a mention of the bot's role without the text.
        || !message.content.is_empty()
            && roles.copied().any(|role| account.is_own_role(role))
        || mention_marks(us).iter().any(|mark| message.content.contains(mark))
        || message.replies_to(us)
}
