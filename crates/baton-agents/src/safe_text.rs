//! Turns bytes into text, and makes text safe for display.

use secrecy::{ExposeSecret, SecretString};

/// Decodes UTF-8 from pieces that may be cut at any byte. Invalid bytes become `�`.
#[derive(Debug, Default)]
pub(crate) struct Utf8Pieces {
    /// The beginning of an incomplete character.
    begun: Vec<u8>,
}

impl Utf8Pieces {
    /// Adds bytes, and returns the text that is complete so far.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.begun.extend_from_slice(bytes);
        let bytes = std::mem::take(&mut self.begun);
        let mut text = String::with_capacity(bytes.len());
        let mut chunks = bytes.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let rest = chunk.invalid();
            if chunks.peek().is_none() && may_go_on(rest) {
                self.begun = rest.to_vec();
            } else if !rest.is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        text
    }

    /// Returns the rest when the stream has ended.
    pub(crate) fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.begun)).into_owned()
    }
}

fn may_go_on(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_err_and(|error| error.error_len().is_none())
}

/// The longest shown line, in characters.
const SHOWN: usize = 300;

/// The kept end of a program's error output, in characters: the length of a usual traceback.
const KEPT: usize = 2_000;

/// The first `length` characters of a text, with `…` at a cut.
pub(crate) fn cut_text(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The beginning of a text from outside, safe for display: one line, with the given secrets masked.
pub(crate) fn safe_beginning<'a>(
    text: &str,
    secrets: impl IntoIterator<Item = &'a SecretString>,
) -> String {
    let text = one_line(text, secrets);
    if text.chars().count() <= SHOWN {
        return text;
    }
    text.chars().take(SHOWN - 1).chain(['…']).collect()
}

/// The end of a program's error output as one line, with the given secrets masked.
pub(crate) fn safe_end<'a>(
    text: &str,
    secrets: impl IntoIterator<Item = &'a SecretString>,
) -> String {
    let text = one_line(text, secrets);
    let length = text.chars().count();
    if length <= KEPT {
        return text;
    }
    let cut = length - (KEPT - 1);
    ['…'].into_iter().chain(text.chars().skip(cut)).collect()
}

fn one_line<'a>(text: &str, secrets: impl IntoIterator<Item = &'a SecretString>) -> String {
    /// A shorter value is no secret, and could occur in the middle of ordinary words.
    const SHORTEST_SECRET: usize = 6;
    let mut text = text.to_owned();
    for secret in secrets {
        let secret = secret.expose_secret();
        if secret.len() >= SHORTEST_SECRET {
            text = text.replace(secret, "***");
        }
    }
    // Escape sequences and other control characters would act on a reader's terminal.
    let words = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_survive_every_cut() {
        let whole = "aé漢🎉 ok";
        for at in 0..=whole.len() {
            let mut pieces = Utf8Pieces::default();
            let (left, right) = whole.as_bytes().split_at(at);
            let text = pieces.push(left) + &pieces.push(right) + &pieces.finish();
            assert_eq!(text, whole, "cut at byte {at}");
        }
    }

    #[test]
    fn what_is_no_text_is_replaced() {
        let mut pieces = Utf8Pieces::default();
        assert_eq!(pieces.push(b"a\xffb\xf0\x9f"), "a\u{fffd}b");
        assert_eq!(pieces.push(b"c"), "\u{fffd}c");
        assert_eq!(pieces.push(b"\xc3"), "");
        assert_eq!(pieces.finish(), "\u{fffd}");
    }

    #[test]
    fn what_is_shown_is_one_short_line_without_secrets() {
        let secret = [SecretString::from("sk-123456")];
        assert_eq!(
            safe_beginning("no\u{1b}[31m\n key sk-123456!", &secret),
            "no [31m key ***!"
        );
        let long = "ab ".repeat(500);
        assert_eq!(safe_beginning(&long, &secret).chars().count(), SHOWN);
        let longer = "ab ".repeat(5_000);
        assert_eq!(safe_end(&longer, &secret).chars().count(), KEPT);
        let exact = "é".repeat(SHOWN);
        assert_eq!(safe_beginning(&exact, &[]), exact);
        let exact = "é".repeat(KEPT);
        assert_eq!(safe_end(&exact, &[]), exact);
        let one_more = "é".repeat(KEPT + 1);
        assert_eq!(safe_end(&one_more, &[]).chars().count(), KEPT);
        assert!(safe_end(&one_more, &[]).starts_with('…'));
    }
}
