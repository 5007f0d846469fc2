//! The form in which the inner commands of a call are found, and the words before them.

use super::super::ShellWord;

/// The inner commands of a call.
#[derive(Debug)]
pub(crate) enum InnerSource {
    /// A command that is not known beforehand.
    Unknown,
    /// The text of a script.
    Script(String),
    /// These commands.
    Calls(Vec<Vec<ShellWord>>),
    /// One of these commands, or an unknown one. They can be denied, but never allowed.
    Among {
        calls: Vec<Vec<ShellWord>>,
        scripts: Vec<String>,
    },
}

/// The words after one value. `None` if the value may expand to several words, and a later one would be the
/// command: `nice -n {5,rm} x`.
pub(super) fn after_value(words: &[ShellWord]) -> Option<&[ShellWord]> {
    let (value, rest) = words.split_first()?;
    value.literal().map(|_| rest)
}

/// The words after a leading `--`, or all words.
pub(super) fn after_end(words: &[ShellWord]) -> &[ShellWord] {
    match words {
        [end, rest @ ..] if end.literal() == Some("--") => rest,
        words => words,
    }
}

/// The whole words as an inner command, or an unknown one without words.
pub(super) fn single_command(transparent: bool, words: &[ShellWord]) -> (bool, InnerSource) {
    if words.is_empty() {
        (false, InnerSource::Unknown)
    } else {
        (transparent, InnerSource::Calls(vec![words.to_vec()]))
    }
}
