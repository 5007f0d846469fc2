//! Reports of the platform about threads, also about the threads of people.

use baton_core::store::TopicNews;

use super::chat_ids::ChatId;

/// The platform's report about one thread, in the platform's order with the messages of the thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadReport {
    /// The thread.
    pub thread: ChatId,
    /// The news. Platforms may repeat news.
    pub news: TopicNews,
}
