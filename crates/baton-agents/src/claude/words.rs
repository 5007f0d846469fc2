//! What people write is words, and nothing else. The CLI takes a message that begins with `/` for one
//! of its own commands, of which `/config` changes its settings, and puts the file behind an `@` into
//! the conversation, whichever file it is, without asking anybody. It looks for both in the last part
//! of a message only.

use super::outgoing;
use crate::images::Image;

/// The last part of a message that must not be looked at.
const END: &str = "[This is the end of the message.]";

/// The line that tells the CLI what people say and show. Of its own commands it is to run `commands` only.
pub(super) fn line(text: &str, images: &[Image], commands: &[String], name: &str) -> String {
    if names_files(text) || command(text).is_some_and(|name| !commands.iter().any(|it| it == name))
    {
        outgoing::user_message_with_images(images, &[text, END], Some(name))
    } else {
        outgoing::user_message_with_images(images, &[text], Some(name))
    }
}

/// The command that a text would be taken for.
fn command(text: &str) -> Option<&str> {
    let rest = text.trim_start().strip_prefix('/')?;
    rest.split(char::is_whitespace).next()
}

/// Whether there is an `@` that could name something: not within a word, as in an address, and not
/// alone.
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
        !line(text, &[], &commands, "n").contains(END)
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
