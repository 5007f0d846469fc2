//! Decides whether a message is addressed to the bot, and whether its author may talk to the bot.

use baton_core::authority::Right;
use baton_core::inbox::Inbox;
use baton_core::message::{NewMessage, Priority};

use super::attachments::{self, FilePolicy};
use super::discord_id::Id;
use super::discord_settings::{Answering, People, Trigger};
use super::place_directory::{ChannelInfo, ChannelKind};
use super::reply_route::{ReplyRoute, channel_place};
use super::rest::RestError;
use super::wire::DiscordMessage;
use super::{BotState, message_text};

/// A message for the bot.
pub(super) struct AddressedMessage {
    pub(super) message: NewMessage,
    /// Whether the message is in a direct message channel.
    pub(super) is_direct: bool,
}

/// Converts a message for the bot; returns `None` for other messages.
pub(super) async fn filter_message(
    shared: &BotState,
    inbox: &Inbox,
    us: Id,
    message: &DiscordMessage,
    files: FilePolicy,
) -> Result<Option<AddressedMessage>, RestError> {
    if message.author.id == us || !message.is_from_person() {
        return Ok(None);
    }
    let channel = message.channel_id;
    let known = shared.places.find_channel(&shared.rest, channel).await?;
    let Some(answering) = shared.places.answer_settings(channel, &known) else {
        return Ok(None);
    };
    if !matches_trigger(&answering, &known, us, || mentions_bot(shared, us, message)) {
        return Ok(None);
    }
    let roles = match &answering.speakers {
        Some(speakers) => {
            let server = message.guild_id.or(known.server);
            fetch_roles(shared, speakers, server, message).await?
        }
        None => Vec::new(),
    };
    let is_bot = message.author.bot || message.webhook_id.is_some();
    let author = message.author.to_author(message.member.as_ref());
    let sender = answering.describe_person(message.author.id, author, is_bot, &roles);
    if !sender.has_right(Right::Speak) {
        return Ok(None);
    }
    let text = message_text::render_text(shared, us, message);
    let attached = message.all_files();
    if text.is_empty() && attached.is_empty() {
        tracing::warn!(external_id = %message.id, %channel, "there is nothing in a message that could be read");
        return Ok(None);
    }
    let thread = answering.thread_per_request && known.kind == ChannelKind::Channel;
    let route = ReplyRoute {
        channel,
        message: message.id,
        thread,
    };
    let Some(to) = inbox.route(channel_place(route.target()), &answering.persona) else {
        tracing::error!(persona = %answering.persona, "this persona is to answer on Discord, and is not there");
        return Ok(None);
    };
    let mut new = NewMessage {
        external_id: message.id.to_string().into(),
        route: to,
        author: sender.author,
        text,
        attachments: Vec::new(),
        reply_to: message.replied_to().map(|id| id.to_string().into()),
        reply_route: serde_json::to_value(route).unwrap_or_default(),
        extra: serde_json::Value::Null,
        priority: Priority::default(),
    };
    attachments::fetch_files(shared, inbox, &attached, files, &mut new).await?;
    Ok(Some(AddressedMessage {
        message: new,
        is_direct: known.kind == ChannelKind::Direct,
    }))
}

/// Whether a message is for the bot, by the configured trigger. `mentioned` tells whether the message
/// mentions the bot.
pub(super) fn matches_trigger(
    answering: &Answering,
    known: &ChannelInfo,
    us: Id,
    mentioned: impl FnOnce() -> bool,
) -> bool {
    match answering.trigger {
        _ if known.kind == ChannelKind::Direct => true,
        Trigger::Every => true,
        Trigger::Threads => known.is_thread_of(us) || mentioned(),
        Trigger::Mention => mentioned(),
    }
}

/// Whether a message mentions the bot, or replies to the bot.
pub(super) fn mentions_bot(shared: &BotState, us: Id, message: &DiscordMessage) -> bool {
    let roles = message.mention_roles.iter();
    message.mentions.iter().any(|user| user.id == us)
        // Without Message Content Intent, Discord sends a mention of the bot's role without the text.
        || !message.content.is_empty()
            && roles.copied().any(|role| shared.places.is_our_role(role))
        || message_text::mention_marks(us).iter().any(|mark| message.content.contains(mark))
        || message.replies_to(us)
}

/// The roles of the author, if roles matter. A message from REST has no roles.
async fn fetch_roles(
    shared: &BotState,
    people: &People,
    server: Option<Id>,
    message: &DiscordMessage,
) -> Result<Vec<Id>, RestError> {
    if let Some(member) = &message.member {
        return Ok(member.roles.clone());
    }
    let Some(server) = server.filter(|_| !people.roles.is_empty()) else {
        return Ok(Vec::new());
    };
    match shared.rest.fetch_member(server, message.author.id).await {
        Ok(member) => Ok(member.roles),
        // The author has left the server.
        Err(RestError::Refused { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
