//! The control of messages, deliveries and conversations by people.

use async_trait::async_trait;

use super::{ControlError, Stopped, StoreError, Subject};
use crate::id::{ConversationId, Generation, MessageId, Seq};
use crate::name::PersonId;

/// Carries out the operations of people on messages, deliveries and conversations.
///
/// * Order: a stop never waits for a turn. A replayed message returns to its old place in its conversation.
/// * Idempotency: an operation on a row in another state changes nothing and returns
///   [`ControlError::NotPossible`]. A reset, the choice of a model, and a mute may be
///   repeated.
/// * Fence: a stop of an outside worker's message outdates its claim, so later writes of the turn are
///   refused. A reset begins a new generation, so a running turn cannot restore the old session.
#[async_trait]
pub trait ControlStore: Send + Sync + 'static {
    /// Stops a message. A waiting message is withdrawn immediately. So is a message of an outside worker,
    /// whose later writes are refused. The turn of a process gets the stop as an effect, because only its
    /// dispatcher can end the agent.
    async fn stop(&self, message: MessageId, by: &PersonId) -> Result<Stopped, ControlError>;

    /// Makes a dead, withdrawn or refused message wait again, or a dead delivery. Its tries count from the
    /// beginning.
    async fn replay(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError>;

    /// Withdraws a dead message, or removes a dead delivery for good.
    async fn drop_dead(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError>;

    /// Forgets a conversation's session, and hides everything before this moment from its
    /// [history](super::TimelineViews::history). A running turn cannot restore the session.
    async fn reset(&self, conversation: ConversationId) -> Result<(), StoreError>;

    /// Resets a conversation like [`reset`](Self::reset), if the session still has this number. Returns whether the
    /// session had this number.
    async fn reset_session(
        &self,
        conversation: ConversationId,
        generation: Generation,
    ) -> Result<bool, StoreError>;

    /// Sets the model of a conversation from the next turn on; `None` for the agent's own.
    async fn set_model(
        &self,
        conversation: ConversationId,
        model: Option<String>,
    ) -> Result<(), StoreError>;

    /// Sets whether the deliveries of a conversation are muted, see [`Delivery::is_muted`](crate::delivery::Delivery). A
    /// delivery that a channel has already keeps its mark.
    async fn set_muted(
        &self,
        conversation: ConversationId,
        is_muted: bool,
    ) -> Result<(), StoreError>;
}
