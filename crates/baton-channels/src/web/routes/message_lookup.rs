//! Finds the message for an id in a request.

use baton_core::authority::Right;
use baton_core::id::MessageId;
use baton_core::message::Message;
use baton_core::name::ExternalId;

use crate::web::app_state::AppState;
use crate::web::http::api_error::ApiError;
use crate::web::http::authentication::WebCaller;
use crate::web::model::input_validation;
use crate::web::model::public_id::{BY_NUMBER, public_id};
use crate::web::room_place::{account_name, channel_name};

/// The message with this comment id. A message in a closed room gives the same error as an unknown id, so a
/// caller cannot find out existing ids.
pub(crate) async fn find_message(
    app: &AppState,
    caller: &WebCaller,
    id: &str,
) -> Result<Message, ApiError> {
    input_validation::check_id(id)?;
    app.views()
        .message_by_external_id(&channel_name(), &account_name(), &ExternalId::from(id))
        .await?
        .filter(|message| caller.may_enter(&message.place.address))
        .ok_or_else(|| no_comment(id))
}

/// The message with this id, from any channel, because workers answer messages of all channels. A message
/// that the caller may not claim gives the same error as an unknown id.
pub(crate) async fn find_message_for_worker(
    app: &AppState,
    caller: &WebCaller,
    id: &str,
) -> Result<Message, ApiError> {
    let found = if let Some(number) = id.strip_prefix(BY_NUMBER) {
        let number = number.parse().map_err(|_| no_comment(id))?;
        let message = app.views().message(MessageId(number)).await?;
        message.filter(|message| public_id(message) == id)
    } else {
        Some(find_message(app, caller, id).await?)
    };
    found
        .filter(|message| {
            caller
                .principal_in(&message.place)
                .has_right(Right::ClaimWork)
        })
        .ok_or_else(|| no_comment(id))
}

/// The error for an unknown id.
pub(crate) fn no_comment(id: &str) -> ApiError {
    ApiError::not_found(format!("there is no comment {id:?}"))
}
