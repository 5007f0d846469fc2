//! The types of names and external ids. Each kind has its own type, so that one cannot be passed for another.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

macro_rules! name {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

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

name! {
    /// The name of a channel: `web`, `discord`.
    ChannelName;
    /// Baton's account on a platform: a bot's stable id; `default` on the web.
    AccountName;
    /// The configured name of a persona.
    PersonaName;
    /// The configured name of an agent.
    AgentName;
    /// The platform's id of a message. Unique together with channel and account.
    ExternalId;
    /// The platform's stable id of a person, never a name that its owner can change.
    PersonId;
    /// The name that an outside worker gives itself.
    WorkerId;
    /// An agent's own id of a session, for example a Claude session id.
    SessionId;
}
