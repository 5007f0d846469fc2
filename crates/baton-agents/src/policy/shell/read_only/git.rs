//! The calls of `git` that only read.
//!
//! A repository from other people can run commands even in read-only calls (`core.fsmonitor`, filters). The
//! project's own repository is trusted. A repository in another directory is not.

use super::super::Word;
use super::options::{Operands, Options};

const LOG: Options = Options::some(
    "0123456789abcgimpqrstuwzBDEFPRM::C::S:G:L:U:n:",
    "abbrev abbrev-commit after all author before binary boundary branches cached cc check \
     cherry-pick color color-words committer compact-summary count cumulative date date-order \
     decorate diff-algorithm diff-filter dirstat exit-code find-copies find-copies-harder \
     find-renames first-parent fixed-strings follow format full-index function-context graph \
     grep histogram ignore-all-space ignore-blank-lines ignore-space-at-eol \
     ignore-space-change inter-hunk-context invert-grep left-right max-count max-parents \
     merge-base merges min-parents minimal name-only name-status no-abbrev no-color \
     no-decorate no-ext-diff no-index no-merges no-patch no-renames no-textconv not numstat \
     oneline patch patch-with-stat patience pickaxe-all pickaxe-regex pretty quiet raw \
     regexp-ignore-case relative remotes reverse shortstat simplify-by-decoration since skip \
     source staged stat summary tags text topo-order unified until walk-reflogs word-diff \
     word-diff-regex",
    Operands::Any,
);

const STATUS: Options = Options::some(
    "sbu::vz",
    "ahead-behind branch column find-renames ignored long no-ahead-behind no-renames \
     porcelain short show-stash untracked-files verbose",
    Operands::Any,
);

const BRANCH: Options = Options::some(
    "arv",
    "all color column contains format ignore-case list merged no-color no-contains no-merged \
     points-at remotes show-current sort verbose",
    Operands::Any,
);

const TAG: Options = Options::some(
    "ln::",
    "column contains format list merged no-contains no-merged points-at sort",
    Operands::Any,
);

const GREP: Options = Options::some(
    "0123456789aciIlLnopqrvwzEFGHPWhA:B:C:e:f:m:",
    "after-context all-match and basic-regexp before-context break cached color column \
     context count exclude-standard extended-regexp files-with-matches files-without-match \
     fixed-strings full-name function-context heading ignore-case invert-match line-number \
     max-count max-depth name-only no-color no-index no-recursive not null only-matching or \
     perl-regexp quiet recursive show-function text untracked word-regexp",
    Operands::Any,
);

/// `git blame` also accepts the options of `log` and `diff`: `git blame --output=x` writes.
const BLAME: Options = Options::some(
    "bcefklnpstwC::L:M::S:",
    "abbrev color-by-age color-lines contents date encoding first-parent ignore-rev \
     ignore-revs-file incremental line-porcelain minimal no-progress porcelain progress \
     reverse root score-debug show-email show-name show-number show-stats since",
    Operands::Any,
);

const CAT_FILE: Options = Options::some("pste", "batch-all-objects batch-check", Operands::Any);

const PLAIN: Options = Options::some("", "", Operands::Any);

const VERBOSE: Options = Options::some("v", "verbose porcelain", Operands::Most(0));

