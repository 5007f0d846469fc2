//! Deliveries to Discord.

use baton_core::approval::Approval;
use baton_core::channel::{DeliverError, Sent};
use baton_core::delivery::{Delivery, Operation};
use baton_core::id::ApprovalId;
use baton_core::message::Attachment;
use baton_core::store::NOT_NOW;

use super::BotState;
use super::delivery_messages::DeliveryMessages;
use super::discord_id::Id;
use super::reply_route::ReplyRoute;
use super::rest::{CreateMessage, FileUpload, RestError};
use super::status::stale_progress;
use super::text_splitting::{self, SplitText};
use super::{approval_card, attachments};

/// Sends a delivery.
pub(super) async fn send_delivery(
    shared: &BotState,
    delivery: &Delivery,
) -> Result<Sent, DeliverError> {
    let route: ReplyRoute =
        serde_json::from_value(delivery.reply_route.clone()).map_err(|error| {
            DeliverError::Never {
                reason: format!("nothing says where on Discord this goes: {error}"),
            }
        })?;
    let mut sender = DeliveryMessages::new(shared, route, delivery.id.0);
    // An earlier try may have sent some of several messages. Discord remembers nonces only for minutes.
    if delivery.maybe_repeated || delivery.attempt > 1 {
        sender
            .fetch_sent()
            .await
            .map_err(RestError::into_deliver_error)?;
    }
    let first = match &delivery.operation {
        Operation::Reply { text, files, .. } => send_text(&mut sender, text, files).await,
        // The activities are left out: Discord shows no unfinished text, so nobody looks for such text again.
        Operation::Notice { text, .. } => send_text(&mut sender, text, &[]).await,
        Operation::Question { approval, text, .. } => {
            let approval = read_approval(&sender, *approval).await?;
            approval_card::send_card(&mut sender, &approval, text)
                .await
                .map(Some)
        }
        Operation::Verdict { approval, .. } => {
            let approval = read_approval(&sender, *approval).await?;
            approval_card::show_outcome(&mut sender, &approval).await
        }
    };
    let first = first.map_err(RestError::into_deliver_error)?;
    let ends = matches!(
        delivery.operation,
        Operation::Reply { .. } | Operation::Notice { .. }
    );
    if let Some(message) = delivery.message.filter(|_| ends) {
        stale_progress::delete_stale(shared, message, route).await;
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
    let inbox = sender.shared.wait_for_inbox().await;
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
fn render_not_sent(left: &[String]) -> Vec<String> {
    if left.is_empty() {
        return Vec::new();
    }
    let notice = format!("*Not sent: {}.*", left.join("; "));
    text_splitting::split_text(&notice, usize::MAX).messages
}

/// Sends a text with files. Returns the id of the first message.
async fn send_text(
    sender: &mut DeliveryMessages<'_>,
    markdown: &str,
    files: &[Attachment],
) -> Result<Option<Id>, RestError> {
    let SplitText {
        mut messages,
        whole,
    } = {
        let most = sender.shared.settings.messages;
        text_splitting::process_text(markdown, move |it| text_splitting::split_text(it, most)).await
    };
    let whole = whole.map(|whole| FileUpload {
        name: text_splitting::FILE.to_owned(),
        bytes: whole.into(),
    });
    let has_whole = whole.is_some();
    let (mut uploads, left) = if files.is_empty() {
        (whole.into_iter().collect(), Vec::new())
    } else {
        attachments::read_uploads(&sender.shared.wait_for_inbox().await, whole, files).await
    };
    if messages.is_empty() && !uploads.is_empty() {
        messages.push(String::new());
    }
    // The files go with the last message of the text. Notes about unsent files come after that message.
    let with_files = messages.len().saturating_sub(1);
    messages.extend(render_not_sent(&left));
    let mut first = None;
    let mut too_large = Vec::new();
    for (number, message) in messages.iter().enumerate() {
        let mut files = if number == with_files {
            std::mem::take(&mut uploads)
        } else {
            Vec::new()
        };
        // Discord refuses an empty message.
        while !(message.is_empty() && files.is_empty()) {
            let text = CreateMessage::with_content(message);
            match sender.send_message(number, text, files.clone()).await {
                // The text matters more than the files, and the file with the whole text more than other
                // files.
                Err(error) if error.is_too_large() && !files.is_empty() => {
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
    for (number, message) in (messages.len()..).zip(render_not_sent(&left)) {
        let text = CreateMessage::with_content(message);
        first.get_or_insert(sender.send_message(number, text, Vec::new()).await?);
    }
    Ok(first)
}
