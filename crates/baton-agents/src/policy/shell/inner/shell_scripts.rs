//! Shells, and other programs with a shell script in their words.

use super::super::ShellWord;
use super::inner_source::InnerSource;

/// Shells whose scripts this parser understands.
const KNOWN: &[&str] = &[
    "ash", "bash", "dash", "ksh", "mksh", "posh", "rbash", "sh", "yash", "zsh",
];

/// Shells with a similar syntax and another meaning.
const FOREIGN: &[&str] = &[
    "csh", "elvish", "es", "fish", "nu", "pwsh", "rc", "tcsh", "xonsh",
];

/// Commands with a script from the input, a file or another machine.
const OPEN: &[&str] = &[".", "at", "batch", "source"];

pub(super) fn shell_command(name: &str, words: &[ShellWord]) -> Option<InnerSource> {
    if KNOWN.contains(&name) {
        Some(parse_shell_words(words))
    } else if FOREIGN.contains(&name) {
        Some(match parse_shell_words(words) {
            InnerSource::Script(script) => InnerSource::Among {
                calls: Vec::new(),
                scripts: vec![script],
            },
            other => other,
        })
    } else {
        OPEN.contains(&name).then_some(InnerSource::Unknown)
    }
}

pub(super) fn parse_shell_words(words: &[ShellWord]) -> InnerSource {
    let mut words = words;
    let mut script = false;
    while let Some((word, rest)) = words.split_first() {
        let Some(word) = word.literal() else {
            return InnerSource::Unknown;
        };
        if !word.starts_with(['-', '+']) || word == "-" {
            break;
        }
        words = rest;
        if let Some(text) = word.strip_prefix("--command=") {
            return InnerSource::Script(text.to_owned());
        }
        let long = word.starts_with("--");
        script |= word == "--command" || (!long && word.contains('c'));
        // Each of these letters takes a value: `bash -ceuo pipefail …`.
        let values = match word {
            "--rcfile" | "--init-file" => 1,
            _ if long => 0,
            _ => word.matches(['o', 'O']).count(),
        };
        words = words.get(values..).unwrap_or_default();
    }
    match words.first() {
        Some(word) if script => script_of(word),
        // The script is in a file, or comes from the input.
        _ => InnerSource::Unknown,
    }
}

pub(super) fn script_of(word: &ShellWord) -> InnerSource {
    word.literal().map_or(InnerSource::Unknown, |script| {
        InnerSource::Script(script.to_owned())
    })
}

/// A program that joins its words into a shell script.
pub(super) fn join_words(words: &[ShellWord]) -> InnerSource {
    let words: Option<Vec<_>> = words.iter().map(ShellWord::literal).collect();
    words.map_or(InnerSource::Unknown, |words| {
        InnerSource::Script(words.join(" "))
    })
}
