//! Which turns run in this process, so that a stop reaches them without asking anybody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::approval::Verdict;
use crate::id::{ApprovalId, ConversationId, MessageId, TurnId};
use crate::message::Message;
use crate::name::PersonId;
use crate::turn::Claim;

/// Why a running turn was told to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StopCause {
    /// A person pressed stop.
    Person(PersonId),
    /// A newer message takes its place.
    Newer,
    /// It reached its time limit.
    TimeLimit,
    /// The program is going down.
    Shutdown,
    /// Its claim was outdated.
    LeaseLost,
}

/// The turns that run in this process. Not a truth, only a way to reach them: what runs is in the
/// store. Cheap to clone.
#[derive(Clone, Default)]
pub struct Running(Arc<Mutex<Turns>>);

#[derive(Default)]
struct Turns {
    by_id: BTreeMap<TurnId, RunningTurn>,
    /// Stopped between the commit that claimed them and their registration here.
    stopped_early: BTreeMap<TurnId, StopCause>,
}

/// Ways into a running turn.
pub(crate) struct Into {
    /// Messages that are handed into it.
    pub(crate) steer: mpsc::UnboundedSender<Message>,
    /// What is decided of what it asked.
    pub(crate) decided: mpsc::UnboundedSender<(ApprovalId, Verdict)>,
}

struct RunningTurn {
    conversation: ConversationId,
    messages: BTreeSet<MessageId>,
    /// Who wrote them.
    authors: BTreeSet<PersonId>,
    stop: CancellationToken,
    cause: Option<StopCause>,
    into: Into,
    /// The agent is done and the finish is being stored: too late to stop.
    ending: bool,
}

/// A turn's entry; gone when dropped.
pub(crate) struct Entry {
    running: Running,
    turn: TurnId,
    /// Cancelled when the turn is to end.
    pub(crate) stop: CancellationToken,
}

impl Running {
    /// Enters a turn. Turns are entered in the order in which they were claimed.
    pub(crate) fn enter(&self, claim: &Claim, into: Into) -> Entry {
        let stop = CancellationToken::new();
        let mut turns = self.lock();
        let cause = turns.stopped_early.remove(&claim.turn);
        // Claims come in order, so whatever is older was entered before, and is over.
        turns.stopped_early = turns.stopped_early.split_off(&claim.turn);
        if cause.is_some() {
            stop.cancel();
        }
        let entry = RunningTurn {
            conversation: claim.conversation,
            messages: claim.messages.iter().map(|message| message.id).collect(),
            authors: claim.messages.iter().map(author).collect(),
            stop: stop.clone(),
            cause,
            into,
            ending: false,
        };
        turns.by_id.insert(claim.turn, entry);
        Entry {
            running: self.clone(),
            turn: claim.turn,
            stop,
        }
    }

    /// Stops the turn that answers this message; whether there is one.
    pub(crate) fn stop_message(&self, message: MessageId, by: &PersonId) -> bool {
        let mut turns = self.lock();
        turns
            .by_id
            .values_mut()
            .find(|turn| turn.messages.contains(&message))
            .is_some_and(|turn| turn.stop(StopCause::Person(by.clone())))
    }

    /// Stops the newest turn of a conversation; whether there is one. An older one that is still
    /// storing its finish is not meant.
    pub(crate) fn stop_conversation(&self, conversation: ConversationId, by: &PersonId) -> bool {
        let mut turns = self.lock();
        turns
            .by_id
            .values_mut()
            .rev()
            .find(|turn| turn.conversation == conversation)
            .is_some_and(|turn| turn.stop(StopCause::Person(by.clone())))
    }

    /// Stops a turn that the store says runs here, now or as soon as it is entered.
    pub(crate) fn stop_turn(&self, turn: TurnId, by: &PersonId) {
        self.stop_because(turn, StopCause::Person(by.clone()));
    }

    pub(crate) fn stop_because(&self, turn: TurnId, cause: StopCause) {
        let mut turns = self.lock();
        if let Some(turn) = turns.by_id.get_mut(&turn) {
            turn.stop(cause);
        } else {
            turns.stopped_early.insert(turn, cause);
        }
    }

    /// Hands a message into a turn. Where the turn is over, its finish has put the message back
    /// among those that wait.
    pub(crate) fn steer(&self, turn: TurnId, message: Message) {
        if let Some(turn) = self.lock().by_id.get_mut(&turn) {
            turn.messages.insert(message.id);
            turn.authors.insert(author(&message));
            let _ = turn.into.steer.send(message);
        }
    }

    /// Tells a turn what was decided. Where it is over, nobody waits for that any more.
    pub(crate) fn decided(&self, turn: TurnId, approval: ApprovalId, verdict: Verdict) {
        if let Some(turn) = self.lock().by_id.get(&turn) {
            let _ = turn.into.decided.send((approval, verdict));
        }
    }

    /// Stops every turn.
    pub(crate) fn stop_all(&self, cause: &StopCause) {
        for turn in self.lock().by_id.values_mut() {
            turn.stop(cause.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Turns> {
        // Every change under the lock is whole: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunningTurn {
    /// The first cause counts.
    fn stop(&mut self, cause: StopCause) -> bool {
        if self.ending {
            return false;
        }
        self.cause.get_or_insert(cause);
        self.stop.cancel();
        true
    }
}

fn author(message: &Message) -> PersonId {
    message.author.id.clone()
}

impl Entry {
    /// Who wrote what is being answered, and what was handed in.
    pub(crate) fn authors(&self) -> Vec<PersonId> {
        let turns = self.running.lock();
        let turn = turns.by_id.get(&self.turn);
        turn.map_or_else(Vec::new, |turn| turn.authors.iter().cloned().collect())
    }

    /// Stops this turn.
    pub(crate) fn stop_because(&self, cause: StopCause) {
        self.running.stop_because(self.turn, cause);
    }

    /// From here on nothing stops it any more. Returns what did before.
    pub(crate) fn end(&self) -> Option<StopCause> {
        let mut turns = self.running.lock();
        let turn = turns.by_id.get_mut(&self.turn)?;
        turn.ending = true;
        turn.cause.clone()
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.running.lock().by_id.remove(&self.turn);
    }
}
