//! Commands that run other commands.

use super::Word;

/// What is run.
pub(super) enum Runs {
    /// Something that cannot be known beforehand.
    Unknown,
    /// A text that is a script.
    Script(String),
    /// These commands.
    Calls(Vec<Vec<Word>>),
}

/// What a command runs, and whether it does nothing else of note.
pub(super) fn of(words: &[Word]) -> Option<(bool, Runs)> {
    let (name, rest) = words.split_first()?;
    let name = name.literal()?;
    let name = name.rsplit('/').next().unwrap_or(name);
    match name {
        "timeout" => Some(timeout(rest)),
        "nice" => Some(nice(rest)),
        "xargs" => Some(xargs(rest)),
        "fd" | "fdfind" if rest.iter().any(joins_command) => Some((false, Runs::Unknown)),
        "find" | "fd" | "fdfind" => find(rest),
        // `command -v` only looks.
        "command"
            if rest
                .first()
                .and_then(Word::literal)
                .is_some_and(|option| matches!(option, "-v" | "-V")) =>
        {
            None
        }
        "command" | "builtin" | "nohup" | "setsid" | "noglob" | "nocorrect" | "then"
        | "chronic" => Some(hidden(rest, "")),
        "exec" => Some(hidden(rest, "a")),
        "time" => Some(hidden(rest, "of")),
        "sudo" => Some(hidden(rest, "ugCDhprRTUt")),
        "doas" => Some(hidden(rest, "uC")),
        "stdbuf" => Some(hidden(rest, "ioe")),
        "ionice" => Some(hidden(rest, "cnpPu")),
        "strace" | "ltrace" => Some(hidden(rest, "abeoplnsuEIOPSUX")),
        "watch" => Some((false, watch(rest))),
        "env" => env(rest),
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash" | "mksh" | "fish" => {
            Some((false, shell(rest)))
        }
        "eval" => Some((false, joined(after_end(rest)))),
        "trap" => after_end(rest)
            .first()
            .map(|script| (false, script_of(script))),
        "." | "source" | "parallel" | "busybox" | "toybox" | "chroot" | "unshare" | "nsenter"
        | "script" | "su" | "runuser" | "flock" | "at" | "batch" => Some((false, Runs::Unknown)),
        _ => None,
    }
}

/// A command that follows the options of another; the options in `valued` have a value.
fn hidden(words: &[Word], valued: &str) -> (bool, Runs) {
    (false, calls(after_options(words, valued)))
}

/// The commands that there may be.
fn calls(readings: Option<Vec<&[Word]>>) -> Runs {
    let commands = readings.unwrap_or_default().into_iter();
    let commands: Vec<_> = commands
        .map(|words| after_assignments(words).to_vec())
        .filter(|words| !words.is_empty())
        .collect();
    if commands.is_empty() {
        Runs::Unknown
    } else {
        Runs::Calls(commands)
    }
}

/// What comes after the options; those in `valued` have a value of their own. A word after a long
/// option may be its value or the command, so there may be several readings. `None` where an option
/// is not known beforehand.
fn after_options<'a>(mut words: &'a [Word], valued: &str) -> Option<Vec<&'a [Word]>> {
    let mut readings = Vec::new();
    let mut may_be_value = false;
    while let Some((word, rest)) = words.split_first() {
        let word = word.literal()?;
        if word == "--" {
            words = rest;
            break;
        }
        if !word.starts_with('-') || word == "-" {
            if !may_be_value {
                break;
            }
            readings.push(words);
            may_be_value = false;
            words = rest;
            continue;
        }
        words = rest;
        may_be_value = word.starts_with("--") && !word.contains('=');
        let at = word.find(|letter| valued.contains(letter));
        if !word.starts_with("--") && at == Some(word.len() - 1) {
            words = after_value(words)?;
        }
    }
    readings.push(words);
    Some(readings)
}

