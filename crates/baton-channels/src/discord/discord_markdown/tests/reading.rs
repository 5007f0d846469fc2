//! A model of Discord's parser, as far as known. Discord's apps read a text once from the start. At each
//! place, the apps try an escape, then a pair of marks, then a block, then inline code. The text in a pair is
//! read in the same way, so a pair from text into a block destroys the block.

/// A part of a message, as Discord reads the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Backslashes stay in the text.
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
        // Escaped characters stay as written.
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

/// The text between two equal marks, and the length of text and marks.
fn marked(text: &str) -> Option<(&str, usize)> {
    for mark in ["**", "__", "~~", "||"] {
        let Some(inner) = text.strip_prefix(mark) else {
            continue;
        };
        let first = inner.chars().next()?.len_utf8();
        let mut end = first + inner[first..].find(mark)?;
        // In a longer run of marks, the last two marks close the pair.
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

/// The regular expression ```` ^```(?:([a-z0-9_+\-.#]+?)\n)?\n*([^\n][^]*?)\n*``` ````, in any case.
fn block(text: &str) -> Option<(Part, usize)> {
    let inner = text.strip_prefix("```")?;
    let is_part = |it: char| it.is_ascii_alphanumeric() || "_+-.#".contains(it);
    let line = inner.split_once('\n');
    let line = line.filter(|(word, _)| !word.is_empty() && word.chars().all(is_part));
    // With a language if possible, or else without.
    let with = line.and_then(|(word, code)| Some((word, code, code_to_marks(code)?)));
    let (language, code, end) = with.or_else(|| Some(("", inner, code_to_marks(inner)?)))?;
    let length = text.len() - code.len() + end + 3;
    let code = code[..end].trim_matches('\n').to_owned();
    let language = language.to_owned();
    Some((Part::Block { language, code }, length))
}

/// The position of the marks at the end of the code. At least one character other than a line break must come
/// before.
fn code_to_marks(code: &str) -> Option<usize> {
    let blank = code.len() - code.trim_start_matches('\n').len();
    let first = code[blank..].chars().next()?;
    let from = blank + first.len_utf8();
    Some(from + code[from..].find("```")?)
}

/// The regular expression ``^(`+)([\s\S]*?[^`])\1(?!`)``: equal numbers of marks at both ends, with no
/// further marks beside the closing marks.
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
