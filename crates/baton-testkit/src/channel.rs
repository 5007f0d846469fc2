//! The channel to the fake [`Platform`]. The channel reads updates with a cursor, and dies with its run of
//! the program.

use std::sync::Arc;

use async_trait::async_trait;
use baton_core::channel::{Abilities, Channel, ChannelError, DeliverError, Progress, Sent};
use baton_core::delivery::Delivery;
use baton_core::inbox::Inbox;
use baton_core::message::{NewMessage, Priority};
use baton_core::name::ChannelName;
use baton_core::place::Place;
use baton_core::store::{CursorMove, Ingest, StoreError};
use tokio_util::sync::CancellationToken;

use crate::crash::World;
use crate::platform::{Platform, Update, account, channel_name, writer};

/// The name of the stored cursor.
pub const READER: &str = "updates";

/// The limit of simultaneous deliveries.
const PARALLEL: usize = 8;

/// The channel to the fake platform.
pub struct FakeChannel {
    platform: Platform,
    world: Arc<World>,
}

impl FakeChannel {
    /// Creates a channel in a world that may stop.
    pub fn new(platform: Platform, world: Arc<World>) -> Self {
        Self { platform, world }
    }

    /// Converts an update into a message for the inbox.
    fn message(update: &Update, inbox: &Inbox) -> Option<NewMessage> {
        let place = Place {
            channel: channel_name(),
            account: account(),
            address: update.address.clone(),
        };
        Some(NewMessage {
            external_id: update.id.as_str().into(),
            part_ids: Vec::new(),
            // An update for an unknown persona has no route, and is dropped.
            route: inbox.route(place, &update.persona)?,
            author: writer(),
            text: update.text.clone(),
            attachments: Vec::new(),
            reply_to: None,
            reply_route: serde_json::json!({ "address": update.address }),
            extra: serde_json::Value::Null,
            priority: Priority::default(),
        })
    }

    fn failed(error: &StoreError) -> ChannelError {
        ChannelError {
            channel: channel_name(),
            reason: error.to_string(),
        }
    }
}

#[async_trait]
impl Channel for FakeChannel {
    fn name(&self) -> ChannelName {
        channel_name()
    }

    fn abilities(&self) -> Abilities {
        Abilities { parallel: PARALLEL }
    }

    async fn receive(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError> {
        let (channel, account) = (channel_name(), account());
        let kept = inbox.store().cursor(&channel, &account, READER).await;
        let kept = kept.map_err(|error| Self::failed(&error))?;
        let mut position = kept.and_then(|kept| kept.parse().ok()).unwrap_or(0);
        loop {
            let (updates, last) = tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                updates = self.platform.updates_after(position) => updates,
            };
            let messages = updates
                .iter()
                .filter_map(|update| Self::message(update, &inbox));
            let ingest = Ingest {
                messages: messages.collect(),
                cursor: Some(CursorMove {
                    channel: channel.clone(),
                    account: account.clone(),
                    reader: READER.to_owned(),
                    position: last.to_string(),
                }),
                ..Ingest::default()
            };
            match inbox.ingest(ingest).await {
                Ok(_) => {}
                Err(StoreError::Closed) => return Ok(()),
                Err(error) => return Err(Self::failed(&error)),
            }
            // Acknowledged only now, after all updates are stored.
            self.platform.acknowledge(last);
            position = last;
        }
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Sent, DeliverError> {
        let outcome = self.platform.send(delivery).await;
        self.world.after_platform_call().await;
        outcome
    }

    fn show(&self, progress: &Progress) {
        self.platform.show(progress);
    }
}
