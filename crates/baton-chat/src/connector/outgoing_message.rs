//! Messages to the platform.

use baton_core::id::DeliveryId;
use baton_core::name::{DataId, ExternalId};
use sha2::{Digest, Sha256};

use super::chat_ids::ChatId;
use super::file_content::FileContent;

/// The destination of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendTarget {
    /// The chat or thread.
    pub chat: ChatId,
    /// The message to quote. The connector may leave the quote out only after
    /// [`Refusal::CannotQuote`](super::Refusal::CannotQuote).
    pub reply_to: Option<ExternalId>,
}

/// One message for the platform: one request.
#[derive(Clone, Debug, Default)]
pub struct OutgoingMessage {
    /// The text in the platform's dialect, within its limit.
    pub text: String,
    /// The buttons below the text, in order.
    pub buttons: Vec<Button>,
    /// The files.
    pub files: Vec<OutgoingFile>,
    /// Whether the message comes without a notification, as progress messages do.
    pub is_silent: bool,
    /// Whether an earlier try may have sent this message already. A connector whose platform recognizes no repeated
    /// message shows a mark. See [`AccountCapabilities::recognizes_repeats`](super::AccountCapabilities::recognizes_repeats).
    pub is_maybe_repeated: bool,
}

impl OutgoingMessage {
    /// A message with only a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// A file to send.
#[derive(Clone, Debug)]
pub struct OutgoingFile {
    /// The name.
    pub name: String,
    /// The content.
    pub content: FileContent,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// The look of the button.
    pub look: ButtonLook,
    /// The label. Never blank, and within the platform's limit.
    pub label: String,
    /// The name that comes back with a press, of at most [`Button::LONGEST_NAME`] bytes.
    pub name: String,
}

impl Button {
    /// The maximum length of a button's name, in bytes. Telegram has the smallest limit
    /// (`bots/api#inlinekeyboardbutton`).
    pub const LONGEST_NAME: usize = 64;
}

/// The look of a button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ButtonLook {
    /// The expected choice.
    Primary,
    /// A choice that agrees.
    Positive,
    /// A choice that refuses or destroys.
    Negative,
    /// Another choice.
    Secondary,
}

/// The key of one part of a delivery: the same in every try, and never the same for two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendKey {
    /// The id of the store's data. Deliveries of two stores can have the same number.
    pub data: DataId,
    /// The answered message. After the restore of a backup, the store gives the same numbers again.
    pub answered: ExternalId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The number of the part in the delivery, from 0.
    pub part: usize,
}

impl SendKey {
    /// The key as a text of at most `longest` characters, with hexadecimal digits and `-`. Below 32 characters, two
    /// keys can be equal, with a very small probability.
    pub fn to_text(&self, longest: usize) -> String {
        let mut digest = Sha256::new();
        for part in [
            self.data.as_str(),
            self.answered.space(),
            self.answered.as_str(),
        ] {
            digest.update(part);
            digest.update([0]);
        }
        let origin = u128::from_be_bytes(digest.finalize()[..16].try_into().unwrap_or_default());
        let text = format!("{origin:032x}-{:x}-{:x}", self.delivery.0, self.part);
        // The front is as random as the rest of the digest, so the front can be cut off.
        let missed = text.len().saturating_sub(longest);
        text.chars().skip(missed).collect()
    }
}

/// A message of Baton, as the platform shows it.
#[derive(Clone, Debug)]
pub struct OwnMessage {
    /// The id.
    pub id: ExternalId,
    /// The text in the platform's dialect.
    pub text: String,
    /// The quoted message.
    pub reply_to: Option<ExternalId>,
    /// The names of the buttons.
    pub button_names: Vec<String>,
    /// Whether the message came without a notification.
    pub is_silent: bool,
}

/// The new content of a sent message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEdit {
    /// The new text in the platform's dialect, within its limit.
    pub text: String,
    /// The buttons below the new text.
    pub buttons: EditedButtons,
}

/// The buttons of a message after an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditedButtons {
    /// The buttons stay.
    Kept,
    /// No button has an effect any more. These buttons stay visible, in order. On a platform without such buttons, all
    /// buttons disappear.
    Disabled(Vec<DisabledButton>),
}

/// A button without an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DisabledButton {
    /// The look of the button.
    pub look: ButtonLook,
    /// The label. Never blank, and within the platform's limit.
    pub label: String,
}

/// Whether a request waits for a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// The request waits for a short time.
    CanWait,
    /// The request is made now or never, because it can be left out.
    NowOrNever,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_a_parts_own() {
        let text = |data: &str, answered: ExternalId, delivery, part| {
            let key = SendKey {
                data: data.into(),
                answered,
                delivery: DeliveryId(delivery),
                part,
            };
            key.to_text(25)
        };
        let most = text("one", "1".into(), i64::MAX, 99);
        assert_eq!(most.len(), 25, "{most}");
        let usual = text("one", "1".into(), 1, 0);
        assert_eq!(usual, text("one", "1".into(), 1, 0));
        assert_ne!(usual, text("one", "1".into(), 1, 1));
        assert_ne!(usual, text("one", "1".into(), 2, 0));
        // A restored backup gives the number of a delivery again.
        assert_ne!(usual, text("one", "2".into(), 1, 0));
        assert_ne!(usual, text("one", ExternalId::within("chat", "1"), 1, 0));
        assert_ne!(usual, text("other", "1".into(), 1, 0));
    }
}
