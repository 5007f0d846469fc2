//! Ends idle threads: closes them, or deletes them.

use baton_core::channel::{DeliverError, Sent};
use baton_core::delivery::Delivery;
use baton_core::inbox::Inbox;
use baton_core::store::{NOT_NOW, TopicNews};
use baton_core::topic::TopicEnd;

use super::reported_threads::record_report;
use crate::ChatLayer;
use crate::connector::{ChatId, ConnectorError, Refusal, ThreadReport};

/// Ends a thread, unless somebody has written there since the order.
pub(super) async fn end_thread(
    layer: &ChatLayer,
    delivery: &Delivery,
    topic: &str,
    end: TopicEnd,
) -> Result<Sent, DeliverError> {
    let inbox = layer.wait_for_inbox().await;
    let Some(threads) = layer.connector.named_threads() else {
        let reason = "Baton cannot end threads on this platform".to_owned();
        return Err(DeliverError::Never { reason });
    };
    if is_busy(&inbox, delivery).await? {
        tracing::info!(
            thread = topic,
            "a thread stays, because somebody has written there"
        );
        return Ok(Sent::default());
    }
    let thread = layer.places.moved.current_chat(&ChatId::from(topic));
    let ended = match end {
        TopicEnd::Closed => threads.close(&thread).await,
        TopicEnd::Deleted => threads.delete(&thread).await,
    };
    let news = match (ended, end) {
        (Ok(()), TopicEnd::Closed) => TopicNews::Closed,
        (Ok(()), TopicEnd::Deleted) => TopicNews::Gone,
        // Somebody has deleted the thread before.
        (Err(error), _) if error.refusal() == Some(Refusal::ThreadGone) => TopicNews::Gone,
        (Err(error), _) => return Err(ConnectorError::into_deliver_error(error)),
    };
    let report = ThreadReport { thread, news };
    // A closed store ends the program. The next process ends the thread again, which changes nothing.
    let recorded = record_report(layer, &inbox, report).await;
    recorded.map_err(|_| not_now())?;
    Ok(Sent::default())
}

/// Whether the conversation has a waiting message or a running turn.
async fn is_busy(inbox: &Inbox, delivery: &Delivery) -> Result<bool, DeliverError> {
    let views = inbox.views();
    let conversation = views.conversation(&delivery.place, &delivery.persona).await;
    let conversation = conversation.map_err(|error| {
        tracing::error!(%error, "the conversation of a thread cannot be read yet");
        not_now()
    })?;
    Ok(conversation.is_some_and(|it| it.waiting > 0 || it.running.is_some()))
}

fn not_now() -> DeliverError {
    DeliverError::Later {
        reason: NOT_NOW.to_owned(),
        after: None,
    }
}
