//! The commands that only read: the list `@read-only`.
//!
//! Only what is known to read is on it. A command with options that write or run something is listed
//! with those that do not; what else it is given is asked. What a repository or the home of the user
//! configures (`core.fsmonitor` of git, an alias, a function) is not looked at.
//!
//! * `git`, `find`, `sed`: the three that need more than a list of options.
//! * `evaluate`: `test`, `printf` and `exit`, which can evaluate what they are given.

use std::path::Path;

use super::super::paths;
use super::{Call, Word};

mod evaluate;
mod find;
mod git;
mod options;
mod sed;

use options::{Operands, Options};

/// Where a call is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Where the whole command begins.
    pub(crate) working_dir: &'a Path,
    /// Where the agent was begun.
    pub(crate) project: &'a Path,
    /// The command goes to another directory, which may hold another repository.
    pub(crate) moves: bool,
}

impl Place<'_> {
    /// Whether it is where the agent was begun, and not another directory, where others may have put
    /// a repository that runs what they like.
    fn is_project(self) -> bool {
        !self.moves && self.working_dir == self.project
    }
}

/// None of their options writes or runs anything, here or in the BSDs.
const READERS: &[&str] = &[
    "b2sum",
    "basename",
    "cat",
    "cksum",
    "cmp",
    "column",
    "comm",
    "cut",
    "df",
    "diff",
    "dirname",
    "du",
    "echo",
    "egrep",
    "expand",
    "expr",
    "false",
    "fgrep",
    "fmt",
    "fold",
    "free",
    "grep",
    "groups",
    "head",
    "hexdump",
    "id",
    "join",
    "jq",
    "ls",
    "md5sum",
    "nl",
    "nproc",
    "od",
    "paste",
    "pgrep",
    "ps",
    "pwd",
    "readlink",
    "realpath",
    "rev",
    "seq",
    "sha1sum",
    "sha256sum",
    "sha512sum",
    "stat",
    "strings",
    "tac",
    "tail",
    "tr",
    "true",
    "type",
    "uname",
    "unexpand",
    "uptime",
    "wc",
    "whereis",
    "which",
    "whoami",
];

/// They say their version, and that is all they may be asked.
const VERSIONS: &[&str] = &[
    "bun", "cargo", "clang", "cmake", "deno", "docker", "gcc", "git", "go", "java", "make", "node",
    "npm", "npx", "perl", "pip", "pip3", "pnpm", "python", "python3", "ruby", "rustc", "rustup",
    "uv", "yarn",
];

/// The options that only read, of commands that also have others.
const SOME_OPTIONS: &[(&str, Options)] = &[
    (
        "date",
        Options {
            short: "uRId:",
            long: &["utc", "date", "iso-8601", "rfc-3339", "rfc-email"],
            operands: Operands::Begin("+"),
        },
    ),
    (
        "fd",
        Options {
            short: "HIugFpasL0it:e:d:E:S:",
            long: &[
                "absolute-path",
                "case-sensitive",
                "changed-before",
                "changed-within",
                "color",
                "exclude",
                "extension",
                "fixed-strings",
                "follow",
                "full-path",
                "glob",
                "hidden",
                "ignore-case",
                "max-depth",
                "max-results",
                "min-depth",
                "no-ignore",
                "print0",
                "regex",
                "size",
                "type",
                "unrestricted",
            ],
            operands: Operands::Any,
        },
    ),
    (
        "file",
        Options {
            short: "bihLNr0",
            long: &[
                "brief",
                "dereference",
                "mime",
                "mime-encoding",
                "mime-type",
                "no-dereference",
                "no-pad",
            ],
            operands: Operands::Any,
        },
    ),
    (
        "hostname",
        Options {
            short: "sfdiI",
            long: &["short", "fqdn", "domain"],
            operands: Operands::Most(0),
        },
    ),
    (
        "rg",
        Options {
            short: "inNclLowFsSvHhIa0uUPxqpe:g:t:T:A:B:C:m:r:j:M:E:f:",
            long: &[
                "after-context",
                "before-context",
                "byte-offset",
                "case-sensitive",
                "color",
                "column",
                "context",
                "count",
                "count-matches",
                "crlf",
                "encoding",
                "file",
                "files",
                "files-with-matches",
                "files-without-match",
                "fixed-strings",
                "follow",
                "glob",
                "heading",
                "hidden",
                "iglob",
                "ignore-case",
                "invert-match",
                "json",
                "line-number",
                "line-regexp",
                "max-columns",
                "max-count",
                "max-depth",
                "max-filesize",
                "multiline",
                "multiline-dotall",
                "no-filename",
                "no-heading",
                "no-ignore",
                "no-ignore-parent",
                "no-ignore-vcs",
                "no-line-number",
                "no-messages",
                "null",
                "only-matching",
                "passthru",
                "pcre2",
                "pretty",
                "quiet",
                "regexp",
                "replace",
                "smart-case",
                "sort",
                "sortr",
                "stats",
                "text",
                "trim",
                "type",
                "type-list",
                "type-not",
                "unrestricted",
                "vimgrep",
                "with-filename",
                "word-regexp",
            ],
            operands: Operands::Any,
        },
    ),
    (
        "sort",
        Options {
            short: "bdfgiMhnRrVsuzcCk:t:",
            long: &[
                "check",
                "dictionary-order",
                "field-separator",
                "general-numeric-sort",
                "human-numeric-sort",
                "ignore-case",
                "ignore-leading-blanks",
                "ignore-nonprinting",
                "key",
                "month-sort",
                "numeric-sort",
                "random-sort",
                "reverse",
                "stable",
                "unique",
                "version-sort",
                "zero-terminated",
            ],
            operands: Operands::Any,
        },
    ),
    (
        "tree",
        Options {
            short: "adfpshDinQruxFL:I:P:C",
            long: &["dirsfirst", "filelimit", "gitignore", "noreport", "prune"],
            operands: Operands::Any,
        },
    ),
    (
        "uniq",
        Options {
            short: "cdDiuzf:s:w:",
            long: &[
                "all-repeated",
                "count",
                "ignore-case",
                "repeated",
                "unique",
                "zero-terminated",
            ],
            // The second one is a file that is written.
            operands: Operands::Most(1),
        },
    ),
];

/// Whether a call only reads.
pub(crate) fn covers(call: &Call, place: Place<'_>) -> bool {
    let (Some(name), true) = (call.name(), call.plain) else {
        return false;
    };
    let words = &call.words[1..];
    match name {
        _ if READERS.contains(&name) => true,
        "git" => is_version(words) || (place.is_project() && git::covers(words)),
        // Only down from where it began, so that several cannot add up to a way out.
        "cd" => matches!(words, [Word::Literal(path)]
            if !path.starts_with('-') && paths::is_inside(path, place.working_dir)),
        "find" => find::covers(words),
        "sed" => sed::covers(words),
        "test" => evaluate::test(words),
        "[" => words
            .split_last()
            .is_some_and(|(last, words)| last.literal() == Some("]") && evaluate::test(words)),
        "printf" => evaluate::printf(words),
        "break" | "continue" | "exit" | "return" => evaluate::number(words),
        // `command -v cargo`; whether something else may be run is not asked here.
        "command" => matches!(words.first().and_then(Word::literal), Some("-v" | "-V")),
        _ if VERSIONS.contains(&name) => is_version(words),
        _ => SOME_OPTIONS
            .iter()
            .find(|(command, _)| *command == name)
            .is_some_and(|(_, options)| options.cover(words)),
    }
}

fn is_version(words: &[Word]) -> bool {
    matches!(words, [word] if word.literal() == Some("--version"))
}
