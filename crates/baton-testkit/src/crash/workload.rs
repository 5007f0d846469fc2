//! A mixed workload: several conversations with several messages each, failing turns, and an outside worker
//! that also tries forbidden claims. The harness crashes the workload at every point, starts Baton again, and
//! checks the promises.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::delivery::{NewDelivery, Operation};
use baton_core::message::Message;
use baton_core::store::{
    Change, ClaimMessage, ClaimNext, Claimed, Finish, LeaseError, Store, WaitingQuery,
};
use baton_core::turn::{Claim, SessionChange, TurnEnd, Usage};
use tokio::sync::watch;

use super::CrashAt;
use super::faults::Plant;
use super::promises::{self, Broken, answer_to};
use crate::baton::{BOB, Baton, HAL, HANDS, Setup, update};
use crate::platform::Platform;
use crate::scripted_agent::{Record, answering};

/// The lease of the worker's claims, without a heart-beat.
const LEASE: Duration = Duration::from_mins(1);

/// The posts: address, persona, text. A text with `stumble` fails at the first attempt.
const POSTS: &[(&str, &str, &str)] = &[
    ("a", BOB, "a1"),
    ("b", BOB, "b1 stumble"),
    ("jobs", HAL, "j1"),
    ("a", BOB, "a2 stumble"),
    ("a", BOB, "a3"),
    ("jobs", HAL, "j2"),
    ("b", BOB, "b2"),
    ("jobs", HAL, "j3"),
];

/// The length of a run.
#[derive(Clone, Copy, Debug)]
pub struct Length {
    /// The number of writing commands.
    pub writes: u64,
    /// The number of calls to the platform.
    pub calls: u64,
}

/// Runs the workload without a crash. Returns the length of the run and the broken promises.
pub async fn undisturbed(platform: Platform, plant: Plant) -> (Length, Vec<Broken>) {
    let mut run = Run::start(platform, plant, None).await;
    let mut broken = run.until_settled().await;
    if broken.is_empty() {
        broken = run.at_end().await;
    }
    let progress = *run.baton.world().progress().borrow();
    let length = Length {
        writes: progress.begun,
        calls: progress.calls,
    };
    run.baton.kill().await;
    broken.extend(promises::in_files(&run.baton.database()));
    (length, broken)
}

/// Runs the workload with a crash at `crash_at` and a restart. Returns the broken promises.
pub async fn crashed(platform: Platform, plant: Plant, crash_at: CrashAt) -> Vec<Broken> {
    let mut run = Run::start(platform, plant, Some(crash_at)).await;
    let world = Arc::clone(run.baton.world());
    let mut broken = tokio::select! {
        () = world.stopped() => Vec::new(),
        broken = run.until_settled() => broken,
    };
    let claims = world.claims();
    drop(world);
    run.baton.kill().await;
    run.baton.open(None).await;
    let store = Arc::clone(run.baton.store());
    broken.extend(promises::at_rest(&*store, &run.baton.platform).await);
    // The agents wait until the claims from before the crash have tried to write.
    run.gate.send_replace(false);
    run.baton.begin().await;
    for claim in claims {
        let text = claim.messages[0].text.clone();
        let late = done(&claim, "a late write");
        if store.finish(late, None).await.is_ok() {
            broken.push(Broken::LateWrite(text));
        }
    }
    drop(store);
    run.gate.send_replace(true);
    // A platform that did not get the acknowledgement sends messages again.
    let posted = POSTS.len().min(run.baton.platform.updates().len());
    for again in [0, posted / 2, posted - 1] {
        let again = run.baton.platform.updates()[again].clone();
        run.baton.platform.post(again);
    }
    if broken.is_empty() {
        broken.extend(run.until_settled().await);
    }
    if broken.is_empty() {
        broken.extend(run.at_end().await);
    }
    run.baton.kill().await;
    broken.extend(promises::in_files(&run.baton.database()));
    broken
}

struct Run {
    baton: Baton,
    record: Record,
    gate: watch::Sender<bool>,
    worker: Worker,
}

impl Run {
    async fn start(platform: Platform, plant: Plant, crash_at: Option<CrashAt>) -> Self {
        for (address, persona, text) in POSTS {
            platform.post(update(persona, address, text));
        }
        let (agent, record) = answering(|turn: &Turn| {
            let text = &turn.claim.messages[0].text;
            if turn.claim.attempt == 1 && text.contains("stumble") {
                return Err(AgentError::failed("it stumbled"));
            }
            Ok(Reply::text(answer_to(text)))
        });
        let gate = watch::Sender::new(true);
        let agent = Arc::new(Gated {
            agent,
            open: gate.subscribe(),
        });
        let mut setup = Setup::new(agent);
        setup.platform = platform.in_batches_of(2);
        setup.plant = plant;
        Self {
            baton: setup.start_until(crash_at).await,
            record,
            gate,
            worker: Worker::default(),
        }
    }

