//! The turns of an agent, and their overlaps.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_core::agent::Turn;
use baton_core::id::ConversationId;
use tokio::sync::watch;

use crate::agent_run::within;

/// A turn at its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The conversation.
    pub conversation: ConversationId,
    /// The text of each message.
    pub texts: Vec<String>,
    /// The attempt; 1 for the first one.
    pub attempt: u32,
    /// See [`Claim::interrupted`](baton_core::turn::Claim::interrupted).
    pub interrupted: bool,
}

/// The turns of an agent. Clones share one record.
#[derive(Clone, Default)]
pub struct Record(Arc<watch::Sender<Log>>);

#[derive(Default)]
struct Log {
    begun: Vec<Begun>,
    ended: usize,
    running: BTreeMap<ConversationId, usize>,
    overlapped: Vec<ConversationId>,
    most_at_once: usize,
}

impl Record {
    /// Every turn, in the order of their beginning.
    pub fn begun(&self) -> Vec<Begun> {
        self.0.borrow().begun.clone()
    }

    /// Every text of a conversation, in the order of its turns.
    pub fn texts_of(&self, conversation: ConversationId) -> Vec<String> {
        let log = self.0.borrow();
        let turns = log.begun.iter();
        turns
            .filter(|turn| turn.conversation == conversation)
            .flat_map(|turn| turn.texts.clone())
            .collect()
    }

    /// The conversations with two turns at once; a correct runtime has none.
    pub fn overlapped(&self) -> Vec<ConversationId> {
        self.0.borrow().overlapped.clone()
    }

    /// The largest number of simultaneous turns so far.
    pub fn most_at_once(&self) -> usize {
        self.0.borrow().most_at_once
    }

    /// The number of running turns.
    pub fn running(&self) -> usize {
        self.0.borrow().running.values().sum()
    }

    /// Waits until `turns` turns have ended in any way.
    pub async fn until_ended(&self, turns: usize) {
        let mut log = self.0.subscribe();
        let ended = log.wait_for(|log| log.ended >= turns);
        within(&format!("{turns} turns have ended"), ended)
            .await
            .expect("the record is held here");
    }

    pub(super) fn enter(&self, turn: &Turn) -> Entry {
        let claim = &turn.claim;
        self.0.send_modify(|log| {
            log.begun.push(Begun {
                conversation: claim.conversation,
                texts: claim.messages.iter().map(|m| m.text.clone()).collect(),
                attempt: claim.attempt,
                interrupted: claim.interrupted,
            });
            let here = log.running.entry(claim.conversation).or_default();
            *here += 1;
            if *here > 1 {
                log.overlapped.push(claim.conversation);
            }
            log.most_at_once = log.most_at_once.max(log.running.values().sum());
        });
        Entry {
            record: self.clone(),
            conversation: claim.conversation,
        }
    }
}

/// A running turn. The turn counts as ended when this value drops, even after a panic.
pub(super) struct Entry {
    record: Record,
    conversation: ConversationId,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.record.0.send_modify(|log| {
            log.ended += 1;
            if let Some(here) = log.running.get_mut(&self.conversation) {
                *here -= 1;
                if *here == 0 {
                    log.running.remove(&self.conversation);
                }
            }
        });
    }
}
