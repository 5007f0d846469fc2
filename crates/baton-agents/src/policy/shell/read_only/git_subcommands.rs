//! The calls of `git` that only read.
//!
//! A repository from other people can run commands even in read-only calls (`core.fsmonitor`, filters). The
//! project's own repository is trusted. A repository in another directory is not.

use super::super::ShellWord;
use super::allowed_options::{AllowedOperands, AllowedOptions};

const LOG: AllowedOptions = AllowedOptions::some(
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
    AllowedOperands::Any,
);

const STATUS: AllowedOptions = AllowedOptions::some(
    "sbu::vz",
    "ahead-behind branch column find-renames ignored long no-ahead-behind no-renames \
     porcelain short show-stash untracked-files verbose",
    AllowedOperands::Any,
);

const BRANCH: AllowedOptions = AllowedOptions::some(
    "arv",
    "all color column contains format ignore-case list merged no-color no-contains no-merged \
     points-at remotes show-current sort verbose",
    AllowedOperands::Any,
);

const TAG: AllowedOptions = AllowedOptions::some(
    "ln::",
    "column contains format list merged no-contains no-merged points-at sort",
    AllowedOperands::Any,
);

const GREP: AllowedOptions = AllowedOptions::some(
    "0123456789aciIlLnopqrvwzEFGHPWhA:B:C:e:f:m:",
    "after-context all-match and basic-regexp before-context break cached color column \
     context count exclude-standard extended-regexp files-with-matches files-without-match \
     fixed-strings full-name function-context heading ignore-case invert-match line-number \
     max-count max-depth name-only no-color no-index no-recursive not null only-matching or \
     perl-regexp quiet recursive show-function text untracked word-regexp",
    AllowedOperands::Any,
);

/// `git blame` also accepts the options of `log` and `diff`: `git blame --output=x` writes.
const BLAME: AllowedOptions = AllowedOptions::some(
    "bcefklnpstwC::L:M::S:",
    "abbrev color-by-age color-lines contents date encoding first-parent ignore-rev \
     ignore-revs-file incremental line-porcelain minimal no-progress porcelain progress \
     reverse root score-debug show-email show-name show-number show-stats since",
    AllowedOperands::Any,
);

const CAT_FILE: AllowedOptions = AllowedOptions::some(
    "pste",
    "batch-all-objects batch-check",
    AllowedOperands::Any,
);

const PLAIN: AllowedOptions = AllowedOptions::some("", "", AllowedOperands::Any);

const VERBOSE: AllowedOptions =
    AllowedOptions::some("v", "verbose porcelain", AllowedOperands::Most(0));

/// Subcommands that only show information. `--help` is left out, because the manual opens in a configurable
/// program.
const READERS: &[(&str, AllowedOptions)] = &[
    (
        "check-attr",
        AllowedOptions::some("az", "all cached source= stdin", AllowedOperands::Any),
    ),
    (
        "check-ignore",
        AllowedOptions::some(
            "nqvz",
            "no-index non-matching quiet stdin verbose",
            AllowedOperands::Any,
        ),
    ),
    (
        "count-objects",
        AllowedOptions::some("vH", "human-readable verbose", AllowedOperands::Any),
    ),
    (
        "describe",
        AllowedOptions::some(
            "",
            "abbrev all always broken candidates= contains debug dirty exact-match exclude= first-parent long \
             match= tags",
            AllowedOperands::Any,
        ),
    ),
    (
        "for-each-ref",
        AllowedOptions::some(
            "ps",
            "color contains count= exclude= format= ignore-case include-root-refs merged no-contains \
             no-merged omit-empty perl points-at= python shell sort= start-after= stdin tcl",
            AllowedOperands::Any,
        ),
    ),
    (
        "ls-files",
        AllowedOptions::some(
            "cdfikmostuvzx:X:",
            "abbrev cached debug deduplicate deleted directory eol error-unmatch exclude= exclude-from= \
             exclude-per-directory= exclude-standard format= full-name ignored killed modified \
             no-empty-directory others recurse-submodules resolve-undo sparse stage unmerged with-tree=",
            AllowedOperands::Any,
        ),
    ),
    (
        "ls-tree",
        AllowedOptions::some(
            "dlrtz",
            "abbrev format= full-name full-tree long name-only name-status object-only",
            AllowedOperands::Any,
        ),
    ),
    (
        "merge-base",
        AllowedOptions::some(
            "a",
            "all fork-point independent is-ancestor octopus",
            AllowedOperands::Any,
        ),
    ),
    (
        "name-rev",
        AllowedOptions::some(
            "",
            "all always annotate-stdin exclude= name-only no-undefined refs= stdin tags undefined",
            AllowedOperands::Any,
        ),
    ),
    (
        "rev-parse",
        AllowedOptions::some(
            "q",
            "abbrev-ref absolute-git-dir after all before branches default= disambiguate end-of-options \
             exclude flags git-common-dir git-dir git-path= glob is-bare-repository is-inside-git-dir \
             is-inside-work-tree is-shallow-repository local-env-vars no-flags no-revs not path-format \
             prefix= quiet remotes revs-only short show-cdup show-object-format show-prefix show-ref-format \
             show-superproject-working-tree show-toplevel since sq symbolic symbolic-full-name tags until \
             verify",
            AllowedOperands::Any,
        ),
    ),
    (
        "show-ref",
        AllowedOptions::some(
            "dqs",
            "abbrev branches dereference exclude-existing exists hash head heads quiet tags verify",
            AllowedOperands::Any,
        ),
    ),
    (
        "version",
        AllowedOptions::some("", "build-options", AllowedOperands::Any),
    ),
];

