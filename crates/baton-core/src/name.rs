//! Strings that name things, each a type of its own so that none is taken for another.

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
    /// A connection to a chat platform: `web`, `discord`.
    ChannelName;
    /// Which of our accounts on that platform: a bot's stable id; `default` on the web.
    AccountName;
    /// A persona, as configured: who answers.
    PersonaName;
    /// An agent, as configured: what answers.
    AgentName;
    /// The platform's own id of a message. Unique together with channel and account.
    ExternalId;
    /// The platform's stable id of a person, never a name that its owner can change.
    PersonId;
    /// An outside worker, as it calls itself.
    WorkerId;
    /// An agent's own memory handle, for example a Claude session id.
    SessionId;
}
