//! The id of a message in this API.

use baton_core::message::Message;

use crate::web::room_place::{account_name, channel_name};

/// First character of an id that holds a message number. Clients cannot choose such an id.
pub(crate) const BY_NUMBER: char = '#';

/// The id of a message in this API. A message of the web has its own external id. A message of another
/// channel has `#` and its number, because ids of other platforms could equal an id chosen here.
pub(crate) fn public_id(message: &Message) -> String {
    if message.place.channel == channel_name() && message.place.account == account_name() {
        message.external_id.to_string()
    } else {
        format!("{BY_NUMBER}{}", message.id)
    }
}
