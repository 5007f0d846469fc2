//! The Discord channel: a bot in servers, threads and direct conversations.
//!
//! A conversation is a channel, thread or direct conversation of Discord, and the persona that answers there.
//!
//! # Layout
//!
//! * [`settings`]: what is configured; [`translations`]: what commands are called. `id`, `wire`: what Discord's words
//!   are; `rest`: requests.
//! * What people write: `gateway` (the connections), `events`, `places` (which channels there are), `lane`
//!   (one channel's messages, in order, with those that were missed), `hear` (what of it is for us).
//! * What we say: `deliver`, `post` (one message), `text` (how a text becomes messages), `markdown` (as
//!   Discord reads it), `table`, `route` (where it goes). `attachments`: files, both ways.
//! * What people see meanwhile: `presence` (typing, progress, the place in the queue).
//! * What people do: `offers` (which commands Discord shows), `interactions` (how each is answered in time),
//!   `commands`, `question` (buttons for what agents ask), `deciding`, `reactions`; [`projects`] (a new place, by
//!   whoever administers a server).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use baton_core::channel::{
    Abilities, Channel, ChannelError, DeliverError, Guarantee, Progress, Sent,
};
use baton_core::clock::Clock;
use baton_core::delivery::Delivery;
use baton_core::id::ApprovalId;
use baton_core::inbox::Inbox;
use baton_core::name::ChannelName;
use baton_core::store::{CursorMove, StoreError};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

mod attachments;
mod commands;
mod deciding;
mod deliver;
mod events;
mod gateway;
mod hear;
mod id;
mod interactions;
mod lane;
mod markdown;
mod offers;
mod places;
mod post;
mod presence;
pub mod projects;
mod question;
mod reactions;
mod rest;
mod route;
pub mod settings;
mod table;
mod text;
pub mod translations;
mod wire;

pub use id::{Id, NotAnId};
pub use settings::{Answering, Covers, DiscordSettings, OfferedIn, People, PlaceSettings, Trigger};

use places::Places;
use presence::Presence;
use rest::Rest;

/// The channel's name, as places spell it.
pub const CHANNEL: &str = "discord";
/// Its only account.
pub const ACCOUNT: &str = "default";

/// How many deliveries it takes at once. Discord limits each channel by itself, and all of them to 50 requests a
/// second.
const PARALLEL: usize = 32;

/// Where it is kept with whom we speak alone: a cursor, since Discord does not tell.
const DIRECTS: &str = "direct conversations";

/// How many of those are remembered, the last ones.
const DIRECTS_KEPT: usize = 200;

/// How many questions' messages are remembered; others are looked for.
const ASKED_KEPT: usize = 1_000;

/// The Discord channel.
pub struct Discord {
    shared: Arc<Shared>,
}

/// Why there is no Discord channel.
#[derive(Debug, thiserror::Error)]
#[error("no connection can be made to Discord: {0}; look whether this machine has certificates")]
pub struct DiscordError(#[from] reqwest::Error);

/// Who we are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Us {
    user: Id,
    application: Id,
}

/// What all parts of it share.
pub(crate) struct Shared {
    settings: DiscordSettings,
    rest: Rest,
    places: Places,
    /// Told with the first event.
    us: watch::Sender<Option<Us>>,
    /// The way in, while it receives.
    inbox: watch::Sender<Option<Inbox>>,
    presence: Presence,
    /// Which messages ask which questions, the last ones.
    asked: Mutex<VecDeque<(ApprovalId, Id)>>,
    /// The channel is no more.
    gone: CancellationToken,
    /// With whom we speak alone; read when first needed.
    directs: tokio::sync::Mutex<Option<Vec<Id>>>,
}

impl Discord {
    /// A channel that connects when it is to receive.
    pub fn new(settings: DiscordSettings) -> Result<Self, DiscordError> {
        // What connects needs a choice; an error says that somebody has chosen already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clock = Arc::clone(&settings.clock);
        let places = Places::new(&settings);
        let rest = Rest::new(settings.api.clone(), settings.token.clone(), clock)?;
        Ok(Self {
            shared: Arc::new(Shared {
                settings,
                rest,
                places,
                us: watch::Sender::new(None),
                inbox: watch::Sender::new(None),
                presence: Presence::default(),
                asked: Mutex::default(),
                gone: CancellationToken::new(),
                directs: tokio::sync::Mutex::default(),
            }),
        })
    }
}

