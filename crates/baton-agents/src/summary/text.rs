//! What makes a text fit to be shown.

use baton_core::letters::is_hidden;
use unicode_segmentation::UnicodeSegmentation;

use super::{LINE_LIMIT, secrets};

/// How much of a text is looked at, in bytes. What is behind it could not be shown.
pub(super) const LOOKED_AT: usize = 4096;

/// A line that is being written: words of ours, and texts from outside.
#[derive(Debug, Default)]
pub(super) struct Line {
    text: String,
    length: usize,
}

impl Line {
    /// Begins with words of ours.
    pub(super) fn new(words: &str) -> Self {
        Self::default().words(words)
    }

    /// Goes on with words of ours.
    pub(super) fn words(mut self, words: &str) -> Self {
        self.length += words.chars().count();
        self.text.push_str(words);
        self
    }

    /// Goes on with a text from outside, cut to what fits.
    pub(super) fn code(self, text: &str) -> Self {
        let room = LINE_LIMIT.saturating_sub(self.length);
        self.code_within(text, room)
    }

    /// As [`Line::code`], and leaves at least half of the line to what follows.
    pub(super) fn short_code(self, text: &str) -> Self {
        let room = LINE_LIMIT.saturating_sub(self.length).min(LINE_LIMIT / 2);
        self.code_within(text, room)
    }

    fn code_within(self, text: &str, room: usize) -> Self {
        let span = code(&one_line(text), room);
        self.words(&span)
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// A text from outside on one line, without secrets and without letters that cannot be seen.
pub(super) fn one_line(text: &str) -> String {
    let text = secrets::masked(beginning(text, LOOKED_AT));
    let words: Vec<_> = visible(&text)
        .split(char::is_whitespace)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.join(" ")
}

/// The text without letters that act on whatever shows it, or hide what it says. Ends of lines and
/// tabs stay.
pub(super) fn visible(text: &str) -> String {
    let seen = |letter: char| match letter {
        '\n' | '\t' => Some(letter),
        // Also the escape that begins a colour; what is left of it is harmless.
        letter if letter.is_control() => Some(' '),
        letter if is_hidden(letter) => None,
        letter => Some(letter),
    };
    text.chars().filter_map(seen).collect()
}

/// A code span of at most so many characters; nothing where there is no text or no room.
fn code(text: &str, room: usize) -> String {
    /// The fence on both sides, and a letter with a mark that there is more.
    const LEAST: usize = 4;
    if text.is_empty() || room < LEAST {
        return String::new();
    }
    // A fence must be longer than any within, which grows with what is shown: begin with all of it.
    let fence = "`".repeat(longest_run(text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    let around = 2 * (fence.len() + pad.len());
    if around >= room {
        // Nothing but backticks would fit.
        return code(&text.replace('`', "'"), room);
    }
    let text = cut(text, room - around);
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The beginning of a text, in characters, with a `…` where it is cut; never within a grapheme.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut length = 0;
    for grapheme in text.graphemes(true) {
        length += grapheme.chars().count();
        if length >= limit {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

/// A text in a block of code, with a fence that nothing within ends.
pub fn fenced(text: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    format!("{fence}\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// The first bytes of a text, whole letters only.
pub(super) fn beginning(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The last bytes of a text, whole letters only.
pub(super) fn end(text: &str, bytes: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(bytes))..]
}

fn longest_run(text: &str, letter: char) -> usize {
    let runs = text.split(|other| other != letter).map(str::len);
    runs.max().unwrap_or_default()
}
