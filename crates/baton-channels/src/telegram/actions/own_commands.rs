//! The commands that the connector answers itself: `/start`, `/help` and `/ping`. `command_audience` tells who gets an
//! answer.

use std::fmt::Write;

use baton_chat::connector::{ActionAnswer, ActionKind, ChatAction};

use super::command_menu::list_menu_commands;
use crate::telegram::bot_context::{KnownCommand, command_word};
use crate::telegram::telegram_id::parse_number;

/// The names of these commands, and their effects in one line for people.
pub(crate) const OWN_COMMANDS: [(&str, &str); 3] = [
    (
        "start",
        "Say what this bot does, and the numbers of this chat",
    ),
    ("help", "List the commands"),
    ("ping", "Answer at once, to show that the bot is there"),
];

/// The commands in the form of the decoder.
pub(crate) fn known_commands() -> impl Iterator<Item = KnownCommand> {
    let names = OWN_COMMANDS.iter();
    names.map(|(name, _)| KnownCommand::without_options(name))
}

/// The answer to one of these commands; `None` for another action.
pub(crate) fn find_answer(action: &ChatAction) -> Option<ActionAnswer> {
    let ActionKind::Command { name, .. } = &action.kind else {
        return None;
    };
    let text = match name.as_str() {
        "start" | "help" => describe_bot(action),
        "ping" => "I am here.".to_owned(),
        _ => return None,
    };
    Some(ActionAnswer::text(text))
}

/// Describes the bot, and names the numbers that the configuration needs.
fn describe_bot(action: &ChatAction) -> String {
    let mut text =
        "Write a message, and an agent answers. These commands are answered at once:\n\n"
            .to_owned();
    for spec in list_menu_commands() {
        let word = command_word(spec.name);
        let _ = writeln!(text, "* /{word} – {}", spec.description);
    }
    let _ = write!(text, "\n{}", name_numbers(action));
    text
}

/// The answer to `/start` for a person whom the bot does not answer otherwise. The operator needs these numbers.
pub(crate) fn answer_stranger(action: &ChatAction) -> ActionAnswer {
    let numbers = name_numbers(action);
    ActionAnswer::text(format!("This bot does not answer you here. {numbers}"))
}

/// Names the chat and the person as the configuration does. A chat or a bot as the author is no person.
fn name_numbers(action: &ChatAction) -> String {
    let (chat, author) = (&action.chat, &action.actor.author);
    match parse_number(author.id.as_str()) {
        Some(person) => format!("This chat is `{chat}`, and you are `user:{person}`."),
        None => format!("This chat is `{chat}`."),
    }
}
