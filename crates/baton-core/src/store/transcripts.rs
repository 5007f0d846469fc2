//! `keep_transcript`: the words of a recording become a part of its message.

use crate::id::{Fence, MessageId, TurnId};

/// The transcript of one recording.
#[derive(Clone, Debug)]
pub struct KeepTranscript {
    /// The turn that answers the message.
    pub turn: TurnId,
    /// The fence of the turn's claim. An outdated fence is refused.
    pub fence: Fence,
    /// The message with the recording.
    pub message: MessageId,
    /// The location of the recording, which tells the files of a message apart.
    pub location: String,
    /// The words of the recording.
    pub text: String,
}
