//! What an id names.

use baton_core::message::Message;
use baton_core::name::ExternalId;

use super::access::Caller;
use super::app::App;
use super::error::ApiError;
use super::{account_name, channel_name, text};

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

/// The refusal of an id that names nothing.
pub(crate) fn no_comment(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no comment {id:?}"))
}
