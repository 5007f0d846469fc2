//! Gives the deliveries from the store to their channels, and records the outcomes.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, info_span};

use crate::channel::{Channel, DeliverError, Sent};
use crate::clock::Clock;
use crate::delivery::Delivery;
use crate::name::ChannelName;
use crate::panics::{caught, propagate_panic};
use crate::retry::RetryPolicy;
use crate::store::{DeliveryFailure, DeliveryStore, OutcomeError, Outgoing, StoreError};

/// Sends deliveries, each in a task of its own.
pub(crate) struct DeliverySender {
    pub(crate) store: Arc<dyn DeliveryStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) channels: BTreeMap<ChannelName, Arc<dyn Channel>>,
    pub(crate) retry: RetryPolicy,
    /// Cancelled when no further delivery may start.
    pub(crate) shutdown: CancellationToken,
}

impl DeliverySender {
    /// Starts deliveries until [`DeliverySender::shutdown`] is cancelled, and then waits for the started
    /// ones. A delivery without a recorded outcome is sent again at the next start, with the same id.
    pub(crate) async fn run(self: Arc<Self>, mut outgoing: mpsc::UnboundedReceiver<Outgoing>) {
        let mut deliveries = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                Some(ended) = deliveries.join_next() => propagate_panic(ended),
                next = outgoing.recv() => match next {
                    Some(next) => {
                        let span = new_delivery_span(&next.delivery);
                        deliveries.spawn(Arc::clone(&self).send_outgoing(next).instrument(span));
                    }
                    None => break,
                },
                () = self.shutdown.cancelled() => break,
            }
        }
        while let Some(ended) = deliveries.join_next().await {
            propagate_panic(ended);
        }
    }

    async fn send_outgoing(self: Arc<Self>, outgoing: Outgoing) {
        let current = outgoing.attempt();
        let Outgoing { delivery, slot, .. } = outgoing;
        let result = match self.channels.get(&delivery.place.channel) {
            Some(channel) => send_delivery(&**channel, &delivery).await,
            None => Err(DeliverError::Never {
                reason: format!("the channel {} is not configured", delivery.place.channel),
            }),
        };
        if let Err(error) = &result {
            tracing::warn!(delivery = %delivery.id, %error, "a delivery failed");
        }
        let mut slot = Some(slot);
        for attempt in 1.. {
            let stored = caught(async {
                match &result {
                    Ok(Sent { platform_id }) => {
                        let id = platform_id.clone();
                        self.store.delivery_sent(current, id, slot.take()).await
                    }
                    Err(error) => {
                        let failure = self.failure_consequence(error, &delivery);
                        self.store
                            .delivery_failed(current, failure, slot.take())
                            .await
                    }
                }
            });
            let stored = stored.await;
            match stored.unwrap_or_else(|panicked| Err(StoreError::from(panicked).into())) {
                Ok(()) | Err(OutcomeError::Store(StoreError::Closed)) => return,
                // A newer attempt brings the outcome that counts.
                Err(error @ OutcomeError::Outdated(_)) => {
                    tracing::warn!(delivery = %delivery.id, %error, "the outcome of an old attempt is refused");
                    return;
                }
                Err(error @ OutcomeError::Store(_)) => {
                    tracing::error!(delivery = %delivery.id, %error, "the outcome of a delivery is not stored yet");
                    if self.shutdown.is_cancelled() {
                        // The next start sends the delivery again, with the same id.
                        return;
                    }
                    let again = self.clock.steady().after(self.retry.max_pause(attempt));
                    tokio::select! {
                        () = self.clock.sleep_until(again) => {}
                        () = self.shutdown.cancelled() => {}
                    }
                }
            }
        }
    }

    /// The consequence of a failure. Baton tries an unavailable platform again without a limit, and gives up
    /// a delivery that the platform refuses.
    fn failure_consequence(&self, error: &DeliverError, delivery: &Delivery) -> DeliveryFailure {
        let pause = self.retry.spread_pause(delivery.id.0, delivery.attempt);
        match error.clone() {
            DeliverError::Later { reason, after } => DeliveryFailure::Retry {
                reason,
                pause: after.unwrap_or(pause),
            },
            DeliverError::Unknown { reason } => DeliveryFailure::Unknown { reason, pause },
            DeliverError::Never { reason } => DeliveryFailure::Dead { reason },
        }
    }
}

/// The span of a delivery, so that each log line of the delivery, also in its channel, names the answered
/// message. It has only ids, because texts and names of people are private.
fn new_delivery_span(delivery: &Delivery) -> Span {
    // The log prints a field called `message` without its name.
    info_span!(
        "delivery",
        delivery = delivery.id.0,
        conversation = delivery.conversation.0,
        message_id = delivery.message.map(|message| message.0),
    )
}

/// Sends a delivery. A panic in the channel counts as an unknown outcome, and affects no other delivery.
async fn send_delivery(channel: &dyn Channel, delivery: &Delivery) -> Result<Sent, DeliverError> {
    let sent = caught(channel.deliver(delivery)).await;
    sent.unwrap_or_else(|panicked| {
        tracing::error!(delivery = %delivery.id, %panicked, "a channel panicked during a delivery");
        Err(DeliverError::Unknown {
            reason: "the channel failed during the delivery".to_owned(),
        })
    })
}
