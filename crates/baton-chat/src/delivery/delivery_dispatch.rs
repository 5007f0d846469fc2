//! Sends deliveries.

use baton_core::approval::Approval;
use baton_core::channel::{DeliverError, Sent};
use baton_core::delivery::{Delivery, Operation};
use baton_core::id::ApprovalId;
use baton_core::message::Attachment;
use baton_core::name::ExternalId;
use baton_core::store::NOT_NOW;

use super::delivery_messages::DeliveryMessages;
use super::outgoing_files;
use crate::ChatLayer;
use crate::approvals::approval_card;
use crate::connector::{ConnectorError, OutgoingFile, OutgoingMessage, Refusal};
use crate::reply_route::ReplyRoute;
use crate::status::stale_progress;
use crate::text::TextFormat;
use crate::text::text_splitting::{self, SplitText};

/// Sends a delivery.
pub(crate) async fn send_delivery(
    layer: &ChatLayer,
    delivery: &Delivery,
) -> Result<Sent, DeliverError> {
    let route = ReplyRoute::parse(&delivery.reply_route).map_err(|error| DeliverError::Never {
        reason: format!("nothing says where on the platform this goes: {error}"),
    })?;
    let mut sender = DeliveryMessages::new(layer, route.clone(), delivery);
    // An earlier try may have sent some of several messages. A platform may remember keys only for minutes.
    if delivery.maybe_repeated || delivery.attempt > 1 {
        sender
            .fetch_sent()
            .await
            .map_err(ConnectorError::into_deliver_error)?;
    }
    let first = match &delivery.operation {
        Operation::Reply { text, files, .. } => send_text(&mut sender, text, files).await,
        // The activities are left out: the platform shows no unfinished text, so nobody looks for such text again.
        Operation::Notice { text, .. } => send_text(&mut sender, text, &[]).await,
        Operation::Question { approval, text, .. } => {
            let approval = read_approval(&sender, *approval).await?;
            approval_card::send_card(&mut sender, &approval, text).await
        }
        Operation::Verdict { approval, .. } => {
            let approval = read_approval(&sender, *approval).await?;
            approval_card::show_outcome(&mut sender, &approval).await
        }
    };
    let first = first.map_err(ConnectorError::into_deliver_error)?;
    let ends = matches!(
        delivery.operation,
        Operation::Reply { .. } | Operation::Notice { .. }
    );
    if let Some(message) = delivery.message.filter(|_| ends) {
        stale_progress::delete_stale(layer, message, &route).await;
    }
    Ok(Sent {
        platform_id: first.map(|id| id.to_string()),
    })
}

/// Reads the approval, so that the message shows the current state.
async fn read_approval(
    sender: &DeliveryMessages<'_>,
    id: ApprovalId,
) -> Result<Approval, DeliverError> {
    let inbox = sender.layer.wait_for_inbox().await;
    let read = inbox.views().approval(id).await;
    let approval = read.map_err(|error| {
        tracing::error!(approval = %id, %error, "a question cannot be read yet");
        DeliverError::Later {
            reason: NOT_NOW.to_owned(),
            after: None,
        }
    })?;
    approval.ok_or_else(|| DeliverError::Never {
        reason: format!("there is no approval {id}"),
    })
}

/// The text for people about files that were not sent.
fn render_not_sent(format: TextFormat, left: &[String]) -> Vec<String> {
    if left.is_empty() {
        return Vec::new();
    }
    let notice = format!("*Not sent: {}.*", left.join("; "));
    text_splitting::split_text(format, &notice, usize::MAX).messages
}

/// Sends a text with files. Returns the id of the first message.
async fn send_text(
    sender: &mut DeliveryMessages<'_>,
    markdown: &str,
    files: &[Attachment],
) -> Result<Option<ExternalId>, ConnectorError> {
    let layer = sender.layer;
    let format = layer.connector.text_format();
    let file_limits = layer.connector.capabilities().files;
    let SplitText {
        mut messages,
        whole,
    } = {
        // On a platform without files, all of a long text is in messages.
        let most = match file_limits.count {
            0 => usize::MAX,
            _ => layer.settings.messages,
        };
        let split = move |it: &str| text_splitting::split_text(format, it, most);
        text_splitting::process_text(markdown, split).await
    };
    let whole = whole.map(|whole| OutgoingFile {
        name: text_splitting::FILE.to_owned(),
        bytes: whole.into(),
    });
    let has_whole = whole.is_some();
    let (mut uploads, left) = if files.is_empty() {
        (whole.into_iter().collect(), Vec::new())
    } else {
        let inbox = layer.wait_for_inbox().await;
        outgoing_files::read_uploads(&inbox, file_limits, whole, files).await
    };
    if messages.is_empty() && !uploads.is_empty() {
        messages.push(String::new());
    }
    // The files go with the last message of the text. Notes about unsent files come after that message.
    let with_files = messages.len().saturating_sub(1);
    messages.extend(render_not_sent(format, &left));
    let mut first = None;
    let mut too_large = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let mut files = if number == with_files {
            std::mem::take(&mut uploads)
        } else {
            Vec::new()
        };
        // Platforms refuse an empty message.
        while !(message.is_empty() && files.is_empty()) {
            let outgoing = OutgoingMessage {
                files: files.clone(),
                ..OutgoingMessage::text(message)
            };
            match sender.send_message(number, outgoing).await {
                // The text matters more than the files, and the file with the whole text more than other
                // files.
                Err(error) if error.refusal() == Some(Refusal::TooLarge) && !files.is_empty() => {
                    let kept = usize::from(has_whole && files.len() > 1);
                    too_large.extend(files.drain(kept..).map(|file| file.name));
                }
                sent => {
                    first.get_or_insert(sent?);
                    break;
                }
            }
        }
    }
    let left = too_large.iter().map(|name| format!("{name} is too large"));
    let left: Vec<_> = left.collect();
    for (number, message) in (messages.len()..).zip(render_not_sent(format, &left)) {
        let sent = sender.send_message(number, OutgoingMessage::text(message));
        first.get_or_insert(sent.await?);
    }
    Ok(first.flatten())
}
