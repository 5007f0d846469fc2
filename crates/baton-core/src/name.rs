//! The types of names and external ids. Each kind has its own type, so that one cannot be passed for another.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// Defines types for names and ids. Each is a shared text, and is written and stored as the text alone. The crate of
/// the caller needs `serde`.
#[macro_export]
macro_rules! define_names {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(::std::sync::Arc<str>);

        impl $name {
            /// The name as text.
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

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

define_names! {
    /// The name of a channel: `web`, `discord`.
    ChannelName;
    /// Baton's account on a platform: a bot's stable id; `default` on the web.
    AccountName;
    /// The configured name of a persona.
    PersonaName;
    /// The configured name of an agent.
    AgentName;
    /// The platform's stable id of a person, never a name that its owner can change.
    PersonId;
    /// The name that an outside worker gives itself.
    WorkerId;
    /// An agent's own id of a session, for example a Claude session id.
    SessionId;
    /// The id of the data in a store. A new store gets a random id. Restarts keep the id, and a copy of the store has
    /// the same id.
    DataId;
}

/// The platform's id of a message. Unique together with channel and account.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId {
    space: Arc<str>,
    id: Arc<str>,
}

impl ExternalId {
    /// An id of a platform that numbers the messages of each chat separately. `space` names the chat. Two
    /// messages of different chats can have the same `id`.
    pub fn within(space: &str, id: &str) -> Self {
        Self {
            space: space.into(),
            id: id.into(),
        }
    }

    /// The id, as the platform writes it.
    pub fn as_str(&self) -> &str {
        &self.id
    }

    /// The chat in which the id is unique; empty if the id is unique in the whole account.
    pub fn space(&self) -> &str {
        &self.space
    }
}

/// An id that is unique in the whole account.
impl From<&str> for ExternalId {
    fn from(id: &str) -> Self {
        Self::within("", id)
    }
}

/// An id that is unique in the whole account.
impl From<String> for ExternalId {
    fn from(id: String) -> Self {
        Self::within("", &id)
    }
}

/// As the platform writes the id, without the chat.
impl Serialize for ExternalId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.id)
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.space.is_empty() {
            self.id.fmt(f)
        } else {
            write!(f, "{}/{}", self.space, self.id)
        }
    }
}
