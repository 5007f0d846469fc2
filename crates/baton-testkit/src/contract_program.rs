//! The program under the contracts of channels and connectors, with a gate at the store.

use std::sync::Arc;

use async_trait::async_trait;
use baton_core::agent::Reply;
use baton_core::channel::Channel;
use baton_core::clock::SystemClock;
use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::store::{Ingest, Ingested, Store, StoreError};
use baton_store::sqlite::Sqlite;
use tempfile::TempDir;
use tokio::sync::watch;

use crate::agent_run::within;
use crate::layered::{Layer, Layered};
use crate::scripted_agent::answering;

/// The persona that answers in the contracts.
pub(crate) const PERSONA: &str = "bob";

/// A program with its own folder. The store of the folder outlives each run.
pub(crate) struct ContractProgram {
    folder: TempDir,
    /// The number of ingests with messages that the gate holds.
    held: watch::Sender<usize>,
}

/// The gate between the program and the store, for ingests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IngestGate {
    /// Every ingest passes.
    Open,
    /// An ingest is not committed, and never returns.
    HoldsBeforeCommit,
    /// An ingest is committed, and never returns.
    HoldsAfterCommit,
}

/// A running program.
pub(crate) struct ContractRun {
    runtime: Runtime,
    store: Arc<dyn Store>,
}

impl ContractProgram {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder can be made"),
            held: watch::Sender::new(0),
        }
    }

    /// Starts a run with one channel. `answer` makes the answer to the text of a message.
    pub(crate) async fn start(
        &self,
        channel: Arc<dyn Channel>,
        gate: IngestGate,
        answer: impl Fn(String) -> String + Send + Sync + 'static,
    ) -> ContractRun {
        let clock = SystemClock::shared();
        let path = self.folder.path().join("baton.db");
        let store = Sqlite::open(&path, clock.clone()).expect("the files can be opened");
        let gate = GateLayer {
            gate,
            held: self.held.clone(),
        };
        let store = Layered::over(gate, Arc::new(store));
        let (agent, _) = answering(move |turn| Ok(Reply::text(answer(turn.prompt()))));
        let parts = Parts {
            store: Arc::clone(&store),
            clock,
            agents: vec![("agent".into(), agent, 8)],
            channels: vec![channel],
            personas: vec![Persona::new(PERSONA, "agent")],
            files: None,
            speech: None,
            limits: Limits::default(),
        };
        let runtime = Runtime::start(parts).await;
        let runtime = runtime.expect("the store can be attached to");
        ContractRun { runtime, store }
    }

    /// Waits until the gate holds an ingest with messages.
    pub(crate) async fn until_held(&self) {
        let mut held = self.held.subscribe();
        let one = held.wait_for(|held| *held > 0);
        drop(within("the message reaches the store", one).await);
    }
}

impl ContractRun {
    /// Ends the program at once. The next run may then open the files.
    pub(crate) async fn kill(self) {
        let Self { runtime, store } = self;
        drop(runtime);
        within("the files are closed", store.close()).await;
    }

    /// Waits until the store has the outcome of each delivery. A kill before leaves a doubt, and a platform that recognizes
    /// no repeated message then shows the delivery twice.
    pub(crate) async fn until_settled(&self) {
        let settled = async {
            let mut changes = self.store.changes();
            loop {
                let counts = self.store.counts().await.expect("the store reads");
                let open = [DeliveryState::Waiting, DeliveryState::Sending];
                if open.iter().all(|state| counts.deliveries_in(*state) == 0) {
                    return;
                }
                // A receiver that missed changes reads the counts again.
                let _ = changes.recv().await;
            }
        };
        within("each delivery has its outcome", settled).await;
    }

    /// The number of conversations.
    pub(crate) async fn conversations(&self) -> u64 {
        let counts = self.store.counts().await.expect("the store reads");
        counts.conversations
    }

    /// Sends the only dead delivery again.
    pub(crate) async fn replay_dead(&self) {
        let dead = self.store.dead(10).await.expect("the store reads");
        let [dead] = &dead[..] else {
            panic!("one delivery is dead, not {dead:?}");
        };
        let replayed = self.store.replay(dead.id, &"ann".into()).await;
        replayed.expect("a dead delivery can be sent again");
    }

    /// Checks that the store has this number of messages, each answered once, and ends the program.
    pub(crate) async fn end_with(self, messages: u64) {
        let counts = self.store.counts().await.expect("the store reads");
        assert_eq!(counts.received, messages, "each message is stored once");
        let answered = counts.messages_in(MessageState::Answered);
        assert_eq!(answered, messages, "each message is answered");
        let dead = counts.deliveries_in(DeliveryState::Dead);
        assert_eq!(dead, 0, "each answer is sent");
        self.end().await;
    }

    /// Ends the program.
    pub(crate) async fn end(self) {
        within("the program ends", self.runtime.shut_down()).await;
    }
}

struct GateLayer {
    gate: IngestGate,
    held: watch::Sender<usize>,
}

impl GateLayer {
    /// Holds an ingest for ever if this is the gate.
    async fn hold_at(&self, gate: IngestGate, has_messages: bool) {
        if self.gate == gate {
            self.held
                .send_modify(|held| *held += usize::from(has_messages));
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Layer for GateLayer {
    async fn ingest(
        &self,
        store: Arc<dyn Store>,
        ingest: Ingest,
    ) -> Result<Vec<Ingested>, StoreError> {
        let has_messages = !ingest.messages.is_empty();
        self.hold_at(IngestGate::HoldsBeforeCommit, has_messages)
            .await;
        let ingested = store.ingest(ingest).await;
        self.hold_at(IngestGate::HoldsAfterCommit, has_messages)
            .await;
        ingested
    }
}
