//! Runs the turns from the store. All state of the dispatcher is also in the store, so the program can stop
//! at any moment and continue from the store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, info_span};

mod message_hearing;
mod pending_approvals;
mod turn_deadline;
mod turn_end;
mod turn_execution;

use crate::agent::Agent;
use crate::approval::ApprovalRules;
use crate::channel::Channel;
use crate::clock::Clock;
use crate::files::Files;
use crate::name::{AgentName, ChannelName};
use crate::panics::propagate_panic;
use crate::persona::Personas;
use crate::retry::RetryPolicy;
use crate::running_turns::{RunningTurns, StopCause, TurnInputs};
use crate::store::{Started, StoreCommands, StoreViews, TurnEffect};
use crate::turn::Claim;

pub(crate) use message_hearing::MessageHearing;

/// Runs turns, each in a task of its own.
pub(crate) struct TurnDispatcher {
    pub(crate) store: Arc<dyn StoreCommands>,
    pub(crate) views: Arc<dyn StoreViews>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) agents: BTreeMap<AgentName, Arc<dyn Agent>>,
    pub(crate) channels: BTreeMap<ChannelName, Arc<dyn Channel>>,
    pub(crate) personas: Personas,
    pub(crate) running: RunningTurns,
    pub(crate) files: Option<Arc<Files>>,
    pub(crate) hearing: MessageHearing,
    pub(crate) retry: RetryPolicy,
    pub(crate) approvals: ApprovalRules,
    /// The time that an agent has to return after a stop.
    pub(crate) stop_grace: Duration,
    /// The time that running turns have to finish at shutdown.
    pub(crate) shutdown_grace: Duration,
    /// Cancelled at the end of the shutdown time. A result that cannot be stored now is left to the next
    /// start.
    pub(crate) last_call: CancellationToken,
}

impl TurnDispatcher {
    /// Runs turns until `shutdown` is cancelled, and then gives them time to finish. The remaining turns are
    /// stopped, and run again at the next start.
    pub(crate) async fn run(
        self: Arc<Self>,
        mut effects: mpsc::UnboundedReceiver<TurnEffect>,
        shutdown: CancellationToken,
    ) {
        let mut turns = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                Some(turn) = turns.join_next() => propagate_panic(turn),
                effect = effects.recv() => match effect {
                    Some(effect) => self.apply_effect(effect, &mut turns),
                    None => break,
                },
            }
        }
        let deadline = self.clock.steady().after(self.shutdown_grace);
        let mut claimed = Vec::new();
        loop {
            tokio::select! {
                turn = turns.join_next() => match turn {
                    Some(turn) => propagate_panic(turn),
                    None => break,
                },
                // Verdicts still reach the running turns.
                Some(effect) = effects.recv() => match effect {
                    TurnEffect::Start(_) => claimed.push(effect),
                    effect => self.apply_effect(effect, &mut turns),
                },
                () = self.clock.sleep_until(deadline) => break,
            }
        }
        // Claimed turns without a start are entered too, because only entered turns return to the store.
        claimed.extend(std::iter::from_fn(|| effects.try_recv().ok()));
        for effect in claimed {
            self.apply_effect(effect, &mut turns);
        }
        self.last_call.cancel();
        self.running.stop_all(&StopCause::Shutdown);
        await_turns(&mut turns).await;
    }

    fn apply_effect(self: &Arc<Self>, effect: TurnEffect, turns: &mut JoinSet<()>) {
        match effect {
            TurnEffect::Start(Started { claim, slot }) => {
                // The entry happens here and not in the task, to keep the order of the claims.
                let (steer, steered) = mpsc::unbounded_channel();
                let (decided, decisions) = mpsc::unbounded_channel();
                let entry = self
                    .running
                    .enter_turn(&claim, TurnInputs { steer, decided });
                let span = new_turn_span(&claim);
                let turn =
                    Arc::clone(self).run_claimed_turn(claim, slot, entry, steered, decisions);
                turns.spawn(turn.instrument(span));
            }
            TurnEffect::Interrupt(turn) => self.running.stop_turn_because(turn, StopCause::Newer),
            TurnEffect::Stop(turn, by) => {
                self.running.stop_turn_because(turn, StopCause::Person(by));
            }
            TurnEffect::Steer(turn, message) => self.running.steer_message(turn, *message),
            TurnEffect::Decided(turn, approval, verdict) => {
                self.running.give_verdict(turn, approval, verdict);
            }
        }
    }
}

/// The span of a turn, so that each log line of the turn names the turn and its first message. It has only ids,
/// because texts and names of people are private.
fn new_turn_span(claim: &Claim) -> Span {
    let first = claim.messages.first();
    // The log prints a field called `message` without its name.
    info_span!(
        "turn",
        turn = claim.turn.0,
        conversation = claim.conversation.0,
        message_id = first.map(|message| message.id.0),
        external_id = first.map(|message| message.external_id.as_str()),
        attempt = claim.attempt,
    )
}

async fn await_turns(turns: &mut JoinSet<()>) {
    while let Some(turn) = turns.join_next().await {
        propagate_panic(turn);
    }
}
