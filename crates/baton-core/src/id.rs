//! The numbers of rows in the store, and the counters of claims, sessions and processes.

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

number! {
    /// The position in the store's order. One counter numbers messages, turns, deliveries and posts: a later
    /// row has a greater number, and no two rows share a number. A reader of the stream uses the last seen
    /// number as its cursor.
    Seq;
    /// The number of a conversation.
    ConversationId;
    /// The number of a message; also its [`Seq`].
    MessageId;
    /// The number of a turn.
    TurnId;
    /// The number of a delivery; also the idempotency key for its platform.
    DeliveryId;
    /// The number of an approval.
    ApprovalId;
    /// The number of a claim within its conversation. Every claim increases the fence, and the store refuses
    /// writes with an older fence.
    Fence;
    /// The number of a session within its conversation. Every reset increases the number, so no old turn can
    /// restore an old session.
    Generation;
    /// The number of a process among all users of the store. A new epoch outdates the claims of earlier
    /// processes.
    Epoch;
}

impl From<MessageId> for Seq {
    fn from(id: MessageId) -> Self {
        Self(id.0)
    }
}

impl Seq {
    /// A position before every row.
    pub const START: Self = Self(0);
}
