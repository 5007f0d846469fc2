//! Commands that run other commands.
//!
//! * `inner_source`: the form in which an inner command is found.
//! * `wrappers`: commands with a list of options, such as `sudo` and `env`. `shell_scripts`: `sh -c`, `eval`.
//! * `find_commands`, `xargs`: the inner command gets further words from files or from input.
//! * `guessed_commands`: the possible inner commands of an unknown program.

use super::ShellWord;
use find_commands::FindProgram;
use inner_source::{InnerSource, after_end, after_value, single_command};

pub(super) mod find_commands;
pub(super) mod guessed_commands;
pub(super) mod inner_source;
mod shell_scripts;
mod wrappers;
mod xargs;

/// The inner commands of a call, and whether the outer command has no other effect of importance. `None` for
/// a command without inner commands.
pub(super) fn find_inner(words: &[ShellWord]) -> Option<(bool, InnerSource)> {
    let (name, rest) = words.split_first()?;
    let name = name.literal()?;
    let name = name.rsplit('/').next().unwrap_or(name);
    match name {
        "timeout" => Some(timeout_command(rest)),
        "nice" => Some(nice_command(rest)),
        "xargs" => Some(xargs::xargs_command(rest)),
        "fd" | "fdfind" if rest.iter().any(find_commands::joins_command) => {
            Some((false, InnerSource::Unknown))
        }
        "fd" | "fdfind" => find_commands::exec_commands(rest, FindProgram::Fd),
        "find" | "bfs" => find_commands::exec_commands(rest, FindProgram::Find),
        // `command -v` only looks up a name.
        "command"
            if rest
                .first()
                .and_then(ShellWord::literal)
                .is_some_and(|option| matches!(option, "-v" | "-V")) =>
        {
            None
        }
        "env" => wrappers::env_command(rest),
        "watch" => Some((false, wrappers::watch_command(rest))),
        "eval" => Some((false, shell_scripts::join_words(after_end(rest)))),
        "trap" => after_end(rest)
            .first()
            .map(|script| (false, shell_scripts::script_of(script))),
        _ => wrappers::wrapper_command(name, rest)
            .or_else(|| shell_scripts::shell_command(name, rest))
            .map(|runs| (false, runs)),
    }
}

fn timeout_command(words: &[ShellWord]) -> (bool, InnerSource) {
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
                return single_command(
                    time.starts_with(|digit: char| digit.is_ascii_digit()),
                    rest,
                );
            }
            _ => break,
        }
    }
    (false, InnerSource::Unknown)
}

fn nice_command(words: &[ShellWord]) -> (bool, InnerSource) {
    match words {
        [first, rest @ ..] if first.literal() == Some("-n") => match after_value(rest) {
            Some(rest) => single_command(true, rest),
            None => (false, InnerSource::Unknown),
        },
        [first, ..] if first.literal().is_some_and(|first| first.starts_with('-')) => (
            false,
            wrappers::wrapper_command("nice", words).unwrap_or(InnerSource::Unknown),
        ),
        rest => single_command(true, rest),
    }
}
