//! Options that make a harmless command dangerous. A `*` in a pattern does not match such an option, so a
//! rule must name the option.

use super::{ShellCall, ShellWord, git_options, read_only};

/// Long options of any `git` subcommand that write a file, run a program, or name a configuration.
/// Abbreviations count too.
const LONG: &[&str] = &[
    "--config",
    "--config-env",
    "--exec",
    "--exec-path",
    "--ext-diff",
    "--extcmd",
    "--open-files-in-pager",
    "--output",
    "--output-directory",
    "--receive-pack",
    "--sendmail-cmd",
    "--smtp-server",
    "--template",
    "--textconv",
    "--upload-pack",
];

/// The short forms of these options, by subcommand.
const LETTERS: &[(&str, &[char])] = &[
    ("archive", &['o']),
    ("clone", &['c', 'u']),
    ("difftool", &['x']),
    ("format-patch", &['o']),
    ("grep", &['O']),
    ("rebase", &['x']),
];

/// Subcommands that run a command from their words, with the triggering word.
const RUNS: &[(&str, Option<&str>)] = &[
    ("bisect", Some("run")),
    ("filter-branch", None),
    ("for-each-repo", None),
    ("submodule", Some("foreach")),
];

/// The read-only options of `git config`.
const SHOWS: &[&str] = &[
    "--get",
    "--get-all",
    "--get-regexp",
    "--list",
    "-l",
    "get",
    "list",
];

/// Whether a call holds such an option.
pub(super) fn holds_dangerous_option(call: &ShellCall) -> bool {
    let words = &call.words[1..];
    match call.name() {
        Some("find") => !read_only::find_only_reads(words),
        Some("git") => holds_git_option(words),
        _ => false,
    }
}

fn holds_git_option(words: &[ShellWord]) -> bool {
    let may_become_one = |word: &ShellWord| match word {
        ShellWord::Literal(_) => false,
        ShellWord::Begins(text) => text.is_empty() || text.starts_with('-'),
        ShellWord::Anything => true,
    };
    words.iter().any(may_become_one) || names_program(words)
}

/// Whether the known words of a `git` call hold an option that may run a program.
pub(super) fn names_program(words: &[ShellWord]) -> bool {
    let mut literals = words.iter().filter_map(ShellWord::literal);
    // `-c` as an option of git itself sets configuration for one call.
    literals.any(|word| word == "-c" || is_long(word))
        || git_options::after_options(words)
            .into_iter()
            .filter_map(|words| words.split_first())
            .any(|(command, words)| {
                command
                    .literal()
                    .is_some_and(|it| holds_subcommand_option(it, words))
            })
}

fn is_long(word: &str) -> bool {
    let option = word.split('=').next().unwrap_or(word);
    option.len() > 2 && option.starts_with("--") && LONG.iter().any(|trap| trap.starts_with(option))
}

/// Whether the words of a subcommand contain a dangerous option.
fn holds_subcommand_option(command: &str, words: &[ShellWord]) -> bool {
    let mut literals = words.iter().filter_map(ShellWord::literal);
    if command == "config" {
        return !literals.next().is_some_and(|word| SHOWS.contains(&word));
    }
    if let Some((_, does)) = RUNS.iter().find(|(name, _)| *name == command) {
        return does.is_none_or(|does| literals.any(|word| word == does));
    }
    let letters = LETTERS.iter().find(|(name, _)| *name == command);
    letters.is_some_and(|(_, traps)| {
        literals.any(|word| {
            let option = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            option.is_some_and(|option| option.contains(*traps))
        })
    })
}
