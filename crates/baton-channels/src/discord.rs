//! The Discord channel: a bot in servers, threads and direct messages.
//!
//! Each channel, thread or direct message channel of Discord is one conversation, with one persona that
//! answers.
//!
//! # Layout
//!
//! * [`discord_settings`]: the configuration; [`translations`]: translated command names. `discord_id`,
//!   `wire`: objects from Discord; `limits`: Discord's limits; `type_numbers`: Discord's numbers for types and
//!   flags; `rest`: all requests, with their paths and bodies; `backoff`: pauses before tries.
//! * Messages from people: `gateway` (the connections), `application_check` (the settings of the bot on
//!   Discord), `gateway_events`, `place_directory` (the channels), `permissions` (the permission to view
//!   channels), `direct_messages` (their channels), `ingest_worker` (messages of a channel in order, with the
//!   missed ones), `message_pages` (fetching missed messages), `message_filter` (which messages are for the
//!   bot), `principals` (the roles of people), `message_text`.
//! * Replies: `delivery_dispatch`, `delivery_messages` (the messages of one delivery), `text_splitting` (a text
//!   as several messages), `discord_markdown` (Discord's dialect), `text_table`, `reply_route` (the
//!   destination), `reply_thread` (creating and reopening threads). `attachments`: files, in both directions.
//! * Progress: `status` (typing, progress messages, queue marks).
//! * Actions of people: `command_registration` (the commands that Discord shows), `interaction_dispatch` (answers
//!   in time), `interactions` (their context and first answers), `command_dispatch`, `approval_card` (buttons for
//!   approvals), `approval_actions`, `reactions`; [`projects`] (new places, added by administrators of a server),
//!   `project_requests` (the requests for them).

use std::sync::Arc;

use async_trait::async_trait;
use baton_core::channel::{
    Abilities, Channel, ChannelError, DeliverError, Guarantee, Progress, Sent,
};
use baton_core::clock::Clock;
use baton_core::delivery::Delivery;
use baton_core::inbox::Inbox;
use baton_core::name::ChannelName;
use baton_core::panics::run_again;
use baton_core::retry::RetryPolicy;
use baton_core::store::StoreError;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

mod application_check;
mod approval_actions;
mod approval_card;
mod attachments;
mod backoff;
mod command_dispatch;
mod command_registration;
mod delivery_dispatch;
mod delivery_messages;
mod direct_messages;
mod discord_id;
mod discord_markdown;
pub mod discord_settings;
mod gateway;
mod gateway_events;
mod ingest_worker;
mod interaction_dispatch;
mod interactions;
mod limits;
mod message_filter;
mod message_pages;
mod message_text;
mod permissions;
mod place_directory;
mod principals;
mod project_requests;
pub mod projects;
mod reactions;
mod reply_route;
mod reply_thread;
mod rest;
mod status;
mod text_splitting;
mod text_table;
pub mod translations;
mod type_numbers;
mod wire;

pub use discord_id::{Id, NotAnId};
pub use discord_settings::{
    Answering, Covers, DiscordSettings, OfferedIn, People, PlaceSettings, Trigger,
};
pub use gateway::{ConnectionStage, ConnectionState, ConnectionStates};

use approval_card::PromptIndex;
use direct_messages::DirectChannels;
use place_directory::PlaceDirectory;
use rest::RestClient;
use status::StatusIndicators;

/// The name of the channel in places.
pub const CHANNEL: &str = "discord";
/// The name of the only account.
pub const ACCOUNT: &str = "default";

/// The maximum number of deliveries at once. Discord limits each channel separately, and the whole bot to 50
/// requests a second.
const PARALLEL: usize = 32;

/// The Discord channel.
pub struct Discord {
    shared: Arc<BotState>,
}

/// The error of [`Discord::new`]: the HTTP client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("no connection can be made to Discord: {0}; look whether this machine has certificates")]
pub struct DiscordError(#[from] reqwest::Error);

/// The ids of the bot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BotIds {
    user: Id,
    application: Id,
}

/// The state that all parts of the channel share.
pub(crate) struct BotState {
    settings: DiscordSettings,
    rest: RestClient,
    places: PlaceDirectory,
    /// `None` until the first gateway event.
    ids: watch::Sender<Option<BotIds>>,
    /// `None` until [`Channel::receive`] starts.
    inbox: watch::Sender<Option<Inbox>>,
    status: StatusIndicators,
    prompts: PromptIndex,
    direct_channels: DirectChannels,
    connections: ConnectionStates,
    /// Cancelled when the channel is dropped.
    dropped: CancellationToken,
}

