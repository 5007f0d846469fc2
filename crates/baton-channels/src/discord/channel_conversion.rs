//! Discord's channels in the form of the chat layer.

use baton_chat::connector::{ChatAccess, ChatInfo, ChatKind, ListedChat, NewestMessage};
use serde::Deserialize;
use serde_json::Value;

use super::discord_id::Id;
use super::permissions::can_view;
use super::type_numbers::ChannelType;
use super::wire::{DiscordChannel, DiscordGuild};

/// The facts about a channel. `server` applies if the channel names no server. `us` is the bot.
pub(super) fn convert_channel(channel: &DiscordChannel, server: Option<Id>, us: Id) -> ChatInfo {
    let kind = if channel.is_thread() {
        ChatKind::Thread {
            parent: channel.parent_id.map(Into::into),
            is_ours: channel.owner_id == Some(us),
        }
    } else if channel.kind == ChannelType::DM {
        ChatKind::Direct
    } else {
        ChatKind::Channel
    };
    ChatInfo {
        workspace: channel.guild_id.or(server).map(Into::into),
        kind,
    }
}

/// A channel or active thread of a listed server.
pub(super) fn convert_listed(
    server: &DiscordGuild,
    channel: &DiscordChannel,
    us: Id,
) -> ListedChat {
    let info = convert_channel(channel, Some(server.id), us);
    let metadata = channel.thread_metadata.as_ref();
    let access = if metadata.is_some_and(|it| it.archived) {
        ChatAccess::Archived
    } else if can_view(server, us, channel) {
        ChatAccess::Open
    } else {
        ChatAccess::Hidden
    };
    ListedChat {
        id: channel.id.into(),
        counts_since: info.parent().cloned(),
        info,
        newest: newest_message(&channel.last_message_id),
        access,
    }
}

/// A thread from an event of its own.
pub(super) fn convert_thread(thread: &DiscordChannel, us: Id) -> ListedChat {
    let info = convert_channel(thread, None, us);
    // An event for an old thread means that the bot was let in.
    let parent = info.parent().filter(|_| thread.newly_created);
    ListedChat {
        id: thread.id.into(),
        counts_since: parent.cloned(),
        info,
        newest: newest_message(&thread.last_message_id),
        access: ChatAccess::Open,
    }
}

fn newest_message(last: &Value) -> NewestMessage {
    if last.is_null() || last == "0" {
        return NewestMessage::Nothing;
    }
    let last = Id::deserialize(last);
    last.map_or(NewestMessage::Unknown, |id| NewestMessage::At(id.into()))
}
