//! Decides whether a message is addressed to the bot, and whether its author may talk to the bot.

use baton_core::inbox::Inbox;
use baton_core::message::{NewMessage, Priority};
use reqwest::Method;

use super::attachments::{self, WithFiles};
use super::discord_id::Id;
use super::discord_settings::{Answering, People, Trigger};
use super::place_directory::{Kind, Known};
use super::reply_route::{ReplyRoute, place};
use super::rest::{Call, RestError};
use super::wire::{Member, Message};
use super::{Shared, message_text};

/// A message for the bot.
pub(super) struct Heard {
    pub(super) message: NewMessage,
    /// Whether the message is in a direct message channel.
    pub(super) is_direct: bool,
}

/// Converts a message for the bot; returns `None` for other messages.
pub(super) async fn hear(
    shared: &Shared,
    inbox: &Inbox,
    us: Id,
    message: &Message,
    files: WithFiles,
) -> Result<Option<Heard>, RestError> {
    if message.author.id == us || !message.is_said() {
        return Ok(None);
    }
    let channel = message.channel_id;
    let known = shared.places.find(&shared.rest, channel).await?;
    let Some(answering) = shared.places.answering(channel, &known) else {
        return Ok(None);
    };
    if !is_meant(&answering, &known, us, || is_mentioned(shared, us, message)) {
        return Ok(None);
    }
    let roles = match &answering.speakers {
        Some(speakers) => {
            let server = message.guild_id.or(known.server);
            roles(shared, speakers, server, message).await?
        }
        None => Vec::new(),
    };
    let is_bot = message.author.bot || message.webhook_id.is_some();
    if !answering.hears(message.author.id, is_bot, &roles) {
        return Ok(None);
    }
    let text = message_text::said(shared, us, message);
    let attached = message.files();
    if text.is_empty() && attached.is_empty() {
        tracing::warn!(message = %message.id, %channel, "there is nothing in a message that could be read");
        return Ok(None);
    }
    let thread = answering.thread_per_request && known.kind == Kind::Channel;
    let route = ReplyRoute {
        channel,
        message: message.id,
        thread,
    };
    let Some(to) = inbox.route(place(route.target()), &answering.persona) else {
        tracing::error!(persona = %answering.persona, "this persona is to answer on Discord, and is not there");
        return Ok(None);
    };
    let mut new = NewMessage {
        external_id: message.id.to_string().into(),
        route: to,
        author: message.author.author(message.member.as_ref()),
        text,
        attachments: Vec::new(),
        reply_to: message.answers().map(|id| id.to_string().into()),
        reply_route: serde_json::to_value(route).unwrap_or_default(),
        extra: serde_json::Value::Null,
        priority: Priority::default(),
    };
    attachments::take(shared, inbox, &attached, files, &mut new).await?;
    Ok(Some(Heard {
        message: new,
        is_direct: known.kind == Kind::Direct,
    }))
}

/// Whether a message is for the bot, by the configured trigger. `mentioned` tells whether the message
/// mentions the bot.
pub(super) fn is_meant(
    answering: &Answering,
    known: &Known,
    us: Id,
    mentioned: impl FnOnce() -> bool,
) -> bool {
    match answering.trigger {
        _ if known.kind == Kind::Direct => true,
        Trigger::Every => true,
        Trigger::Threads => known.is_thread_of(us) || mentioned(),
        Trigger::Mention => mentioned(),
    }
}

/// Whether a message mentions the bot, or replies to the bot.
pub(super) fn is_mentioned(shared: &Shared, us: Id, message: &Message) -> bool {
    let roles = message.mention_roles.iter();
    message.mentions.iter().any(|user| user.id == us)
        // Without Message Content Intent, Discord sends a mention of the bot's role without the text.
        || !message.content.is_empty()
            && roles.copied().any(|role| shared.places.is_our_role(role))
        || message_text::marks(us).iter().any(|mark| message.content.contains(mark))
        || message.quotes(us)
}

/// The roles of the author, if roles matter. A message from REST has no roles.
async fn roles(
    shared: &Shared,
    people: &People,
    server: Option<Id>,
    message: &Message,
) -> Result<Vec<Id>, RestError> {
    if let Some(member) = &message.member {
        return Ok(member.roles.clone());
    }
    let Some(server) = server.filter(|_| !people.roles.is_empty()) else {
        return Ok(Vec::new());
    };
    let path = format!("guilds/{server}/members/{}", message.author.id);
    match shared
        .rest
        .call::<Member>(Call::new(Method::GET, path))
        .await
    {
        Ok(member) => Ok(member.roles),
        // The author has left the server.
        Err(RestError::Refused { .. }) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
