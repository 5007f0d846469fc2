//! Presses on buttons, and reactions to messages, in the form of the chat layer.

use baton_chat::connector::{ActionKind, ChatAction, ReactionAdded};
use baton_core::name::ExternalId;
use serde_json::Value;

use super::sender_conversion::{convert_actor, convert_sender};
use super::service_conversion::unreadable_event;
use super::telegram_update::{ButtonPress, PressedMessage, ShownChat, TelegramEvent};
use crate::telegram::bot_context::BotContext;
use crate::telegram::chat_address::ChatAddress;
use crate::telegram::telegram_wire::{
    CallbackMessage, CallbackQuery, ReactionUpdate, TelegramUser, parse_object,
};

/// Converts a press on a button.
pub(crate) fn convert_press(bot: &BotContext, raw: &Value) -> (Option<ShownChat>, TelegramEvent) {
    let what = "a press on a button";
    let query = match parse_object::<CallbackQuery>(what, raw, &CallbackQuery::ESSENTIAL) {
        Ok(query) => query,
        Err(query) => {
            let Some(callback_id) = query.read_field("id") else {
                return (None, unreadable_event(what));
            };
            tracing::warn!(reason = query.reason, "a press on a button cannot be read");
            let press = ButtonPress {
                callback_id,
                action: None,
                message: None,
            };
            return (None, TelegramEvent::Press(Box::new(press)));
        }
    };
    let shown = query.message.as_ref().map(shown_chat);
    let action = shown.as_ref().and_then(|shown| {
        let sender = convert_sender(bot, Some(&query.from), None, None)?;
        Some(ChatAction {
            chat: shown.address.into(),
            // The topic of an inaccessible message is unknown, and so is the kind of the chat.
            info: is_accessible(query.message.as_ref()?).then(|| shown.to_info(false)),
            workspace: None,
            actor: convert_actor(&sender, shown.address.is_private()),
            kind: query
                .data
                .clone()
                .map_or(ActionKind::Unknown, ActionKind::Press),
        })
    });
    let message = query.message.as_ref().zip(shown.as_ref());
    let message = message.map(|(message, shown)| pressed_message(message, shown.address));
    let press = ButtonPress {
        callback_id: query.id,
        action,
        message,
    };
    (shown, TelegramEvent::Press(Box::new(press)))
}

fn shown_chat(message: &CallbackMessage) -> ShownChat {
    let topic = message.message_thread_id;
    ShownChat::new(&message.chat, topic.filter(|_| message.is_topic_message))
}

fn pressed_message(message: &CallbackMessage, chat: ChatAddress) -> PressedMessage {
    let number = Some(message.message_id).filter(|number| *number > 0);
    PressedMessage {
        chat,
        id: number.map(|number| chat.message(number).into()),
        ephemeral: message.ephemeral_message_id,
        is_accessible: is_accessible(message),
    }
}

fn is_accessible(message: &CallbackMessage) -> bool {
    message.date != 0
}

/// Converts a change of the reactions to a message.
pub(crate) fn convert_reactions(
    bot: &BotContext,
    raw: &Value,
) -> (Option<ShownChat>, TelegramEvent) {
    let what = "a reaction";
    let parsed = parse_object::<ReactionUpdate>(what, raw, &ReactionUpdate::ESSENTIAL);
    let Ok(update) = parsed else {
        return (None, unreadable_event(what));
    };
    let shown = ShownChat::new(&update.chat, None);
    let user: Option<&TelegramUser> = update.user.as_ref();
    let sender = convert_sender(bot, user, update.actor_chat.as_ref(), None);
    let (Some(sender), true) = (sender, update.message_id > 0) else {
        return (Some(shown), unreadable_event(what));
    };
    let message = ExternalId::from(shown.address.message(update.message_id));
    let new = update.new_reaction.iter();
    let new = new.filter(|reaction| !update.old_reaction.contains(reaction));
    let added = new.filter_map(|reaction| {
        Some(ReactionAdded {
            chat: shown.address.into(),
            message: message.clone(),
            emoji: reaction.emoji.clone()?,
            actor: convert_actor(&sender, shown.address.is_private()),
        })
    });
    let added: Vec<_> = added.collect();
    let event = if added.is_empty() {
        TelegramEvent::Ignored("a change of reactions without a new emoji")
    } else {
        TelegramEvent::Reactions(added)
    };
    (Some(shown), event)
}
