//! What people say, as it is kept.

/// Why something that was said is not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSaid {
    /// Nobody would read all of it.
    #[error("the text has {length} characters; at most {limit} are taken: shorten or split it")]
    TooLong {
        /// How long it is, in characters.
        length: usize,
        /// How long it may be, in characters.
        limit: usize,
    },
    /// There is nothing to read.
    #[error("the text is empty; say something")]
    Empty,
    /// Nobody could see this in it, and what shows it could act on it.
    #[error(
        "the text holds the control character U+{:04X}; of these only tab and newline are taken",
        u32::from(*.0)
    )]
    Control(char),
}

/// What somebody says, as it is kept: whole, with lines that end in `\n`. Refused where nobody could
/// read it: empty, longer than `limit` characters, or with control characters in it.
pub fn said(text: &str, limit: usize) -> Result<String, NotSaid> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let length = text.chars().count();
    if length > limit {
        return Err(NotSaid::TooLong { length, limit });
    }
    if text.trim().is_empty() {
        return Err(NotSaid::Empty);
    }
    let control = text
        .chars()
        .find(|&c| c.is_control() && c != '\n' && c != '\t');
    control.map_or(Ok(text), |control| Err(NotSaid::Control(control)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_whole_or_refused() {
        for text in ["a", " a ", "a\n\tb", "🦀", "\u{202e}rtl", "e\u{301}"] {
            assert_eq!(said(text, 10).unwrap(), text);
        }
        assert_eq!(said("a\r\nb\rc", 10).unwrap(), "a\nb\nc");
        for text in [
            "",
            " ",
            "\n\t ",
            "\u{3000}",
            "a\0",
            "a\u{7f}",
            "a\u{85}b",
            "\u{1b}[0m",
        ] {
            assert!(said(text, 10).is_err(), "{text:?}");
        }
    }

    #[test]
    fn the_limit_counts_characters_not_bytes() {
        assert!(said(&"🦀".repeat(TEN), TEN).is_ok());
        assert!(said(&"🦀".repeat(TEN + 1), TEN).is_err());
        assert!(said(&"a".repeat(TEN + 1), TEN).is_err());
    }
    const TEN: usize = 10;
}
