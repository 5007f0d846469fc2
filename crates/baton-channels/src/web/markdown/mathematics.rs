//! Mathematics in TeX's spelling, which people and models write between Markdown.
//!
//! Markdown takes the backslash from `\,` and `\(`, and the stars from `a * b * c`. We do not draw
//! formulas, so the least that a reader needs is the formula as it was written.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// What a formula stands between.
const DELIMITERS: [(&str, &str); 4] = [
    ("\\(", "\\)"),
    ("\\[", "\\]"),
    ("$$", "$$"),
    ("\\begin{", "\\end{"),
];

/// What nobody escapes for Markdown's sake, so that a backslash before it is TeX's.
const TEX: [char; 9] = ['(', ')', ',', ';', ':', '{', '}', '%', '/'];

/// The Markdown that shows all mathematics in `markdown` as it is written.
pub(super) fn keep(markdown: &str, options: Options) -> Cow<'_, str> {
    if !markdown.contains(['\\', '$']) {
        return Cow::Borrowed(markdown);
    }
    let mut keeper = Keeper {
        kept: String::with_capacity(markdown.len() + markdown.len() / 8),
        ..Keeper::default()
    };
    let mut literals = Vec::new();
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        match event {
            Event::Code(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock) => literals.push(range),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => keeper.links.push(range),
            _ => {}
        }
    }
    let mut from = 0;
    for literal in literals {
        if literal.start >= from {
            keeper.keep_in_paragraphs(&markdown[from..literal.start], from);
            keeper.kept.push_str(&markdown[literal.clone()]);
            from = literal.end;
        }
    }
    keeper.keep_in_paragraphs(&markdown[from..], from);
    Cow::Owned(keeper.kept)
}

/// Writes Markdown anew.
#[derive(Default)]
struct Keeper {
    kept: String,
    /// Where links are, whose addresses have backslashes of their own.
    links: Vec<Range<usize>>,
}

impl Keeper {
    /// A formula does not go on after an empty line.
    fn keep_in_paragraphs(&mut self, text: &str, mut at: usize) {
        for paragraph in text.split_inclusive("\n\n") {
            self.keep_in(paragraph, at);
            at += paragraph.len();
        }
    }

    fn keep_in(&mut self, paragraph: &str, begin: usize) {
        // For which delimiters there is nothing left to find.
        let mut exhausted = [false; DELIMITERS.len()];
        let mut at = 0;
        while let Some(plain) = paragraph[at..].find(['\\', '$']) {
            let (before, rest) = paragraph[at..].split_at(plain);
            self.kept.push_str(before);
            at += plain;
            let line_begins = at == 0 || paragraph[..at].ends_with('\n');
            let formula = if self.in_link(begin + at) {
                None
            } else {
                formula(rest, line_begins, &mut exhausted).or_else(|| dollars(rest))
            };
            at += match formula {
                Some(length) => {
                    escape(&rest[..length], &mut self.kept);
                    length
                }
                None => self.keep_backslash(rest, begin + at),
            };
        }
        self.kept.push_str(&paragraph[at..]);
    }

    /// Takes over a character that begins no formula, and what it escapes. Returns how long that is.
    fn keep_backslash(&mut self, text: &str, at: usize) -> usize {
        let mut chars = text.chars();
        let first = chars.next().unwrap_or_default();
        let Some(second) = chars.next().filter(|_| first == '\\') else {
            self.kept.push(first);
            return first.len_utf8();
        };
        let negative_space = second == '!' && chars.next() != Some('[');
        if (TEX.contains(&second) || negative_space) && !self.in_link(at) {
            self.kept.push('\\');
        }
        self.kept.push(first);
        self.kept.push(second);
        first.len_utf8() + second.len_utf8()
    }

    fn in_link(&self, at: usize) -> bool {
        let before = self.links.partition_point(|link| link.start <= at);
        self.links[..before]
            .last()
            .is_some_and(|link| link.end > at)
    }
}

/// How long the formula is that the text begins with, delimiters and all.
fn formula(
    text: &str,
    line_begins: bool,
    exhausted: &mut [bool; DELIMITERS.len()],
) -> Option<usize> {
    for ((begin, end), exhausted) in DELIMITERS.iter().zip(exhausted) {
        let Some(inside) = text.strip_prefix(begin) else {
            continue;
        };
        // Brackets are also escaped to be brackets.
        let escaped = *begin == "\\[" && !line_begins && !inside.starts_with(char::is_whitespace);
        if escaped || *exhausted {
            return None;
        }
        let Some(at) = inside.find(end) else {
            *exhausted = true;
            return None;
        };
        let whole = begin.len() + at + end.len();
        // `\end{align}` goes on to its brace.
        let name = if end.ends_with('{') {
            text[whole..].find('}')? + 1
        } else {
            0
        };
        return Some(whole + name);
    }
    None
}

/// The same between single dollars, which are also money: a formula is in one line, touches them,
/// and has something in it that only formulas have.
fn dollars(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('$')?;
    let line = inside.lines().next()?;
    let at = line.find(['$', '`'])?;
    let (formula, after) = (&line[..at], &line[at..]);
    let closes = after.starts_with('$') && !after[1..].starts_with(|c: char| c.is_ascii_digit());
    let touches =
        !formula.starts_with(char::is_whitespace) && !formula.ends_with(char::is_whitespace);
    (closes && touches && formula.contains(['\\', '^', '_'])).then_some(at + 2)
}

/// Keeps what follows in the text from being Markdown.
fn escape(formula: &str, kept: &mut String) {
    let mut line_begins = false;
    for c in formula.chars() {
        // What stands before a line of a quote is the quote's.
        line_begins = c == '\n' || (line_begins && matches!(c, ' ' | '\t' | '>'));
        if c.is_ascii_punctuation() && !line_begins {
            kept.push('\\');
        }
        kept.push(c);
    }
}
