//! Topics: threads or topics on a platform. Baton creates some of them, each for one conversation.

use serde::{Deserialize, Serialize};

use crate::state_words::state_words;

/// The state of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TopicState {
    /// The store has the reservation, and nobody knows an id on the platform yet.
    Reserved,
    /// The topic exists, and is open as far as Baton knows.
    Ready,
    /// The topic is closed, and can be opened again.
    Closed,
    /// The topic no longer exists on the platform.
    Gone,
}

state_words!(TopicState {
    Reserved: "reserved",
    Ready: "ready",
    Closed: "closed",
    Gone: "gone",
});

/// The end of a topic that nobody needs any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TopicEnd {
    /// People can still read the topic. The next reply opens the topic again.
    Closed,
    /// The platform deletes the topic with the messages of people.
    Deleted,
}

state_words!(TopicEnd {
    Closed: "closed",
    Deleted: "deleted",
});

/// The giver of the name of a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TopicNamer {
    /// The platform invented the name, because the person who began the topic gave none.
    Platform,
    /// A person chose the name. Baton never changes such a name.
    Person,
    /// Baton chose the name.
    Baton,
}

state_words!(TopicNamer {
    Platform: "platform",
    Person: "person",
    Baton: "baton",
});
