//! The notices of the platform that change something for Baton. They arrive as messages.

use serde::Deserialize;
use serde::de::IgnoredAny;

/// The notice in a message; empty for a message of a person.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct ServiceNotice {
    pub(crate) forum_topic_created: Option<TopicNotice>,
    pub(crate) forum_topic_edited: Option<TopicNotice>,
    pub(crate) forum_topic_closed: Option<IgnoredAny>,
    pub(crate) forum_topic_reopened: Option<IgnoredAny>,
    /// The new number of this chat.
    pub(crate) migrate_to_chat_id: Option<i64>,
    /// The earlier number of this chat.
    pub(crate) migrate_from_chat_id: Option<i64>,
}

/// A new or changed topic.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TopicNotice {
    /// The new name. After another change, the name is missing.
    pub(crate) name: Option<String>,
    /// Whether Telegram invented the name, because a person began the topic with a message alone.
    #[serde(default)]
    pub(crate) is_name_implicit: bool,
}
