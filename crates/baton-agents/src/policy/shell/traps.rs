//! Options that make another command of a harmless one. A `*` in a pattern does not stand for them:
//! who wants them writes them down.

use super::{Call, Word};

/// Options by command; the long ones also when they are cut short.
const TRAPS: &[(&str, &[&str], &[&str])] = &[
    (
        "find",
        &["-delete", "-fprint", "-fprint0", "-fprintf", "-fls"],
        &[],
    ),
    (
        "git",
        &["-c"],
        &[
            "--config-env",
            "--exec-path",
            "--output",
            "--ext-diff",
            "--textconv",
            "--open-files-in-pager",
            "--upload-pack",
            "--receive-pack",
            "--exec",
        ],
    ),
];

/// Whether a call holds one.
pub(super) fn holds(call: &Call) -> bool {
    let Some((_, short, long)) = TRAPS.iter().find(|(name, ..)| call.name() == Some(name)) else {
        return false;
    };
    call.words[1..].iter().any(|word| match word {
        Word::Literal(word) => {
            let option = word.split('=').next().unwrap_or(word);
            short.contains(&option)
                || (option.len() > 3 && long.iter().any(|trap| trap.starts_with(option)))
        }
        // May become one.
        Word::Begins(text) => text.is_empty() || text.starts_with('-'),
        Word::Anything => true,
    })
}
