//! Creates threads for the answers to a message, and opens closed threads again. On a platform without threads,
//! all of this does nothing.

use std::time::Duration;

use baton_core::id::ConversationId;
use baton_core::inbox::Inbox;
use baton_core::store::{NOT_NOW, ReserveTopic, Reserved, TopicError};

use crate::ChatLayer;
use crate::connector::{ChatId, ConnectorError, RequestFailure};
use crate::reply_route::ReplyRoute;

/// The lease of a reservation, longer than a usual request.
const LEASE: Duration = Duration::from_secs(30);

/// The thread of a message after [`create_thread`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyThread {
    /// The platform has the thread now.
    Created,
    /// The thread was created before. Somebody may have deleted it since: see [`recreate_thread`].
    Known,
}

/// Creates the thread of the answered message, unless the thread was created before. Of several tasks that want
/// the same thread at once, one makes the request.
pub(crate) async fn create_thread(
    layer: &ChatLayer,
    conversation: ConversationId,
    route: &ReplyRoute,
) -> Result<ReplyThread, ConnectorError> {
    let Some(threads) = layer.connector.threads() else {
        return Ok(ReplyThread::Created);
    };
    let inbox = layer.wait_for_inbox().await;
    let reservation = layer.threads.reservation(conversation);
    let mut held = reservation.lock().await;
    let fence = match *held {
        Some(fence) => fence,
        None => match reserve_thread(&inbox, conversation).await? {
            // A second creation succeeds where the first one did.
            Reserved::Yours(fence) | Reserved::Inherited(fence) => fence,
            Reserved::Ready { .. } => {
                layer.threads.forget(conversation);
                return Ok(ReplyThread::Known);
            }
            // Another process has reserved the thread, and may have died. A second creation succeeds where the first
            // one did, so the reply does not wait for the end of the lease.
            Reserved::Taken => {
                layer.threads.forget(conversation);
                threads.create(&route.chat, &route.message).await?;
                return Ok(ReplyThread::Created);
            }
        },
    };
    *held = Some(fence);
    threads.create(&route.chat, &route.message).await?;
    let id = threads.thread_of(&route.chat, &route.message);
    let store = inbox.store();
    match store.topic_created(conversation, fence, id.as_str()).await {
        Ok(()) => {}
        // The platform gives the thread a fixed id, so the other task has the same thread.
        Err(error @ TopicError::TakenOver(..)) => {
            tracing::info!(%error, "a thread was created twice");
        }
        // The fence stays for the next task. Its request succeeds, because the thread exists.
        Err(TopicError::Store(error)) => {
            tracing::warn!(%error, "a created thread is not stored yet");
            return Ok(ReplyThread::Created);
        }
    }
    *held = None;
    layer.threads.forget(conversation);
    Ok(ReplyThread::Created)
}

/// Reserves the thread of a conversation in the store.
async fn reserve_thread(
    inbox: &Inbox,
    conversation: ConversationId,
) -> Result<Reserved, ConnectorError> {
    let reserve = ReserveTopic {
        conversation,
        lease: LEASE,
        held: None,
    };
    inbox.store().reserve_topic(reserve).await.map_err(|error| {
        tracing::error!(%error, "a thread cannot be reserved yet");
        ConnectorError::new(RequestFailure::NotTaken { after: None }, NOT_NOW)
    })
}

/// Creates a thread that the store knows and the platform does not, because somebody deleted the thread.
pub(crate) async fn recreate_thread(
    layer: &ChatLayer,
    route: &ReplyRoute,
) -> Result<(), ConnectorError> {
    match layer.connector.threads() {
        Some(threads) => threads.create(&route.chat, &route.message).await,
        None => Ok(()),
    }
}

/// Opens a closed thread again. Usually a platform opens a thread for a new message without this request.
pub(crate) async fn reopen_thread(
    layer: &ChatLayer,
    thread: &ChatId,
) -> Result<(), ConnectorError> {
    match layer.connector.threads() {
        Some(threads) => threads.reopen(thread).await,
        None => Ok(()),
    }
}