/// What comes after one value. `None` where that may become several words, of which a later one is
/// the command: `nice -n {5,rm} x`.
fn after_value(words: &[Word]) -> Option<&[Word]> {
    let (value, rest) = words.split_first()?;
    value.literal().map(|_| rest)
}

fn after_assignments(mut words: &[Word]) -> &[Word] {
    while let Some((word, rest)) = words.split_first()
        && word.literal().is_some_and(|word| word.contains('='))
    {
        words = rest;
    }
    words
}

/// What comes after `--`, if that comes first.
fn after_end(words: &[Word]) -> &[Word] {
    match words {
        [end, rest @ ..] if end.literal() == Some("--") => rest,
        words => words,
    }
}

fn env(words: &[Word]) -> Option<(bool, Runs)> {
    let readings = after_options(words, "uCS");
    let shortest = readings.as_ref()?.last().map_or(0, |words| words.len());
    let options = words[..words.len() - shortest].iter();
    // `env -S 'rm x'`: a text that it takes to pieces itself.
    let mut literals = options.filter_map(Word::literal);
    if literals.any(|word| {
        word.starts_with("--s")
            || (word.starts_with('-') && !word.starts_with("--") && word.contains('S'))
    }) {
        return Some((false, Runs::Unknown));
    }
    let shows = readings.as_ref()?.iter();
    if shows
        .into_iter()
        .all(|words| after_assignments(words).is_empty())
    {
        // The environment.
        return None;
    }
    Some((false, calls(readings)))
}

/// It hands its words to a shell.
fn watch(words: &[Word]) -> Runs {
    match after_options(words, "n").as_deref() {
        Some([words]) if !words.is_empty() => joined(words),
        _ => Runs::Unknown,
    }
}

fn timeout(words: &[Word]) -> (bool, Runs) {
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        match word.literal() {
            Some("-k" | "-s" | "--kill-after" | "--signal") => match after_value(rest) {
                Some(rest) => words = rest,
                None => break,
            },
            Some("-v" | "--foreground" | "--preserve-status" | "--verbose") => {}
            Some(option)
                if ["-k", "-s", "--kill-after=", "--signal="]
                    .iter()
                    .any(|known| option.starts_with(known)) => {}
            // The time, then the command.
            Some(time) if !time.starts_with('-') => {
                return runs(time.starts_with(|digit: char| digit.is_ascii_digit()), rest);
            }
            _ => break,
        }
    }
    (false, Runs::Unknown)
}

fn nice(words: &[Word]) -> (bool, Runs) {
    match words {
        [first, rest @ ..] if first.literal() == Some("-n") => match after_value(rest) {
            Some(rest) => runs(true, rest),
            None => (false, Runs::Unknown),
        },
        [first, ..] if first.literal().is_some_and(|first| first.starts_with('-')) => {
            hidden(words, "n")
        }
        rest => runs(true, rest),
    }
}

/// Its command gets words from the outside, at the end or in place of a mark.
fn xargs(words: &[Word]) -> (bool, Runs) {
    xargs_command(words).unwrap_or((false, Runs::Unknown))
}

