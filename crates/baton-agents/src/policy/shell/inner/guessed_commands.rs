//! The possible inner commands of an unknown program. Any of its words may be the name of another
//! command, or a whole script; so may the value of an option in the same word.

use super::super::{ShellCall, ShellWord, dangerous_options, git_options, read_only};
use super::inner_source::InnerSource;

/// How many words of a possible command are examined. No real wrapper passes so many.
const LOOKED_AT: usize = 64;

/// The most option letters or names in a word before the value: `-qIrm`.
const LETTERS: usize = 8;

/// Programs that never run a command from their words, apart from programs that only read. Interpreters are
/// among them: a program in another language stays invisible.
const NEVER: &[&str] = &[
    "awk", "base64", "bunzip2", "bzip2", "cd", "chgrp", "chmod", "chown", "clear", "cp", "curl",
    "cut", "date", "dd", "declare", "df", "export", "gawk", "gunzip", "gzip", "kill", "let", "ln",
    "local", "mawk", "mkdir", "mktemp", "mv", "node", "patch", "perl", "php", "popd", "printenv",
    "pushd", "python", "python2", "python3", "read", "readonly", "rm", "rmdir", "ruby", "sed",
    "set", "shift", "sleep", "tee", "touch", "truncate", "typeset", "ulimit", "umask", "unalias",
    "uniq", "unset", "unxz", "unzip", "wait", "xz", "zcat", "zstd",
];

/// Wrappers that give variables to the command. Many variables name a program: `env PAGER=rm git log`.
const SETS: &[&str] = &["doas", "env", "sudo"];

/// Subcommands of `git` that run a command from their words.
const GIT: &[&str] = &[
    "bisect",
    "filter-branch",
    "for-each-repo",
    "instaweb",
    "rebase",
    "send-email",
    "submodule",
    "web--browse",
];

/// The possible inner commands; `None` for a call that certainly runs none.
pub(in super::super) fn guess_inner(call: &ShellCall) -> Option<InnerSource> {
    let name = call.name()?;
    let name = name.rsplit('/').next().unwrap_or(name);
    let rest = &call.words[1..];
    if call.inner.is_some() {
        return SETS
            .contains(&name)
            .then(|| guess_commands(rest, assigned_value));
    }
    if name == "git" {
        return guess_in_git(rest);
    }
    // `python3 -m wrapper rm x`
    let module = rest.first().and_then(ShellWord::literal) == Some("-m");
    let never = NEVER.contains(&name) && !module;
    (!never && !read_only::runs_nothing(name, rest)).then(|| guess_commands(rest, command_texts))
}

/// `git bisect run rm x`, `git grep -Orm x`. The words of other calls are names, not commands: `git rm x`.
fn guess_in_git(words: &[ShellWord]) -> Option<InnerSource> {
    if dangerous_options::names_program(words) {
        let readings = git_options::after_options(words);
        let longest = readings.into_iter().max_by_key(|words| words.len())?;
        return Some(guess_commands(
            longest.get(1..).unwrap_or_default(),
            command_texts,
        ));
    }
    let runs = |word: &ShellWord| word.literal().is_some_and(|word| GIT.contains(&word));
    let at = words.iter().position(runs)?;
    Some(guess_commands(&words[at + 1..], command_texts))
}

/// Every possible inner command among the words of a wrapper with unknown options. Whole words are certain
/// enough to be denied, but parts of words are not.
pub(super) fn guess_among(words: &[ShellWord]) -> InnerSource {
    guess_commands(words, |word| {
        let option = word.starts_with('-') && !word.contains(char::is_whitespace);
        if option { Vec::new() } else { vec![word] }
    })
}

/// Every possible inner command. `texts` returns the possible command names in a word.
fn guess_commands(words: &[ShellWord], texts: impl Fn(&str) -> Vec<&str>) -> InnerSource {
    let mut calls = Vec::new();
    let mut scripts = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(word) = word.literal() else {
            continue;
        };
        let rest = &words[at + 1..words.len().min(at + LOOKED_AT)];
        for text in texts(word) {
            if text.contains(is_of_script) {
                scripts.push(text.to_owned());
            }
            let mut call = vec![ShellWord::Literal(text.to_owned())];
            call.extend_from_slice(rest);
            calls.push(call);
        }
    }
    InnerSource::Among { calls, scripts }
}

/// The possible commands in a word: the word, the value of an option (`--pre=rm`, `-Irm`), and the forms of
/// editors and git (`!rm`).
fn command_texts(word: &str) -> Vec<&str> {
    let mut texts = Vec::new();
    if let Some(letters) = word.strip_prefix('-') {
        if !letters.starts_with('-') {
            let values = letters.char_indices().skip(1).take(LETTERS);
            texts.extend(values.map(|(at, _)| &letters[at..]));
        }
    } else {
        texts.push(word);
    }
    // `--checkpoint-action=exec=rm`
    let values = word.match_indices('=').take(LETTERS);
    texts.extend(values.map(|(at, _)| &word[at + 1..]));
    let marked = |text: &&str| text.starts_with(['!', '+', ':']);
    let marked: Vec<_> = texts.iter().copied().filter(marked).collect();
    texts.extend(
        marked
            .iter()
            .map(|it| it.trim_start_matches(['!', '+', ':'])),
    );
    // A web address is no path of a program.
    let is_address = |text: &str| text.contains("://") && !text.contains(is_of_script);
    texts.retain(|text| !text.is_empty() && !text.starts_with('-') && !is_address(text));
    texts
}

/// The value of an assignment.
fn assigned_value(word: &str) -> Vec<&str> {
    let value = word.split_once('=').filter(|_| !word.starts_with('-'));
    value.map(|(_, value)| value).into_iter().collect()
}

/// Whether a text with this character may be more than a name of a command.
fn is_of_script(letter: char) -> bool {
    letter.is_whitespace() || ";|&()`".contains(letter)
}
