//! Splits a text into messages, or makes a file if the messages would be too many.

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
    // One message too many is enough to decide. Further messages would only take time and memory.
    let messages: Vec<_> = visible_pieces(&rendered, format.limit)
        .take(most.saturating_add(1))
        .collect();
    if messages.len() <= most {
        return SplitText {
            messages,
            whole: None,
        };
    }
    let note =
        format!("\n\n*This text is longer than {most} messages. The whole text is in {FILE}.*");
    let limit = format.limit;
    let room = limit.size.saturating_sub(limit.measure_text(&note));
    let beginning = truncate_rendered(format, markdown, rendered, room.min(SUMMARY));
    SplitText {
        messages: vec![beginning + &note],
        whole: Some(markdown.to_owned()),
    }
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
