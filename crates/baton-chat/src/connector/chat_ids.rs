//! The ids of a platform. They are opaque: only the connector reads inside them.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! chat_id {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

chat_id! {
    /// The id of a chat: a channel, a group, a thread, a topic, or a direct chat. The id is the address
    /// of the chat's place, and has no white space.
    ChatId;
    /// The id of a group of chats with common members and roles: a server, a team, or a Matrix
    /// space.
    WorkspaceId;
    /// The id of a role, which a workspace gives to members.
    RoleId;
    /// A position in the history of a chat, after a message. Only the connector compares two positions.
    Position;
}
