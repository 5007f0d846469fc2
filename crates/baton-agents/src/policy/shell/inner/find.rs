//! `find … -exec command {} ;`, and the same of `fd`.

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

pub(super) fn of(words: &[Word]) -> Option<(bool, Runs)> {
    let mut calls = Vec::new();
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        if !begins(word) {
            continue;
        }
        let length = length(words);
        let (call, after) = words.split_at(length);
        if call.is_empty() {
            return Some((false, Runs::Unknown));
        }
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
    (!calls.is_empty()).then_some((false, Runs::Calls(calls)))
}

/// Whether a command stands after this word.
pub(in super::super) fn begins(word: &Word) -> bool {
    word.literal().is_some_and(|word| BEGINS.contains(&word))
}

/// How many words are of the command that they begin with.
pub(in super::super) fn length(words: &[Word]) -> usize {
    words
        .iter()
        .position(|word| matches!(word.literal(), Some(";" | "+")))
        .unwrap_or(words.len())
}

/// `fd --exec=rm`, `fd -xrm`
pub(super) fn joins_command(word: &Word) -> bool {
    word.literal()
        .is_some_and(|word| match word.strip_prefix("--") {
            Some(long) => long.starts_with("exec") && long.contains('='),
            None => word.starts_with('-') && word.len() > 2 && word.contains(['x', 'X']),
        })
}
