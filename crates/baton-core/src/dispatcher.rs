//! Runs the turns that the store hands out. Holds no truth: it can be dropped at any instant and
//! begun again from the store.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

mod asking;
mod finishing;
mod running;
mod turn;

pub use running::Running;

use crate::agent::Agent;
use crate::approval::ApprovalRules;
use crate::channel::Channel;
use crate::clock::Clock;
use crate::files::Files;
use crate::name::{AgentName, ChannelName};
use crate::panics::must_end_well;
use crate::persona::Personas;
use crate::retry::RetryPolicy;
use crate::store::{Started, Store, TurnEffect};
use running::{Into, StopCause};

/// Runs turns.
pub(crate) struct Dispatcher {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) agents: BTreeMap<AgentName, Arc<dyn Agent>>,
    pub(crate) channels: BTreeMap<ChannelName, Arc<dyn Channel>>,
    pub(crate) personas: Personas,
    pub(crate) running: Running,
    pub(crate) files: Option<Arc<Files>>,
    pub(crate) retry: RetryPolicy,
    pub(crate) approvals: ApprovalRules,
    /// How long an agent has to return after it was told to stop.
    pub(crate) stop_grace: Duration,
    /// How long running turns have to come to their own end when the program goes down.
    pub(crate) shutdown_grace: Duration,
    /// Cancelled when that is over: what cannot be stored now is left to the next start.
    pub(crate) last_call: CancellationToken,
}

impl Dispatcher {
    /// Runs what comes until `shutdown` is cancelled; then lets what runs end, for a while, and
    /// stops the rest so that it is run again at the next start.
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
                Some(turn) = turns.join_next() => must_end_well(turn),
                effect = effects.recv() => match effect {
                    Some(effect) => self.carry_out(effect, &mut turns),
                    None => break,
                },
            }
        }
        let deadline = self.clock.steady().after(self.shutdown_grace);
        let mut claimed = Vec::new();
        loop {
            tokio::select! {
                turn = turns.join_next() => match turn {
                    Some(turn) => must_end_well(turn),
                    None => break,
                },
                // What people decide still reaches the turns that run.
                Some(effect) = effects.recv() => match effect {
                    TurnEffect::Start(_) => claimed.push(effect),
                    effect => self.carry_out(effect, &mut turns),
                },
                () = self.clock.sleep_until(deadline) => break,
            }
        }
        // What was claimed and has not begun is entered as well, so that it is handed back.
        claimed.extend(std::iter::from_fn(|| effects.try_recv().ok()));
        for effect in claimed {
            self.carry_out(effect, &mut turns);
        }
        self.last_call.cancel();
        self.running.stop_all(&StopCause::Shutdown);
        drain(&mut turns).await;
    }

    fn carry_out(self: &Arc<Self>, effect: TurnEffect, turns: &mut JoinSet<()>) {
        match effect {
            TurnEffect::Start(Started { claim, slot }) => {
                // Entered here, not in the task, so that turns are entered in order.
                let (steer, steered) = mpsc::unbounded_channel();
                let (decided, decisions) = mpsc::unbounded_channel();
                let entry = self.running.enter(&claim, Into { steer, decided });
                turns.spawn(Arc::clone(self).turn(claim, slot, entry, steered, decisions));
            }
            TurnEffect::Interrupt(turn) => self.running.stop_because(turn, StopCause::Newer),
            TurnEffect::Steer(turn, message) => self.running.steer(turn, *message),
            TurnEffect::Decided(turn, approval, verdict) => {
                self.running.decided(turn, approval, verdict);
            }
        }
    }
}

async fn drain(turns: &mut JoinSet<()>) {
    while let Some(turn) = turns.join_next().await {
        must_end_well(turn);
    }
}
