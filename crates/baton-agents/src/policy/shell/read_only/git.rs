//! `git`, as far as it only reads.
//!
//! A repository that others made can run commands even when it is only looked at (`core.fsmonitor`,
//! filters). The project's own is trusted with that; a directory that the command goes to is not.

use super::super::Word;
use super::options::{Operands, Options};

const LOG: Options = Options {
    short: "0123456789abcgimpqrstuwzBDEFPRM:C:S:G:L:U:n:",
    long: &[
        "abbrev",
        "abbrev-commit",
        "after",
        "all",
        "author",
        "before",
        "binary",
        "boundary",
        "branches",
        "cached",
        "cc",
        "check",
        "cherry-pick",
        "color",
        "color-words",
        "committer",
        "compact-summary",
        "count",
        "cumulative",
        "date",
        "date-order",
        "decorate",
        "diff-algorithm",
        "diff-filter",
        "dirstat",
        "exit-code",
        "find-copies",
        "find-copies-harder",
        "find-renames",
        "first-parent",
        "fixed-strings",
        "follow",
        "format",
        "full-index",
        "function-context",
        "graph",
        "grep",
        "histogram",
        "ignore-all-space",
        "ignore-blank-lines",
        "ignore-space-at-eol",
        "ignore-space-change",
        "inter-hunk-context",
        "invert-grep",
        "left-right",
        "max-count",
        "max-parents",
        "merge-base",
        "merges",
        "min-parents",
        "minimal",
        "name-only",
        "name-status",
        "no-abbrev",
        "no-color",
        "no-decorate",
        "no-ext-diff",
        "no-index",
        "no-merges",
        "no-patch",
        "no-renames",
        "no-textconv",
        "not",
        "numstat",
        "oneline",
        "patch",
        "patch-with-stat",
        "patience",
        "pickaxe-all",
        "pickaxe-regex",
        "pretty",
        "quiet",
        "raw",
        "regexp-ignore-case",
        "relative",
        "remotes",
        "reverse",
        "shortstat",
        "simplify-by-decoration",
        "since",
        "skip",
        "source",
        "staged",
        "stat",
        "summary",
        "tags",
        "text",
        "topo-order",
        "unified",
        "until",
        "walk-reflogs",
        "word-diff",
        "word-diff-regex",
    ],
    operands: Operands::Any,
};

const STATUS: Options = Options {
    short: "sbuvz",
    long: &[
        "ahead-behind",
        "branch",
        "column",
        "find-renames",
        "ignored",
        "long",
        "no-ahead-behind",
        "no-renames",
        "porcelain",
        "short",
        "show-stash",
        "untracked-files",
        "verbose",
    ],
    operands: Operands::Any,
};

const BRANCH: Options = Options {
    short: "arv",
    long: &[
        "all",
        "color",
        "column",
        "contains",
        "format",
        "ignore-case",
        "list",
        "merged",
        "no-color",
        "no-contains",
        "no-merged",
        "points-at",
        "remotes",
        "show-current",
        "sort",
        "verbose",
    ],
    operands: Operands::Any,
};

const TAG: Options = Options {
    short: "ln",
    long: &[
        "column",
        "contains",
        "format",
        "list",
        "merged",
        "no-contains",
        "no-merged",
        "points-at",
        "sort",
    ],
    operands: Operands::Any,
};

const GREP: Options = Options {
    short: "0123456789aciIlLnopqrvwzEFGHPWhA:B:C:e:f:m:",
    long: &[
        "after-context",
        "all-match",
        "and",
        "basic-regexp",
        "before-context",
        "break",
        "cached",
        "color",
        "column",
        "context",
        "count",
        "exclude-standard",
        "extended-regexp",
        "files-with-matches",
        "files-without-match",
        "fixed-strings",
        "full-name",
        "function-context",
        "heading",
        "ignore-case",
        "invert-match",
        "line-number",
        "max-count",
        "max-depth",
        "name-only",
        "no-color",
        "no-index",
        "no-recursive",
        "not",
        "null",
        "only-matching",
        "or",
        "perl-regexp",
        "quiet",
        "recursive",
        "show-function",
        "text",
        "untracked",
        "word-regexp",
    ],
    operands: Operands::Any,
};

