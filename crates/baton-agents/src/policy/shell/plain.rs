//! Text outside of quotes.

/// What such a text is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plain {
    /// The text that it certainly begins with.
    pub(super) text: String,
    /// It is a pattern for file names, or a list in braces: what follows is not known.
    pub(super) open: bool,
}

/// Reads it; `None` where it holds a letter that means something to some shell.
pub(super) fn read(source: &str) -> Option<Plain> {
    // The command `[`; no pattern for names is that short.
    if source == "[" {
        let text = source.to_owned();
        return Some(Plain { text, open: false });
    }
    let mut read = Plain::default();
    let mut letters = source.chars();
    while let Some(letter) = letters.next() {
        let literal = match letter {
            '\\' => match letters.next()? {
                // A line that goes on.
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
    // A list such as `{a,b}` or `{1..3}`. Braces alone, as in `HEAD@{1}` or `{}`, are letters.
    if source.contains('{') && (source.contains(',') || source.contains("..")) {
        read.open = true;
        read.text.clear();
    }
    Some(read)
}

/// What letters of other scripts are for the parser: a capital letter a byte, so that every place in
/// the text stays where it is. To a shell they are letters as well.
pub(super) const STAND_IN: char = 'Z';

/// The text with the stand-in for everything that is not ASCII.
pub(super) fn shadow(source: &str) -> String {
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

/// Letters that are nothing but letters.
fn is_plain(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(
            letter,
            '_' | '.' | '/' | ',' | ':' | '@' | '%' | '+' | '=' | '-' | '^' | ']' | '{' | '}' | '~' | '#' | '!'
        )
        // Other scripts, symbols, emoji.
        || (!letter.is_ascii() && !is_odd(letter))
}

/// Letters that shells, parsers and people read differently.
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
    fn reads(source: &str, text: &str, open: bool) {
        let text = text.to_owned();
        assert_eq!(read(source), Some(Plain { text, open }), "{source}");
    }

    #[test]
    fn text_is_known_as_far_as_it_is_plain() {
        reads("src/main.rs", "src/main.rs", false);
        reads(r"a\ b\$c", "a b$c", false);
        reads("a\\\nb", "ab", false);
        reads("HEAD@{1}^", "HEAD@{1}^", false);
        reads("{}", "{}", false);
        reads("src/*.rs", "src/", true);
        reads("a{b,-o}", "", true);
        reads("{1..3}", "", true);
        for source in [
            "a$b", "a`b", "a(b", "a;b", "a b", "a|b", "a\\", "a'b", "a\"b",
        ] {
            assert_eq!(read(source), None, "{source}");
        }
    }
}
