//! Finds the message for an id in a request.

use baton_core::id::MessageId;
use baton_core::message::Message;
use baton_core::name::ExternalId;

use super::access::Caller;
use super::app::App;
use super::error::ApiError;
use super::{account_name, channel_name, text};

/// First character of an id that holds a message number. Clients cannot choose such an id.
pub(crate) const BY_NUMBER: char = '#';

/// The message with this comment id. A message in a closed room gives the same error as an unknown id, so a
/// caller cannot find out existing ids.
pub(crate) async fn message(app: &App, caller: &Caller, id: &str) -> Result<Message, ApiError> {
    text::id(id)?;
    app.store()
        .message_by_external_id(&channel_name(), &account_name(), &ExternalId::from(id))
        .await?
        .filter(|message| caller.may_enter(&message.place.address))
        .ok_or_else(|| no_comment(id))
}

/// The id of a message in this API. A message of the web has its own external id. A message of another
/// channel has `#` and its number, because ids of other platforms could equal an id chosen here.
pub(crate) fn id_of(message: &Message) -> String {
    if message.place.channel == channel_name() && message.place.account == account_name() {
        message.external_id.to_string()
    } else {
        format!("{BY_NUMBER}{}", message.id)
    }
}

/// The message with this id, from any channel, because workers answer messages of all channels.
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

/// The error for an unknown id.
pub(crate) fn no_comment(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no comment {id:?}"))
}