/// It also takes the options of `log` and `diff`: `git blame --output=x` writes.
const BLAME: Options = Options {
    short: "bcefklnpstwC:L:M:S:",
    long: &[
        "abbrev",
        "color-by-age",
        "color-lines",
        "contents",
        "date",
        "encoding",
        "first-parent",
        "ignore-rev",
        "ignore-revs-file",
        "incremental",
        "line-porcelain",
        "minimal",
        "no-progress",
        "porcelain",
        "progress",
        "reverse",
        "root",
        "score-debug",
        "show-email",
        "show-name",
        "show-number",
        "show-stats",
        "since",
    ],
    operands: Operands::Any,
};

const CAT_FILE: Options = Options {
    short: "pste",
    long: &["batch-all-objects", "batch-check"],
    operands: Operands::Any,
};

const PLAIN: Options = Options {
    short: "",
    long: &[],
    operands: Operands::Any,
};

const VERBOSE: Options = Options {
    short: "v",
    long: &["verbose", "porcelain"],
    operands: Operands::Most(0),
};

/// Nothing that they can be given writes or runs anything.
const READERS: &[&str] = &[
    "check-attr",
    "check-ignore",
    "count-objects",
    "describe",
    "for-each-ref",
    "ls-files",
    "ls-tree",
    "merge-base",
    "name-rev",
    "rev-parse",
    "show-ref",
    "version",
];

pub(super) fn covers(words: &[Word]) -> bool {
    let mut words = words;
    while let [option, rest @ ..] = words
        && matches!(
            option.literal(),
            Some("--no-pager" | "-P" | "--no-optional-locks")
        )
    {
        words = rest;
    }
    let Some((command, rest)) = words.split_first() else {
        return false;
    };
    let (Some(command), then) = (command.literal(), rest.first().and_then(Word::literal)) else {
        return false;
    };
    match command {
        "log" | "diff" | "show" | "rev-list" | "diff-tree" | "shortlog" | "whatchanged" => {
            LOG.cover(rest)
        }
        "status" => STATUS.cover(rest),
        // With a name, they make one.
        "branch" => {
            BRANCH.cover(rest)
                && (only_options(rest)
                    || lists(
                        rest,
                        &[
                            "--list",
                            "--contains",
                            "--merged",
                            "--no-merged",
                            "--points-at",
                        ],
                    ))
        }
        "tag" => {
            TAG.cover(rest)
                && (rest.is_empty() || lists(rest, &["-l", "--list", "--contains", "--points-at"]))
        }
        "grep" => GREP.cover(rest),
        "blame" => BLAME.cover(rest),
        "cat-file" => CAT_FILE.cover(rest),
        "reflog" => rest.is_empty() || (then == Some("show") && LOG.cover(&rest[1..])),
        "stash" => matches!(then, Some("list" | "show")) && LOG.cover(&rest[1..]),
        "remote" => match then {
            Some("get-url") => PLAIN.cover(&rest[1..]),
            _ => VERBOSE.cover(rest),
        },
        "worktree" => then == Some("list") && VERBOSE.cover(&rest[1..]),
        "config" => then == Some("--get") && PLAIN.cover(&rest[1..]) && rest.len() <= 3,
        _ => READERS.contains(&command),
    }
}

fn only_options(words: &[Word]) -> bool {
    words
        .iter()
        .all(|word| word.literal().is_some_and(|word| word.starts_with('-')))
}

/// Whether the first word already says that a list is wanted. A later one may be another option's
/// value: `git branch --format --list new` makes a branch.
fn lists(words: &[Word], options: &[&str]) -> bool {
    let first = words.first().and_then(Word::literal);
    first.is_some_and(|word| options.contains(&word.split('=').next().unwrap_or(word)))
}