impl Discord {
    /// A channel that connects to Discord when [`Channel::receive`] starts.
    pub fn new(settings: DiscordSettings) -> Result<Self, DiscordError> {
        // rustls needs a default provider. An error means that the process has one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::clone(&settings.clock);
        let places = PlaceDirectory::new(&settings);
        let rest = RestClient::new(settings.api.clone(), settings.token.clone(), clock)?;
        Ok(Self {
            shared: Arc::new(BotState {
                settings,
                rest,
                places,
                ids: watch::Sender::new(None),
                inbox: watch::Sender::new(None),
                status: StatusIndicators::default(),
                prompts: PromptIndex::default(),
                direct_channels: DirectChannels::default(),
                connections: ConnectionStates::default(),
                dropped: CancellationToken::new(),
            }),
        })
    }

    /// The state of the connections, for operators.
    pub fn connections(&self) -> ConnectionStates {
        self.shared.connections.clone()
    }
}

impl Drop for Discord {
    fn drop(&mut self) {
        self.shared.dropped.cancel();
    }
}

impl BotState {
    fn clock(&self) -> &Arc<dyn Clock> {
        &self.settings.clock
    }

    fn set_ids(&self, ids: BotIds) {
        self.ids.send_replace(Some(ids));
    }

    fn known_ids(&self) -> Option<BotIds> {
        *self.ids.borrow()
    }

    /// Waits for the ids of the bot, which Discord sends in the first gateway event.
    async fn wait_for_ids(&self) -> BotIds {
        wait_until_set(&self.ids).await
    }

    /// Waits for the inbox, which [`Channel::receive`] sets.
    async fn wait_for_inbox(&self) -> Inbox {
        wait_until_set(&self.inbox).await
    }
}

async fn wait_until_set<T: Clone>(told: &watch::Sender<Option<T>>) -> T {
    let mut told = told.subscribe();
    let value = told.wait_for(Option::is_some).await;
    let value = value.ok().and_then(|value| value.clone());
    match value {
        Some(value) => value,
        // Unreachable: the wait fails only without a sender, and `told` borrows the sender.
        None => std::future::pending().await,
    }
}

async fn read_cursor(inbox: &Inbox, reader: &str) -> Result<Option<String>, StoreError> {
    let (channel, account) = (CHANNEL.into(), ACCOUNT.into());
    inbox.store().cursor(&channel, &account, reader).await
}

#[async_trait]
impl Channel for Discord {
    fn name(&self) -> ChannelName {
        CHANNEL.into()
    }

    fn abilities(&self) -> Abilities {
        Abilities {
            guarantee: Guarantee::Once,
            parallel: PARALLEL,
        }
    }

    async fn receive(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError> {
        match inbox.views().newest().await {
            Ok(newest) => self.shared.status.stale.set_newest_at_start(newest),
            Err(error) => tracing::warn!(%error, "old messages of progress may stay"),
        }
        self.shared.inbox.send_replace(Some(inbox.clone()));
        // The guard ends all tasks that start here, even where this future is dropped.
        let shutdown = shutdown.child_token();
        let _ends = shutdown.clone().drop_guard();
        let shared = Arc::clone(&self.shared);
        let (waiting, stop) = (inbox.clone(), shutdown.clone());
        tokio::spawn(async move {
            let mark = || {
                let shared = Arc::clone(&shared);
                status::queue_marks::keep_marks(shared, waiting.clone(), stop.clone())
            };
            let (clock, retry) = (&**shared.clock(), RetryPolicy::default());
            run_again(
                "the marks of what waits at Discord",
                clock,
                retry,
                &stop,
                mark,
            )
            .await
        });
        let followed = gateway::run_shards(&self.shared, &inbox, shutdown).await;
        followed.map_err(|reason| ChannelError {
            channel: self.name(),
            reason,
        })
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Sent, DeliverError> {
        delivery_dispatch::send_delivery(&self.shared, delivery).await
    }

    fn show(&self, progress: &Progress) {
        self.shared.status.show_step(&self.shared, progress);
    }
}
