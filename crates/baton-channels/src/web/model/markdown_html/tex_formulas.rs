//! Mathematics in TeX notation, mixed with Markdown by people and models.
//!
//! Markdown would remove the backslash from `\,` and `\(`, and the stars from `a * b * c`. The page
//! does not render formulas, so readers need at least the formula as written.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag};

/// The delimiters of a formula.
const DELIMITERS: [(&str, &str); 4] = [
    ("\\(", "\\)"),
    ("\\[", "\\]"),
    ("$$", "$$"),
    ("\\begin{", "\\end{"),
];

/// Characters that nobody escapes in Markdown, so a backslash before them belongs to TeX.
const TEX: [char; 9] = ['(', ')', ',', ';', ':', '{', '}', '%', '/'];

/// Rewrites `markdown` so that all mathematics is shown as written.
pub(super) fn escape_formulas(markdown: &str, options: Options) -> Cow<'_, str> {
    if !markdown.contains(['\\', '$']) {
        return Cow::Borrowed(markdown);
    }
    let mut escaper = FormulaEscaper {
        escaped: String::with_capacity(markdown.len() + markdown.len() / 8),
        ..FormulaEscaper::default()
    };
    let mut literals = Vec::new();
    for (event, range) in Parser::new_ext(markdown, options).into_offset_iter() {
        match event {
            Event::Code(_)
            | Event::Html(_)
            | Event::InlineHtml(_)
            | Event::Start(Tag::CodeBlock(_) | Tag::HtmlBlock) => literals.push(range),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => escaper.links.push(range),
            _ => {}
        }
    }
    let mut from = 0;
    for literal in literals {
        if literal.start >= from {
            escaper.escape_in_paragraphs(&markdown[from..literal.start], from);
            escaper.escaped.push_str(&markdown[literal.clone()]);
            from = literal.end;
        }
    }
    escaper.escape_in_paragraphs(&markdown[from..], from);
    Cow::Owned(escaper.escaped)
}

/// The rewritten Markdown.
#[derive(Default)]
struct FormulaEscaper {
    escaped: String,
    /// The ranges of links, whose addresses contain backslashes of their own.
    links: Vec<Range<usize>>,
}

impl FormulaEscaper {
    /// Handles each paragraph alone, because a formula ends at an empty line.
    fn escape_in_paragraphs(&mut self, text: &str, mut at: usize) {
        for paragraph in text.split_inclusive("\n\n") {
            self.escape_in_paragraph(paragraph, at);
            at += paragraph.len();
        }
    }

    fn escape_in_paragraph(&mut self, paragraph: &str, begin: usize) {
        // The delimiters without another match in the paragraph.
        let mut exhausted = [false; DELIMITERS.len()];
        let mut at = 0;
        while let Some(plain) = paragraph[at..].find(['\\', '$']) {
            let (before, rest) = paragraph[at..].split_at(plain);
            self.escaped.push_str(before);
            at += plain;
            let line_begins = at == 0 || paragraph[..at].ends_with('\n');
            let formula = if self.in_link(begin + at) {
                None
            } else {
                formula_length(rest, line_begins, &mut exhausted)
                    .or_else(|| dollar_formula_length(rest))
            };
            at += match formula {
                Some(length) => {
                    escape_formula(&rest[..length], &mut self.escaped);
                    length
                }
                None => self.copy_character(rest, begin + at),
            };
        }
        self.escaped.push_str(&paragraph[at..]);
    }

    /// Copies a character outside of formulas, with the character that it escapes. Returns the
    /// length.
    fn copy_character(&mut self, text: &str, at: usize) -> usize {
        let mut chars = text.chars();
        let first = chars.next().unwrap_or_default();
        let Some(second) = chars.next().filter(|_| first == '\\') else {
            self.escaped.push(first);
            return first.len_utf8();
        };
        let negative_space = second == '!' && chars.next() != Some('[');
        if (TEX.contains(&second) || negative_space) && !self.in_link(at) {
            self.escaped.push('\\');
        }
        self.escaped.push(first);
        self.escaped.push(second);
        first.len_utf8() + second.len_utf8()
    }

    fn in_link(&self, at: usize) -> bool {
        let before = self.links.partition_point(|link| link.start <= at);
        self.links[..before]
            .last()
            .is_some_and(|link| link.end > at)
    }
}

/// The length of the formula at the beginning of the text, with its delimiters.
fn formula_length(
    text: &str,
    line_begins: bool,
    exhausted: &mut [bool; DELIMITERS.len()],
) -> Option<usize> {
    for ((begin, end), exhausted) in DELIMITERS.iter().zip(exhausted) {
        let Some(inside) = text.strip_prefix(begin) else {
            continue;
        };
        // `\[` may also be an escaped bracket of Markdown.
        let escaped = *begin == "\\[" && !line_begins && !inside.starts_with(char::is_whitespace);
        if escaped || *exhausted {
            return None;
        }
        let Some(at) = inside.find(end) else {
            *exhausted = true;
            return None;
        };
        let whole = begin.len() + at + end.len();
        // `\end{align}` extends to its closing brace.
        let name = if end.ends_with('{') {
            text[whole..].find('}')? + 1
        } else {
            0
        };
        return Some(whole + name);
    }
    None
}

/// The length of a formula between single dollars. A dollar may also mean money, so the formula must
/// be on one line, touch both dollars, and contain a typical TeX character.
fn dollar_formula_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('$')?;
    let line = inside.lines().next()?;
    let at = line.find(['$', '`'])?;
    let (formula, after) = (&line[..at], &line[at..]);
    let closes = after.starts_with('$') && !after[1..].starts_with(|c: char| c.is_ascii_digit());
    let touches =
        !formula.starts_with(char::is_whitespace) && !formula.ends_with(char::is_whitespace);
    (closes && touches && formula.contains(['\\', '^', '_'])).then_some(at + 2)
}

/// Escapes a formula so that Markdown shows it as written.
fn escape_formula(formula: &str, escaped: &mut String) {
    let mut line_begins = false;
    for c in formula.chars() {
        // The marks at the beginning of a quoted line belong to the quote.
        line_begins = c == '\n' || (line_begins && matches!(c, ' ' | '\t' | '>'));
        if c.is_ascii_punctuation() && !line_begins {
            escaped.push('\\');
        }
        escaped.push(c);
    }
}
