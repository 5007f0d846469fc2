//! `begin_parts`, `part_sent`: the messages of one delivery on the platform.

use serde_json::Value;

/// One message of a delivery on the platform. A long reply is several messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryPart {
    /// The content in the channel's own form.
    pub content: Value,
    /// The receipt of the platform; `None` until the platform has the message.
    pub receipt: Option<PartReceipt>,
}

/// The receipt of a platform for one message of a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartReceipt {
    /// The platform's id of the message, if the platform gives one.
    pub platform_id: Option<String>,
}
