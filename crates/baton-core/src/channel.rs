//! The interface of chat platforms. To write a new channel, implement [`Channel`]: receive messages and send
//! deliveries. `baton-testkit`'s `examples/channel.rs` is a complete example; the contract suite in that
//! crate checks the rules for every channel.

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
    /// The name of the channel, as in [`Place::channel`].
    fn name(&self) -> ChannelName;

    /// The abilities of the platform.
    fn abilities(&self) -> Abilities;

    /// Receives messages until `shutdown` is cancelled; returns an error only if the channel cannot continue.
    /// Every message goes through [`Inbox::ingest`]. The channel acknowledges a message to the platform only
    /// after `ingest` has returned.
    async fn receive(&self, inbox: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError>;

    /// Sends one delivery. Baton calls this method for one delivery of a conversation at a time, and for
    /// several conversations at once. The same delivery may come again, with the same id, if its outcome was
    /// unknown or not recorded.
    async fn deliver(&self, delivery: &Delivery) -> Result<Sent, DeliverError>;

    /// Shows people the progress of a turn. Must return at once. The channel may drop progress that it cannot
    /// show now, because the later delivery contains the whole reply.
    fn show(&self, progress: &Progress);
}

/// The abilities of a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// The maximum number of concurrent deliveries, for different conversations.
    pub parallel: usize,
}

/// The receipt of a platform for a sent delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// The platform's id of the sent post, if the platform gives one.
    pub platform_id: Option<String>,
}

/// The reason for a failed try to send a delivery.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    /// The platform did not accept the delivery, but may accept it later.
    #[error("not now: {reason}")]
    Later {
        /// The answer of the platform.
        reason: String,
        /// The pause that the platform asked for, if any.
        after: Option<Duration>,
    },
    /// The outcome is unknown: the delivery may or may not have arrived.
    #[error("outcome unknown: {reason}")]
    Unknown {
        /// The observed failure.
        reason: String,
    },
    /// The platform will never accept the delivery.
    #[error("refused: {reason}")]
    Never {
        /// The answer of the platform.
        reason: String,
    },
}

/// The reason why a channel cannot continue.
#[derive(Debug, thiserror::Error)]
#[error("channel {channel} stopped: {reason}")]
pub struct ChannelError {
    /// The name of the channel.
    pub channel: ChannelName,
    /// The failure and its remedy.
    pub reason: String,
}

/// A visible event of a turn, for people who watch. The store does not keep it, only the later delivery.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The turn.
    pub turn: TurnId,
    /// The place of the conversation.
    pub place: Place,
    /// The persona that answers.
    pub persona: PersonaName,
    /// The messages of the turn, in order.
    pub messages: Vec<MessageId>,
    /// The event.
    pub step: Step,
}

/// A kind of visible event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The turn began.
    Started,
    /// The agent wrote this piece of its reply.
    Text(String),
    /// The agent began, continued or ended an activity.
    Did(Activity),
    /// The turn ended, with any result.
    Ended,
}
