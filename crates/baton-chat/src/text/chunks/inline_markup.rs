//! Ranges within a line, outside of code blocks, where a cut would break the markup.

use std::ops::Range;

/// Maximum length of emphasised text in bytes. A longer text may be cut.
const LONGEST_MARKED: usize = 300;

/// The ranges that a cut would break, in order: inline code, a character with its backslash, links with a
/// text, and emphasised text.
pub(super) fn find_whole_ranges(line: &str) -> Vec<Range<usize>> {
    let mut wholes = Vec::new();
    let mut at = 0;
    while let Some(found) = line[at..].find(['\\', '`', '[', '*', '_', '~', '|']) {
        let start = at + found;
        let rest = &line[start..];
        let mark = rest.chars().next().unwrap_or_default();
        let whole = match mark {
            '\\' => Some(1 + rest[1..].chars().next().map_or(0, char::len_utf8)),
            '`' => code_span_length(rest),
            '[' => link_length(rest),
            _ => emphasis_length(rest, mark),
        };
        at = start + whole.unwrap_or_else(|| count_marks(rest, mark));
        if whole.is_some() {
            wholes.push(start..at);
        }
    }
    wholes
}

/// Length of the emphasised text at the start, with the same number of marks on both sides.
fn emphasis_length(text: &str, mark: char) -> Option<usize> {
    let opening = count_marks(text, mark);
    let begins = |it: char| !it.is_whitespace() && it != mark;
    if !text[opening..].starts_with(begins) || opening == 1 && matches!(mark, '~' | '|') {
        return None;
    }
    let closing = &text[..opening];
    let end = opening + text[opening..].find(closing)? + opening;
    (end <= LONGEST_MARKED).then_some(end)
}

/// Length of the link `[words](address)` at the start; `None` without a link.
fn link_length(text: &str) -> Option<usize> {
    let words = bracket_length(text, '[', ']')?;
    let address = bracket_length(&text[words..], '(', ')')?;
    Some(words + address)
}

/// Length from this bracket to the matching closing bracket, both included.
fn bracket_length(text: &str, opening: char, closing: char) -> Option<usize> {
    let mut depth = 0_usize;
    let mut is_escaped = false;
    for (at, character) in text.char_indices() {
        if at == 0 && character != opening {
            return None;
        }
        if std::mem::take(&mut is_escaped) {
            continue;
        }
        if character == '\\' {
            is_escaped = true;
        } else if character == opening {
            depth += 1;
        } else if character == closing {
            depth -= 1;
            if depth == 0 {
                return Some(at + character.len_utf8());
            }
        }
    }
    None
}

/// Length of the inline code at the start with its marks; `None` without closing marks.
fn code_span_length(text: &str) -> Option<usize> {
    let opening = count_marks(text, '`');
    let mut at = opening;
    while let Some(found) = text[at..].find('`') {
        at += found;
        let closing = count_marks(&text[at..], '`');
        at += closing;
        if closing == opening {
            return Some(at);
        }
    }
    None
}

fn count_marks(text: &str, mark: char) -> usize {
    text.len() - text.trim_start_matches(mark).len()
}
