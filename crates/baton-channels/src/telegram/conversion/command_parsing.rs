//! Commands in the words of people, such as `/model@our_bot opus`.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::telegram::bot_context::{BotContext, KnownCommand};

/// The maximum length of the word of a command.
const LONGEST_WORD: usize = 32;

/// The result of looking for a command at the start of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ParsedCommand<'a> {
    /// A command of this bot.
    Ours {
        /// The command.
        command: &'a KnownCommand,
        /// The values of the options, by their names.
        options: BTreeMap<String, String>,
    },
    /// A command that names another bot.
    OfAnotherBot,
    /// An unknown command that names this bot: ordinary text, with the name at these bytes.
    OnlyNamesUs(Range<usize>),
    /// No known command.
    Nothing,
}

/// Looks for a command at the start of a text.
pub(crate) fn parse_command<'a>(bot: &'a BotContext, text: &str) -> ParsedCommand<'a> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (first, rest) = text.split_at(end);
    let Some(word) = first.strip_prefix('/') else {
        return ParsedCommand::Nothing;
    };
    let (word, addressee) = match word.split_once('@') {
        Some((word, addressee)) => (word, Some(addressee)),
        None => (word, None),
    };
    let is_command = is_plain_word(word) && word.len() <= LONGEST_WORD;
    if !is_command || !addressee.is_none_or(is_plain_word) {
        return ParsedCommand::Nothing;
    }
    if !addressee.is_none_or(|name| bot.is_own_name(name)) {
        return ParsedCommand::OfAnotherBot;
    }
    match bot.find_command(word) {
        Some(command) => ParsedCommand::Ours {
            command,
            options: read_options(command, rest),
        },
        None if addressee.is_some() => ParsedCommand::OnlyNamesUs(1 + word.len()..end),
        None => ParsedCommand::Nothing,
    }
}

/// Whether a text has only the characters of commands and names of bots.
fn is_plain_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty() && text.bytes().all(is_plain)
}

/// The words after a command as the values of its options, in order. The last option takes all further words.
fn read_options(command: &KnownCommand, words: &str) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    let mut rest = words.trim();
    let last = command.options.len().saturating_sub(1);
    for (number, option) in command.options.iter().enumerate() {
        let (value, after) = if number < last {
            rest.split_once(char::is_whitespace).unwrap_or((rest, ""))
        } else {
            (rest, "")
        };
        if !value.is_empty() {
            values.insert(option.clone(), value.to_owned());
        }
        rest = after.trim_start();
    }
    values
}
