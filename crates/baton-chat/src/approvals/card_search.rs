//! The search for the card of an approval.

use baton_core::id::ApprovalId;
use baton_core::name::ExternalId;
use baton_core::store::NOT_NOW;

use super::approval_button::ApprovalKey;
use crate::connector::{ConnectorError, OwnMessage, RequestFailure};
use crate::delivery::delivery_messages::DeliveryMessages;

/// Searches for the card of an approval that an earlier process sent: on the platform, or in the store if the platform
/// has no history.
pub(super) async fn find_card(
    sender: &DeliveryMessages<'_>,
    approval: ApprovalId,
) -> Result<Option<ExternalId>, ConnectorError> {
    if sender.layer.connector.history().is_none() {
        return find_stored_card(sender, approval).await;
    }
    let ours = sender.find_own_messages().await?;
    Ok(card_with_key(
        &ours.into_found(),
        &sender.approval_key(approval),
    ))
}

/// Finds the card of an approval by its buttons.
pub(super) fn card_with_key(messages: &[OwnMessage], asked: &ApprovalKey) -> Option<ExternalId> {
    let prefix = asked.button_prefix();
    let asks = |message: &&OwnMessage| {
        let mut names = message.button_names.iter();
        names.any(|name| name.starts_with(&prefix))
    };
    messages.iter().find(asks).map(|message| message.id.clone())
}

/// Reads the card's id from the store. The card is in the chat of the answered message, so both ids are unique in the
/// same chat.
async fn find_stored_card(
    sender: &DeliveryMessages<'_>,
    approval: ApprovalId,
) -> Result<Option<ExternalId>, ConnectorError> {
    let inbox = sender.layer.wait_for_inbox().await;
    let card = inbox.store().sent_card(approval).await;
    let card = card.map_err(|error| {
        tracing::error!(%approval, %error, "the card of an approval cannot be read yet");
        ConnectorError::new(RequestFailure::NotTaken { after: None }, NOT_NOW)
    })?;
    let space = sender.route.message.space();
    Ok(card.map(|card| ExternalId::within(space, &card)))
}
