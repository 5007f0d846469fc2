//! Validation of texts from people before the store keeps them.

/// The reason for refusing a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSaid {
    /// The text is longer than the limit.
    #[error(
        "the text has {length} characters, and the limit is {limit}; shorten or split the text"
    )]
    TooLong {
        /// The length of the text, in characters.
        length: usize,
        /// The limit, in characters.
        limit: usize,
    },
    /// The text is empty, or contains only white space.
    #[error("the text is empty; write a text")]
    Empty,
    /// The text contains a control character. People cannot see the character, but a terminal or another
    /// program could act on it.
    #[error(
        "the text contains the control character U+{:04X}; only tab and newline are allowed",
        u32::from(*.0)
    )]
    Control(char),
}

/// Returns the complete text with `\n` as the only line end. Refuses a text that is empty, longer than
/// `limit` characters, or contains control characters other than tab and newline.
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
