//! What an id names.

use baton_core::id::MessageId;
use baton_core::message::Message;
use baton_core::name::ExternalId;

use super::access::Caller;
use super::app::App;
use super::error::ApiError;
use super::{account_name, channel_name, text};

/// What an id begins with that is a number. No client gives such an id.
pub(crate) const BY_NUMBER: char = '#';

/// The message of that comment id. What is in a room that is closed to the caller is not there, as
/// far as they are told.
pub(crate) async fn message(app: &App, caller: &Caller, id: &str) -> Result<Message, ApiError> {
    text::id(id)?;
    app.store()
        .message_by_external_id(&channel_name(), &account_name(), &ExternalId::from(id))
        .await?
        .filter(|message| caller.may_enter(&message.place.address))
        .ok_or_else(|| no_comment(id))
}

/// What a message is called here: by its own id, or, where it came by another channel, by its number,
/// for what other platforms call their messages may be what somebody calls one here.
pub(crate) fn id_of(message: &Message) -> String {
    if message.place.channel == channel_name() && message.place.account == account_name() {
        message.external_id.to_string()
    } else {
        format!("{BY_NUMBER}{}", message.id)
    }
}

/// The message of that id, whatever channel it came by: workers answer for all of them.
pub(crate) async fn for_worker(app: &App, caller: &Caller, id: &str) -> Result<Message, ApiError> {
    let Some(number) = id.strip_prefix(BY_NUMBER) else {
        return message(app, caller, id).await;
    };
    let number = number.parse().map_err(|_| no_comment(id))?;
    app.store()
        .message(MessageId(number))
        .await?
        .filter(|message| id_of(message) == id && caller.sees(&message.place))
        .ok_or_else(|| no_comment(id))
}

/// The refusal of an id that names nothing.
pub(crate) fn no_comment(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no comment {id:?}"))
}
