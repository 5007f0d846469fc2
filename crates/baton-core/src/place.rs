//! Where people write, and who answers there.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::name::{AccountName, AgentName, ChannelName, PersonaName};

/// An address in a channel: a Discord thread, a Telegram chat and topic, a web room.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The connection to the platform.
    pub channel: ChannelName,
    /// Which of our accounts there.
    pub account: AccountName,
    /// The channel's own spelling of the address; for the web, the room's name.
    pub address: String,
}

/// Which conversation a message belongs to, and how that conversation is run. The first two fields
/// name the conversation; the others are configuration, refreshed with every message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where the message was written.
    pub place: Place,
    /// Who answers there.
    pub persona: PersonaName,
    /// The agent behind the persona.
    pub agent: AgentName,
    /// What happens to a message that arrives while another is being answered.
    pub mode: QueueMode,
    /// How many messages may wait in the conversation; one more is refused.
    pub waiting_limit: u32,
}

/// What happens to a message that arrives while its conversation is busy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "mode")]
pub enum QueueMode {
    /// It waits; one turn per message.
    #[default]
    Queue,
    /// Messages that waited, or that came within `window` of each other, become one turn.
    Collect {
        /// How long the conversation must be quiet before the turn starts.
        window: Duration,
    },
    /// It stops the running turn and is answered next.
    Interrupt,
    /// It is handed into the running turn where the agent can take it; else it waits.
    Steer,
}

impl QueueMode {
    /// The words for all of them.
    pub const WORDS: [&str; 4] = ["queue", "collect", "interrupt", "steer"];

    /// The word kept in the store and written in a configuration.
    pub fn as_str(self) -> &'static str {
        let [queue, collect, interrupt, steer] = Self::WORDS;
        match self {
            Self::Queue => queue,
            Self::Collect { .. } => collect,
            Self::Interrupt => interrupt,
            Self::Steer => steer,
        }
    }

    /// How long it waits for quiet.
    pub fn window(self) -> Duration {
        match self {
            Self::Collect { window } => window,
            Self::Queue | Self::Interrupt | Self::Steer => Duration::ZERO,
        }
    }

    /// The mode of that name; `window` is for one that waits for quiet.
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
