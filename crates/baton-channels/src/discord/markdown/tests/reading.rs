//! How Discord reads marks, as far as it is known: its apps go through a text once, and at each place
//! try an escape, then what is marked by pairs, then a block, then code within a line. What stands in a
//! pair is then read in the same way, so a pair that begins before a block and ends in it leaves none.

/// What Discord makes of a part of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// With its backslashes.
    Text(String),
    Block {
        language: String,
        code: String,
    },
    Span(String),
}

pub(super) fn read(message: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut text = String::new();
    let mut rest = message;
    while let Some(character) = rest.chars().next() {
        if let Some((marked, length)) = marked(rest) {
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.extend(read(marked));
            rest = &rest[length..];
            continue;
        }
        let matched = block(rest).or_else(|| span(rest));
        if let Some((part, length)) = matched {
            if !text.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut text)));
            }
            parts.push(part);
            rest = &rest[length..];
            continue;
        }
        // What is escaped is left as it is written.
        let escaped = rest.strip_prefix('\\').and_then(|it| it.chars().next());
        let escaped = escaped.filter(|it| !it.is_ascii_alphanumeric() && !it.is_whitespace());
        let length = character.len_utf8() + escaped.map_or(0, char::len_utf8);
        text.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
    parts
}

/// What stands between the next two marks of a kind, and how long it is with them.
fn marked(text: &str) -> Option<(&str, usize)> {
    for mark in ["**", "__", "~~", "||"] {
        let Some(inner) = text.strip_prefix(mark) else {
            continue;
        };
        let first = inner.chars().next()?.len_utf8();
        let mut end = first + inner[first..].find(mark)?;
        // The last of more.
        while mark != "~~" && mark != "||" && inner[end + 2..].starts_with(&mark[..1]) {
            end += 1;
        }
        return Some((&inner[..end], end + 4));
    }
    let mark = text.chars().next().filter(|it| matches!(it, '*' | '_'))?;
    let inner = &text[1..];
    if mark == '*' && inner.starts_with(char::is_whitespace) {
        return None;
    }
    let end = inner.find(mark).filter(|end| *end > 0)?;
    let after = inner[end + 1..].chars().next();
    let ends = if mark == '*' {
        after != Some('*') && !inner[..end].ends_with(char::is_whitespace)
    } else {
        !after.is_some_and(|it| it.is_alphanumeric() || it == '_')
    };
    ends.then_some((&inner[..end], end + 2))
}

/// ```` ^```(?:([a-z0-9_+\-.#]+?)\n)?\n*([^\n][^]*?)\n*``` ````, letters of both cases.
fn block(text: &str) -> Option<(Part, usize)> {
    let inner = text.strip_prefix("```")?;
    let is_part = |it: char| it.is_ascii_alphanumeric() || "_+-.#".contains(it);
    let line = inner.split_once('\n');
    let line = line.filter(|(word, _)| !word.is_empty() && word.chars().all(is_part));
    // With a language where that can be, else without.
    let with = line.and_then(|(word, code)| Some((word, code, code_to_marks(code)?)));
    let (language, code, end) = with.or_else(|| Some(("", inner, code_to_marks(inner)?)))?;
    let length = text.len() - code.len() + end + 3;
    let code = code[..end].trim_matches('\n').to_owned();
    let language = language.to_owned();
    Some((Part::Block { language, code }, length))
}

/// Where the marks are that end code; at least one character that is no line's end is before them.
fn code_to_marks(code: &str) -> Option<usize> {
    let blank = code.len() - code.trim_start_matches('\n').len();
    let first = code[blank..].chars().next()?;
    let from = blank + first.len_utf8();
    Some(from + code[from..].find("```")?)
}

/// ``^(`+)([\s\S]*?[^`])\1(?!`)``: as many marks as begin it, and neither before nor after them another.
fn span(text: &str) -> Option<(Part, usize)> {
    let opening = marks(text);
    if opening == 0 {
        return None;
    }
    let mut at = opening;
    loop {
        at += text[at..].find('`')?;
        let closing = marks(&text[at..]);
        if closing == opening {
            let code = text[opening..at].to_owned();
            return Some((Part::Span(code), at + closing));
        }
        at += closing;
    }
}

fn marks(text: &str) -> usize {
    text.len() - text.trim_start_matches('`').len()
}
