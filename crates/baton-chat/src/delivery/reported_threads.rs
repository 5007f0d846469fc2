//! The platform's reports about threads, and the names of threads that people began without a name.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::inbox::Inbox;
use baton_core::store::{StoreError, TopicNews, TopicReport};
use baton_core::topic::TopicNamer;

use super::thread_mark::ThreadMark;
use super::thread_title::thread_title;
use crate::ChatLayer;
use crate::backoff::{BackoffTimer, BoundedTries};
use crate::connector::{ChatId, ThreadReport};
use crate::ingest::store_retry::wait_for_store;

/// The number of tries to rename a thread. A thread without its title harms nobody.
const RENAME_TRIES: u32 = 5;

/// The maximum number of remembered chats. A full set is emptied, and the store is asked again.
const CHECKED: usize = 10_000;

/// The chats whose names this process has checked since the last report of an invented name.
#[derive(Debug, Default)]
pub(crate) struct CheckedNames(Mutex<HashSet<ChatId>>);

impl CheckedNames {
    /// Whether the name of this chat must be checked now. Later calls return `false`.
    pub(crate) fn begin_check(&self, chat: &ChatId) -> bool {
        let mut checked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if checked.len() >= CHECKED {
            checked.clear();
        }
        checked.insert(chat.clone())
    }

    fn forget_check(&self, chat: &ChatId) {
        let mut checked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        checked.remove(chat);
    }
}

/// Records a report. While the store fails, the function waits. Fails only if the store is closed.
pub(crate) async fn record_report(
    layer: &ChatLayer,
    inbox: &Inbox,
    report: ThreadReport,
) -> Result<(), StoreError> {
    let ThreadReport { thread, mut news } = report;
    if let TopicNews::Named { name, by } = &mut news {
        if *by == TopicNamer::Platform {
            layer.checked_names.forget_check(&thread);
        }
        let title = ThreadMark::parse_name(name).map(|(_, title)| title.to_owned());
        if let Some(title) = title.filter(|_| *by == TopicNamer::Baton) {
            *name = title;
        }
    }
    let report = TopicReport {
        topic: layer.topic_address(&thread),
        news,
    };
    let mut pause = BackoffTimer::default();
    while let Err(error) = inbox.store().report_topic(report.clone()).await {
        wait_for_store(layer, error, &mut pause).await?;
    }
    Ok(())
}

/// Gives a thread the first words of its first prompt as the name, once, and only in place of an invented name.
pub(crate) async fn name_after_prompt(
    layer: Arc<ChatLayer>,
    inbox: Inbox,
    thread: ChatId,
    prompt: String,
) {
    let Some(threads) = layer.connector.named_threads() else {
        return;
    };
    let title = thread_title(&prompt, threads.longest_name());
    // The right is taken before the request, so that no later process renames the thread again.
    let topic = layer.topic_address(&thread);
    match inbox.store().claim_topic_name(topic, &title).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => {
            tracing::warn!(%thread, %error, "a thread keeps its invented name");
            return;
        }
    }
    let mut tries = BoundedTries::at_most(RENAME_TRIES);
    while let Err(error) = threads.rename(&thread, &title).await {
        if !tries.wait_for_next(layer.clock(), &error).await {
            tracing::warn!(%thread, %error, "a thread keeps its invented name");
            return;
        }
    }
}
