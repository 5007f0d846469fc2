//! The possible inner commands of an unknown program. Any of its words may be the name of another
//! command, or a whole script.

use super::super::Word;
use super::super::read_only;
use super::Runs;

/// How many words are examined. A longer command is asked about anyway, because no real wrapper is
/// that long.
const LOOKED_AT: usize = 64;

/// Programs that never run a command from their words, apart from those that only read.
const NEVER: &[&str] = &[
    "alias", "awk", "base64", "bunzip2", "bzip2", "cd", "chgrp", "chmod", "chown", "clear", "cp",
    "curl", "cut", "date", "dd", "declare", "df", "export", "gawk", "gunzip", "gzip", "hash",
    "install", "kill", "let", "ln", "local", "mawk", "mkdir", "mktemp", "mv", "node", "patch",
    "perl", "php", "popd", "printenv", "pushd", "python", "python2", "python3", "read", "readonly",
    "rm", "rmdir", "ruby", "sed", "set", "shift", "sleep", "sort", "split", "tar", "tee", "touch",
    "truncate", "typeset", "ulimit", "umask", "unalias", "uniq", "unset", "unxz", "unzip", "wait",
    "wget", "xz", "zcat", "zip", "zstd",
];

/// Subcommands of `git` that run a command from their words.
const GIT: &[&str] = &[
    "bisect",
    "filter-branch",
    "for-each-repo",
    "rebase",
    "submodule",
];

/// The possible inner commands; `None` for a program that is known to run none.
pub(in super::super) fn of(words: &[Word]) -> Option<Runs> {
    let (name, rest) = words.split_first()?;
    let name = name.literal()?;
    let name = name.rsplit('/').next().unwrap_or(name);
    if name == "git" {
        let runs = |word: &Word| word.literal().is_some_and(|word| GIT.contains(&word));
        let at = rest.iter().position(runs)?;
        return Some(among(&rest[at + 1..]));
    }
    // `python3 -m wrapper rm x`
    let module = rest.first().and_then(Word::literal) == Some("-m");
    let never = NEVER.contains(&name) && !module;
    (!never && !read_only::is_listed(name)).then(|| among(rest))
}

/// Every possible inner command among these words.
pub(super) fn among(words: &[Word]) -> Runs {
    let looked_at = &words[..words.len().min(LOOKED_AT)];
    let is_name = |word: &Word| word.literal().is_some_and(|word| !word.starts_with('-'));
    let begins = (0..looked_at.len()).filter(|at| is_name(&words[*at]));
    let texts = looked_at.iter().filter_map(Word::literal);
    Runs::Among {
        calls: begins.map(|at| words[at..].to_vec()).collect(),
        scripts: texts
            .filter(|text| text.contains(|letter: char| letter.is_whitespace() || letter == ';'))
            .map(str::to_owned)
            .collect(),
    }
}
