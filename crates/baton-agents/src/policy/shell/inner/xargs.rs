//! `xargs`: the inner command gets words from the input, at the end or in place of a mark.

use super::super::Word;
use super::{Runs, after_value, runs};

pub(super) fn of(words: &[Word]) -> (bool, Runs) {
    command(words).unwrap_or((false, Runs::Unknown))
}

/// The inner command; `None` for unknown options.
fn command(mut words: &[Word]) -> Option<(bool, Runs)> {
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
    // With a count, GNU `xargs` forgets an earlier mark.
    if mark.is_none() || counts {
        call.push(Word::Anything);
    }
    Some(runs(transparent, &call))
}