/// `None` for options that are not known.
fn xargs_command(mut words: &[Word]) -> Option<(bool, Runs)> {
    let mut transparent = true;
    let mut mark: Option<String> = None;
    let mut counts = false;
    while let Some((word, rest)) = words.split_first() {
        let option = word.literal()?;
        if !option.starts_with('-') {
            break;
        }
        words = rest;
        match option {
            "--null" | "--no-run-if-empty" | "--verbose" => continue,
            _ if option.starts_with("--") => return None,
            _ => {}
        }
        let letters = option[1..].trim_start_matches(['0', 'r', 't']);
        let Some(letter) = letters.chars().next() else {
            continue;
        };
        let mut value = letters[letter.len_utf8()..].to_owned();
        match letter {
            'i' => {
                transparent = false;
                mark = Some(if value.is_empty() {
                    "{}".to_owned()
                } else {
                    value
                });
                continue;
            }
            'n' | 'P' | 'L' | 'd' | 's' | 'I' => {}
            'a' | 'E' => transparent = false,
            _ => return None,
        }
        if value.is_empty() {
            words.first()?.literal()?.clone_into(&mut value);
            words = after_value(words)?;
        }
        counts |= matches!(letter, 'n' | 'L');
        if letter == 'I' {
            mark = Some(value);
        }
    }
    if words.is_empty() {
        let echo = Word::Literal("echo".to_owned());
        return Some(runs(transparent, &[echo, Word::Anything]));
    }
    let mut call: Vec<_> = words
        .iter()
        .map(|word| match (word, &mark) {
            (Word::Literal(text), Some(mark)) => match text.split_once(mark.as_str()) {
                Some((before, _)) => Word::Begins(before.to_owned()),
                None => word.clone(),
            },
            _ => word.clone(),
        })
        .collect();
    // With a count, GNU forgets the mark that came before it.
    if mark.is_none() || counts {
        call.push(Word::Anything);
    }
    Some(runs(transparent, &call))
}

fn runs(transparent: bool, words: &[Word]) -> (bool, Runs) {
    if words.is_empty() {
        (false, Runs::Unknown)
    } else {
        (transparent, Runs::Calls(vec![words.to_vec()]))
    }
}

/// `find … -exec command {} ;`
fn find(words: &[Word]) -> Option<(bool, Runs)> {
    let mut calls = Vec::new();
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        words = rest;
        let begins = matches!(
            word.literal(),
            Some("-exec" | "-execdir" | "-ok" | "-okdir" | "-x" | "-X" | "--exec" | "--exec-batch")
        );
        if !begins {
            continue;
        }
        let length = words
            .iter()
            .position(|word| matches!(word.literal(), Some(";" | "+")))
            .unwrap_or(words.len());
        let (call, after) = words.split_at(length);
        if call.is_empty() {
            return Some((false, Runs::Unknown));
        }
        calls.push(
            call.iter()
                .map(
                    |word| match word.literal().and_then(|word| word.split_once("{}")) {
                        Some((before, _)) => Word::Begins(before.to_owned()),
                        None => word.clone(),
                    },
                )
                .collect(),
        );
        words = after;
    }
    (!calls.is_empty()).then_some((false, Runs::Calls(calls)))
}

/// `fd --exec=rm`, `fd -xrm`
fn joins_command(word: &Word) -> bool {
    word.literal()
        .is_some_and(|word| match word.strip_prefix("--") {
            Some(long) => long.starts_with("exec") && long.contains('='),
            None => word.starts_with('-') && word.len() > 2 && word.contains(['x', 'X']),
        })
}

fn shell(words: &[Word]) -> Runs {
    let mut words = words;
    let mut script = false;
    while let Some((word, rest)) = words.split_first() {
        let Some(word) = word.literal() else {
            return Runs::Unknown;
        };
        if !word.starts_with(['-', '+']) || word == "-" {
            break;
        }
        words = rest;
        let long = word.starts_with("--");
        script |= !long && word.contains('c');
        // Each of these has a value: `bash -ceuo pipefail …`.
        let values = match word {
            "--rcfile" | "--init-file" => 1,
            _ if long => 0,
            _ => word.matches(['o', 'O']).count(),
        };
        words = words.get(values..).unwrap_or_default();
    }
    match words.first() {
        Some(word) if script => script_of(word),
        // A file, or what it reads from its input.
        _ => Runs::Unknown,
    }
}

fn script_of(word: &Word) -> Runs {
    word.literal()
        .map_or(Runs::Unknown, |script| Runs::Script(script.to_owned()))
}

fn joined(words: &[Word]) -> Runs {
    let words: Option<Vec<_>> = words.iter().map(Word::literal).collect();
    words.map_or(Runs::Unknown, |words| Runs::Script(words.join(" ")))
}