    /// Runs until all messages are answered, with the worker. Returns the broken promises that the worker
    /// found.
    async fn until_settled(&mut self) -> Vec<Broken> {
        let baton = &self.baton;
        let everything = async {
            let count = baton.platform.updates().len();
            baton.platform.until_acknowledged(count).await;
            baton.settled().await;
        };
        tokio::select! {
            () = everything => Vec::new(),
            broken = self.worker.work(baton) => vec![broken],
        }
    }

    async fn at_end(&self) -> Vec<Broken> {
        let store = Arc::clone(self.baton.store());
        promises::at_end(&*store, &self.baton.platform, &self.record).await
    }
}

/// An agent that waits for permission to begin.
struct Gated {
    agent: Arc<dyn Agent>,
    open: watch::Receiver<bool>,
}

#[async_trait]
impl Agent for Gated {
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        let _ = self.open.clone().wait_for(|open| *open).await;
        self.agent.run(turn, io).await
    }
}

/// A worker outside the program. The worker does not know about crashes, and finishes every claim.
#[derive(Default)]
struct Worker {
    held: Mutex<Vec<Claim>>,
}

impl Worker {
    /// Works until the worker finds a broken promise.
    async fn work(&self, baton: &Baton) -> Broken {
        let store = baton.store();
        baton.workers.send_replace(1);
        let mut changes = store.changes();
        loop {
            if self.first_held().is_none() {
                let next = ClaimNext {
                    worker: "worker".into(),
                    personas: Vec::new(),
                    lease: LEASE,
                    agents: vec![HANDS.into()],
                    of: None,
                    not_in: Vec::new(),
                };
                // From here on the worker may have a claim without knowing.
                baton.workers.send_replace(1);
                let next = store.claim_next(next).await.expect("the store answers");
                let Some(Claimed { claim, .. }) = next else {
                    baton.workers.send_replace(0);
                    // A worker that missed changes tries another claim.
                    while !matches!(changes.recv().await, Ok(Change::Claimable { .. }) | Err(_)) {}
                    continue;
                };
                self.hold(claim);
            }
            if let Some(broken) = self.reach_for_more(&**store).await {
                return broken;
            }
            while let Some(claim) = self.first_held() {
                let answer = answer_to(&claim.messages[0].text);
                match store.finish(done(&claim, &answer), None).await {
                    Ok(()) | Err(LeaseError::Lost(_)) => self.release(baton),
                    Err(LeaseError::Store(error)) => panic!("the store answers, not {error}"),
                }
            }
        }
    }

    /// Tries to claim a message behind the held claim. The store must refuse.
    async fn reach_for_more(&self, store: &dyn Store) -> Option<Broken> {
        let claim = self.first_held()?;
        let behind = WaitingQuery {
            agents: Some(vec![HANDS.into()]),
            only_waiting: true,
            ..WaitingQuery::at_most(10)
        };
        let behind: Vec<Message> = store
            .waiting(behind, usize::MAX)
            .await
            .expect("the store reads");
        let message = behind.first()?;
        let greedy = ClaimMessage {
            message: message.id,
            worker: "greedy".into(),
            lease: LEASE,
            agents: vec![HANDS.into()],
        };
        let second = store.claim(greedy).await.ok()?.claim;
        // If the first claim has expired meanwhile, the second holder is legal.
        let first = store.turn_of(claim.messages[0].id).await.ok()??;
        let both = first.id == claim.turn && first.state == baton_core::turn::TurnState::Running;
        both.then(|| Broken::Overlapped(format!("turns {} and {}", claim.turn, second.turn)))
    }

    fn first_held(&self) -> Option<Claim> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.first().cloned()
    }

    fn hold(&self, claim: Claim) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(claim);
    }

    fn release(&self, baton: &Baton) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.remove(0);
        baton.workers.send_replace(held.len());
    }
}

fn done(claim: &Claim, text: &str) -> Finish {
    Finish {
        turn: claim.turn,
        fence: claim.fence,
        end: TurnEnd::Done,
        detail: None,
        taken: claim.messages.iter().map(|message| message.id).collect(),
        deliveries: vec![NewDelivery {
            operation: Operation::reply(text),
            message: claim.messages[0].id,
        }],
        session: SessionChange::Keep,
        usage: Usage::default(),
        rest: Duration::ZERO,
    }
}
