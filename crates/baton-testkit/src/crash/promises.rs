//! The promises, as checks on the visible state: the platform and the store's views.

use std::collections::BTreeMap;
use std::path::Path;

use baton_core::message::MessageState;
use baton_core::store::Store;

use crate::channel::READER;
use crate::channel_contract::Guarantee;
use crate::platform::{Platform, Update, account, channel_name};
use crate::scripted_agent::Record;
use crate::tally;

/// A broken promise.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Baton acknowledged a message without storing the message.
    #[error("{0} was acknowledged and is lost")]
    Lost(String),
    /// The cursor is past a message not stored.
    #[error("the cursor covers {0}, which is not stored")]
    CursorAhead(String),
    /// A stored message has no visible answer after all work is done.
    #[error("{0} has no answer that people see")]
    NoAnswer(String),
    /// A message has more answers than the platform's guarantee allows, or a repeat without its mark.
    #[error("{text} has the answers {answers:?}")]
    Repeated {
        /// The text of the message.
        text: String,
        /// For each answer, whether the answer is marked as possibly repeated.
        answers: Vec<bool>,
    },
    /// The answers came in another order than the messages.
    #[error("the answers in {address} came in the order {order:?}")]
    OutOfOrder {
        /// The address of the place.
        address: String,
        /// The texts of the answered messages, in the order of the shown answers.
        order: Vec<String>,
    },
    /// Two turns of one conversation ran at once.
    #[error("two turns of a conversation ran at once: {0}")]
    Overlapped(String),
    /// The store's counts differ from the states of the received messages.
    #[error("the counts say {counts:?}, the messages {messages:?}")]
    Miscounted {
        /// The number of messages in each state, by the store's counts.
        counts: BTreeMap<&'static str, u64>,
        /// The number of messages in each state, by the messages themselves.
        messages: BTreeMap<&'static str, u64>,
    },
    /// The stored sums differ from the rows.
    #[error("the sums that were kept are wrong: {0:?}")]
    Sums(Vec<String>),
    /// A claim from before the crash could still write.
    #[error("a claim from before the crash could still write its answer to {0}")]
    LateWrite(String),
}

/// The answer that the workload's agents give to `text`.
pub fn answer_to(text: &str) -> String {
    format!("answer to {text}")
}

/// Checks the store after a kill, before new work begins.
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

/// Checks the store and the platform after all work is done.
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

/// Checks that every message is answered in order, and as often as the platform's guarantee allows.
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

/// Checks the stored sums in the database file of an ended program.
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
