//! What we say.

use std::fmt::Write;

use baton_core::channel::{DeliverError, Sent};
use baton_core::delivery::{Delivery, Operation};
use baton_core::id::ApprovalId;
use baton_core::message::Attachment;
use serde_json::json;

use super::Shared;
use super::id::Id;
use super::post::Post;
use super::rest::{RestError, Upload};
use super::route::ReplyRoute;
use super::text::{self, Texts};
use super::{attachments, question};

/// Carries a delivery out.
pub(super) async fn deliver(shared: &Shared, delivery: &Delivery) -> Result<Sent, DeliverError> {
    let route: ReplyRoute =
        serde_json::from_value(delivery.reply_route.clone()).map_err(|error| {
            DeliverError::Never {
                reason: format!("nothing says where on Discord this goes: {error}"),
            }
        })?;
    let mut post = Post::new(shared, route, delivery.id.0);
    // Of several messages an earlier try may have sent some, and Discord knows them for minutes only.
    if delivery.maybe_repeated || delivery.attempt > 1 {
        post.look().await.map_err(RestError::into_deliver)?;
    }
    let first = match &delivery.operation {
        Operation::Reply { text, files, .. } => say(&mut post, text, files).await,
        Operation::Notice { text } => say(&mut post, text, &[]).await,
        Operation::Question { approval, text, .. } => {
            return about(&mut post, *approval, Some(text)).await;
        }
        Operation::Verdict { approval, .. } => return about(&mut post, *approval, None).await,
    };
    sent(first)
}

fn sent(first: Result<Option<Id>, RestError>) -> Result<Sent, DeliverError> {
    let first = first.map_err(RestError::into_deliver)?;
    Ok(Sent {
        platform_id: first.map(|id| id.to_string()),
    })
}

/// Asks a question, or shows what came of it. Discord is shown how it is now.
async fn about(
    post: &mut Post<'_>,
    id: ApprovalId,
    asks: Option<&String>,
) -> Result<Sent, DeliverError> {
    let inbox = post.shared.inbox().await;
    let read = inbox.store().approval(id).await;
    let approval = read.map_err(|error| DeliverError::Later {
        reason: error.to_string(),
        after: None,
    })?;
    let Some(approval) = approval else {
        return Err(DeliverError::Never {
            reason: format!("there is no approval {id}"),
        });
    };
    let first = match asks {
        Some(text) => question::ask(post, &approval, text).await.map(Some),
        None => question::tell(post, &approval).await,
    };
    sent(first)
}

/// Returns the id of the first message.
async fn say(
    post: &mut Post<'_>,
    markdown: &str,
    files: &[Attachment],
) -> Result<Option<Id>, RestError> {
    let (mut uploads, left) = if files.is_empty() {
        (Vec::new(), Vec::new())
    } else {
        attachments::uploads(&post.shared.inbox().await, files).await
    };
    let mut markdown = markdown.to_owned();
    for left in left {
        let _ = write!(markdown, "\n\n*Not sent: {left}.*");
    }
    let Texts {
        mut messages,
        whole,
    } = text::messages(&markdown, post.shared.settings.messages);
    if let Some(whole) = whole {
        uploads.truncate(attachments::AT_ONCE - 1);
        let name = text::FILE.to_owned();
        let bytes = whole.into();
        uploads.insert(0, Upload { name, bytes });
    }
    if messages.is_empty() {
        if uploads.is_empty() {
            // Nothing to see is nothing to send.
            return Ok(None);
        }
        messages.push(String::new());
    }
    let mut first = None;
    for (number, message) in messages.iter().enumerate() {
        let last = number + 1 == messages.len();
        let files = if last {
            std::mem::take(&mut uploads)
        } else {
            Vec::new()
        };
        let body = json!({ "content": message });
        let id = match post.send(number, body, files.clone()).await {
            // What was said is more than what goes with it.
            Err(error) if error.is_too_large() && !files.is_empty() => {
                let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
                let left = format!("*Not sent, because too large: {}.*", names.join(", "));
                let message = text::beginning(message, 1_800);
                let body = json!({ "content": format!("{message}\n\n{left}") });
                post.send(number, body, Vec::new()).await?
            }
            sent => sent?,
        };
        first.get_or_insert(id);
    }
    Ok(first)
}
