//! Makes text safe for display.

use baton_core::letters::is_hidden;
use unicode_segmentation::UnicodeSegmentation;

use super::{LINE_LIMIT, secrets};

/// The examined beginning of a text, in bytes. Nothing after this would be shown anyway.
pub(super) const LOOKED_AT: usize = 4096;

/// A line under construction, with fixed words and with texts from outside.
#[derive(Debug, Default)]
pub(super) struct MarkdownLine {
    text: String,
    length: usize,
}

impl MarkdownLine {
    /// A line that begins with fixed words.
    pub(super) fn new(words: &str) -> Self {
        Self::default().add_words(words)
    }

    /// Adds fixed words.
    pub(super) fn add_words(mut self, words: &str) -> Self {
        self.length += words.chars().count();
        self.text.push_str(words);
        self
    }

    /// Adds a text from outside, shortened to the remaining space.
    pub(super) fn add_code(self, text: &str) -> Self {
        let room = LINE_LIMIT.saturating_sub(self.length);
        self.add_code_within(text, room)
    }

    /// Like [`MarkdownLine::add_code`], but leaves at least half of the line for more text.
    pub(super) fn add_short_code(self, text: &str) -> Self {
        let room = LINE_LIMIT.saturating_sub(self.length).min(LINE_LIMIT / 2);
        self.add_code_within(text, room)
    }

    fn add_code_within(self, text: &str, room: usize) -> Self {
        let span = code_span(&one_line(text), room);
        self.add_words(&span)
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// A text from outside on one line, without secrets and without invisible characters.
pub(super) fn one_line(text: &str) -> String {
    let text = secrets::mask_secrets(text_beginning(text, LOOKED_AT));
    let words: Vec<_> = visible_text(&text)
        .split(char::is_whitespace)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.join(" ")
}

/// Removes characters that control the display or hide text. Line ends and tabs stay.
pub(super) fn visible_text(text: &str) -> String {
    let seen = |letter: char| match letter {
        '\n' | '\t' => Some(letter),
        // Also replaces the escape that begins a colour. The rest of the sequence is harmless.
        letter if letter.is_control() => Some(' '),
        letter if is_hidden(letter) => None,
        letter => Some(letter),
    };
    text.chars().filter_map(seen).collect()
}

/// A code span of at most `room` characters; empty without text or without room.
fn code_span(text: &str, room: usize) -> String {
    /// The fence on both sides, one character and the sign of a cut.
    const LEAST: usize = 4;
    if text.is_empty() || room < LEAST {
        return String::new();
    }
    // The fence must be longer than any run of backticks in the shown text. The whole text gives an upper
    // bound.
    let fence = "`".repeat(longest_run(text, '`') + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') {
        " "
    } else {
        ""
    };
    let around = 2 * (fence.len() + pad.len());
    if around >= room {
        // The fence alone would fill the room, so the backticks are replaced.
        return code_span(&text.replace('`', "'"), room);
    }
    let text = cut_text(text, room - around);
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The beginning of a text, at most `limit` characters, with `…` at a cut. A cut never splits a grapheme.
pub(super) fn cut_text(text: &str, limit: usize) -> String {
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

/// A text as a code block. The fence is longer than any run of backticks in the text.
pub fn render_code_block(text: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    format!("{fence}\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// The first bytes of a text, without a partial character.
pub(super) fn text_beginning(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The last bytes of a text, without a partial character.
pub(super) fn text_end(text: &str, bytes: usize) -> &str {
    &text[text.ceil_char_boundary(text.len().saturating_sub(bytes))..]
}

fn longest_run(text: &str, letter: char) -> usize {
    let runs = text.split(|other| other != letter).map(str::len);
    runs.max().unwrap_or_default()
}
