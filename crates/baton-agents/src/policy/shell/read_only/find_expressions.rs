//! `find` without actions.

use super::super::ShellWord;
use super::super::inner::find_commands::{FindProgram, begins_command, command_length};

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
    "-ignore_readdir_race",
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
    "-nogroup",
    "-noignore_readdir_race",
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
    "-used",
    "-user",
    "-wholename",
    "-writable",
    "-xdev",
    "-xtype",
];

pub(super) fn only_reads(words: &[ShellWord]) -> bool {
    words.iter().all(is_known)
}

/// Whether the words only read, apart from the inner commands.
pub(super) fn only_reads_but_commands(mut words: &[ShellWord]) -> bool {
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        if begins_command(word) {
            words = rest
                .get(command_length(word, rest, FindProgram::Find)..)
                .unwrap_or_default();
        } else if !is_known(word) {
            return false;
        }
    }
    true
}

fn is_known(word: &ShellWord) -> bool {
    word.is_operand()
        || word
            .literal()
            .is_some_and(|word| KNOWN.contains(&word) || is_number(word) || is_newer(word))
}

/// `-newermt`, `-newerat`, …
fn is_newer(word: &str) -> bool {
    let letters = word.strip_prefix("-newer").unwrap_or_default();
    letters.len() == 2 && letters.bytes().all(|letter| b"aBcmt".contains(&letter))
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
