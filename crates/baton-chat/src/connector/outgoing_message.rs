//! Messages to the platform.

use baton_core::id::DeliveryId;
use baton_core::name::ExternalId;
use bytes::Bytes;

use super::chat_ids::ChatId;

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
    pub bytes: Bytes,
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// The look of the button.
    pub style: ButtonLook,
    /// The label. Never blank, and within the platform's limit.
    pub label: String,
    /// The name that comes back with a press.
    pub action: String,
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
    /// The answered message. The numbers of deliveries begin again with a new data folder, and this id does
    /// not.
    pub answered: ExternalId,
    /// The delivery.
    pub delivery: DeliveryId,
    /// The number of the part in the delivery, from 0.
    pub part: usize,
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
    pub actions: Vec<String>,
    /// Whether the message came without a notification.
    pub is_silent: bool,
}

/// The new content of a sent message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageEdit {
    /// The new text in the platform's dialect, within its limit.
    pub text: String,
    /// Whether the buttons are removed. Otherwise, the buttons stay.
    pub removes_buttons: bool,
}

/// Whether a request waits for a rate limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// The request waits for a short time.
    CanWait,
    /// The request is made now or never, because it can be left out.
    NowOrNever,
}
