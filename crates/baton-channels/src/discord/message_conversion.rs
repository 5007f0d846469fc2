//! Discord's messages, reactions, channels and ids in the form of the chat layer.

use baton_chat::connector::{
    Actor, ChatId, ChatInfo, ChatKind, ConnectorError, IncomingFile, IncomingMessage,
    NewestMessage, PlatformTime, Position, ReactionAdded, ReadableMessage, Refusal, RequestFailure,
    RoleId, Sender, UnreadableMessage, WorkspaceId,
};
use baton_core::message::Author;
use baton_core::name::ExternalId;
use baton_core::panics::catch_sync_panic;
use jiff::Timestamp;

use super::discord_account::DiscordAccount;
use super::discord_id::Id;
use super::message_text::{mention_marks, render_text};
use super::type_numbers::MessageFlags;
use super::wire::{
    DiscordChannel, DiscordMessage, LastMessage, MessageReaction, UnreadableWireMessage,
    WireMessage,
};

/// The id of a channel, for the chat layer.
pub(super) fn to_chat_id(channel: Id) -> ChatId {
    channel.to_string().into()
}

/// The id of a message, for the chat layer.
pub(super) fn to_message_id(message: Id) -> ExternalId {
    message.to_string().into()
}

/// The position after a message, in the history of its channel.
pub(super) fn to_position(message: Id) -> Position {
    message.to_string().into()
}

/// The id of a role, for the chat layer.
pub(super) fn to_role_id(role: Id) -> RoleId {
    role.to_string().into()
}

/// The id of a server, for the chat layer.
pub(super) fn to_workspace_id(server: Id) -> WorkspaceId {
    server.to_string().into()
}

/// The id of Discord behind an id of the chat layer. An id of another platform is an error.
pub(super) fn parse_id(text: &str) -> Result<Id, ConnectorError> {
    text.parse().map_err(|_| {
        let failure = RequestFailure::Refused(Refusal::Other);
        ConnectorError::new(failure, format!("{text:?} is not an id of Discord"))
    })
}

/// The source of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MessageSource {
    /// The gateway tells the server with each message, except for direct messages.
    Gateway,
    /// REST never tells the server.
    Rest,
}

/// Converts a message. `us` is the bot.
pub(super) fn convert_message(
    account: &DiscordAccount,
    us: Id,
    message: &WireMessage,
    source: MessageSource,
) -> IncomingMessage {
    match message {
        WireMessage::Read(message) => {
            // The text of a person must not stop the connection.
            match catch_sync_panic(|| convert_readable(account, us, message, source)) {
                Ok(message) => IncomingMessage::Readable(Box::new(message)),
                Err(panicked) => {
                    tracing::error!(external_id = %message.id, %panicked, "a message is refused");
                    IncomingMessage::Unreadable(Box::new(refuse_readable(us, message)))
                }
            }
        }
        WireMessage::Unreadable(message) => {
            IncomingMessage::Unreadable(Box::new(convert_unreadable(us, message)))
        }
    }
}

fn convert_readable(
    account: &DiscordAccount,
    us: Id,
    message: &DiscordMessage,
    source: MessageSource,
) -> ReadableMessage {
    let is_us = message.author.id == us;
    let files = message.all_files().into_iter().map(|file| IncomingFile {
        name: file.filename.clone(),
        size: file.size,
        reference: file.url.clone(),
    });
    ReadableMessage {
        id: to_message_id(message.id),
        chat: to_chat_id(message.channel_id),
        position: to_position(message.id),
        workspace: message.guild_id.map(to_workspace_id),
        is_direct: source == MessageSource::Gateway && message.guild_id.is_none(),
        sender: convert_sender(us, message),
        is_from_person: message.is_from_person(),
        mentions_us: mentions_bot(account, us, message),
        is_silent: message.flags.contains(MessageFlags::SUPPRESS_NOTIFICATIONS),
        // Baton recognizes its own messages by their exact text.
        text: if is_us {
            message.content.clone()
        } else {
            render_text(account, us, message)
        },
        files: files.collect(),
        reply_to: message.replied_to().map(to_message_id),
        sent_at: Some(PlatformTime(message.id.created_at())),
        edited_at: edited_at(message),
    }
}

