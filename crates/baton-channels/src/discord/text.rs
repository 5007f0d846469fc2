//! How a text becomes messages: in pieces that fit, or as a file where they would be too many.

use super::limits;
use super::markdown::shown;
use crate::chunks::{self, Limit};

/// The name of the file that a long reply becomes.
pub(super) const FILE: &str = "reply.md";

/// How much of a long reply is shown beside the file, in units of [`limits::MESSAGE`].
const SUMMARY: usize = 800;

/// What is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    /// One a message, in order; never empty, and none is blank.
    pub(super) messages: Vec<String>,
    /// The whole text, where the messages only begin it.
    pub(super) whole: Option<String>,
}

/// The messages that a text becomes: at most `most`, or its beginning and a file.
pub(super) fn messages(markdown: &str, most: usize) -> Texts {
    let shown = shown(markdown);
    let pieces = chunks::split(&shown, limits::MESSAGE);
    let messages: Vec<_> = pieces
        .iter()
        .filter(|piece| !piece.is_blank())
        .map(chunks::Chunk::text)
        .collect();
    if messages.len() <= most.max(1) {
        return Texts {
            messages,
            whole: None,
        };
    }
    let summary = format!(
        "{}\n\n*This would be {} messages. All of it is in {FILE}.*",
        beginning(markdown, SUMMARY),
        messages.len()
    );
    Texts {
        messages: vec![summary],
        whole: Some(markdown.to_owned()),
    }
}

/// Whether all of a text is shown in one message.
pub(super) fn fits(markdown: &str) -> bool {
    limits::MESSAGE.measure(&shown(markdown)) <= limits::MESSAGE.size
}

/// So much of a text as is shown where all of it is too much: `size` units of [`limits::MESSAGE`] at most.
pub(super) fn beginning(markdown: &str, size: usize) -> String {
    let whole = shown(markdown);
    if limits::MESSAGE.measure(&whole) <= size {
        return whole;
    }
    // Room for the mark that there is more.
    let room = size.saturating_sub(2);
    if room < Limit::LEAST {
        let mut letters = size;
        loop {
            // Cut before it is made Discord's, so that no block of code is left open.
            let cut: String = markdown.chars().take(letters).collect();
            let cut = format!("{} …", shown(&cut).trim_end());
            if limits::MESSAGE.measure(&cut) <= size || letters == 0 {
                return cut;
            }
            letters /= 2;
        }
    }
    let limit = Limit {
        size: room,
        ..limits::MESSAGE
    };
    let first = chunks::split(&whole, limit);
    let first = first.iter().find(|piece| !piece.is_blank());
    let first = first.map(chunks::Chunk::text).unwrap_or_default();
    format!("{} …", first.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_of_nothing() {
        assert_eq!(messages(" \n ", 5), Texts::default());
    }

    #[test]
    fn a_beginning_fits_and_leaves_nothing_open() {
        let table = format!("| a | {} |\n|---|---|\n| 1 | 2 |\n", "long ".repeat(100));
        let code = format!("~~~\n{}", "x ```\n".repeat(1_000));
        for source in [
            table,
            code,
            "🦉".repeat(900),
            "a`".repeat(900),
            "word ".repeat(900),
        ] {
            for size in [4, 40, 300, 511, 512, 800] {
                let beginning = beginning(&source, size);
                assert!(
                    limits::MESSAGE.measure(&beginning) <= size,
                    "{size}: {beginning}"
                );
                assert!(beginning.ends_with('…'), "{beginning}");
                assert_eq!(beginning.matches("```").count() % 2, 0, "{beginning}");
            }
        }
    }

    #[test]
    fn what_would_be_too_many_messages_is_a_file() {
        let long = "A paragraph.\n\n".repeat(2_000);
        let texts = messages(&long, 5);
        assert_eq!(texts.whole.as_deref(), Some(long.as_str()));
        assert_eq!(texts.messages.len(), 1);
        assert!(texts.messages[0].starts_with("A paragraph."));
        assert!(texts.messages[0].ends_with("in reply.md.*"));
        let texts = messages(&long, 100);
        assert!(texts.whole.is_none() && texts.messages.len() > 10);
    }
}