/// Subcommands that only show information. `--help` is left out, because the manual opens in a configurable
/// program.
const READERS: &[(&str, Options)] = &[
    (
        "check-attr",
        Options::some("az", "all cached source= stdin", Operands::Any),
    ),
    (
        "check-ignore",
        Options::some(
            "nqvz",
            "no-index non-matching quiet stdin verbose",
            Operands::Any,
        ),
    ),
    (
        "count-objects",
        Options::some("vH", "human-readable verbose", Operands::Any),
    ),
    (
        "describe",
        Options::some(
            "",
            "abbrev all always broken candidates= contains debug dirty exact-match exclude= first-parent long \
             match= tags",
            Operands::Any,
        ),
    ),
    (
        "for-each-ref",
        Options::some(
            "ps",
            "color contains count= exclude= format= ignore-case include-root-refs merged no-contains \
             no-merged omit-empty perl points-at= python shell sort= start-after= stdin tcl",
            Operands::Any,
        ),
    ),
    (
        "ls-files",
        Options::some(
            "cdfikmostuvzx:X:",
            "abbrev cached debug deduplicate deleted directory eol error-unmatch exclude= exclude-from= \
             exclude-per-directory= exclude-standard format= full-name ignored killed modified \
             no-empty-directory others recurse-submodules resolve-undo sparse stage unmerged with-tree=",
            Operands::Any,
        ),
    ),
    (
        "ls-tree",
        Options::some(
            "dlrtz",
            "abbrev format= full-name full-tree long name-only name-status object-only",
            Operands::Any,
        ),
    ),
    (
        "merge-base",
        Options::some(
            "a",
            "all fork-point independent is-ancestor octopus",
            Operands::Any,
        ),
    ),
    (
        "name-rev",
        Options::some(
            "",
            "all always annotate-stdin exclude= name-only no-undefined refs= stdin tags undefined",
            Operands::Any,
        ),
    ),
    (
        "rev-parse",
        Options::some(
            "q",
            "abbrev-ref absolute-git-dir after all before branches default= disambiguate end-of-options \
             exclude flags git-common-dir git-dir git-path= glob is-bare-repository is-inside-git-dir \
             is-inside-work-tree is-shallow-repository local-env-vars no-flags no-revs not path-format \
             prefix= quiet remotes revs-only short show-cdup show-object-format show-prefix show-ref-format \
             show-superproject-working-tree show-toplevel since sq symbolic symbolic-full-name tags until \
             verify",
            Operands::Any,
        ),
    ),
    (
        "show-ref",
        Options::some(
            "dqs",
            "abbrev branches dereference exclude-existing exists hash head heads quiet tags verify",
            Operands::Any,
        ),
    ),
    ("version", Options::some("", "build-options", Operands::Any)),
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
    if rest.iter().any(|word| verifies(command, word))
        || rest.windows(2).any(|pair| hides_format(&pair[0], &pair[1]))
    {
        return false;
    }
    match command {
        "log" | "diff" | "show" | "rev-list" | "diff-tree" | "shortlog" | "whatchanged" => {
            LOG.cover(rest)
        }
        "status" => STATUS.cover(rest),
        // With a name, these subcommands create a branch or tag.
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
        _ => {
            let reader = READERS.iter().find(|(name, _)| *name == command);
            reader.is_some_and(|(_, options)| options.cover(rest))
        }
    }
}

/// Whether a format or sort order checks signatures, and so runs `gpg`: `%G?`, `%+GK`, `%(signature:signer)`,
/// `--sort=-signature`.
fn verifies(command: &str, word: &Word) -> bool {
    let (Word::Literal(text) | Word::Begins(text)) = word else {
        return false;
    };
    // The rest of the format is unknown.
    let open = word.literal().is_none() && text.contains('%');
    let lists_refs = matches!(command, "branch" | "for-each-ref" | "tag");
    let mut fields = text.split('%').skip(1);
    open || (text.contains("signature") && (lists_refs || text.contains("%(")))
        || fields.any(|field| {
            field
                .strip_prefix(['+', '-', ' '])
                .unwrap_or(field)
                .starts_with('G')
        })
}

/// Whether a format or sort order is unknown before the run: `--format "$X"`.
fn hides_format(option: &Word, value: &Word) -> bool {
    matches!(option.literal(), Some("--format" | "--sort")) && value.literal().is_none()
}

fn only_options(words: &[Word]) -> bool {
    words
        .iter()
        .all(|word| word.literal().is_some_and(|word| word.starts_with('-')))
}

/// Whether the first word asks for a list. A later word may be the value of another option:
/// `git branch --format --list new` makes a branch.
fn lists(words: &[Word], options: &[&str]) -> bool {
    let first = words.first().and_then(Word::literal);
    first.is_some_and(|word| options.contains(&word.split('=').next().unwrap_or(word)))
}
