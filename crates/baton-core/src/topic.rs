//! Topics: threads or topics that Baton creates on a platform, each for one conversation.

use serde::{Deserialize, Serialize};

use crate::state_words::state_words;

/// The state of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TopicState {
    /// The store has the reservation, and the platform knows nothing of it.
    Reserved,
    /// The creation on the platform has begun.
    Creating,
    /// The topic exists.
    Ready,
    /// The topic is closed, and can be opened again.
    Closed,
    /// The topic no longer exists on the platform.
    Gone,
}

state_words!(TopicState {
    Reserved: "reserved",
    Creating: "creating",
    Ready: "ready",
    Closed: "closed",
    Gone: "gone",
});
