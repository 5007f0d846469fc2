//! Hides a secret in answers from outside. The error of a server or proxy can repeat the address or the headers of the
//! request.

/// The text in place of the secret.
const HIDDEN: &str = "…";

/// The secret of a platform, which no error may show. The type has no `Debug`, so that no log line shows the secret.
#[derive(Clone, Default)]
pub struct SecretMask(String);

impl SecretMask {
    /// A mask for this secret. An empty secret is never found.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The text without the secret.
    pub fn hide_in_text(&self, text: &str) -> String {
        if self.0.is_empty() {
            return text.to_owned();
        }
        text.replace(&self.0, HIDDEN)
    }

    /// The answer without the secret. An answer with the secret also loses all bytes that are not UTF-8.
    pub fn hide_in_answer(&self, answer: Vec<u8>) -> Vec<u8> {
        let text = String::from_utf8_lossy(&answer);
        if self.0.is_empty() || !text.contains(&self.0) {
            return answer;
        }
        self.hide_in_text(&text).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_secret_is_hidden() {
        let mask = SecretMask::new("123:SECRET");
        let answer = b"no POST to /bot123:SECRET/sendMessage".to_vec();
        let hidden = "no POST to /bot…/sendMessage".as_bytes();
        assert_eq!(mask.hide_in_answer(answer), hidden);
        assert_eq!(mask.hide_in_answer(vec![0xff, b'a']), [0xff, b'a']);
    }

    #[test]
    fn without_a_secret_nothing_is_hidden() {
        let mask = SecretMask::default();
        assert_eq!(mask.hide_in_text("a"), "a");
        assert_eq!(mask.hide_in_answer(b"a".to_vec()), b"a");
    }
}
