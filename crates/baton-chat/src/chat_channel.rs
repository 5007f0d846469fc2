//! A channel of a chat platform.

use std::sync::Arc;

use async_trait::async_trait;
use baton_core::channel::{Abilities, Channel, ChannelError, DeliverError, Progress, Sent};
use baton_core::delivery::Delivery;
use baton_core::inbox::Inbox;
use baton_core::name::ChannelName;
use baton_core::panics::run_again;
use baton_core::retry::RetryPolicy;
use baton_core::store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::chat_layer::ChatLayer;
use crate::chat_settings::ChatSettings;
use crate::connector::{ConnectionStates, Connector};
use crate::delivery::delivery_dispatch;
use crate::ingest::event_handler::EventHandler;
use crate::ingest::incomplete_chats::load_incomplete;
use crate::moved_chats;
use crate::status::{self, queue_marks};

/// A channel of a chat platform: the chat layer over a connector.
pub struct ChatChannel {
    layer: Arc<ChatLayer>,
}

impl ChatChannel {
    /// A channel that connects when [`Channel::receive`] starts.
    pub fn new(connector: Arc<dyn Connector>, settings: ChatSettings) -> Self {
        Self {
            layer: Arc::new(ChatLayer::new(connector, settings)),
        }
    }

    /// The connector of the channel.
    pub fn connector(&self) -> &Arc<dyn Connector> {
        &self.layer.connector
    }

    /// The state of the connections, for operators.
    pub fn connections(&self) -> ConnectionStates {
        self.layer.connector.connections()
    }
}

impl Drop for ChatChannel {
    fn drop(&mut self) {
        self.layer.dropped.cancel();
    }
}

#[async_trait]
impl Channel for ChatChannel {
    fn name(&self) -> ChannelName {
        self.layer.connector.channel()
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            parallel: self.layer.connector.account_capabilities().parallel,
        }
    }

    async fn receive(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError> {
        let layer = &self.layer;
        match inbox.views().newest().await {
            Ok(newest) => layer.status.stale.set_newest_at_start(newest),
            Err(error) => tracing::warn!(%error, "stale progress messages may stay"),
        }
        // Whoever waits for the inbox may then rely on the moves, and each event on the messages that wait for files.
        tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            loaded = load_earlier(layer, &inbox) => if let Err(error) = loaded {
                tracing::debug!(%error, "the program ends");
                return Ok(());
            },
        }
        layer.inbox.set_value(inbox.clone());
        // The guard ends all tasks that start here, even where this future is dropped.
        let shutdown = shutdown.child_token();
        let _ends = shutdown.clone().drop_guard();
        if layer.connector.reactions().is_some() {
            let (layer, inbox, stop) = (Arc::clone(layer), inbox.clone(), shutdown.clone());
            tokio::spawn(async move {
                let keep =
                    || queue_marks::keep_marks(Arc::clone(&layer), inbox.clone(), stop.clone());
                let (clock, retry) = (&**layer.clock(), RetryPolicy::default());
                run_again("the queue marks", clock, retry, &stop, keep).await
            });
        }
        let events = EventHandler::new(layer, &inbox, shutdown.clone());
        let ended = layer.connector.run(events.clone(), shutdown.clone()).await;
        // A final error of the connector also ends all other tasks.
        shutdown.cancel();
        events.wait_until_ended().await;
        ended.map_err(|reason| ChannelError {
            channel: self.name(),
            reason,
        })
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Sent, DeliverError> {
        delivery_dispatch::send_delivery(&self.layer, delivery).await
    }

    fn show(&self, progress: &Progress) {
        status::show_step(&self.layer, progress);
    }
}

/// Reads what the memory holds of an earlier process. Fails only if the store is closed.
async fn load_earlier(layer: &ChatLayer, inbox: &Inbox) -> Result<(), StoreError> {
    moved_chats::load_moves(layer, inbox).await?;
    load_incomplete(layer, inbox).await
}
