//! The inner commands of `find … -exec command {} ;` and of `fd`.
//!
//! An inner command ends at a `;`. After `-exec` and `-execdir` of `find`, the command also ends at a `+`
//! directly after `{}`. At any other `+`, only some versions of `find` end the command.

use super::super::ShellWord;
use super::inner_source::InnerSource;

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
pub(in super::super) enum FindProgram {
    Find,
    Fd,
}

pub(super) fn exec_commands(
    words: &[ShellWord],
    finder: FindProgram,
) -> Option<(bool, InnerSource)> {
    let mut calls = Vec::new();
    let mut clear = true;
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        if !begins_command(word) {
            continue;
        }
        let length = command_length(word, words, finder);
        let (call, after) = words.split_at(length);
        if call.is_empty() {
            return Some((false, InnerSource::Unknown));
        }
        clear &= !call.iter().any(|word| may_end(word, finder));
        calls.push(
            call.iter()
                .map(
                    |word| match word.literal().and_then(|word| word.split_once("{}")) {
                        Some((before, _)) => ShellWord::Begins(before.to_owned()),
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
        (false, InnerSource::Calls(calls))
    } else {
        (false, InnerSource::Among { calls, scripts })
    })
}

/// Whether the word is an option before an inner command.
pub(in super::super) fn begins_command(word: &ShellWord) -> bool {
    word.literal().is_some_and(|word| BEGINS.contains(&word))
}

/// The number of words in the inner command after `option`.
pub(in super::super) fn command_length(
    option: &ShellWord,
    words: &[ShellWord],
    finder: FindProgram,
) -> usize {
    let joins =
        finder == FindProgram::Find && matches!(option.literal(), Some("-exec" | "-execdir"));
    let is = |at: usize, text: &str| words[at].literal() == Some(text);
    (0..words.len())
        .find(|&at| is(at, ";") || (joins && is(at, "+") && at > 0 && is(at - 1, "{}")))
        .unwrap_or(words.len())
}

/// Whether a word may end the inner command, so that options of `find` follow.
fn may_end(word: &ShellWord, finder: FindProgram) -> bool {
    match word {
        ShellWord::Literal(text) => finder == FindProgram::Find && text == "+",
        ShellWord::Begins(text) => text.is_empty() || text == ";" || text == "+",
        ShellWord::Anything => true,
    }
}

/// Matches `fd --exec=rm` and `fd -xrm`.
pub(super) fn joins_command(word: &ShellWord) -> bool {
    word.literal()
        .is_some_and(|word| match word.strip_prefix("--") {
            Some(long) => long.starts_with("exec") && long.contains('='),
            None => word.starts_with('-') && word.len() > 2 && word.contains(['x', 'X']),
        })
}
