//! Splits a text into messages. If the messages would be too many, the text becomes a file, or is cut.

use super::TextFormat;
use super::chunks::{self, LengthLimit};

/// The name of the file that a long reply becomes.
pub const FILE: &str = "reply.md";

/// The maximum length of the beginning of a long reply beside the file, in units of the limit of the format.
const SUMMARY: usize = 800;

/// The end of a truncated text.
const ELLIPSIS: &str = " …";

/// The longest text, in bytes, that a task processes on its own thread.
const LONG: usize = 16 * 1024;

/// The messages for a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SplitText {
    /// The texts of the messages, in order. No text is empty or blank.
    pub messages: Vec<String>,
    /// The whole text, if the messages hold only its beginning.
    pub whole: Option<String>,
}

/// Processes a text. A long text gets a separate thread, because long work would delay other tasks.
pub async fn process_text<T: Send + 'static>(
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
pub fn split_text(format: TextFormat, markdown: &str, most: usize) -> SplitText {
    let (rendered, most) = ((format.render)(markdown), most.max(1));
    let messages = first_messages(&rendered, format.limit, most);
    if messages.len() <= most {
        return SplitText {
            messages,
            whole: None,
        };
    }
    let note = render_too_long(format, most, &format!("The whole text is in {FILE}."));
    let room = room_beside(format.limit, &note);
    let beginning = truncate_rendered(format, markdown, rendered, room.min(SUMMARY));
    SplitText {
        messages: vec![beginning + &note],
        whole: Some(markdown.to_owned()),
    }
}

/// Splits a text into at most `most` messages, for a platform without files. The rest of a longer text is left out, and
/// the last message says so.
pub fn cut_text(format: TextFormat, markdown: &str, most: usize) -> SplitText {
    let (rendered, most) = ((format.render)(markdown), most.max(1));
    let mut messages = first_messages(&rendered, format.limit, most);
    if messages.len() > most {
        messages.truncate(most);
        let note = render_too_long(format, most, "The rest is left out.");
        let limit = LengthLimit {
            size: room_beside(format.limit, &note),
            ..format.limit
        };
        if let Some(last) = messages.last_mut() {
            let beginning = visible_pieces(last, limit).next().unwrap_or_default();
            *last = beginning.trim_end().to_owned() + &note;
        }
    }
    SplitText {
        messages,
        whole: None,
    }
}

/// The first messages of a rendered text: at most one more than `most`. The further messages of a long text would only
/// take time and memory.
fn first_messages(rendered: &str, limit: LengthLimit, most: usize) -> Vec<String> {
    let pieces = visible_pieces(rendered, limit);
    pieces.take(most.saturating_add(1)).collect()
}

/// The note below the beginning of a text with more than `most` messages.
fn render_too_long(format: TextFormat, most: usize, consequence: &str) -> String {
    let note = format!("*This text is longer than {most} messages. {consequence}*");
    format!("\n\n{}", (format.render)(&note))
}

/// The space that a message has beside a text, in units of the limit.
fn room_beside(limit: LengthLimit, text: &str) -> usize {
    limit.size.saturating_sub(limit.measure_text(text))
}

/// Whether a text fits into one message.
pub fn fits_message(format: TextFormat, markdown: &str) -> bool {
    format.limit.measure_text(&(format.render)(markdown)) <= format.limit.size
}

/// The beginning of a text: at most `size` units of the limit of the format.
pub fn truncate_text(format: TextFormat, markdown: &str, size: usize) -> String {
    truncate_rendered(format, markdown, (format.render)(markdown), size)
}

/// Like [`truncate_text`], for a text with the rendered form `whole`.
fn truncate_rendered(format: TextFormat, markdown: &str, whole: String, size: usize) -> String {
    if format.limit.measure_text(&whole) <= size {
        return whole;
    }
    // The ellipsis needs room.
    let room = size.saturating_sub(format.limit.measure_text(ELLIPSIS));
    if room < LengthLimit::LEAST {
        let mut letters = size;
        loop {
            // The cut comes before the conversion, so that no code block stays open.
            let cut: String = markdown.chars().take(letters).collect();
            let cut = format!("{}{ELLIPSIS}", (format.render)(&cut).trim_end());
            if format.limit.measure_text(&cut) <= size || letters == 0 {
                return cut;
            }
            letters /= 2;
        }
    }
    let limit = LengthLimit {
        size: room,
        ..format.limit
    };
    let first = visible_pieces(&whole, limit).next().unwrap_or_default();
    format!("{}{ELLIPSIS}", first.trim_end())
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
    use crate::text::chunks::LengthUnit;

    const FORMAT: TextFormat = TextFormat {
        render: str::to_owned,
        bold_marks: ["**", "**"],
        small_print: "",
        limit: LengthLimit {
            size: 200,
            unit: LengthUnit::Characters,
        },
    };

    #[test]
    fn a_platform_without_files_gets_a_note_instead_of_the_rest() {
        let long = "A paragraph of some words.\n\n".repeat(100);
        let cut = cut_text(FORMAT, &long, 3);
        assert_eq!(cut.whole, None);
        assert_eq!(cut.messages.len(), 3);
        assert_eq!(
            cut.messages[..2],
            split_text(FORMAT, &long, 100).messages[..2]
        );
        for message in &cut.messages {
            assert!(
                message.starts_with("A paragraph of some words."),
                "{message}"
            );
            assert!(message.chars().count() <= 200, "{message}");
        }
        let note = "words.\n\n*This text is longer than 3 messages. The rest is left out.*";
        assert!(cut.messages[2].ends_with(note), "{}", cut.messages[2]);
    }

    #[test]
    fn the_note_is_outside_of_a_cut_code_block() {
        let long = format!("```\n{}```", "a line of code\n".repeat(100));
        let cut = cut_text(FORMAT, &long, 2);
        let last = &cut.messages[1];
        assert!(last.contains("\n```\n\n*This text"), "{last}");
    }

    #[test]
    fn a_text_of_few_messages_is_not_cut() {
        let text = "A paragraph of some words.\n\n".repeat(10);
        let cut = cut_text(FORMAT, &text, 2);
        assert_eq!(cut, split_text(FORMAT, &text, 2));
        assert_eq!(cut.messages.len(), 2);
    }
}
