//! The outbox: replies from outside turns, and the outcomes of attempts.

use async_trait::async_trait;
use serde_json::Value;

use super::{
    DeliveryAttempt, DeliveryFailure, DeliveryPart, OutcomeError, PartReceipt, PostReply, Posted,
    StoreError,
};
use crate::name::ChannelName;
use crate::slots::Slot;

/// Adds replies to the outbox, and records the outcomes of the attempts to send deliveries.
///
/// * Order: the deliveries of a conversation are sent one after another, in the order of their creation.
/// * Fence: an outcome names its [`DeliveryAttempt`]. The outcome of an earlier attempt, of an earlier epoch,
///   or of a recorded attempt changes nothing and returns [`OutcomeError::Outdated`]. Its slot is free.
/// * Idempotency: a reply with a known external id, or to a message with a reply, is
///   [`Posted::Duplicate`].
/// * Units: the pause after a failure is steady time.
#[async_trait]
pub trait DeliveryStore: Send + Sync + 'static {
    /// Puts a reply from outside a turn into the outbox; at most one for each message.
    async fn post_reply(&self, post: PostReply) -> Result<Posted, StoreError>;

    /// Stores the parts of a delivery, before the first part is sent. Returns the stored parts with their receipts. The
    /// parts of an earlier attempt stay, so every attempt sends the same parts. Without `contents`, the command only
    /// reads the stored parts.
    async fn begin_parts(
        &self,
        attempt: DeliveryAttempt,
        contents: Vec<Value>,
    ) -> Result<Vec<DeliveryPart>, OutcomeError>;

    /// Replaces the parts from the number `first` on, because the platform refuses their form. The replaced parts have
    /// no receipt yet. Later attempts send the new parts.
    async fn replace_parts(
        &self,
        attempt: DeliveryAttempt,
        first: usize,
        contents: Vec<Value>,
    ) -> Result<(), OutcomeError>;

    /// Records that the platform has one part of the delivery. `part` is the number of the part, from 0. A part with a
    /// receipt keeps the receipt.
    async fn part_sent(
        &self,
        attempt: DeliveryAttempt,
        part: usize,
        receipt: PartReceipt,
    ) -> Result<(), OutcomeError>;

    /// Records that the platform has the delivery, and starts the next delivery of the outbox. `platform_id` is
    /// the platform's id of the post, if there is one. The slot of the delivery is free for the next claim of
    /// the same commit.
    async fn delivery_sent(
        &self,
        attempt: DeliveryAttempt,
        platform_id: Option<String>,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError>;

    /// Records that this attempt failed, and whether another attempt follows.
    async fn delivery_failed(
        &self,
        attempt: DeliveryAttempt,
        failure: DeliveryFailure,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError>;
}
