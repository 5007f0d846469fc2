//! Where people write. To write a new channel, implement [`Channel`]: receive and deliver.
//! `baton-testkit`'s `examples/channel.rs` is a whole one; the contract suite there says what every
//! channel must hold to.

use std::time::Duration;

use async_trait::async_trait;
use tokio_util::sync::CancellationToken;

use crate::activity::Activity;
use crate::delivery::Delivery;
use crate::id::{MessageId, TurnId};
use crate::inbox::Inbox;
use crate::name::{ChannelName, PersonaName};
use crate::place::Place;

/// A connection to a chat platform.
#[async_trait]
pub trait Channel: Send + Sync + 'static {
    /// Its name, as places spell it.
    fn name(&self) -> ChannelName;

    /// What the platform can do.
    fn abilities(&self) -> Abilities;

    /// Takes in what people write until `shutdown` is cancelled; returns an error only if it cannot
    /// go on. Everything goes through [`Inbox::ingest`], and the platform is told that we have a
    /// message only after that returned.
    async fn receive(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError>;

    /// Carries one delivery out. Called for one delivery of a conversation at a time, for several
    /// conversations at once. The same delivery may come again, under the same id, when its outcome
    /// was not known or not recorded.
    async fn deliver(&self, delivery: &Delivery) -> Result<Sent, DeliverError>;

    /// Shows people what a turn is doing. Must return at once: what cannot be shown now is
    /// dropped, because the delivery that follows holds the whole reply.
    fn show(&self, progress: &Progress);
}

/// What a platform can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// What becomes of a delivery that is sent twice under one id.
    pub guarantee: Guarantee,
    /// How many deliveries it may be handed at once, for different conversations.
    pub parallel: usize,
}

/// What becomes of a delivery that is sent twice under one id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guarantee {
    /// People see it once.
    Once,
    /// People may see it twice, the second marked as possibly repeated.
    AtLeastOnce,
}

/// The platform has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The platform's own id of what was sent, where it gives one.
    pub platform_id: Option<String>,
}

/// Why a delivery was not carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    /// The platform did not take it, and will later.
    #[error("not now: {reason}")]
    Later {
        /// What it said.
        reason: String,
        /// How long it asked us to wait, where it did.
        after: Option<Duration>,
    },
    /// It may or may not have arrived.
    #[error("outcome unknown: {reason}")]
    Unknown {
        /// What was seen.
        reason: String,
    },
    /// The platform will never take it.
    #[error("refused: {reason}")]
    Never {
        /// What it said.
        reason: String,
    },
}

/// Why a channel cannot go on.
#[derive(Debug, thiserror::Error)]
#[error("channel {channel} stopped: {reason}")]
pub struct ChannelError {
    /// Which one.
    pub channel: ChannelName,
    /// What happened, and what to do about it.
    pub reason: String,
}

/// What a turn is doing, for people who watch. Not stored: the delivery that follows is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Which turn.
    pub turn: TurnId,
    /// Where.
    pub place: Place,
    /// Who answers there.
    pub persona: PersonaName,
    /// What is being answered, in order.
    pub messages: Vec<MessageId>,
    /// What happened.
    pub step: Step,
}

/// One step of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// It began.
    Started,
    /// It wrote more.
    Text(String),
    /// It does something on its way.
    Did(Activity),
    /// It is over, whatever came of it.
    Ended,
}
