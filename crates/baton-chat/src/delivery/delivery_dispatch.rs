//! Sends deliveries.

use baton_core::approval::Approval;
use baton_core::channel::{DeliverError, Sent};
use baton_core::delivery::{Delivery, Operation};
use baton_core::id::ApprovalId;
use baton_core::store::NOT_NOW;

use super::delivery_messages::DeliveryMessages;
use super::{text_delivery, thread_end};
use crate::ChatLayer;
use crate::approvals::approval_card;
use crate::connector::ConnectorError;
use crate::status::stale_progress;

/// Sends a delivery.
pub(crate) async fn send_delivery(
    layer: &ChatLayer,
    delivery: &Delivery,
) -> Result<Sent, DeliverError> {
    // The moves of chats are known with the inbox.
    layer.wait_for_inbox().await;
    if let Operation::Topic { topic, end, .. } = &delivery.operation {
        return thread_end::end_thread(layer, delivery, topic, *end).await;
    }
    let route = layer.read_route(&delivery.reply_route);
    let route = route.map_err(|error| DeliverError::Never {
        reason: format!("the reply route is unreadable: {error}"),
    })?;
    let mut sender = DeliveryMessages::new(layer, route.clone(), delivery);
    // An earlier try may have sent some of several parts. A platform may remember keys only for minutes.
    if delivery.has_earlier_try() {
        sender
            .fetch_sent()
            .await
            .map_err(ConnectorError::into_deliver_error)?;
    }
    let platform_id = match &delivery.operation {
        Operation::Reply { text, files, .. } => {
            text_delivery::send_text(&mut sender, delivery, text, files).await?
        }
        // The activities are left out, because the platform never showed the unfinished text of the turn.
        Operation::Notice { text, .. } => {
            text_delivery::send_text(&mut sender, delivery, text, &[]).await?
        }
        Operation::Question { approval, text, .. } => {
            let approval = read_approval(&sender, *approval).await?;
            let sent = approval_card::send_card(&mut sender, &approval, text).await;
            let sent = sent.map_err(ConnectorError::into_deliver_error)?;
            sent.map(|id| id.to_string())
        }
        Operation::Verdict { approval, .. } => {
            let approval = read_approval(&sender, *approval).await?;
            let shown = approval_card::show_outcome(&mut sender, &approval).await;
            let shown = shown.map_err(ConnectorError::into_deliver_error)?;
            shown.map(|id| id.to_string())
        }
        // Handled above, because this operation answers no message.
        Operation::Topic { .. } => None,
    };
    let ends = matches!(
        delivery.operation,
        Operation::Reply { .. } | Operation::Notice { .. }
    );
    if let Some(message) = delivery.message.filter(|_| ends) {
        stale_progress::delete_stale(layer, delivery.conversation, message, &route).await;
    }
    Ok(Sent { platform_id })
}

/// Reads the approval, so that the card shows the current state.
async fn read_approval(
    sender: &DeliveryMessages<'_>,
    id: ApprovalId,
) -> Result<Approval, DeliverError> {
    let inbox = sender.layer.wait_for_inbox().await;
    let read = inbox.views().approval(id).await;
    let approval = read.map_err(|error| {
        tracing::error!(approval = %id, %error, "an approval cannot be read yet");
        DeliverError::Later {
            reason: NOT_NOW.to_owned(),
            after: None,
        }
    })?;
    approval.ok_or_else(|| DeliverError::Never {
        reason: format!("there is no approval {id}"),
    })
}
