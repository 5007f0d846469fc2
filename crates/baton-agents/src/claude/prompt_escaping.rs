//! Escapes the messages of people, so that their text stays plain text. The CLI runs a message that begins
//! with `/` as a command, and `/config` changes its settings. The CLI also adds the file named after an `@`
//! to the conversation, without a question. The CLI looks for both only in the last part of a message.

use super::outgoing;
use crate::images::Image;

/// A harmless last part of a message, for the CLI to look at.
const MESSAGE_END: &str = "[This is the end of the message.]";

/// Returns the line for a message with images. The CLI may run only its own commands in `commands`.
pub(super) fn escape_message(
    text: &str,
    images: &[Image],
    commands: &[String],
    name: &str,
) -> String {
    if names_files(text)
        || command_name(text).is_some_and(|name| !commands.iter().any(|known| known == name))
    {
        outgoing::user_message_with_images(images, &[text, MESSAGE_END], Some(name))
    } else {
        outgoing::user_message_with_images(images, &[text], Some(name))
    }
}

/// The command that the CLI would run for this text.
fn command_name(text: &str) -> Option<&str> {
    let rest = text.trim_start().strip_prefix('/')?;
    rest.split(char::is_whitespace).next()
}

/// Whether an `@` could name a file. An `@` within a word, as in an address, or alone does not.
fn names_files(text: &str) -> bool {
    let mut before = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins = before.is_none_or(|before: char| !before.is_alphanumeric());
        let goes_on = letters.peek().is_some_and(|next| !next.is_whitespace());
        if letter == '@' && begins && goes_on {
            return true;
        }
        before = Some(letter);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_plain(text: &str) -> bool {
        let commands = ["compact".to_owned()];
        !escape_message(text, &[], &commands, "n").contains(MESSAGE_END)
    }

    #[test]
    fn what_could_be_more_than_words_is_said_as_words() {
        for text in [
            "/config x=y",
            " /config",
            "/",
            "/ compact",
            "/compacts",
            "look at @note",
            "@/etc/passwd",
            "(@~/.ssh/id_rsa)",
            "see \"@a\"",
            "/compact @note",
            "@@a",
        ] {
            assert!(!is_plain(text), "{text}");
        }
        for text in [
            "hello",
            "ann@example.com",
            "an @ sign",
            "at the end @",
            "either/or",
            "/compact",
            "/compact what was said of tea",
        ] {
            assert!(is_plain(text), "{text}");
        }
    }
}
