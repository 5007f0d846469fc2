//! The abilities of a platform, as data.

use crate::text::TextFormat;
use crate::text::chunks::LengthLimit;

/// The limits and abilities of one chat that the optional traits do not show.
#[derive(Clone, Debug)]
pub struct Capabilities {
    /// The platform's dialect, and the length of a message.
    pub text: TextFormat,
    /// The files of one message. Without files, a long reply ends after the messages of
    /// [`ChatSettings::messages`](crate::chat_settings::ChatSettings::messages).
    pub files: OutgoingFileLimits,
    /// The buttons of one message; `None` if the platform has no buttons.
    pub buttons: Option<ButtonLimits>,
    /// The fields of one form; `None` if the platform has no forms.
    pub form_fields: Option<usize>,
}

/// The abilities of a whole account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountCapabilities {
    /// The maximum number of concurrent deliveries, for different conversations.
    pub parallel: usize,
    /// When the platform counts an event as delivered to Baton.
    pub acknowledgment: Acknowledgment,
    /// Whether people see a message once, even if Baton sends it twice with the same key, or does not know the outcome
    /// of the first try. Otherwise, the second message has a mark.
    pub recognizes_repeats: bool,
}

/// The limits on the files of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutgoingFileLimits {
    /// The number of files.
    pub count: usize,
    /// The size of one file, in bytes.
    pub size: u64,
    /// The size of all files together, in bytes.
    pub together: u64,
    /// Whether the platform takes files without content.
    pub permits_empty: bool,
    /// The length of the text beside files, if shorter than that of a message without files.
    pub caption: Option<LengthLimit>,
}

/// The limits on the buttons of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ButtonLimits {
    /// The number of buttons.
    pub count: usize,
    /// The label of a button, in characters.
    pub label: usize,
}

/// When a platform counts an event as delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgment {
    /// After Baton has stored the event. Without an acknowledgment, the platform sends the event again. All
    /// messages come through [`EventSink::take_batch`](super::EventSink::take_batch).
    AfterCommit,
    /// When the platform has sent the event. After a crash, Baton reads the history.
    OnSend,
}
