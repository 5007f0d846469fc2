//! The commands that only read: the list `@read-only`.
//!
//! The list names each command with every option that only reads, in the way the command itself parses
//! options. People are asked about anything else. Two things do not count: the configuration of a repository
//! or home folder (`core.fsmonitor` of git, an alias, a function), and git's own cache of file states in its
//! index (`git status`).
//!
//! * `options`: the usual way to parse options; `readers`: commands without any dangerous option; `mixed`:
//!   commands that also have options to write or to run something.
//! * `git`, `find`, `sed`, `tree`: commands for which a list of options is not enough.
//! * `evaluate`: `test`, `printf` and `exit`, which can evaluate their arguments.

use std::path::Path;

use super::super::paths;
use super::{Call, Word};

mod evaluate;
mod find;
mod git;
mod mixed;
mod options;
mod readers;
mod sed;
mod tree;

/// The directory of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The directory at the start of the whole command line.
    pub(crate) working_dir: &'a Path,
    /// The first directory of the agent.
    pub(crate) project: &'a Path,
    /// Whether the command line changes the directory. The new directory may belong to another repository.
    pub(crate) moves: bool,
}

impl Place<'_> {
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
pub(crate) fn covers(call: &Call, place: Place<'_>) -> bool {
    let (Some(name), true) = (call.name(), call.plain) else {
        return false;
    };
    let words = &call.words[1..];
    match name {
        // No word is dangerous for these commands.
        "echo" | "expr" | "false" | "true" => true,
        "git" => is_version(words) || (place.is_project() && git::covers(words)),
        // Only into directories below the command line's first directory, so that several `cd` cannot lead
        // out of it.
        "cd" => matches!(words, [Word::Literal(path)]
            if !path.starts_with('-') && paths::is_inside(path, place.working_dir)),
        "find" => find::covers(words),
        "sed" => sed::covers(words),
        "tree" => tree::covers(words),
        "test" => evaluate::test(words),
        "[" => words
            .split_last()
            .is_some_and(|(last, words)| last.literal() == Some("]") && evaluate::test(words)),
        "printf" => evaluate::printf(words),
        "break" | "continue" | "exit" | "return" => evaluate::number(words),
        // `command -v cargo`. Inner commands are checked elsewhere.
        "command" => matches!(words.first().and_then(Word::literal), Some("-v" | "-V")),
        _ if VERSIONS.contains(&name) => place.is_project() && is_version(words),
        _ => readers::options(name)
            .or_else(|| mixed::options(name))
            .is_some_and(|options| options.cover(words)),
    }
}

/// Whether a call runs no program from its own words, according to the lists. For a command with options that
/// run a program, this holds only for calls that only read.
pub(super) fn runs_nothing(name: &str, words: &[Word]) -> bool {
    let others = [
        "[", "break", "cd", "command", "continue", "echo", "exit", "expr", "false", "find",
        "printf", "return", "sed", "test", "tree", "true",
    ];
    others.contains(&name)
        || readers::options(name).is_some()
        || mixed::options(name).is_some_and(|options| options.cover(words))
}

/// Whether `find` only reads with these words, apart from its inner commands.
pub(super) fn finds(words: &[Word]) -> bool {
    find::covers_but_commands(words)
}

fn is_version(words: &[Word]) -> bool {
    matches!(words, [word] if word.literal() == Some("--version"))
}
