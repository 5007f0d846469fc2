//! `tree`, which reads its options in a way of its own: a letter that takes a value takes the next word, and
//! the letters after it are options all the same, so that `-Lo 1 x` writes `x`.

use super::super::Word;

/// Letters. Not among them: `o`, which writes a file, and `R`, which writes one in every directory.
const LETTERS: &str = "acdfghilnpqrstuvxACDFIJLNPQSUX";

/// Names; the value of one may follow behind a `=` or in the next word.
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

pub(super) fn covers(words: &[Word]) -> bool {
    words
        .iter()
        .all(|word| word.is_operand() || word.literal().is_some_and(is_known))
}

/// Whether a word does no harm, be it an option or the value of one. No end of options is known: as a value
/// of another, `--` is none.
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