/// A readable message at which Baton failed.
fn refuse_readable(us: Id, message: &DiscordMessage) -> UnreadableMessage {
    UnreadableMessage {
        id: Some(to_message_id(message.id)),
        position: Some(to_position(message.id)),
        chat: Some(to_chat_id(message.channel_id)),
        workspace: message.guild_id.map(to_workspace_id),
        sender: Some(convert_sender(us, message)),
        may_be_from_person: message.is_from_person(),
        may_mention_us: true,
        text: Some(message.content.clone()),
        raw: message.content.clone(),
        reason: "Baton failed to handle this message".to_owned(),
    }
}

fn convert_sender(us: Id, message: &DiscordMessage) -> Sender {
    let member = message.member.as_ref();
    Sender {
        author: message.author.to_author(member),
        is_us: message.author.id == us,
        is_bot: message.author.bot || message.webhook_id.is_some(),
        roles: member.map(|member| member.roles.iter().copied().map(to_role_id).collect()),
    }
}

fn convert_unreadable(us: Id, message: &UnreadableWireMessage) -> UnreadableMessage {
    let sender = message.author.as_ref().map(|author| Sender {
        author: author.to_author(None),
        is_us: author.id == us,
        is_bot: author.bot,
        roles: None,
    });
    UnreadableMessage {
        id: message.id.map(to_message_id),
        position: message.id.map(to_position),
        chat: message.channel.map(to_chat_id),
        workspace: message.server.map(to_workspace_id),
        sender,
        may_be_from_person: message.may_be_from_person(),
        may_mention_us: message.mentions_id(us),
        text: message.content.clone(),
        raw: message.raw_beginning(),
        reason: message.reason.clone(),
    }
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

/// The time of the last edit, by Discord's clock.
fn edited_at(message: &DiscordMessage) -> Option<PlatformTime> {
    let edited: Timestamp = message.edited_timestamp.as_deref()?.parse().ok()?;
    Some(PlatformTime(edited.as_millisecond()))
}

/// Converts a reaction; `None` for an emoji without a name.
pub(super) fn convert_reaction(us: Id, reaction: MessageReaction) -> Option<ReactionAdded> {
    let emoji = reaction.emoji.name?;
    // In direct messages, Discord sends no member, and no other bots take part.
    let member = reaction.member.as_ref();
    let is_bot = member
        .and_then(|it| it.user.as_ref())
        .is_some_and(|it| it.bot);
    let roles = member.map_or(&[][..], |it| &it.roles);
    let id = reaction.user_id.to_string();
    Some(ReactionAdded {
        chat: to_chat_id(reaction.channel_id),
        message: to_message_id(reaction.message_id),
        emoji,
        actor: Actor {
            author: Author {
                id: id.as_str().into(),
                name: id,
            },
            is_us: reaction.user_id == us,
            is_bot,
            roles: roles.iter().copied().map(to_role_id).collect(),
            // Discord sends no permissions with a reaction.
            is_moderator: false,
            is_administrator: false,
        },
    })
}

/// The facts about a channel. `server` applies if the channel names no server. `us` is the bot.
pub(super) fn convert_channel(channel: &DiscordChannel, server: Option<Id>, us: Id) -> ChatInfo {
    let kind = if channel.is_thread() {
        ChatKind::Thread {
            parent: channel.parent_id.map(to_chat_id),
            is_ours: channel.owner_id == Some(us),
        }
    } else if channel.is_direct() {
        ChatKind::Direct
    } else {
        ChatKind::Channel
    };
    ChatInfo {
        workspace: channel.guild_id.or(server).map(to_workspace_id),
        kind,
    }
}

/// The newest message of a channel.
pub(super) fn convert_last_message(last: LastMessage) -> NewestMessage {
    match last {
        LastMessage::Is(id) => NewestMessage::At(to_position(id)),
        LastMessage::Nothing => NewestMessage::Nothing,
        LastMessage::Unreadable => NewestMessage::Unknown,
    }
}

/// Fetches the facts about a channel.
pub(super) async fn fetch_chat(
    account: &DiscordAccount,
    chat: &ChatId,
) -> Result<ChatInfo, ConnectorError> {
    let found = account.rest.fetch_channel(parse_id(chat.as_str())?).await?;
    let us = account.wait_for_ids().await.user;
    Ok(convert_channel(&found, None, us))
}
