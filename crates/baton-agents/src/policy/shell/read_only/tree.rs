//! `tree` parses options in its own way. A letter with a value takes the next word, and the letters after it
//! are still options. `tree -Lo 1 x` therefore writes the file `x`.

use super::super::ShellWord;

/// The allowed letters. `o` and `R` are left out: `o` writes a file, and `R` a file in every directory.
const LETTERS: &str = "acdfghilnpqrstuvxACDFIJLNPQSUX";

/// The allowed names. A value follows after `=` or in the next word.
const LONG: &[&str] = &[
    "charset",
    "device",
    "dirsfirst",
    "du",
    "fflinks",
    "filelimit",
    "filesfirst",
    "fromfile",
    "gitfile",
    "gitignore",
    "help",
    "ignore-case",
    "info",
    "infofile",
    "inodes",
    "matchdirs",
    "metafirst",
    "nolinks",
    "noreport",
    "prune",
    "si",
    "sort",
    "timefmt",
    "version",
];

pub(super) fn only_reads(words: &[ShellWord]) -> bool {
    words
        .iter()
        .all(|word| word.is_operand() || word.literal().is_some_and(is_known))
}

/// Whether a word is harmless, both as an option and as a value. `--` does not end the options, because it
/// may be the value of another option.
fn is_known(word: &str) -> bool {
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or(long);
        return LONG.contains(&name);
    }
    // `-L2`
    let digits = |letters: &str| {
        letters
            .trim_start_matches(|it: char| it.is_ascii_digit())
            .to_owned()
    };
    let mut pieces = word[1..].split('L');
    let first = pieces.next().unwrap_or_default();
    let rest = pieces.map(digits).collect::<String>();
    first
        .chars()
        .chain(rest.chars())
        .all(|letter| LETTERS.contains(letter))
}
