//! Telegram's notices about topics, moved groups and the bot's own membership.

use serde_json::Value;

use super::telegram_update::{OwnMembership, ShownChat, TelegramEvent, TopicChange, TopicChanger};
use crate::telegram::bot_context::BotContext;
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::telegram_wire::{
    MemberStatus, MemberUpdate, ServiceNotice, StoppedGeneration, TelegramMessage, parse_object,
    parse_optional_fields,
};

/// Converts a message without content, which is a notice of the platform.
pub(crate) fn convert_notice(
    bot: &BotContext,
    raw: &Value,
    message: &TelegramMessage,
) -> TelegramEvent {
    let notice: ServiceNotice = parse_optional_fields("a notice of Telegram", raw);
    let chat = message.chat.id;
    if let Some(to) = notice.migrate_to_chat_id {
        return TelegramEvent::Moved { from: chat, to };
    }
    if let Some(from) = notice.migrate_from_chat_id {
        return TelegramEvent::Moved { from, to: chat };
    }
    let is_ours = message.from.as_ref().is_some_and(|user| bot.is_us(user));
    let by = if is_ours {
        TopicChanger::Us
    } else {
        TopicChanger::Person
    };
    let change = |topic: Option<i64>, name: Option<String>| TopicChange {
        address: ChatAddress::new(chat, topic),
        name: name.unwrap_or_default(),
        by,
    };
    let topic = message.message_thread_id;
    if let Some(created) = notice.forum_topic_created {
        // A topic has the number of the notice about its creation.
        let topic = topic.or(Some(message.message_id));
        let mut change = change(topic, created.name);
        if created.is_name_implicit && !is_ours {
            change.by = TopicChanger::PersonWithoutName;
        }
        return TelegramEvent::TopicCreated(change);
    }
    if let Some(edited) = notice.forum_topic_edited {
        return match edited.name {
            Some(name) => TelegramEvent::TopicRenamed(change(topic, Some(name))),
            None => TelegramEvent::Ignored("a topic without a new name"),
        };
    }
    if notice.forum_topic_closed.is_some() {
        return TelegramEvent::TopicClosed(change(topic, None));
    }
    if notice.forum_topic_reopened.is_some() {
        return TelegramEvent::TopicReopened(change(topic, None));
    }
    TelegramEvent::Ignored("a notice of the platform")
}

/// Converts a change of the bot's own membership.
pub(crate) fn convert_membership(raw: &Value) -> (Option<ShownChat>, TelegramEvent) {
    let what = "a membership of the bot";
    let essential = ["new_chat_member.is_member"];
    let Ok(update) = parse_object::<MemberUpdate>(what, raw, &essential) else {
        return (None, unreadable_event(what));
    };
    let shown = ShownChat::new(&update.chat, None);
    let (chat, member) = (shown.address, update.new_chat_member);
    let is_gone = match member.status {
        MemberStatus::Left | MemberStatus::Kicked => true,
        MemberStatus::Restricted => !member.is_member,
        MemberStatus::Creator
        | MemberStatus::Administrator
        | MemberStatus::Member
        | MemberStatus::Unknown => false,
    };
    let event = if is_gone {
        TelegramEvent::ChatGone(chat)
    } else {
        TelegramEvent::MemberChange(OwnMembership {
            chat,
            status: member.status,
            can_send: member.can_send_messages.unwrap_or(true),
            can_manage_topics: member.can_manage_topics,
        })
    };
    (Some(shown), event)
}

/// Converts a press on Telegram's own stop button.
pub(crate) fn convert_stop(raw: &Value) -> (Option<ShownChat>, TelegramEvent) {
    let what = "a stopped draft";
    let essential = ["message_thread_id", "draft_id"];
    let Ok(stopped) = parse_object::<StoppedGeneration>(what, raw, &essential) else {
        return (None, unreadable_event(what));
    };
    let shown = ShownChat::new(&stopped.chat, stopped.message_thread_id);
    let event = TelegramEvent::GenerationStopped {
        chat: shown.address,
        draft: stopped.draft_id,
    };
    (Some(shown), event)
}

/// The event for an unreadable update of another kind than a message. `what` names the kind in the log.
pub(crate) fn unreadable_event(what: &'static str) -> TelegramEvent {
    TelegramEvent::Lost(what)
}
