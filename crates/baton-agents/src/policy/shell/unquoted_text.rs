//! Parses text outside of quotes.

/// The meaning of a text outside of quotes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct UnquotedText {
    /// The certain beginning of the text.
    pub(super) text: String,
    /// Whether the text is a pattern for file names or a list in braces. Its continuation is then unknown.
    pub(super) open: bool,
}

/// Parses a text; `None` for a text with a character that has a meaning in some shell.
pub(super) fn parse_unquoted(source: &str) -> Option<UnquotedText> {
    // The command `[`. A pattern for file names is longer.
    if source == "[" {
        let text = source.to_owned();
        return Some(UnquotedText { text, open: false });
    }
    let mut read = UnquotedText::default();
    let mut letters = source.chars();
    while let Some(letter) = letters.next() {
        let literal = match letter {
            '\\' => match letters.next()? {
                // A continued line.
                '\n' => continue,
                escaped => escaped,
            },
            '*' | '?' | '[' => {
                read.open = true;
                continue;
            }
            letter if is_plain(letter) => letter,
            _ => return None,
        };
        if !read.open {
            read.text.push(literal);
        }
    }
    // A list such as `{a,b}` or `{1..3}`. Braces alone, as in `HEAD@{1}` or `{}`, are ordinary characters.
    if source.contains('{') && (source.contains(',') || source.contains("..")) {
        read.open = true;
        read.text.clear();
    }
    Some(read)
}

/// The replacement of characters outside ASCII for the parser: one capital letter for each byte, so that all
/// offsets stay the same. Shells take those characters for letters too.
pub(super) const STAND_IN: char = 'Z';

/// The text with the replacement for all characters outside ASCII.
pub(super) fn replace_non_ascii(source: &str) -> String {
    let mut shadow = String::with_capacity(source.len());
    for letter in source.chars() {
        if letter.is_ascii() {
            shadow.push(letter);
        } else {
            shadow.extend(std::iter::repeat_n(STAND_IN, letter.len_utf8()));
        }
    }
    shadow
}

/// Whether the character is ordinary inside a word. Callers check special positions, such as a leading `~`.
fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(
            letter,
            '_' | '.' | '/' | ',' | ':' | '@' | '%' | '+' | '=' | '-' | '^' | ']' | '{' | '}' | '~' | '#' | '!'
        )
        // Letters of other scripts, symbols and emoji.
        || (!letter.is_ascii() && !is_odd(letter))
}

/// Whether shells, parsers and people may read the character differently.
pub(super) fn is_odd(letter: char) -> bool {
    (letter.is_control() && !matches!(letter, '\n' | '\t'))
        || (letter.is_whitespace() && !letter.is_ascii())
        || matches!(
            letter,
            '\u{200b}'..='\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_reads(source: &str, text: &str, open: bool) {
        let text = text.to_owned();
        assert_eq!(
            parse_unquoted(source),
            Some(UnquotedText { text, open }),
            "{source}"
        );
    }

    #[test]
    fn text_is_known_as_far_as_it_is_plain() {
        assert_reads("src/main.rs", "src/main.rs", false);
        assert_reads(r"a\ b\$c", "a b$c", false);
        assert_reads("a\\\nb", "ab", false);
        assert_reads("HEAD@{1}^", "HEAD@{1}^", false);
        assert_reads("{}", "{}", false);
        assert_reads("src/*.rs", "src/", true);
        assert_reads("a{b,-o}", "", true);
        assert_reads("{1..3}", "", true);
        for source in [
            "a$b", "a`b", "a(b", "a;b", "a b", "a|b", "a\\", "a'b", "a\"b",
        ] {
            assert_eq!(parse_unquoted(source), None, "{source}");
        }
    }
}