impl Drop for Discord {
    fn drop(&mut self) {
        self.shared.gone.cancel();
    }
}

impl Shared {
    fn clock(&self) -> &Arc<dyn Clock> {
        &self.settings.clock
    }

    fn is(&self, us: Us) {
        self.us.send_replace(Some(us));
    }

    fn us_now(&self) -> Option<Us> {
        *self.us.borrow()
    }

    /// Who we are, as soon as Discord has told us.
    async fn us(&self) -> Us {
        let mut us = self.us.subscribe();
        loop {
            if let Some(us) = *us.borrow_and_update() {
                return us;
            }
            // The sender is ours, and stays.
            let _ = us.changed().await;
        }
    }

    /// The way in, as soon as it receives.
    async fn inbox(&self) -> Inbox {
        let mut inbox = self.inbox.subscribe();
        loop {
            if let Some(inbox) = inbox.borrow_and_update().clone() {
                return inbox;
            }
            let _ = inbox.changed().await;
        }
    }

    /// Remembers which message asks a question.
    fn asked(&self, question: ApprovalId, message: Id) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.retain(|(known, _)| *known != question);
        asked.push_back((question, message));
        if asked.len() > ASKED_KEPT {
            asked.pop_front();
        }
    }

    /// The message that asks a question, where it is remembered.
    fn asked_by(&self, question: ApprovalId) -> Option<Id> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked = asked.iter();
        asked
            .find(|(known, _)| *known == question)
            .map(|(_, message)| *message)
    }

    async fn read_cursor(&self, inbox: &Inbox, reader: &str) -> Result<Option<String>, StoreError> {
        let (channel, account) = (CHANNEL.into(), ACCOUNT.into());
        inbox.store().cursor(&channel, &account, reader).await
    }

    /// With whom we speak alone, as far as it is remembered.
    async fn directs(&self, inbox: &Inbox) -> Vec<Id> {
        let mut known = self.directs.lock().await;
        match self.read_directs(inbox, &mut known).await {
            Ok(directs) => directs.clone(),
            Err(error) => {
                tracing::error!(%error, "who wrote to us alone cannot be read");
                Vec::new()
            }
        }
    }

    async fn read_directs<'a>(
        &self,
        inbox: &Inbox,
        known: &'a mut Option<Vec<Id>>,
    ) -> Result<&'a mut Vec<Id>, StoreError> {
        if known.is_none() {
            let read = self.read_cursor(inbox, DIRECTS).await?.unwrap_or_default();
            *known = Some(read.split(' ').filter_map(|id| id.parse().ok()).collect());
        }
        Ok(known.get_or_insert_default())
    }

    /// Remembers that we speak with somebody alone there, before anything of it is kept.
    async fn note_direct(&self, inbox: &Inbox, channel: Id) -> Result<(), StoreError> {
        // One after the other: the list is written whole.
        let mut known = self.directs.lock().await;
        let directs = self.read_directs(inbox, &mut known).await?;
        if directs.contains(&channel) {
            return Ok(());
        }
        let skip = (directs.len() + 1).saturating_sub(DIRECTS_KEPT);
        let kept = directs.iter().skip(skip).copied().chain([channel]);
        let kept: Vec<_> = kept.collect();
        let position: Vec<_> = kept.iter().map(Id::to_string).collect();
        let cursor = CursorMove {
            channel: CHANNEL.into(),
            account: ACCOUNT.into(),
            reader: DIRECTS.to_owned(),
            position: position.join(" "),
        };
        inbox.store().set_cursor(cursor).await?;
        *directs = kept;
        Ok(())
    }
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
        self.shared.inbox.send_replace(Some(inbox.clone()));
        // What was begun here ends with it, also where it is dropped.
        let shutdown = shutdown.child_token();
        let _ends = shutdown.clone().drop_guard();
        let shared = Arc::clone(&self.shared);
        let waiting = presence::waiting::follow(shared, inbox.clone(), shutdown.clone());
        tokio::spawn(waiting);
        let followed = gateway::follow(&self.shared, &inbox, shutdown).await;
        followed.map_err(|reason| ChannelError {
            channel: self.name(),
            reason,
        })
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Sent, DeliverError> {
        deliver::deliver(&self.shared, delivery).await
    }

    fn show(&self, progress: &Progress) {
        self.shared.presence.show(&self.shared, progress);
    }
}
