//! How a text becomes messages: in pieces that fit, or as a file where they would be too many.

use super::limits;
use super::markdown::shown;
use crate::chunks::{self, Limit};

/// The name of the file that a long reply becomes.
pub(super) const FILE: &str = "reply.md";

/// How much of a long reply is shown beside the file, in units of [`limits::MESSAGE`].
const SUMMARY: usize = 800;

/// The longest text, in bytes, that a task works on itself.
const LONG: usize = 16 * 1024;

/// What is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    /// One a message, in order; never empty, and none is blank.
    pub(super) messages: Vec<String>,
    /// The whole text, where the messages only begin it.
    pub(super) whole: Option<String>,
}

/// Does something with a text. A long text is worked on in a thread of its own, because a task that works for long
/// holds up the other tasks.
pub(super) async fn aside<T: Send + 'static>(
    markdown: &str,
    work: impl FnOnce(&str) -> T + Send + 'static,
) -> T {
    if markdown.len() <= LONG {
        return work(markdown);
    }
    let markdown = markdown.to_owned();
    let done = tokio::task::spawn_blocking(move || work(&markdown)).await;
    match done.map_err(tokio::task::JoinError::try_into_panic) {
        Ok(done) => done,
        Err(Ok(panicked)) => std::panic::resume_unwind(panicked),
        // The program ends, and this task with it.
        Err(Err(_)) => std::future::pending().await,
    }
}

/// The messages that a text becomes: at most `most`, or its beginning and a file.
pub(super) fn messages(markdown: &str, most: usize) -> Texts {
    let (shown, most) = (shown(markdown), most.max(1));
    // One more shows that they are too many; all others would only take time and memory.
    let messages: Vec<_> = visible(&shown, limits::MESSAGE)
        .take(most.saturating_add(1))
        .collect();
    if messages.len() <= most {
        return Texts {
            messages,
            whole: None,
        };
    }
    let summary = format!(
        "{}\n\n*This would be more than {most} messages. All of it is in {FILE}.*",
        beginning_of(markdown, shown, SUMMARY)
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
    beginning_of(markdown, shown(markdown), size)
}

/// The same, for a text that Discord shows as `whole`.
fn beginning_of(markdown: &str, whole: String, size: usize) -> String {
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
    let first = visible(&whole, limit).next().unwrap_or_default();
    format!("{} …", first.trim_end())
}

/// The pieces of a text in which there is something to see.
fn visible(shown: &str, limit: Limit) -> impl Iterator<Item = String> {
    let pieces = chunks::pieces(shown, limit);
    let visible = pieces.filter(|piece| !piece.is_blank());
    visible.map(|piece| piece.text())
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
    fn a_table_takes_not_much_more_than_its_text() {
        let (wide, rows) = ("x".repeat(50_000), "|x|y|\n".repeat(8_000));
        let wide_first = format!("|{wide}|b|\n|-|-|\n{rows}");
        let wide_last = format!("|a|b|\n|-|-|\n{rows}|{wide}|b|\n");
        for table in [wide_first, wide_last] {
            let length = shown(&table).len();
            assert!(length < 4 * table.len(), "{length} of {}", table.len());
            let texts = messages(&table, 5);
            assert_eq!(texts.messages.len(), 1);
            assert_eq!(texts.whole, Some(table));
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
