//! Checks the rest of a script without words, redirections and comments. Only reserved words and operators
//! may remain, because a tolerant parser may have skipped other text.

use std::ops::Range;

/// The reserved words of the supported syntax.
const RESERVED: &[&str] = &[
    "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "p", "then", "time",
    "until", "while", "function", "break", "continue", "return", "exit",
];

/// Operators with another meaning in another shell.
const FOREIGN: &[&str] = &["&!", "&|", "}{", ";|"];

pub(super) fn is_plain(source: &str, seen: Vec<Range<usize>>) -> bool {
    let mut rest = source.as_bytes().to_vec();
    for range in seen {
        if let Some(part) = rest.get_mut(range) {
            part.fill(b' ');
        }
    }
    let Ok(rest) = String::from_utf8(rest) else {
        return false;
    };
    let rest = rest.replace("\\\n", "  ");
    let words = rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    words
        .filter(|word| !word.is_empty())
        .all(|word| RESERVED.contains(&word))
        && rest.chars().all(|letter| {
            letter.is_alphabetic() || letter.is_ascii_whitespace() || "(){};|&![]-".contains(letter)
        })
        && !FOREIGN.iter().any(|sign| rest.contains(sign))
}
