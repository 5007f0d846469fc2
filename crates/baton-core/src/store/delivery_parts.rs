//! `begin_parts`, `replace_parts`, `part_sent`: the parts of a delivery.

use serde_json::Value;

/// One part of a delivery: one message on the platform. A long reply has several parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryPart {
    /// The content in the channel's own form.
    pub content: Value,
    /// The receipt of the platform; `None` until the platform has the part.
    pub receipt: Option<PartReceipt>,
}

/// The receipt of a platform for one part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartReceipt {
    /// The platform's id of the message, if the platform gives one.
    pub platform_id: Option<String>,
}
