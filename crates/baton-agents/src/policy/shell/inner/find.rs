//! `find … -exec command {} ;`, and the same of `fd`.
//!
//! A command ends at a `;`. Behind `-exec` and `-execdir` of `find`, it also ends at a `+` straight behind
//! `{}`. At another `+`, only some versions of `find` end it.

use super::super::Word;
use super::Runs;

/// The words after which a command stands.
const BEGINS: &[&str] = &[
    "-exec",
    "-execdir",
    "-ok",
    "-okdir",
    "-x",
    "-X",
    "--exec",
    "--exec-batch",
];

/// Which program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Finder {
    Find,
    Fd,
}

pub(super) fn of(words: &[Word], finder: Finder) -> Option<(bool, Runs)> {
    let mut calls = Vec::new();
    let mut clear = true;
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        if !begins(word) {
            continue;
        }
        let length = length(word, words, finder);
        let (call, after) = words.split_at(length);
        if call.is_empty() {
            return Some((false, Runs::Unknown));
        }
        clear &= !call.iter().any(|word| may_end(word, finder));
        calls.push(
            call.iter()
                .map(
                    |word| match word.literal().and_then(|word| word.split_once("{}")) {
                        Some((before, _)) => Word::Begins(before.to_owned()),
                        None => word.clone(),
                    },
                )
                .collect(),
        );
        words = after;
    }
    if calls.is_empty() {
        return None;
    }
    let scripts = Vec::new();
    Some(if clear {
        (false, Runs::Calls(calls))
    } else {
        (false, Runs::Among { calls, scripts })
    })
}

/// Whether a command stands after this word.
pub(in super::super) fn begins(word: &Word) -> bool {
    word.literal().is_some_and(|word| BEGINS.contains(&word))
}

/// How many words are of the command behind `option`.
pub(in super::super) fn length(option: &Word, words: &[Word], finder: Finder) -> usize {
    let joins = finder == Finder::Find && matches!(option.literal(), Some("-exec" | "-execdir"));
    let is = |at: usize, text: &str| words[at].literal() == Some(text);
    (0..words.len())
        .find(|&at| is(at, ";") || (joins && is(at, "+") && at > 0 && is(at - 1, "{}")))
        .unwrap_or(words.len())
}

/// Whether a word within a command may end it after all, so that options of `find` follow.
fn may_end(word: &Word, finder: Finder) -> bool {
    match word {
        Word::Literal(text) => finder == Finder::Find && text == "+",
        Word::Begins(text) => text.is_empty() || text == ";" || text == "+",
        Word::Anything => true,
    }
}

/// `fd --exec=rm`, `fd -xrm`
pub(super) fn joins_command(word: &Word) -> bool {
    word.literal()
        .is_some_and(|word| match word.strip_prefix("--") {
            Some(long) => long.starts_with("exec") && long.contains('='),
            None => word.starts_with('-') && word.len() > 2 && word.contains(['x', 'X']),
        })
}
