//! The chat layer: everything that chat platforms have in common.
//!
//! A platform is a [`connector`]: a small set of requests and events. The chat layer decides which messages are for
//! Baton, and stores them in order. It reads missed messages, sends replies once, asks for approvals, shows progress,
//! and runs commands.
//!
//! # Layout
//!
//! * [`connector`]: the interface of a platform, with its data types.
//! * [`connection`]: the connections to a platform, each again after a loss.
//! * [`chat_settings`]: the settings that all platforms share. `place_directory`: the known chats. `principals`: the
//!   roles of people. `reply_route`: the destination of the answers to a message.
//! * `ingest`: messages from people, from the connector to the store.
//! * `delivery`: replies and notices, from the outbox to the connector.
//! * `approvals`: approvals as cards with buttons, and the decisions of people.
//! * `actions`: commands, buttons, forms and reactions; [`projects`]: new places. [`command_specs`]: the commands to
//!   offer, with [`command_translations`]; [`command_registration`]: their lists at the platform.
//! * `status`: the typing indicator, progress messages, and queue marks.
//! * [`text`]: texts in pieces that fit a platform's messages.
//! * [`backoff`]: the pause before another try. [`late_value`]: a value that tasks wait for.
//! * [`http`]: tools for connectors that speak HTTP and JSON.

use std::sync::Arc;

use async_trait::async_trait;
use baton_core::channel::{Abilities, Channel, ChannelError, DeliverError, Progress, Sent};
use baton_core::clock::Clock;
use baton_core::delivery::Delivery;
use baton_core::inbox::Inbox;
use baton_core::name::ChannelName;
use baton_core::panics::run_again;
use baton_core::place::Place;
use baton_core::retry::RetryPolicy;
use baton_core::store::StoreError;
use tokio_util::sync::CancellationToken;

mod actions;
mod approvals;
pub mod backoff;
pub mod chat_settings;
pub mod connection;
pub mod connector;
mod delivery;
pub mod http;
mod ingest;
pub mod late_value;
mod place_directory;
mod principals;
mod reply_route;
mod status;
pub mod text;

pub use actions::{
    command_registration, command_specs, command_translations, projects, translation_check,
};

use approvals::card_index::CardIndex;
use chat_settings::ChatSettings;
use connector::{ChatId, ChatInfo, ConnectionStates, Connector, ConnectorError};
use delivery::reply_thread::ThreadsInMaking;
use ingest::direct_chats::DirectChats;
use ingest::event_handler::EventHandler;
use late_value::LateValue;
use place_directory::PlaceDirectory;
use status::StatusIndicators;

/// A channel of a chat platform: the chat layer over a connector.
pub struct ChatChannel {
    layer: Arc<ChatLayer>,
}

/// The state that all parts of the chat layer share.
pub(crate) struct ChatLayer {
    pub(crate) settings: ChatSettings,
    pub(crate) connector: Arc<dyn Connector>,
    pub(crate) places: PlaceDirectory,
    /// `None` until [`Channel::receive`] starts.
    inbox: LateValue<Inbox>,
    pub(crate) status: StatusIndicators,
    pub(crate) cards: CardIndex,
    pub(crate) direct_chats: DirectChats,
    pub(crate) threads: ThreadsInMaking,
    /// Cancelled when the channel is dropped.
    pub(crate) dropped: CancellationToken,
}

impl ChatChannel {
    /// A channel that connects when [`Channel::receive`] starts.
    pub fn new(connector: Arc<dyn Connector>, settings: ChatSettings) -> Self {
        let places = PlaceDirectory::new(&settings);
        Self {
            layer: Arc::new(ChatLayer {
                settings,
                connector,
                places,
                inbox: LateValue::default(),
                status: StatusIndicators::default(),
                cards: CardIndex::default(),
                direct_chats: DirectChats::default(),
                threads: ThreadsInMaking::default(),
                dropped: CancellationToken::new(),
            }),
        }
    }
}

impl ChatChannel {
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

impl ChatLayer {
    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.settings.clock
    }

    /// Waits for the inbox, which [`Channel::receive`] sets.
    pub(crate) async fn wait_for_inbox(&self) -> Inbox {
        self.inbox.wait_for_value().await
    }

    /// The place of a chat.
    pub(crate) fn place_of(&self, chat: &ChatId) -> Place {
        Place {
            channel: self.connector.channel(),
            account: self.connector.account(),
            address: chat.to_string(),
        }
    }

    /// The facts about a chat, from memory or else from the platform.
    pub(crate) async fn find_chat(&self, chat: &ChatId) -> Result<ChatInfo, ConnectorError> {
        if let Some(known) = self.places.known_chat(chat) {
            return Ok(known);
        }
        let found = self.connector.fetch_chat(chat).await?;
        self.places.remember_chat(chat, found.clone());
        Ok(found)
    }

    /// Reads a stored cursor of this account.
    pub(crate) async fn read_cursor(
        &self,
        inbox: &Inbox,
        reader: &str,
    ) -> Result<Option<String>, StoreError> {
        let (channel, account) = (self.connector.channel(), self.connector.account());
        inbox.store().cursor(&channel, &account, reader).await
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
        layer.inbox.set_value(inbox.clone());
        // The guard ends all tasks that start here, even where this future is dropped.
        let shutdown = shutdown.child_token();
        let _ends = shutdown.clone().drop_guard();
        if layer.connector.reactions().is_some() {
            let (layer, inbox, stop) = (Arc::clone(layer), inbox.clone(), shutdown.clone());
            tokio::spawn(async move {
                let keep = || {
                    status::queue_marks::keep_marks(Arc::clone(&layer), inbox.clone(), stop.clone())
                };
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
        delivery::delivery_dispatch::send_delivery(&self.layer, delivery).await
    }

    fn show(&self, progress: &Progress) {
        status::show_step(&self.layer, progress);
    }
}
