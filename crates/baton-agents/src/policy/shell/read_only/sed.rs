//! `sed` with the two usual kinds of script: `-n '1,20p'` and `s/this/that/g`.

use super::super::ShellWord;

pub(super) fn only_reads(words: &[ShellWord]) -> bool {
    let mut script = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.literal() {
            Some(
                "-n" | "-E" | "-r" | "-nE" | "-nr" | "-En" | "--quiet" | "--silent"
                | "--regexp-extended" | "-s" | "-u",
            ) => {}
            Some("-e") if script.is_none() => match words.next().and_then(ShellWord::literal) {
                Some(text) => script = Some(text),
                None => return false,
            },
            Some(text) if script.is_none() && word.is_operand() => script = Some(text),
            _ if script.is_some() && word.is_operand() => {}
            _ => return false,
        }
    }
    script.is_some_and(|script| only_prints(script) || only_substitutes(script))
}

/// Matches `5p`, `1,20p` and `1,20p;40,$p`, also with `q`, `d` and `=`.
fn only_prints(script: &str) -> bool {
    let line = |line: &str| {
        line == "$" || (!line.is_empty() && line.bytes().all(|digit| digit.is_ascii_digit()))
    };
    script.split(';').all(|command| {
        let command = command.trim();
        command
            .strip_suffix(['p', 'q', 'd', '='])
            .is_some_and(|lines| {
                lines.is_empty() || lines.split(',').count() <= 2 && lines.split(',').all(line)
            })
    })
}

/// Matches one substitution. The flags must neither write (`w`) nor run (`e`) anything.
fn only_substitutes(script: &str) -> bool {
    let Some(rest) = script.strip_prefix('s') else {
        return false;
    };
    let Some(delimiter) = rest
        .chars()
        .next()
        .filter(|letter| "/|,#:@!%".contains(*letter))
    else {
        return false;
    };
    // In a class such as `[/]`, not every sed ends the expression at the delimiter.
    if script.contains(['\n', ';', '{', '}']) || script.contains(&format!("[{delimiter}")) {
        return false;
    }
    let mut parts = vec![String::new()];
    let mut letters = rest[1..].chars();
    while let Some(letter) = letters.next() {
        let Some(part) = parts.last_mut() else {
            return false;
        };
        if letter == '\\' {
            part.push('\\');
            part.extend(letters.next());
        } else if letter == delimiter {
            parts.push(String::new());
        } else {
            part.push(letter);
        }
    }
    let [expression, _, flags] = &parts[..] else {
        return false;
    };
    let classes = expression.matches('[').count() == expression.matches(']').count();
    classes
        && flags
            .chars()
            .all(|flag| flag.is_ascii_digit() || "gpiI".contains(flag))
}
