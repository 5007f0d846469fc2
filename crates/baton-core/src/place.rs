//! Places, and the routing of messages to conversations.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::{AccountName, AgentName, ChannelName, PersonaName};

/// An address in a channel: a Discord thread, a Telegram chat and topic, a web room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The channel.
    pub channel: ChannelName,
    /// Baton's account on the platform.
    pub account: AccountName,
    /// The channel's own form of the address; for the web, the name of the room.
    pub address: String,
}

/// The conversation of a message, and its settings. The place and the persona identify the conversation. The
/// other fields come from the configuration, and every message refreshes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The place of the message.
    pub place: Place,
    /// The persona that should answer.
    pub persona: PersonaName,
    /// The agent of the persona.
    pub agent: AgentName,
    /// The handling of a message that arrives during a turn.
    pub mode: QueueMode,
    /// The maximum number of waiting messages in the conversation. A further message is refused.
    pub waiting_limit: u32,
}

/// The handling of a message that arrives while its conversation is busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "mode")]
pub enum QueueMode {
    /// The message waits, and gets a turn of its own.
    #[default]
    Queue,
    /// Waiting messages, and messages within `window` of each other, share one turn.
    Collect {
        /// The time without new messages before the turn starts.
        window: Duration,
    },
    /// The message stops the running turn, and is answered next.
    Interrupt,
    /// The message goes into the running turn if the agent can take it; otherwise it waits.
    Steer,
}

impl QueueMode {
    /// The names of all modes.
    pub const WORDS: [&str; 4] = ["queue", "collect", "interrupt", "steer"];

    /// The name of the mode, as in the store and in the configuration.
    pub fn as_str(self) -> &'static str {
        let [queue, collect, interrupt, steer] = Self::WORDS;
        match self {
            Self::Queue => queue,
            Self::Collect { .. } => collect,
            Self::Interrupt => interrupt,
            Self::Steer => steer,
        }
    }

    /// The time without new messages before a turn starts; zero for most modes.
    pub fn window(self) -> Duration {
        match self {
            Self::Collect { window } => window,
            Self::Queue | Self::Interrupt | Self::Steer => Duration::ZERO,
        }
    }

    /// The mode with this name; `window` is used only for `collect`. `None` for an unknown name.
    pub fn parse(word: &str, window: Duration) -> Option<Self> {
        let all = [
            Self::Queue,
            Self::Collect { window },
            Self::Interrupt,
            Self::Steer,
        ];
        all.into_iter().find(|mode| mode.as_str() == word)
    }
}
