//! The mark in a prompt for a form: the prompt is a message that asks one person for a reply, because Telegram has no
//! forms. The mark is the address of an invisible link. Telegram shows the prompt with each reply, so the mark tells the
//! form of the reply, also after a restart.
//!
//! A seal proves that Baton wrote the mark, because the replies of agents can have links too.

use std::fmt;

use baton_core::hex::hex;
use sha2::{Digest, Sha256};
use url::form_urlencoded;

/// The beginning of the address of a mark. The domain never exists (RFC 2606).
const ADDRESS: &str = "https://baton.example/form?";

/// The length of a seal, in bytes. A seal is the half of a digest, so nobody can extend a sealed text.
const SEAL: usize = 16;

const FORM: &str = "form";
const PERSON: &str = "person";
const KEY: &str = "key";

/// The secret that seals marks. The token of the bot gives the secret, so the secret outlives a process.
#[derive(Clone)]
pub(crate) struct PromptKey([u8; 32]);

impl PromptKey {
    /// The secret of the bot with this token.
    pub(crate) fn from_token(token: &str) -> Self {
        let digest = Sha256::new_with_prefix("the marks of prompts: ").chain_update(token);
        Self(digest.finalize().into())
    }
}

/// The secret is shown nowhere.
impl fmt::Debug for PromptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PromptKey")
    }
}

/// The form and the person of a prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PromptMark {
    /// The name of the form.
    pub(crate) form: String,
    /// The number of the asked person.
    pub(crate) person: i64,
}

impl PromptMark {
    /// The address of the invisible link.
    pub(crate) fn to_address(&self, key: &PromptKey) -> String {
        let mut query = form_urlencoded::Serializer::new(ADDRESS.to_owned());
        query.append_pair(FORM, &self.form);
        query.append_pair(PERSON, &self.person.to_string());
        query.append_pair(KEY, &self.seal_mark(key));
        query.finish()
    }

    /// Reads the address of a link; `None` for all links besides those of Baton's own prompts.
    pub(crate) fn parse_address(key: &PromptKey, address: &str) -> Option<Self> {
        let query = address.strip_prefix(ADDRESS)?;
        let find = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(known, _)| known == name)
        };
        let mark = Self {
            form: find(FORM)?.1.into_owned(),
            person: find(PERSON)?.1.parse().ok()?,
        };
        (find(KEY)?.1 == mark.seal_mark(key)).then_some(mark)
    }

    fn seal_mark(&self, key: &PromptKey) -> String {
        let digest = Sha256::new_with_prefix(key.0)
            .chain_update(self.person.to_be_bytes())
            .chain_update(&self.form);
        hex(&digest.finalize()[..SEAL])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(form: &str, person: i64) -> PromptMark {
        PromptMark {
            form: form.to_owned(),
            person,
        }
    }

    #[test]
    fn a_mark_is_read_in_the_form_in_which_it_is_written() {
        let key = PromptKey::from_token("1:a");
        for form in ["q:12.34:reason", "q:1.$a&b=c:b.example:answer", "ö"] {
            let address = mark(form, 77).to_address(&key);
            assert_eq!(
                PromptMark::parse_address(&key, &address),
                Some(mark(form, 77))
            );
        }
    }

    #[test]
    fn nobody_else_can_write_a_mark() {
        let key = PromptKey::from_token("1:a");
        let address = mark("q:12.34:reason", 77).to_address(&key);
        for other in [
            address.replace("77", "78"),
            address.replace("12", "13"),
            address.replace("key=", "key=0"),
            mark("q:12.34:reason", 77).to_address(&PromptKey::from_token("1:b")),
            "https://baton.example/form?form=q&person=77".to_owned(),
            "https://example.org/".to_owned(),
        ] {
            assert_eq!(PromptMark::parse_address(&key, &other), None, "{other}");
        }
    }
}
