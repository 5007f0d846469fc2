//! `xargs`: the inner command gets words from the input, at the end or in place of a mark.

use super::super::ShellWord;
use super::inner_source::{InnerSource, after_value, single_command};

pub(super) fn xargs_command(words: &[ShellWord]) -> (bool, InnerSource) {
    parse_words(words).unwrap_or((false, InnerSource::Unknown))
}

/// The inner command; `None` for unknown options.
fn parse_words(mut words: &[ShellWord]) -> Option<(bool, InnerSource)> {
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
        let echo = ShellWord::Literal("echo".to_owned());
        return Some(single_command(transparent, &[echo, ShellWord::Anything]));
    }
    let mut call: Vec<_> = words
        .iter()
        .map(|word| match (word, &mark) {
            (ShellWord::Literal(text), Some(mark)) => match text.split_once(mark.as_str()) {
                Some((before, _)) => ShellWord::Begins(before.to_owned()),
                None => word.clone(),
            },
            _ => word.clone(),
        })
        .collect();
    // With a count, GNU `xargs` forgets an earlier mark.
    if mark.is_none() || counts {
        call.push(ShellWord::Anything);
    }
    Some(single_command(transparent, &call))
}
