//! Reports of the platform about topics.

use crate::name::{AccountName, ChannelName};
use crate::topic::TopicNamer;

/// A topic of an account, by its id on the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicAddress {
    /// The channel.
    pub channel: ChannelName,
    /// The account.
    pub account: AccountName,
    /// The platform's id of the topic. Without a topic of Baton, this is also the address of the topic's place.
    pub id: String,
}

/// The platform's report about one topic, also about a topic of people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicReport {
    /// The topic.
    pub topic: TopicAddress,
    /// The news.
    pub news: TopicNews,
}

/// The news about a topic. Platforms repeat news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicNews {
    /// The topic exists.
    Seen,
    /// The topic has this name. An invented name counts only if Baton knows no name yet.
    Named {
        /// The name, without the mark of a reservation.
        name: String,
        /// The giver of the name.
        by: TopicNamer,
    },
    /// The topic is closed.
    Closed,
    /// The topic is open again.
    Reopened,
    /// The topic does not exist any more.
    Gone,
}
