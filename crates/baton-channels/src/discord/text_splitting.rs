//! Splits a text into messages, or makes a file if the messages would be too many.

use super::discord_markdown::render_markdown;
use super::limits;
use crate::chunks::{self, LengthLimit};

/// The name of the file that a long reply becomes.
pub(super) const FILE: &str = "reply.md";

/// The maximum length of the beginning of a long reply beside the file, in units of [`limits::MESSAGE`].
const SUMMARY: usize = 800;

/// The longest text, in bytes, that a task processes on its own thread.
const LONG: usize = 16 * 1024;

/// The messages for a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SplitText {
    /// The texts of the messages, in order. No text is empty or blank.
    pub(super) messages: Vec<String>,
    /// The whole text, if the messages hold only its beginning.
    pub(super) whole: Option<String>,
}

/// Processes a text. A long text gets a separate thread, because long work would delay other tasks.
pub(super) async fn process_text<T: Send + 'static>(
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
        // The runtime is shutting down, and this task ends too.
        Err(Err(_)) => std::future::pending().await,
    }
}

/// Splits a text into at most `most` messages. A longer text becomes its beginning and a file.
pub(super) fn split_text(markdown: &str, most: usize) -> SplitText {
    let (rendered, most) = (render_markdown(markdown), most.max(1));
    // One message too many is enough to decide. Further messages would only take time and memory.
    let messages: Vec<_> = visible_pieces(&rendered, limits::MESSAGE)
        .take(most.saturating_add(1))
        .collect();
    if messages.len() <= most {
        return SplitText {
            messages,
            whole: None,
        };
    }
    let summary = format!(
        "{}\n\n*This would be more than {most} messages. All of it is in {FILE}.*",
        truncate_rendered(markdown, rendered, SUMMARY)
    );
    SplitText {
        messages: vec![summary],
        whole: Some(markdown.to_owned()),
    }
}

/// Whether a text fits into one message.
pub(super) fn fits_message(markdown: &str) -> bool {
    limits::MESSAGE.measure_text(&render_markdown(markdown)) <= limits::MESSAGE.size
}

/// The beginning of a text: at most `size` units of [`limits::MESSAGE`].
pub(super) fn truncate_text(markdown: &str, size: usize) -> String {
    truncate_rendered(markdown, render_markdown(markdown), size)
}

/// Like [`truncate_text`], for a text with the Discord form `whole`.
fn truncate_rendered(markdown: &str, whole: String, size: usize) -> String {
    if limits::MESSAGE.measure_text(&whole) <= size {
        return whole;
    }
    // The ellipsis needs room.
    let room = size.saturating_sub(2);
    if room < LengthLimit::LEAST {
        let mut letters = size;
        loop {
            // The cut comes before the conversion, so that no code block stays open.
            let cut: String = markdown.chars().take(letters).collect();
            let cut = format!("{} …", render_markdown(&cut).trim_end());
            if limits::MESSAGE.measure_text(&cut) <= size || letters == 0 {
                return cut;
            }
            letters /= 2;
        }
    }
    let limit = LengthLimit {
        size: room,
        ..limits::MESSAGE
    };
    let first = visible_pieces(&whole, limit).next().unwrap_or_default();
    format!("{} …", first.trim_end())
}

/// The pieces of a text, without blank pieces.
fn visible_pieces(rendered: &str, limit: LengthLimit) -> impl Iterator<Item = String> {
    let pieces = chunks::split_on_demand(rendered, limit);
    let visible = pieces.filter(|piece| !piece.is_blank());
    visible.map(|piece| piece.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_sent_of_nothing() {
        assert_eq!(split_text(" \n ", 5), SplitText::default());
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
                let beginning = truncate_text(&source, size);
                assert!(
                    limits::MESSAGE.measure_text(&beginning) <= size,
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
            let length = render_markdown(&table).len();
            assert!(length < 4 * table.len(), "{length} of {}", table.len());
            let texts = split_text(&table, 5);
            assert_eq!(texts.messages.len(), 1);
            assert_eq!(texts.whole, Some(table));
        }
    }

    #[test]
    fn what_would_be_too_many_messages_is_a_file() {
        let long = "A paragraph.\n\n".repeat(2_000);
        let texts = split_text(&long, 5);
        assert_eq!(texts.whole.as_deref(), Some(long.as_str()));
        assert_eq!(texts.messages.len(), 1);
        assert!(texts.messages[0].starts_with("A paragraph."));
        assert!(texts.messages[0].ends_with("in reply.md.*"));
        let texts = split_text(&long, 100);
        assert!(texts.whole.is_none() && texts.messages.len() > 10);
    }
}
