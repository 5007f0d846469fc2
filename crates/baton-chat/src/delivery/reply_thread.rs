//! The chat for the answers to a message. Creates threads, and opens closed threads again. On a platform without threads,
//! the chat is the one of the message.

use std::time::Duration;

use baton_core::id::{ConversationId, Fence};
use baton_core::inbox::Inbox;
use baton_core::store::{ReserveTopic, Reserved, TopicError, TopicNews};

use super::named_thread::{not_now, prepare_named_thread};
use super::reported_threads::record_report;
use super::threads_in_making::{HeldReservation, ThreadCreation};
use crate::ChatLayer;
use crate::connector::{ChatId, ConnectorError, ThreadReport};
use crate::reply_route::ReplyRoute;

/// The lease of a reservation, longer than a usual request.
pub(super) const LEASE: Duration = Duration::from_secs(30);

/// The thread of a message after [`create_thread`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplyThread {
    /// The platform has the thread now.
    Created,
    /// The thread was created before. Somebody may have deleted it since: see [`recreate_thread`].
    Known,
}

/// The chat for the answers, as far as Baton knows; `None` if the answers go into a named thread that has no id yet.
pub(crate) async fn find_answer_chat(
    layer: &ChatLayer,
    conversation: ConversationId,
    route: &ReplyRoute,
) -> Result<Option<ChatId>, ConnectorError> {
    let connector = &*layer.connector;
    if connector.named_threads().is_none() {
        return Ok(Some(route.target(connector)));
    }
    let inbox = layer.wait_for_inbox().await;
    let topic = inbox.store().topic_of(conversation).await;
    Ok(match topic.map_err(|error| not_now(&error))? {
        Some(topic) => topic.platform_id.map(ChatId::from),
        None => (!route.thread).then(|| route.chat.clone()),
    })
}

/// The chat for the answers. A named thread is created if it has no id yet. Other threads may not exist yet: see
/// [`create_thread`].
pub(crate) async fn prepare_answer_chat(
    layer: &ChatLayer,
    conversation: ConversationId,
    route: &ReplyRoute,
) -> Result<ChatId, ConnectorError> {
    if let Some(chat) = find_answer_chat(layer, conversation, route).await? {
        return Ok(chat);
    }
    match layer.connector.named_threads() {
        Some(threads) => prepare_named_thread(layer, threads, conversation, route, None).await,
        None => Ok(route.chat.clone()),
    }
}

/// Replaces a named thread that was deleted. Returns the next thread, which another task may have created; `None` if the
/// chat is no named thread of the conversation.
pub(crate) async fn replace_gone_thread(
    layer: &ChatLayer,
    conversation: ConversationId,
    route: &ReplyRoute,
    gone: &ChatId,
) -> Result<Option<ChatId>, ConnectorError> {
    let Some(threads) = layer.connector.named_threads() else {
        return Ok(None);
    };
    let inbox = layer.wait_for_inbox().await;
    let topic = inbox.store().topic_of(conversation).await;
    if topic.map_err(|error| not_now(&error))?.is_none() {
        // A thread of people, which Baton does not create again: somebody deleted the thread with all its messages.
        let report = ThreadReport {
            thread: gone.clone(),
            news: TopicNews::Gone,
        };
        let recorded = record_report(layer, &inbox, report).await;
        return recorded.map(|()| None).map_err(|error| not_now(&error));
    }
    let thread = prepare_named_thread(layer, threads, conversation, route, Some(gone));
    thread.await.map(Some)
}

/// Creates the thread of the answered message, unless the thread was created before. Of several tasks that want
/// the same thread at once, one makes the request. Does nothing on a platform without threads with known ids.
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
    let fence = match &*held {
        Some(held) => held.fence,
        None => match reserve_thread(&inbox, conversation, None).await? {
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
    *held = Some(HeldReservation {
        fence,
        creation: ThreadCreation::Possible,
    });
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

/// Reserves the thread of a conversation in the store, or begins the lease of the own reservation `held` anew.
pub(super) async fn reserve_thread(
    inbox: &Inbox,
    conversation: ConversationId,
    held: Option<Fence>,
) -> Result<Reserved, ConnectorError> {
    let reserve = ReserveTopic {
        conversation,
        lease: LEASE,
        held,
    };
    let reserved = inbox.store().reserve_topic(reserve).await;
    reserved.map_err(|error| not_now(&error))
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
    let connector = &layer.connector;
    match (connector.threads(), connector.named_threads()) {
        (Some(threads), _) => threads.reopen(thread).await,
        (None, Some(threads)) => threads.reopen(thread).await,
        (None, None) => Ok(()),
    }
}
