//! The options of `git` itself, before the subcommand.

use super::{ShellCall, ShellWord};

/// Options with the next word as their value.
const VALUED: &[&str] = &[
    "-C",
    "-c",
    "--attr-source",
    "--config-env",
    "--git-dir",
    "--namespace",
    "--super-prefix",
    "--work-tree",
];

/// Options without a value.
const PLAIN: &[&str] = &[
    "-P",
    "-h",
    "-p",
    "-v",
    "--bare",
    "--glob-pathspecs",
    "--help",
    "--html-path",
    "--icase-pathspecs",
    "--info-path",
    "--literal-pathspecs",
    "--man-path",
    "--no-advice",
    "--no-lazy-fetch",
    "--no-optional-locks",
    "--no-pager",
    "--no-replace-objects",
    "--noglob-pathspecs",
    "--paginate",
    "--version",
];

/// Prefixes of configuration keys without a program as value.
const HARMLESS: &[&str] = &[
    "advice.", "color.", "commit.", "init.", "pull.", "push.", "safe.", "user.",
];

/// The subcommand and its words, for every possible reading: an unknown option may take the next word or not.
pub(super) fn after_options(words: &[ShellWord]) -> Vec<&[ShellWord]> {
    let mut words = words;
    let mut readings = Vec::new();
    while let Some((option, rest)) = words.split_first()
        && let Some(option) = option.literal().filter(|option| option.starts_with('-'))
    {
        let valued = VALUED.contains(&option);
        if !valued && !PLAIN.contains(&option) && !option.contains('=') {
            readings.push(rest);
        }
        let known = PLAIN.contains(&option) || option.contains('=');
        words = rest.get(usize::from(!known)..).unwrap_or_default();
    }
    readings.push(words);
    readings
}

/// Whether the call sets configuration. Any subcommand may then be an alias of any command:
/// `git -c alias.x='!rm y' x`.
pub(super) fn may_run_anything(call: &ShellCall) -> bool {
    let name = call.name().and_then(|name| name.rsplit('/').next());
    if name != Some("git") {
        return false;
    }
    let mut words = call.words[1..].iter();
    while let Some(word) = words.next() {
        let Some(option) = word.literal() else {
            return false;
        };
        if !option.starts_with('-') {
            return false;
        }
        if option.starts_with("--config-env") {
            return true;
        }
        if VALUED.contains(&option) {
            let value = words.next().and_then(ShellWord::literal);
            let harmless = value.is_some_and(|value| {
                let value = value.to_ascii_lowercase();
                HARMLESS.iter().any(|begin| value.starts_with(begin)) || !value.contains('.')
            });
            if option == "-c" && !harmless {
                return true;
            }
        }
    }
    false
}
