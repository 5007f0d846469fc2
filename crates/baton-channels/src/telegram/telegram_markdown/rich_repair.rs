//! Repairs one piece of a rich message, because a cut may have divided its blocks.

use std::borrow::Cow;

use super::details_tags::{self, HtmlPart};

/// The piece as a text of its own, for `sendRichMessage`. Details that continue in another piece end with this piece.
pub(in crate::telegram) fn repair_rich_piece(piece: &str) -> String {
    let mut repaired = String::with_capacity(piece.len());
    let mut fence: Option<String> = None;
    let mut details = 0_usize;
    for line in remove_indent(piece).split_inclusive('\n') {
        if let Some(marks) = read_fence(line) {
            fence = match fence {
                None => Some(marks.to_owned()),
                Some(open) => (!marks.starts_with(&open)).then_some(open),
            };
        }
        if fence.is_none() && line.starts_with(['<']) {
            let parts = details_tags::split_details(line);
            let begun = parts.iter().filter(|it| **it == HtmlPart::DetailsStart);
            details += begun.count();
            if parts.contains(&HtmlPart::DetailsEnd) {
                if details == 0 {
                    continue;
                }
                details -= 1;
            }
        }
        repaired.push_str(line);
    }
    for _ in 0..details {
        repaired.push_str("\n\n</details>");
    }
    repaired
}

/// The piece without an indent of its first lines. A list may begin in the piece before. Without that beginning, four
/// spaces would make code.
pub(super) fn remove_indent(piece: &str) -> Cow<'_, str> {
    if !piece.starts_with('>') {
        return remove_spaces(piece);
    }
    let lines = piece.split_inclusive('\n');
    let lines = lines.take_while(|line| line.starts_with('>'));
    let (quote, rest) = piece.split_at(lines.map(str::len).sum());
    let lines = quote.split_inclusive('\n').map(|line| {
        let line = line.trim_start_matches('>');
        line.strip_prefix(' ').unwrap_or(line)
    });
    let quoted: String = lines.collect();
    let lines = remove_spaces(&quoted);
    let lines = lines.split_inclusive('\n').map(|line| {
        let space = if line.trim().is_empty() { "" } else { " " };
        [">", space, line].concat()
    });
    Cow::Owned(lines.collect::<String>() + rest)
}

/// The text without an indent of its first lines.
fn remove_spaces(piece: &str) -> Cow<'_, str> {
    let mut lines = piece.split_inclusive('\n');
    let first = lines.next().unwrap_or_default();
    // The rest of a line has no indent, but the lines after it have.
    let is_rest = !first.starts_with(' ') && !begins_block(first);
    let next = lines.find(|line| is_rest && !line.trim().is_empty());
    let indent = count_spaces(next.unwrap_or(first));
    if indent == 0 {
        return Cow::Borrowed(piece);
    }
    let mut is_indented = true;
    let lines = piece.split_inclusive('\n').enumerate();
    let lines = lines.map(|(number, line)| {
        let spaces = count_spaces(line);
        let is_outside = spaces == 0 && !line.trim().is_empty() && (number > 0 || !is_rest);
        is_indented = is_indented && !is_outside;
        if is_indented {
            &line[spaces.min(indent)..]
        } else {
            line
        }
    });
    Cow::Owned(lines.collect())
}

/// Whether a line begins a list, a quote or code.
fn begins_block(line: &str) -> bool {
    let mark = line.trim_start_matches(|it: char| it.is_ascii_digit());
    let is_numbered = mark.len() < line.len() && mark.starts_with(['.', ')']);
    let marks = ["- ", "* ", "+ ", ">", "```"];
    is_numbered || marks.iter().any(|it| line.starts_with(it))
}

fn count_spaces(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The marks of a line that opens or closes a code block.
fn read_fence(line: &str) -> Option<&str> {
    let marks = line.len() - line.trim_start_matches('`').len();
    (marks >= 3).then_some(&line[..marks])
}
