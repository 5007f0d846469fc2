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
    let hidden = |rest: Option<&[Word]>| {
        let runs = match rest {
            Some([]) | None => Runs::Unknown,
            Some(rest) => Runs::Calls(vec![rest.to_vec()]),
        };
        Some((false, runs))
    };
    match name {
        "timeout" => Some(timeout(rest)),
        "nice" => Some(nice(rest)),
        "xargs" => Some(xargs(rest)),
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
        "command" | "builtin" | "exec" | "nohup" | "setsid" | "time" | "noglob" | "nocorrect"
        | "then" | "chronic" => hidden(after_options(rest, "")),
        "sudo" => hidden(after_options(rest, "ugCDhprRTUt").map(after_assignments)),
        "doas" => hidden(after_options(rest, "uC")),
        "stdbuf" => hidden(after_options(rest, "ioe")),
        "ionice" => hidden(after_options(rest, "cn")),
        "strace" | "ltrace" => hidden(after_options(rest, "oepsuE")),
        "watch" => hidden(after_options(rest, "n")),
        "env" => match after_options(rest, "uCS").map(after_assignments) {
            // Shows the environment.
            Some([]) => None,
            rest => hidden(rest),
        },
        "sh" | "bash" | "dash" | "zsh" | "ksh" | "ash" | "mksh" | "fish" => {
            Some((false, shell(rest)))
        }
        "eval" => Some((false, joined(rest))),
        "trap" => rest.first().map(|script| (false, script_of(script))),
        "." | "source" | "parallel" | "busybox" | "toybox" | "chroot" | "unshare" | "nsenter"
        | "script" | "su" | "runuser" | "flock" | "at" | "batch" => Some((false, Runs::Unknown)),
        _ => None,
    }
}

/// What comes after the options; those in `valued` have a value of their own. `None` where an option
/// is not known beforehand.
fn after_options<'a>(mut words: &'a [Word], valued: &str) -> Option<&'a [Word]> {
    while let Some((word, rest)) = words.split_first() {
        let word = word.literal()?;
        if word == "--" {
            return Some(rest);
        }
        if !word.starts_with('-') || word == "-" {
            return Some(words);
        }
        words = rest;
        let takes_next = word.len() == 2 && word.ends_with(|option| valued.contains(option));
        if takes_next {
            words = words.split_first()?.1;
        }
    }
    Some(words)
}

fn after_assignments(mut words: &[Word]) -> &[Word] {
    while let Some((word, rest)) = words.split_first()
        && word.literal().is_some_and(|word| word.contains('='))
    {
        words = rest;
    }
    words
}

fn timeout(words: &[Word]) -> (bool, Runs) {
    let mut transparent = true;
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        match word.literal() {
            Some("-k" | "-s" | "--kill-after" | "--signal") => {
                words = rest.split_first().map_or(&[], |(_, rest)| rest);
                continue;
            }
            Some(option) if option.starts_with('-') => {
                transparent &= ["-v", "--foreground", "--preserve-status", "--verbose"]
                    .contains(&option)
                    || option.starts_with("--kill-after=")
                    || option.starts_with("--signal=")
                    || option.starts_with("-k")
                    || option.starts_with("-s");
            }
            // The time, then the command.
            Some(time) => {
                transparent &= time.starts_with(|digit: char| digit.is_ascii_digit());
                return runs(transparent, rest);
            }
            None => return (false, Runs::Unknown),
        }
        words = rest;
    }
    (false, Runs::Unknown)
}

fn nice(words: &[Word]) -> (bool, Runs) {
    match words {
        [first, _, rest @ ..] if first.literal() == Some("-n") => runs(true, rest),
        [first, rest @ ..] if first.literal().is_some_and(|first| first.starts_with('-')) => {
            runs(false, rest)
        }
        rest => runs(true, rest),
    }
}

/// Its command gets words from the outside, at the end or in place of a mark.
fn xargs(words: &[Word]) -> (bool, Runs) {
    let mut transparent = true;
    let mut mark: Option<String> = None;
    let mut words = words;
    while let Some((word, rest)) = words.split_first() {
        let Some(option) = word.literal() else {
            return (false, Runs::Unknown);
        };
        if !option.starts_with('-') {
            break;
        }
        words = rest;
        match option {
            "-0" | "--null" | "-r" | "--no-run-if-empty" | "-t" | "--verbose" => {}
            "-n" | "-P" | "-L" | "-d" | "-s" => {
                words = words.split_first().map_or(&[], |(_, rest)| rest);
            }
            "-I" => {
                mark = words.first().and_then(Word::literal).map(str::to_owned);
                transparent &= mark.is_some();
                words = words.split_first().map_or(&[], |(_, rest)| rest);
            }
            option if option.starts_with("-I") => mark = Some(option[2..].to_owned()),
            option
                if ["-n", "-P", "-L", "-d"]
                    .iter()
                    .any(|known| option.starts_with(known)) => {}
            _ => transparent = false,
        }
    }
    if words.is_empty() {
        return runs(
            transparent,
            &[Word::Literal("echo".to_owned()), Word::Anything],
        );
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
    if mark.is_none() {
        call.push(Word::Anything);
    }
    runs(transparent, &call)
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
        script |= !word.starts_with("--") && word.contains('c');
        words = rest;
        if matches!(word, "-o" | "+o" | "-O" | "+O" | "--rcfile" | "--init-file") {
            words = words.split_first().map_or(&[], |(_, rest)| rest);
        }
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
