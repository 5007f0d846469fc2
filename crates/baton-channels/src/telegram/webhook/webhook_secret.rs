//! The secret of a webhook. Telegram sends the secret with each update, so that nobody else can send updates to Baton.

use rustls::crypto::ring;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// The longest secret that Telegram accepts (`setWebhook`), in characters.
const LONGEST: usize = 256;

/// The shortest secret that Baton accepts, in characters. A shorter one could be guessed.
const SHORTEST: usize = 16;

/// The length of a secret that Baton makes, in random bytes.
const RANDOM: usize = 32;

/// The secret of a webhook: 16 to 256 letters, digits, `_` and `-`.
#[derive(Clone)]
pub struct WebhookSecret(SecretString);

/// The error of a secret that cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookSecretError {
    /// The secret has another length or other characters.
    #[error(
        "the secret of the webhook of Telegram must have 16 to 256 letters, digits, `_` and `-`; write such a secret to \
         its place, or leave the key `secret` out"
    )]
    Form,
    /// The system gives no random bytes.
    #[error("the system gives no random numbers for the secret of the webhook of Telegram")]
    NoRandomness,
}

impl WebhookSecret {
    /// Checks the form of a secret.
    pub fn parse_secret(secret: SecretString) -> Result<Self, WebhookSecretError> {
        let text = secret.expose_secret();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let has_length = (SHORTEST..=LONGEST).contains(&text.len());
        if !has_length || !text.bytes().all(is_plain) {
            return Err(WebhookSecretError::Form);
        }
        Ok(Self(secret))
    }

    /// Makes a random secret.
    pub fn generate_secret() -> Result<Self, WebhookSecretError> {
        use std::fmt::Write;
        let mut bytes = [0; RANDOM];
        let filled = ring::default_provider().secure_random.fill(&mut bytes);
        filled.map_err(|_| WebhookSecretError::NoRandomness)?;
        let mut text = String::with_capacity(2 * RANDOM);
        for byte in bytes {
            let _ = write!(text, "{byte:02x}");
        }
        Ok(Self(text.into()))
    }

    /// Whether this is the secret. Takes the same time for every given secret of the same length.
    pub(crate) fn is_given(&self, given: &[u8]) -> bool {
        self.text().as_bytes().ct_eq(given).into()
    }

    /// The secret, for `setWebhook` alone.
    pub(crate) fn text(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_only_the_characters_of_telegram() {
        for good in ["abcdefgh_IJKL-90", &"x".repeat(256)] {
            assert!(WebhookSecret::parse_secret(good.into()).is_ok(), "{good:?}");
        }
        for bad in [
            "",
            "short",
            "with a space 12345",
            "ümlaut-ümlaut-ümlaut",
            &"x".repeat(257),
        ] {
            let parsed = WebhookSecret::parse_secret(bad.into());
            assert_eq!(parsed.err(), Some(WebhookSecretError::Form), "{bad:?}");
        }
    }

    #[test]
    fn made_secrets_differ_and_have_the_form() {
        let [first, second] = [(); 2].map(|()| WebhookSecret::generate_secret().unwrap());
        assert!(!first.is_given(second.text().as_bytes()));
        assert!(first.is_given(first.text().as_bytes()));
        assert!(!first.is_given(&first.text().as_bytes()[1..]));
        assert!(WebhookSecret::parse_secret(first.0).is_ok());
    }
}
