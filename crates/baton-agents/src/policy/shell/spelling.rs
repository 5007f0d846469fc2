//! How the options of a command are written down here: letters such as `ab:c::`, and names such as
//! `all file=`.

/// What an option takes as its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// None; for a name also one behind a `=`.
    None,
    /// One in the same word, or none: `c::`.
    Here,
    /// One in the same word or the next: `b:`, `file=`.
    Next,
}

/// What a letter takes; `None` for an unknown letter.
pub(super) fn short(letters: &str, letter: char) -> Option<Value> {
    let at = letters.find(letter).filter(|_| letter != ':')?;
    let after = &letters[at + letter.len_utf8()..];
    Some(if after.starts_with("::") {
        Value::Here
    } else if after.starts_with(':') {
        Value::Next
    } else {
        Value::None
    })
}

/// What a name takes; `None` for an unknown name.
pub(super) fn long(names: &str, name: &str) -> Option<Value> {
    names.split_ascii_whitespace().find_map(|known| {
        let (known, value) = match known.strip_suffix('=') {
            Some(known) => (known, Value::Next),
            None => (known, Value::None),
        };
        (known == name).then_some(value)
    })
}
