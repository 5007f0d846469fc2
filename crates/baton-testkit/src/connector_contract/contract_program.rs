//! The program of each check, with an agent that repeats each message.

use std::sync::Arc;

use async_trait::async_trait;
use baton_chat::text::chunks::LengthLimit;
use baton_core::agent::Reply;
use baton_core::clock::SystemClock;
use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::store::{Ingest, Ingested, Store, StoreError};
use baton_store::sqlite::Sqlite;
use tempfile::TempDir;
use tokio::sync::watch;

use super::{ConnectorRig, PERSONA};
use crate::agent_run::within;
use crate::layered::{Layer, Layered};
use crate::scripted_agent::answering;

/// The message that the agent answers with a long text. The agent repeats every other message.
pub(super) const ASKS_FOR_LENGTH: &str = "long";

/// The message that the agent answers with the texts of [`three_texts`].
pub(super) const ASKS_FOR_THREE: &str = "three";

/// A program with its own folder, and an agent that repeats each message.
pub(super) struct Program {
    folder: TempDir,
    /// The number of ingests with messages that are committed.
    pub(super) committed: watch::Sender<usize>,
}

/// A running program.
pub(super) struct Run {
    runtime: Runtime,
    store: Arc<dyn Store>,
}

impl Program {
    pub(super) fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder can be made"),
            committed: watch::Sender::new(0),
        }
    }

    pub(super) async fn start(&self, rig: &impl ConnectorRig) -> Run {
        self.run(rig, true).await
    }

    /// Starts a run. If `answers` is false, ingests are committed but never return.
    pub(super) async fn run(&self, rig: &impl ConnectorRig, answers: bool) -> Run {
        let clock = SystemClock::shared();
        let path = self.folder.path().join("baton.db");
        let store = Sqlite::open(&path, clock.clone()).expect("the files can be opened");
        let gate = Gate {
            answers,
            committed: self.committed.clone(),
        };
        let store = Layered::over(gate, Arc::new(store));
        let channel = rig.channel().await;
        let limit = channel.connector().capabilities().text;
        let (agent, _) = answering(move |turn| {
            Ok(Reply::text(match turn.prompt() {
                asks if asks == ASKS_FOR_LENGTH => long_text(),
                asks if asks == ASKS_FOR_THREE => three_texts(limit).join("\n\n"),
                other => other,
            }))
        });
        let parts = Parts {
            store: Arc::clone(&store),
            clock,
            agents: vec![("agent".into(), agent, 8)],
            channels: vec![channel],
            personas: vec![Persona::new(PERSONA, "agent")],
            files: None,
            limits: Limits::default(),
        };
        let runtime = Runtime::start(parts).await;
        let runtime = runtime.expect("the store can be attached to");
        Run { runtime, store }
    }
}

impl Run {
    /// Ends the program at once. The next run may then open the files.
    pub(super) async fn kill(self) {
        let Self { runtime, store } = self;
        drop(runtime);
        within("the files are closed", store.close()).await;
    }

    /// Sends the only dead delivery again.
    pub(super) async fn replay_dead(&self) {
        let dead = self.store.dead(10).await.expect("the store reads");
        let [dead] = &dead[..] else {
            panic!("one delivery is dead, not {dead:?}");
        };
        let replayed = self.store.replay(dead.id, &"ann".into()).await;
        replayed.expect("a dead delivery can be sent again");
    }

    /// Checks that the store has this number of messages, each answered once, and ends the program.
    pub(super) async fn end_with(self, messages: u64) {
        let counts = self.store.counts().await.expect("the store reads");
        assert_eq!(counts.received, messages, "each message is stored once");
        let answered = counts.messages_in(MessageState::Answered);
        assert_eq!(answered, messages, "each message is answered");
        let dead = counts.deliveries_in(DeliveryState::Dead);
        assert_eq!(dead, 0, "each answer is sent");
        within("the program ends", self.runtime.shut_down()).await;
    }
}

struct Gate {
    answers: bool,
    committed: watch::Sender<usize>,
}

#[async_trait]
impl Layer for Gate {
    async fn ingest(
        &self,
        store: Arc<dyn Store>,
        ingest: Ingest,
    ) -> Result<Vec<Ingested>, StoreError> {
        let has_messages = !ingest.messages.is_empty();
        let ingested = store.ingest(ingest).await;
        if has_messages {
            self.committed.send_modify(|committed| *committed += 1);
        }
        if !self.answers {
            std::future::pending::<()>().await;
        }
        ingested
    }
}

/// A text of many messages on every platform, with characters of several lengths.
fn long_text() -> String {
    let lines =
        (1..=60).map(|n| format!("line {n}: emoji 🦉, שלום, and some words to fill the line"));
    lines.collect::<Vec<_>>().join("\n\n")
}

/// Three texts, each of one message. Two of them do not fit into one message.
pub(super) fn three_texts(limit: LengthLimit) -> [String; 3] {
    let length = limit.size - limit.size / 10;
    ["one", "two", "three"].map(|word| format!("{word} {}", "x".repeat(length)))
}
