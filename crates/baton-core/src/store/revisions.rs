//! `message_edited`, `messages_deleted`: what people make of their messages after they have sent them.

use crate::id::MessageId;
use crate::message::MessageState;
use crate::name::{AccountName, ChannelName, ExternalId};

/// A message has new words.
#[derive(Clone, Debug)]
pub struct MessageEdited {
    /// The connection to the platform.
    pub channel: ChannelName,
    /// Which of our accounts there.
    pub account: AccountName,
    /// The platform's id of the message.
    pub external_id: ExternalId,
    /// What it says now.
    pub text: String,
}

/// What an edit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// The message waits, and is answered in its new words.
    Taken(MessageId),
    /// It says nothing else than before.
    Same(MessageId),
    /// It waits no more: its first words count, and the trace says so.
    Late(MessageId, MessageState),
    /// There is no such message.
    Unknown,
}

/// Messages are no more on their platform.
#[derive(Clone, Debug)]
pub struct MessagesDeleted {
    /// The connection to the platform.
    pub channel: ChannelName,
    /// Which of our accounts there.
    pub account: AccountName,
    /// The platform's ids of the messages.
    pub external_ids: Vec<ExternalId>,
}
