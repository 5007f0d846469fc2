//! The commands that only read: the list `@read-only`.
//!
//! The list names each command with every option that only reads, in the way the command itself parses
//! options. People are asked about anything else. Two things do not count: the configuration of a repository
//! or home folder (`core.fsmonitor` of git, an alias, a function), and git's own cache of file states in its
//! index (`git status`).
//!
//! * `allowed_options`: the usual way to parse options; `harmless_commands`: commands without any dangerous
//!   option; `mixed_commands`: commands that also have options to write or to run something.
//! * `git_subcommands`, `find_expressions`, `sed`, `tree`: commands for which a list of options is not enough.
//! * `evaluating_commands`: `test`, `printf` and `exit`, which can evaluate their arguments.

use std::path::Path;

use super::super::path_pattern;
use super::{ShellCall, ShellWord};

mod allowed_options;
mod evaluating_commands;
mod find_expressions;
mod git_subcommands;
mod harmless_commands;
mod mixed_commands;
mod sed;
mod tree;

/// The directory of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallDirectory<'a> {
    /// The directory at the start of the whole command line.
    pub(crate) working_dir: &'a Path,
    /// The first directory of the agent.
    pub(crate) project: &'a Path,
    /// Whether the command line changes the directory. The new directory may belong to another repository.
    pub(crate) moves: bool,
}

impl CallDirectory<'_> {
    /// Whether the call runs in the agent's first directory. In other directories, other people may have put
    /// a repository that runs commands of theirs.
    fn is_project(self) -> bool {
        !self.moves && self.working_dir == self.project
    }
}

/// Programs with an allowed `--version`, and nothing else. Some programs run project configuration even for
/// that, so this applies only in the agent's own folder.
const VERSIONS: &[&str] = &[
    "bun", "cargo", "clang", "cmake", "deno", "docker", "gcc", "git", "go", "java", "make", "node",
    "npm", "npx", "perl", "pip", "pip3", "pnpm", "python", "python3", "ruby", "rustc", "rustup",
    "uv", "yarn",
];

/// Whether a call only reads.
pub(crate) fn only_reads(call: &ShellCall, directory: CallDirectory<'_>) -> bool {
    let (Some(name), true) = (call.name(), call.plain) else {
        return false;
    };
    let words = &call.words[1..];
    match name {
        // No word is dangerous for these commands.
        "echo" | "expr" | "false" | "true" => true,
        "git" => {
            is_version(words) || (directory.is_project() && git_subcommands::only_reads(words))
        }
        // Only into directories below the command line's first directory, so that several `cd` cannot lead out of this
        // directory.
        "cd" => matches!(words, [ShellWord::Literal(path)]
            if !path.starts_with('-') && path_pattern::is_inside(path, directory.working_dir)),
        "find" => find_expressions::only_reads(words),
        "sed" => sed::only_reads(words),
        "tree" => tree::only_reads(words),
        "test" => evaluating_commands::allows_test(words),
        "[" => words.split_last().is_some_and(|(last, words)| {
            last.literal() == Some("]") && evaluating_commands::allows_test(words)
        }),
        "printf" => evaluating_commands::allows_printf(words),
        "break" | "continue" | "exit" | "return" => evaluating_commands::allows_number(words),
        // `command -v cargo`. Inner commands are checked elsewhere.
        "command" => matches!(
            words.first().and_then(ShellWord::literal),
            Some("-v" | "-V")
        ),
        _ if VERSIONS.contains(&name) => directory.is_project() && is_version(words),
        _ => harmless_commands::find_options(name)
            .or_else(|| mixed_commands::find_options(name))
            .is_some_and(|options| options.cover_words(words)),
    }
}

/// Whether a call runs no program from its own words, according to the lists. For a command with options that
/// run a program, this holds only for calls that only read.
pub(super) fn runs_nothing(name: &str, words: &[ShellWord]) -> bool {
    let others = [
        "[", "break", "cd", "command", "continue", "echo", "exit", "expr", "false", "find",
        "printf", "return", "sed", "test", "tree", "true",
    ];
    others.contains(&name)
        || harmless_commands::find_options(name).is_some()
        || mixed_commands::find_options(name).is_some_and(|options| options.cover_words(words))
}

/// Whether `find` only reads with these words, apart from its inner commands.
pub(super) fn find_only_reads(words: &[ShellWord]) -> bool {
    find_expressions::only_reads_but_commands(words)
}

fn is_version(words: &[ShellWord]) -> bool {
    matches!(words, [word] if word.literal() == Some("--version"))
}
