//! The results of tool runs.

use super::markdown_line::{MarkdownLine, one_line, text_beginning, text_end, visible_text};
use super::{LINE_LIMIT, secrets};

/// The longest detail, in bytes. A detail fits into one message on every platform.
pub const DETAIL_LIMIT: usize = 1500;

/// The result of a tool run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultSummary {
    /// One line of Markdown, for example `12 lines`.
    pub line: String,
    /// The beginning and the end of the output: plain text with masked secrets, for
    /// [`render_code_block`](super::render_code_block).
    pub detail: String,
}

/// Describes the result of a tool run. `text` is the output of the tool.
pub fn describe_result(tool: &str, text: &str, is_error: bool) -> ResultSummary {
    let text = text.trim();
    let line = if is_error {
        describe_failure(text)
    } else {
        describe_success(tool, text)
    };
    ResultSummary {
        line: line.into_text(),
        detail: shorten_detail(text),
    }
}

fn describe_failure(text: &str) -> MarkdownLine {
    let text = text
        .strip_prefix("<tool_use_error>")
        .map_or(text, |text| text.trim_end_matches("</tool_use_error>"));
    let (words, about) = match exit_code(text) {
        Some((code, output)) => (format!("exit {code}"), last_line(output)),
        None => ("failed".to_owned(), first_line(text)),
    };
    match about {
        Some(about) => MarkdownLine::new(&words).add_words(": ").add_code(about),
        None => MarkdownLine::new(&words),
    }
}

/// Splits `Exit code 1` from the output after the number.
fn exit_code(text: &str) -> Option<(u32, &str)> {
    let rest = text
        .strip_prefix("Error: ")
        .unwrap_or(text)
        .strip_prefix("Exit code ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (code, output) = rest.split_at(digits);
    Some((code.parse().ok()?, output))
}

fn describe_success(tool: &str, text: &str) -> MarkdownLine {
    match tool {
        "Write" | "Edit" | "MultiEdit" | "NotebookEdit" | "TodoWrite" => {
            return MarkdownLine::new("done");
        }
        "Task" | "Agent" => return MarkdownLine::new("answered"),
        _ => {}
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    match lines {
        0 => MarkdownLine::new("no output"),
        1 if text.len() <= LINE_LIMIT => MarkdownLine::default().add_code(text),
        1 => MarkdownLine::new("1 line"),
        lines => MarkdownLine::new(&format!("{lines} lines")),
    }
}

fn first_line(text: &str) -> Option<&str> {
    text.lines()
        .map(str::trim)
        .find(|line| says_something(line))
}

fn last_line(text: &str) -> Option<&str> {
    text.lines()
        .rev()
        .map(str::trim)
        .find(|line| says_something(line))
}

fn says_something(line: &str) -> bool {
    !one_line(line).is_empty()
}

fn shorten_detail(text: &str) -> String {
    // More than is shown, so that a secret at an edge is still recognized.
    const AROUND: usize = 2048;
    if text.len() <= DETAIL_LIMIT {
        return visible_text(&secrets::mask_secrets(text));
    }
    let half = DETAIL_LIMIT / 2;
    let first = visible_text(&secrets::mask_secrets(text_beginning(text, half + AROUND)));
    let last = text_end(text, half + AROUND);
    let last = secrets::mask_end(&text[..text.len() - last.len()], last);
    let last = visible_text(&last);
    let (first, last) = (text_beginning(&first, half), text_end(&last, half));
    // Whole lines if possible.
    let first = first.rsplit_once('\n').map_or(first, |(whole, _)| whole);
    let last = last.split_once('\n').map_or(last, |(_, whole)| whole);
    format!("{first}\n…\n{last}")
}
