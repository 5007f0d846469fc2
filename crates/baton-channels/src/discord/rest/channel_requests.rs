//! The bodies of requests about channels and threads, with Discord's names for the fields:
//! <https://docs.discord.com/developers/resources/channel>.

use serde::Serialize;

use crate::discord::discord_id::Id;

/// A new thread for a message.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in crate::discord) struct CreateThread<'a> {
    pub(in crate::discord) name: &'a str,
}

/// A change of a channel or thread.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in crate::discord) struct ModifyChannel {
    /// Only threads can be archived.
    pub(in crate::discord) archived: bool,
}

/// The position of a page in the messages of a channel.
#[derive(Clone, Copy, Debug)]
pub(in crate::discord) enum PagePosition {
    /// The first messages after this id.
    After(Id),
    /// The last messages before this id.
    Before(Id),
    /// The newest messages.
    Newest,
}
