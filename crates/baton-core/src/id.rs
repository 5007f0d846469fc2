//! Numbers that name things in the store, and the numbers that outdate old claims.

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
    /// The store's order: one counter for all that it numbers, so that whatever was stored later
    /// has the greater number, and no two things share one. A reader that follows the stream keeps
    /// the last one it saw as its cursor.
    Seq;
    /// A conversation.
    ConversationId;
    /// A message; its number is also its [`Seq`].
    MessageId;
    /// A turn.
    TurnId;
    /// A delivery; its number is the idempotency key given to its platform.
    DeliveryId;
    /// An approval.
    ApprovalId;
    /// Outdates older claims of one conversation: it grows with every claim, and a write that
    /// carries a smaller one is refused.
    Fence;
    /// Outdates older sessions of one conversation: it grows with every reset.
    Generation;
    /// Outdates every claim made in-process before this start of the program.
    Epoch;
}

impl From<MessageId> for Seq {
    fn from(id: MessageId) -> Self {
        Self(id.0)
    }
}

impl Seq {
    /// Before everything.
    pub const START: Self = Self(0);
}
