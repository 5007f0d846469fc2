//! The place of a room.

use baton_core::name::{AccountName, ChannelName};
use baton_core::place::Place;

/// The name of the channel in places.
pub const CHANNEL: &str = "web";
/// The only account of the channel.
pub const ACCOUNT: &str = "default";

/// The default room of a post. On a public page, the only room open to guests.
pub const DEFAULT_ROOM: &str = "main";

/// The place of a room.
pub(crate) fn place_of_room(room: &str) -> Place {
    Place {
        channel: CHANNEL.into(),
        account: ACCOUNT.into(),
        address: room.to_owned(),
    }
}

pub(crate) fn channel_name() -> ChannelName {
    CHANNEL.into()
}

pub(crate) fn account_name() -> AccountName {
    ACCOUNT.into()
}
