//! The inner commands of `find … -exec command {} ;` and of `fd`.
//!
//! An inner command ends at a `;`. After `-exec` and `-execdir` of `find`, the command also ends at a `+`
//! directly after `{}`. At any other `+`, only some versions of `find` end the command.

use super::super::Word;
use super::Runs;

/// The options before an inner command.
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

/// Whether the word is an option before an inner command.
pub(in super::super) fn begins(word: &Word) -> bool {
    word.literal().is_some_and(|word| BEGINS.contains(&word))
}

/// The number of words in the inner command after `option`.
pub(in super::super) fn length(option: &Word, words: &[Word], finder: Finder) -> usize {
    let joins = finder == Finder::Find && matches!(option.literal(), Some("-exec" | "-execdir"));
    let is = |at: usize, text: &str| words[at].literal() == Some(text);
    (0..words.len())
        .find(|&at| is(at, ";") || (joins && is(at, "+") && at > 0 && is(at - 1, "{}")))
        .unwrap_or(words.len())
}

/// Whether a word may end the inner command, so that options of `find` follow.
fn may_end(word: &Word, finder: Finder) -> bool {
    match word {
        Word::Literal(text) => finder == Finder::Find && text == "+",
        Word::Begins(text) => text.is_empty() || text == ";" || text == "+",
        Word::Anything => true,
    }
}

/// Matches `fd --exec=rm` and `fd -xrm`.
pub(super) fn joins_command(word: &Word) -> bool {
    word.literal()
        .is_some_and(|word| match word.strip_prefix("--") {
            Some(long) => long.starts_with("exec") && long.contains('='),
            None => word.starts_with('-') && word.len() > 2 && word.contains(['x', 'X']),
        })
}
