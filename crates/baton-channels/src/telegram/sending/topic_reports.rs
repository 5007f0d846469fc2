//! Telegram's notices about topics, as reports for the chat layer. Telegram cannot list topics, so Baton knows only the
//! topics of its updates. The bot gets the notices about its own changes too.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use baton_chat::connector::{EventSink, ThreadReport};
use baton_core::store::{StoreError, TopicNews};
use baton_core::topic::TopicNamer;

use crate::telegram::chat_address::ChatAddress;
use crate::telegram::conversion::telegram_update::{TopicChange, TopicChanger};
use crate::telegram::telegram_account::TelegramAccount;

/// The maximum number of remembered topics. A full set is emptied, and the topics are reported again.
const REMEMBERED: usize = 10_000;

/// The topics that this process has reported.
#[derive(Debug, Default)]
pub(crate) struct SeenTopics(Mutex<HashSet<ChatAddress>>);

impl SeenTopics {
    /// Remembers a topic. Returns whether the topic is new.
    fn add_topic(&self, topic: ChatAddress) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= REMEMBERED {
            seen.clear();
        }
        seen.insert(topic)
    }
}

/// Reports that a topic exists, once in a process.
pub(crate) async fn report_seen(
    account: &TelegramAccount,
    events: &dyn EventSink,
    address: ChatAddress,
) -> Result<(), StoreError> {
    if address.topic.is_some() && account.seen_topics.add_topic(address) {
        report_state(events, address, TopicNews::Seen).await?;
    }
    Ok(())
}

/// Reports the name of a new or renamed topic.
pub(crate) async fn report_name(
    events: &dyn EventSink,
    change: TopicChange,
) -> Result<(), StoreError> {
    let TopicChange { address, name, by } = change;
    tracing::debug!(chat = %address, name, ?by, "a topic has a new name");
    let by = match by {
        TopicChanger::Us => TopicNamer::Baton,
        TopicChanger::Person => TopicNamer::Person,
        TopicChanger::PersonWithoutName => TopicNamer::Platform,
    };
    if name.is_empty() {
        return Ok(());
    }
    report_state(events, address, TopicNews::Named { name, by }).await
}

/// Reports news about a topic. General is no topic for Baton.
pub(crate) async fn report_state(
    events: &dyn EventSink,
    address: ChatAddress,
    news: TopicNews,
) -> Result<(), StoreError> {
    if address.topic.is_none() {
        tracing::debug!(chat = %address, ?news, "the General topic has changed");
        return Ok(());
    }
    let thread = address.into();
    events.report_thread(ThreadReport { thread, news }).await
}
