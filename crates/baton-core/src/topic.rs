//! A thread or topic that we made on a platform for one conversation.

use serde::{Deserialize, Serialize};

/// How far the making of a topic is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TopicState {
    /// The row is there; the platform has not been asked.
    Reserved,
    /// The platform has been asked.
    Creating,
    /// It exists.
    Ready,
    /// Closed, and can be opened again.
    Closed,
    /// The platform no longer has it.
    Gone,
}

impl TopicState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Reserved,
        Self::Creating,
        Self::Ready,
        Self::Closed,
        Self::Gone,
    ];

    /// The word kept in the store and shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reserved => "reserved",
            Self::Creating => "creating",
            Self::Ready => "ready",
            Self::Closed => "closed",
            Self::Gone => "gone",
        }
    }

    /// The state of that name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}
