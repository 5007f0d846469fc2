//! The notation for a command's options here: letters such as `ab:c::`, and names such as `all file=`.

/// The value of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OptionValue {
    /// No value; a name may still have one after a `=`.
    None,
    /// A value in the same word, or none: `c::`.
    Here,
    /// A value in the same word or the next: `b:`, `file=`.
    Next,
}

/// The value of a letter; `None` for an unknown letter.
pub(super) fn letter_value(letters: &str, letter: char) -> Option<OptionValue> {
    let at = letters.find(letter).filter(|_| letter != ':')?;
    let after = &letters[at + letter.len_utf8()..];
    Some(if after.starts_with("::") {
        OptionValue::Here
    } else if after.starts_with(':') {
        OptionValue::Next
    } else {
        OptionValue::None
    })
}

/// The value of a name; `None` for an unknown name.
pub(super) fn name_value(names: &str, name: &str) -> Option<OptionValue> {
    names.split_ascii_whitespace().find_map(|known| {
        let (known, value) = match known.strip_suffix('=') {
            Some(known) => (known, OptionValue::Next),
            None => (known, OptionValue::None),
        };
        (known == name).then_some(value)
    })
}
