//! The buttons of an approval, and their names on the platform.

use baton_core::hex::hex;
use baton_core::id::ApprovalId;
use baton_core::name::ExternalId;
use sha2::{Digest, Sha256};

/// The longest id of a message in the name of a button, in bytes. A digest replaces a longer id.
const LONGEST_ID: usize = 24;

/// The length of the digest, in hexadecimal digits.
const DIGEST: usize = 16;

/// The approval of a button. The key holds the answered message too, because a new data folder numbers
/// approvals from the start, while old buttons stay on the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApprovalKey {
    pub(crate) approval: ApprovalId,
    /// The platform's id of the message that the turn answers, or the digest of a long id.
    pub(crate) message: String,
}

impl ApprovalKey {
    /// The key of an approval of the turn that answers this message.
    pub(crate) fn new(approval: ApprovalId, answered: &ExternalId) -> Self {
        let id = answered.as_str();
        // A digest keeps the name of the button within `Button::LONGEST_NAME`.
        let message = if id.len() > LONGEST_ID {
            hex(Sha256::digest(id)).chars().take(DIGEST).collect()
        } else {
            id.to_owned()
        };
        Self { approval, message }
    }

    /// The common beginning of the names of all buttons.
    pub(crate) fn button_prefix(&self) -> String {
        format!("q:{}.{}:", self.approval, self.message)
    }
}

/// The action of a button. The name of the button holds the approval, so that a late press decides no other
/// approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApprovalButton {
    Allow,
    AllowForSession,
    Deny,
    /// Deny, with a reason from a form.
    DenyWithReason,
    Stop,
    ShowInput,
    /// The option with this index, if the approval has exactly one choice.
    Option(usize),
    /// Answer in own words, in a form.
    Answer,
}

impl ApprovalButton {
    /// The name of the button on the platform.
    pub(crate) fn button_name(&self, of: &ApprovalKey) -> String {
        let word = match self {
            Self::Allow => "allow",
            Self::AllowForSession => "session",
            Self::Deny => "deny",
            Self::DenyWithReason => "reason",
            Self::Stop => "stop",
            Self::ShowInput => "input",
            Self::Answer => "answer",
            Self::Option(number) => return format!("{}o{number}", of.button_prefix()),
        };
        of.button_prefix() + word
    }

    /// Parses the name of a button.
    pub(crate) fn parse_button_name(name: &str) -> Option<(ApprovalKey, Self)> {
        // The id of the message can contain colons and points, and the word and the approval cannot.
        let (of, word) = name.strip_prefix("q:")?.rsplit_once(':')?;
        let (approval, message) = of.split_once('.')?;
        let of = ApprovalKey {
            approval: ApprovalId(approval.parse().ok()?),
            message: message.to_owned(),
        };
        let button = match word {
            "allow" => Self::Allow,
            "session" => Self::AllowForSession,
            "deny" => Self::Deny,
            "reason" => Self::DenyWithReason,
            "stop" => Self::Stop,
            "input" => Self::ShowInput,
            "answer" => Self::Answer,
            option => Self::Option(option.strip_prefix('o')?.parse().ok()?),
        };
        Some((of, button))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Button;

    #[test]
    fn a_button_names_its_question() {
        let long = "$".to_owned() + &"x".repeat(43);
        for message in ["34", "1700000000.000100", "$a:b.example:1", &long] {
            let key = ApprovalKey::new(ApprovalId(i64::MAX), &message.into());
            for button in [
                ApprovalButton::Allow,
                ApprovalButton::AllowForSession,
                ApprovalButton::Deny,
                ApprovalButton::DenyWithReason,
                ApprovalButton::Stop,
                ApprovalButton::ShowInput,
                ApprovalButton::Answer,
                ApprovalButton::Option(7),
            ] {
                let name = button.button_name(&key);
                assert!(name.len() <= Button::LONGEST_NAME, "{name}");
                assert_eq!(
                    ApprovalButton::parse_button_name(&name),
                    Some((key.clone(), button))
                );
            }
        }
        for nothing in [
            "",
            "reset",
            "q:",
            "q:1:allow",
            "q:x.2:allow",
            "q:1.2:",
            "q:1.2:o",
            "q:1.2:what",
        ] {
            assert_eq!(
                ApprovalButton::parse_button_name(nothing),
                None,
                "{nothing}"
            );
        }
    }

    #[test]
    fn a_button_keeps_the_name_that_older_versions_gave() {
        let key = ApprovalKey::new(ApprovalId(12), &"34".into());
        assert_eq!(ApprovalButton::Allow.button_name(&key), "q:12.34:allow");
        assert_eq!(ApprovalButton::Option(7).button_name(&key), "q:12.34:o7");
    }
}
