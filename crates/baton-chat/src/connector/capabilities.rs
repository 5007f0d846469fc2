//! The abilities of a platform, as data.

use std::time::Duration;

use crate::text::chunks::LengthLimit;

/// The abilities of a platform. A field of an optional ability is set exactly if the connector has its trait.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an ability of its own"
)]
pub struct Capabilities {
    /// The text of one message, in the platform's dialect.
    pub text: LengthLimit,
    /// The files of one message. Without files, a long reply ends after the messages of
    /// [`ChatSettings::messages`](crate::chat_settings::ChatSettings::messages).
    pub files: OutgoingFileLimits,
    /// The buttons of one message; `None` if the platform has no buttons.
    pub buttons: Option<ButtonLimits>,
    /// The fields of one form; `None` if the platform has no forms.
    pub form_fields: Option<usize>,
    /// Whether Baton can delete its own messages.
    pub deletes: bool,
    /// Whether Baton can edit its own messages.
    pub edits: bool,
    /// Whether a reply can have its own thread.
    pub threads: bool,
    /// Whether Baton can react to a message with an emoji of Unicode.
    pub reactions: bool,
    /// Whether Baton can show that it is typing.
    pub typing: bool,
    /// Whether Baton can read messages that it has missed.
    pub history: bool,
    /// The maximum number of concurrent deliveries, for different conversations.
    pub parallel: usize,
    /// The reaction of the platform to a second message under the same [`SendKey`](super::SendKey).
    pub deduplication: Deduplication,
    /// When the platform counts an event as delivered to Baton.
    pub acknowledgment: Acknowledgment,
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
}

/// The limits on the buttons of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ButtonLimits {
    /// The number of buttons.
    pub count: usize,
    /// The label of a button, in characters.
    pub label: usize,
    /// The name of a button, in bytes.
    pub action: usize,
}

/// The reaction of a platform to a second message under the same key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deduplication {
    /// The platform knows no keys.
    None,
    /// The platform shows one message, if the second comes within this time. Afterwards, Baton looks for the
    /// first message.
    ForTime(Duration),
    /// The platform shows one message.
    Always,
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
