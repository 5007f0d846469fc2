//! `find` without actions.

use super::super::Word;

/// Tests, options and prints. Not among them: `-delete`, `-exec`, `-ok`, `-fprint`, `-fls`, …
const KNOWN: &[&str] = &[
    "!",
    "(",
    ")",
    ",",
    "--",
    "-H",
    "-L",
    "-P",
    "-E",
    "-a",
    "-amin",
    "-and",
    "-anewer",
    "-atime",
    "-cmin",
    "-cnewer",
    "-ctime",
    "-daystart",
    "-depth",
    "-empty",
    "-executable",
    "-false",
    "-follow",
    "-fstype",
    "-gid",
    "-group",
    "-ilname",
    "-iname",
    "-inum",
    "-ipath",
    "-iregex",
    "-iwholename",
    "-links",
    "-lname",
    "-ls",
    "-maxdepth",
    "-mindepth",
    "-mmin",
    "-mount",
    "-mtime",
    "-name",
    "-newer",
    "-newermt",
    "-nogroup",
    "-noleaf",
    "-not",
    "-nouser",
    "-o",
    "-or",
    "-path",
    "-perm",
    "-print",
    "-print0",
    "-printf",
    "-prune",
    "-quit",
    "-readable",
    "-regex",
    "-regextype",
    "-samefile",
    "-size",
    "-true",
    "-type",
    "-uid",
    "-user",
    "-wholename",
    "-writable",
    "-xdev",
    "-xtype",
];

pub(super) fn covers(words: &[Word]) -> bool {
    words.iter().all(|word| {
        word.is_operand()
            || word
                .literal()
                .is_some_and(|word| KNOWN.contains(&word) || is_number(word))
    })
}

/// `-mtime -7`, `-size -10k`.
fn is_number(word: &str) -> bool {
    let Some(number) = word.strip_prefix('-') else {
        return false;
    };
    let digits = number.trim_end_matches(['b', 'c', 'w', 'k', 'M', 'G']);
    !digits.is_empty()
        && number.len() - digits.len() <= 1
        && digits.bytes().all(|digit| digit.is_ascii_digit())
}