pub(super) fn only_reads(words: &[ShellWord]) -> bool {
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
    let (Some(command), then) = (command.literal(), rest.first().and_then(ShellWord::literal))
    else {
        return false;
    };
    if rest.iter().any(|word| verifies_signature(command, word))
        || rest.windows(2).any(|pair| hides_format(&pair[0], &pair[1]))
    {
        return false;
    }
    match command {
        "log" | "diff" | "show" | "rev-list" | "diff-tree" | "shortlog" | "whatchanged" => {
            LOG.cover_words(rest)
        }
        "status" => STATUS.cover_words(rest),
        // With a name, these subcommands create a branch or tag.
        "branch" => {
            BRANCH.cover_words(rest)
                && (only_options(rest)
                    || asks_for_list(
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
            TAG.cover_words(rest)
                && (rest.is_empty()
                    || asks_for_list(rest, &["-l", "--list", "--contains", "--points-at"]))
        }
        "grep" => GREP.cover_words(rest),
        "blame" => BLAME.cover_words(rest),
        "cat-file" => CAT_FILE.cover_words(rest),
        "reflog" => rest.is_empty() || (then == Some("show") && LOG.cover_words(&rest[1..])),
        "stash" => matches!(then, Some("list" | "show")) && LOG.cover_words(&rest[1..]),
        "remote" => match then {
            Some("get-url") => PLAIN.cover_words(&rest[1..]),
            _ => VERBOSE.cover_words(rest),
        },
        "worktree" => then == Some("list") && VERBOSE.cover_words(&rest[1..]),
        "config" => then == Some("--get") && PLAIN.cover_words(&rest[1..]) && rest.len() <= 3,
        _ => {
            let reader = READERS.iter().find(|(name, _)| *name == command);
            reader.is_some_and(|(_, options)| options.cover_words(rest))
        }
    }
}

/// Whether a format or sort order checks signatures, and so runs `gpg`: `%G?`, `%+GK`, `%(signature:signer)`,
/// `--sort=-signature`.
fn verifies_signature(command: &str, word: &ShellWord) -> bool {
    let (ShellWord::Literal(text) | ShellWord::Begins(text)) = word else {
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
fn hides_format(option: &ShellWord, value: &ShellWord) -> bool {
    matches!(option.literal(), Some("--format" | "--sort")) && value.literal().is_none()
}

fn only_options(words: &[ShellWord]) -> bool {
    words
        .iter()
        .all(|word| word.literal().is_some_and(|word| word.starts_with('-')))
}

/// Whether the first word asks for a list. A later word may be the value of another option:
/// `git branch --format --list new` makes a branch.
fn asks_for_list(words: &[ShellWord], options: &[&str]) -> bool {
    let first = words.first().and_then(ShellWord::literal);
    first.is_some_and(|word| options.contains(&word.split('=').next().unwrap_or(word)))
}
