//! `gaps`, `gap_closed`: missed messages that are not read yet.

use crate::name::{AccountName, ChannelName};

/// Missed messages of one chat. [`Ingest`](super::Ingest) stores a gap in the commit that moves the cursor past the
/// gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The channel of the chat.
    pub channel: ChannelName,
    /// Baton's account on the channel.
    pub account: AccountName,
    /// The platform's id of the chat. A chat has at most one gap.
    pub chat: String,
    /// The position in the chat before the first missed message, in the platform's own form.
    pub after: String,
}
