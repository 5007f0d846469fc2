//! Commands that run other commands.
//!
//! * `wrappers`: commands with a list of options, such as `sudo` and `env`. `shells`: `sh -c`, `eval`.
//! * `find`, `xargs`: the inner command gets further words from files or from input.
//! * `guesses`: the possible inner commands of an unknown program.

use super::Word;
use find::Finder;

pub(super) mod find;
pub(super) mod guesses;
mod shells;
mod wrappers;
mod xargs;

/// The inner commands of a call.
#[derive(Debug)]
pub(super) enum Runs {
    /// A command that is not known beforehand.
    Unknown,
    /// The text of a script.
    Script(String),
    /// These commands.
    Calls(Vec<Vec<Word>>),
    /// One of these commands, or an unknown one. They can be denied, but never allowed.
    Among {
        calls: Vec<Vec<Word>>,
        scripts: Vec<String>,
    },
}

/// The inner commands of a call, and whether the outer command has no other effect of importance. `None` for
/// a command without inner commands.
pub(super) fn of(words: &[Word]) -> Option<(bool, Runs)> {
    let (name, rest) = words.split_first()?;
    let name = name.literal()?;
    let name = name.rsplit('/').next().unwrap_or(name);
    match name {
        "timeout" => Some(timeout(rest)),
        "nice" => Some(nice(rest)),
        "xargs" => Some(xargs::of(rest)),
        "fd" | "fdfind" if rest.iter().any(find::joins_command) => Some((false, Runs::Unknown)),
        "fd" | "fdfind" => find::of(rest, Finder::Fd),
        "find" | "bfs" => find::of(rest, Finder::Find),
        // `command -v` only looks up a name.
        "command"
            if rest
                .first()
                .and_then(Word::literal)
                .is_some_and(|option| matches!(option, "-v" | "-V")) =>
        {
            None
        }
        "env" => wrappers::env(rest),
        "watch" => Some((false, wrappers::watch(rest))),
        "eval" => Some((false, shells::joined(after_end(rest)))),
        "trap" => after_end(rest)
            .first()
            .map(|script| (false, shells::script_of(script))),
        _ => wrappers::of(name, rest)
            .or_else(|| shells::of(name, rest))
            .map(|runs| (false, runs)),
    }
}

/// The words after one value. `None` if the value may expand to several words, and a later one would be the
/// command: `nice -n {5,rm} x`.
fn after_value(words: &[Word]) -> Option<&[Word]> {
    let (value, rest) = words.split_first()?;
    value.literal().map(|_| rest)
}

/// The words after a leading `--`, or all words.
fn after_end(words: &[Word]) -> &[Word] {
    match words {
        [end, rest @ ..] if end.literal() == Some("--") => rest,
        words => words,
    }
}

fn timeout(words: &[Word]) -> (bool, Runs) {
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        match word.literal() {
            Some("-k" | "-s" | "--kill-after" | "--signal") => match after_value(rest) {
                Some(rest) => words = rest,
                None => break,
            },
            Some("-v" | "--foreground" | "--preserve-status" | "--verbose") => {}
            Some(option)
                if ["-k", "-s", "--kill-after=", "--signal="]
                    .iter()
                    .any(|known| option.starts_with(known)) => {}
            // The time, then the command.
            Some(time) if !time.starts_with('-') => {
                return runs(time.starts_with(|digit: char| digit.is_ascii_digit()), rest);
            }
            _ => break,
        }
    }
    (false, Runs::Unknown)
}

fn nice(words: &[Word]) -> (bool, Runs) {
    match words {
        [first, rest @ ..] if first.literal() == Some("-n") => match after_value(rest) {
            Some(rest) => runs(true, rest),
            None => (false, Runs::Unknown),
        },
        [first, ..] if first.literal().is_some_and(|first| first.starts_with('-')) => {
            (false, wrappers::of("nice", words).unwrap_or(Runs::Unknown))
        }
        rest => runs(true, rest),
    }
}

fn runs(transparent: bool, words: &[Word]) -> (bool, Runs) {
    if words.is_empty() {
        (false, Runs::Unknown)
    } else {
        (transparent, Runs::Calls(vec![words.to_vec()]))
    }
}
