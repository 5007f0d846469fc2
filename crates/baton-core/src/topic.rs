//! A thread or topic that we made on a platform for one conversation.

use serde::{Deserialize, Serialize};

use crate::words::words;

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

words!(TopicState {
    Reserved: "reserved",
    Creating: "creating",
    Ready: "ready",
    Closed: "closed",
    Gone: "gone",
});
