//! The turns that run in this process, so that a stop reaches them without the store.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::approval::Verdict;
use crate::id::{ApprovalId, ConversationId, MessageId, TurnId};
use crate::message::Message;
use crate::name::PersonId;
use crate::turn::Claim;

/// The cause of a stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StopCause {
    /// A person stopped the turn.
    Person(PersonId),
    /// A newer message replaces the turn.
    Newer,
    /// The turn reached its time limit.
    TimeLimit,
    /// The program shuts down.
    Shutdown,
    /// The claim is outdated.
    LeaseLost,
}

/// The turns that run in this process, for stops and messages to them. The store remains the only truth about
/// running turns. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct RunningTurns(Arc<Mutex<TurnTable>>);

#[derive(Default)]
struct TurnTable {
    by_id: BTreeMap<TurnId, RunningTurn>,
    /// Turns that were stopped after the commit that claimed them, and before their entry here.
    stopped_early: BTreeMap<TurnId, StopCause>,
}

/// The channels into a running turn.
pub(crate) struct TurnInputs {
    /// Messages for the running turn.
    pub(crate) steer: mpsc::UnboundedSender<Message>,
    /// Verdicts on the turn's approvals.
    pub(crate) decided: mpsc::UnboundedSender<(ApprovalId, Verdict)>,
}

struct RunningTurn {
    conversation: ConversationId,
    messages: BTreeSet<MessageId>,
    authors: BTreeSet<PersonId>,
    stop: CancellationToken,
    cause: Option<StopCause>,
    inputs: TurnInputs,
    /// The agent has finished, and the result is being stored. A stop comes too late.
    ending: bool,
}

/// The entry of a running turn. A drop removes the turn.
pub(crate) struct TurnEntry {
    running: RunningTurns,
    turn: TurnId,
    /// Cancelled to end the turn.
    pub(crate) stop: CancellationToken,
}

impl RunningTurns {
    /// Enters a turn. Turns must be entered in the order of their claims.
    pub(crate) fn enter_turn(&self, claim: &Claim, inputs: TurnInputs) -> TurnEntry {
        let stop = CancellationToken::new();
        let mut turns = self.lock_table();
        let cause = turns.stopped_early.remove(&claim.turn);
        // Claims come in order, so every older turn was entered before, and its early stop is obsolete.
        turns.stopped_early = turns.stopped_early.split_off(&claim.turn);
        if cause.is_some() {
            stop.cancel();
        }
        let entry = RunningTurn {
            conversation: claim.conversation,
            messages: claim.messages.iter().map(|message| message.id).collect(),
            authors: claim.messages.iter().map(author_id).collect(),
            stop: stop.clone(),
            cause,
            inputs,
            ending: false,
        };
        turns.by_id.insert(claim.turn, entry);
        TurnEntry {
            running: self.clone(),
            turn: claim.turn,
            stop,
        }
    }

    /// Stops the turn with this message. Returns whether a turn was stopped.
    pub(crate) fn stop_message(&self, message: MessageId, by: &PersonId) -> bool {
        let mut turns = self.lock_table();
        turns
            .by_id
            .values_mut()
            .find(|turn| turn.messages.contains(&message))
            .is_some_and(|turn| turn.request_stop(StopCause::Person(by.clone())))
    }

    /// Stops exactly this turn. Returns `false` for a finished turn, and for a turn of another process.
    pub(crate) fn stop_turn(&self, turn: TurnId, by: &PersonId) -> bool {
        let mut turns = self.lock_table();
        let turn = turns.by_id.get_mut(&turn);
        turn.is_some_and(|turn| turn.request_stop(StopCause::Person(by.clone())))
    }

    /// Stops the newest turn of a conversation. Returns whether a turn was stopped. An older turn may still
    /// be storing its result, and is not stopped.
    pub(crate) fn stop_conversation(&self, conversation: ConversationId, by: &PersonId) -> bool {
        let mut turns = self.lock_table();
        turns
            .by_id
            .values_mut()
            .rev()
            .find(|turn| turn.conversation == conversation)
            .is_some_and(|turn| turn.request_stop(StopCause::Person(by.clone())))
    }

    /// Stops a turn of this process, immediately or as soon as it is entered.
    pub(crate) fn stop_turn_because(&self, turn: TurnId, cause: StopCause) {
        let mut turns = self.lock_table();
        if let Some(turn) = turns.by_id.get_mut(&turn) {
            turn.request_stop(cause);
        } else {
            turns.stopped_early.insert(turn, cause);
        }
    }

    /// Gives a message to a turn. Does nothing if the turn has ended, because the end of the turn has put the
    /// message back into the queue.
    pub(crate) fn steer_message(&self, turn: TurnId, message: Message) {
        if let Some(turn) = self.lock_table().by_id.get_mut(&turn) {
            turn.messages.insert(message.id);
            turn.authors.insert(author_id(&message));
            let _ = turn.inputs.steer.send(message);
        }
    }

    /// Gives a verdict to a turn. Does nothing if the turn has ended.
    pub(crate) fn give_verdict(&self, turn: TurnId, approval: ApprovalId, verdict: Verdict) {
        if let Some(turn) = self.lock_table().by_id.get(&turn) {
            let _ = turn.inputs.decided.send((approval, verdict));
        }
    }

    pub(crate) fn stop_all(&self, cause: &StopCause) {
        for turn in self.lock_table().by_id.values_mut() {
            turn.request_stop(cause.clone());
        }
    }

    fn lock_table(&self) -> MutexGuard<'_, TurnTable> {
        // Every change under the lock is complete, so a panic elsewhere leaves no half-made change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunningTurn {
    /// Returns whether the turn can still be stopped. Only the first cause is recorded.
    fn request_stop(&mut self, cause: StopCause) -> bool {
        if self.ending {
            return false;
        }
        self.cause.get_or_insert(cause);
        self.stop.cancel();
        true
    }
}

fn author_id(message: &Message) -> PersonId {
    message.author.id.clone()
}

impl TurnEntry {
    /// The authors of the turn's messages, including the steered ones.
    pub(crate) fn author_ids(&self) -> Vec<PersonId> {
        let turns = self.running.lock_table();
        let turn = turns.by_id.get(&self.turn);
        turn.map_or_else(Vec::new, |turn| turn.authors.iter().cloned().collect())
    }

    pub(crate) fn stop_because(&self, cause: StopCause) {
        self.running.stop_turn_because(self.turn, cause);
    }

    /// Makes later stops of the turn ineffective. Returns the cause of an earlier stop.
    pub(crate) fn close_to_stops(&self) -> Option<StopCause> {
        let mut turns = self.running.lock_table();
        let turn = turns.by_id.get_mut(&self.turn)?;
        turn.ending = true;
        turn.cause.clone()
    }
}

impl Drop for TurnEntry {
    fn drop(&mut self) {
        self.running.lock_table().by_id.remove(&self.turn);
    }
}
