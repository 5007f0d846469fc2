//! The promises, as checks on what can be seen: the platform, and the store's views.

use std::collections::BTreeMap;
use std::path::Path;

use baton_core::channel::Guarantee;
use baton_core::message::MessageState;
use baton_core::store::Store;

use crate::channel::READER;
use crate::platform::{Platform, Update, account, channel_name};
use crate::scripted_agent::Record;
use crate::tally;

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// The platform was told that we have it, and we do not.
    #[error("{0} was acknowledged and is lost")]
    Lost(String),
    /// The cursor is behind something that is not stored.
    #[error("the cursor covers {0}, which is not stored")]
    CursorAhead(String),
    /// It is stored, everything is done, and people see no answer.
    #[error("{0} has no answer that people see")]
    NoAnswer(String),
    /// More answers than the platform's guarantee allows, or a repeat that is not marked.
    #[error("{text} has the answers {answers:?}")]
    Repeated {
        /// What was asked.
        text: String,
        /// Whether each was marked as possibly repeated.
        answers: Vec<bool>,
    },
    /// Answers in another order than the messages.
    #[error("the answers in {address} came in the order {order:?}")]
    OutOfOrder {
        /// Where.
        address: String,
        /// What they answer, in the order in which they were shown.
        order: Vec<String>,
    },
    /// Two turns of one conversation at once.
    #[error("two turns of a conversation ran at once: {0}")]
    Overlapped(String),
    /// Received is not the sum of what became of each message.
    #[error("the counts say {counts:?}, the messages {messages:?}")]
    Miscounted {
        /// As the store counts.
        counts: BTreeMap<&'static str, u64>,
        /// As the messages are.
        messages: BTreeMap<&'static str, u64>,
    },
    /// The sums that the commits kept are not those of the rows.
    #[error("the sums that were kept are wrong: {0:?}")]
    Sums(Vec<String>),
    /// A claim from before the crash could write.
    #[error("a claim from before the crash could still write its answer to {0}")]
    LateWrite(String),
}

/// The answer that the workload's agents give.
pub fn answer_to(text: &str) -> String {
    format!("answer to {text}")
}

/// What must hold in the files of a program that was killed, before anything starts on them.
pub async fn at_rest(store: &dyn Store, platform: &Platform) -> Vec<Broken> {
    let updates = platform.updates();
    let mut broken = Vec::new();
    for update in &updates[..platform.acknowledged()] {
        if state(store, update).await.is_none() {
            broken.push(Broken::Lost(update.text.clone()));
        }
    }
    let cursor = store.cursor(&channel_name(), &account(), READER).await;
    let position = cursor.expect("the store reads").unwrap_or_default();
    let position: usize = position.parse().unwrap_or_default();
    for update in &updates[..position] {
        if state(store, update).await.is_none() {
            broken.push(Broken::CursorAhead(update.text.clone()));
        }
    }
    broken.extend(miscounted(store, &updates).await);
    broken
}

/// What must hold when everything has settled.
pub async fn at_end(store: &dyn Store, platform: &Platform, record: &Record) -> Vec<Broken> {
    let mut updates = platform.updates();
    let mut seen = std::collections::BTreeSet::new();
    updates.retain(|update| seen.insert(update.id.clone()));
    let mut broken = Vec::new();
    for update in &updates {
        if state(store, update).await.is_none() {
            broken.push(Broken::Lost(update.text.clone()));
        }
    }
    broken.extend(answers(platform, &updates));
    let overlapped = record.overlapped();
    let overlapped = overlapped.iter();
    broken.extend(overlapped.map(|conversation| Broken::Overlapped(conversation.to_string())));
    broken.extend(miscounted(store, &updates).await);
    broken
}

/// Every message is answered as often as the platform's guarantee says, and in order.
fn answers(platform: &Platform, updates: &[Update]) -> Vec<Broken> {
    let mut broken = Vec::new();
    let mut order: BTreeMap<&str, Vec<(usize, &str)>> = BTreeMap::new();
    for update in updates {
        let shown = platform.shown_in(&update.address);
        let answer = answer_to(&update.text);
        let answers = shown.iter().enumerate();
        let answers: Vec<_> = answers.filter(|(_, shown)| shown.text == answer).collect();
        let marked: Vec<_> = answers.iter().map(|(_, one)| one.maybe_repeated).collect();
        let Some((first, _)) = answers.first() else {
            broken.push(Broken::NoAnswer(update.text.clone()));
            continue;
        };
        order
            .entry(&update.address)
            .or_default()
            .push((*first, &update.text));
        let allowed = match platform.guarantee() {
            Guarantee::Once => marked.len() == 1,
            Guarantee::AtLeastOnce => marked.len() <= 2 && marked[1..].iter().all(|marked| *marked),
        };
        if !allowed {
            let text = update.text.clone();
            broken.push(Broken::Repeated {
                text,
                answers: marked,
            });
        }
    }
    for (address, order) in order {
        if !order.is_sorted() {
            let mut order = order;
            order.sort_unstable();
            broken.push(Broken::OutOfOrder {
                address: address.to_owned(),
                order: order.iter().map(|(_, text)| (*text).to_owned()).collect(),
            });
        }
    }
    broken
}

/// What must hold in the files of a program that is gone.
pub fn in_files(database: &Path) -> Option<Broken> {
    let wrong = tally::miscounted(database);
    (!wrong.is_empty()).then_some(Broken::Sums(wrong))
}

async fn miscounted(store: &dyn Store, updates: &[Update]) -> Option<Broken> {
    let mut messages = BTreeMap::new();
    for update in updates {
        if let Some(state) = state(store, update).await {
            *messages.entry(state.as_str()).or_default() += 1;
        }
    }
    let mut counts = store.counts().await.expect("the store reads").messages;
    counts.retain(|_, n| *n > 0);
    (counts != messages).then_some(Broken::Miscounted { counts, messages })
}

async fn state(store: &dyn Store, update: &Update) -> Option<MessageState> {
    let id = update.id.as_str().into();
    let found = store
        .message_by_external_id(&channel_name(), &account(), &id)
        .await;
    found.expect("the store reads").map(|message| message.state)
}
