//! The authors of messages and actions. A chat as the author is never a person.

use baton_chat::connector::{Actor, Sender};
use baton_core::message::Author;

use crate::telegram::bot_context::BotContext;
use crate::telegram::telegram_wire::{TelegramChat, TelegramUser};

/// The accounts that Telegram puts in place of an author who is a chat: the channel of a group, an anonymous
/// administrator, and a channel (<https://core.telegram.org/bots/api#message>).
const SERVICE_ACCOUNTS: [i64; 3] = [777_000, 1_087_968_824, 136_817_688];

/// The author of a message or action; `None` if unreadable. `signature` is the title of an anonymous administrator.
pub(crate) fn convert_sender(
    bot: &BotContext,
    user: Option<&TelegramUser>,
    chat: Option<&TelegramChat>,
    signature: Option<&str>,
) -> Option<Sender> {
    let (author, is_us, is_bot) = match (chat, user) {
        // No list of people can hold this id, because the numbers there have no prefix.
        (Some(chat), _) => {
            let name = match signature.filter(|signature| !signature.trim().is_empty()) {
                Some(signature) => format!("{} ({})", chat.title(), signature.trim()),
                None => chat.title(),
            };
            (new_author(format!("chat:{}", chat.id), name), false, true)
        }
        (None, Some(user)) if SERVICE_ACCOUNTS.contains(&user.id) => {
            let id = format!("service:{}", user.id);
            (new_author(id, user.full_name()), false, true)
        }
        (None, Some(user)) => {
            let author = new_author(user.id.to_string(), user.full_name());
            (author, bot.is_us(user), user.is_bot)
        }
        (None, None) => return None,
    };
    Some(Sender {
        author,
        is_us,
        is_bot,
        // Telegram has no roles.
        roles: Some(Vec::new()),
    })
}

/// The person behind an action. In a private chat, everybody is a moderator. Telegram does not tell the rights of
/// people in groups.
pub(crate) fn convert_actor(sender: &Sender, is_private: bool) -> Actor {
    Actor {
        author: sender.author.clone(),
        is_us: sender.is_us,
        is_bot: sender.is_bot,
        roles: Vec::new(),
        is_moderator: is_private && !sender.is_bot,
        is_administrator: false,
    }
}

fn new_author(id: String, name: String) -> Author {
    Author {
        id: id.into(),
        name,
    }
}
