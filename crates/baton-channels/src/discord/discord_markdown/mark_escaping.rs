//! Text outside code. Only characters with a meaning in Markdown stay marks.

use std::ops::Range;

/// The places where a character means nothing in Markdown, but could mean something to Discord. Discord pairs
/// two equal marks anywhere, even one in text with one in code.
pub(super) struct PlainRanges {
    /// In order, without overlaps.
    texts: Vec<Range<usize>>,
    /// Words that Discord reads as a unit: addresses, emoji, mentions.
    wholes: Vec<Range<usize>>,
}

impl PlainRanges {
    /// `texts` are the ranges of plain text in the Markdown, in order.
    pub(super) fn new(markdown: &str, texts: Vec<Range<usize>>) -> Self {
        let mut wholes = Vec::new();
        let mut at = 0;
        for word in markdown.split_inclusive(char::is_whitespace) {
            if word.contains("://") || word.starts_with('<') && word.contains('>') {
                wholes.push(at..at + word.len());
            }
            at += word.len();
        }
        Self { texts, wholes }
    }

    fn is_plain(&self, at: usize) -> bool {
        is_within(&self.texts, at) && !is_within(&self.wholes, at)
    }
}

fn is_within(ranges: &[Range<usize>], at: usize) -> bool {
    let after = ranges.partition_point(|range| range.end <= at);
    ranges.get(after).is_some_and(|range| range.start <= at)
}

/// Whether the line has only such characters before this position.
fn follows_only(markdown: &str, at: usize, is_such: impl Fn(char) -> bool) -> bool {
    let before = markdown[..at].trim_end_matches(is_such);
    before.is_empty() || before.ends_with('\n')
}

/// Writes a part of the Markdown outside code. Escapes all code marks of Discord and of the splitter, and all
/// other marks that are plain text in Markdown.
pub(super) fn push_escaped(
    rendered: &mut String,
    markdown: &str,
    part: Range<usize>,
    plain: &PlainRanges,
) {
    let mut at = part.start;
    while let Some(found) = markdown[at..part.end].find(['\\', '`', '~', '*', '_', '|', '>', '-']) {
        rendered.push_str(&markdown[at..at + found]);
        at += found;
        let rest = &markdown[at..part.end];
        let mark = rest.chars().next().unwrap_or_default();
        if mark == '\\' {
            // An escaped character stays escaped.
            let escaped = rest[1..].chars().next().map_or(0, char::len_utf8);
            rendered.push_str(&rest[..=escaped]);
            at += 1 + escaped;
            continue;
        }
        if mark == '>' && follows_only(markdown, at, |it| matches!(it, ' ' | '\t')) {
            push_quote(rendered, rest, plain.is_plain(at));
            at += 1;
            continue;
        }
        let before = markdown[part.start..at].chars().next_back();
        let next = rest[1..].chars().next();
        let is_double = before == Some(mark) || next == Some(mark);
        let escapes = match mark {
            '`' => true,
            '~' if is_of_three(&markdown[part.clone()], at - part.start) => true,
            '~' | '|' => is_double && plain.is_plain(at),
            // Discord's subtext.
            '-' => rest.starts_with("-# ") && plain.is_plain(at) && begins_text(markdown, at),
            '>' => false,
            '*' => (is_double || next.is_some_and(|it| !it.is_whitespace())) && plain.is_plain(at),
            _ => plain.is_plain(at),
        };
        if escapes {
            rendered.push('\\');
        }
        rendered.push(mark);
        at += 1;
    }
    rendered.push_str(&markdown[at..part.end]);
}

/// Writes the `>` at the beginning of a line. For Discord, `> ` begins a quote, and `>>> ` a quote without an
/// end.
fn push_quote(rendered: &mut String, rest: &str, is_text: bool) {
    if is_text && (rest.starts_with("> ") || rest.starts_with(">>> ")) {
        rendered.push('\\');
    }
    rendered.push('>');
    if !is_text && !rest[1..].starts_with(' ') {
        rendered.push(' ');
    }
}

/// Whether the line has only marks of lists and quotes before this position.
fn begins_text(markdown: &str, at: usize) -> bool {
    let is_mark = |it: char| it.is_ascii_digit() || " \t>-*+.)".contains(it);
    follows_only(markdown, at, is_mark)
}

/// Whether a tilde is one of three or more.
fn is_of_three(text: &str, at: usize) -> bool {
    let before = text[..at].bytes().rev().take_while(|it| *it == b'~');
    let after = text[at..].bytes().take_while(|it| *it == b'~');
    before.take(3).count() + after.take(3).count() >= 3
}
