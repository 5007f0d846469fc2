//! The contract of every connector under the chat layer, as a test suite. The tests of a connector implement
//! [`ConnectorRig`] for its platform, and call [`holds`].
//!
//! A platform without an ability returns `false` from the switch for it, and the suite leaves the check out.

use std::sync::Arc;

use async_trait::async_trait;
use baton_chat::ChatChannel;
use baton_chat::connector::{Acknowledgment, ChatId};
use baton_core::agent::Reply;
use baton_core::channel::Channel;
use baton_core::clock::SystemClock;
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

/// The persona that answers in the chats of the rig.
pub const PERSONA: &str = "bob";

/// The message that the agent answers with a long text. The agent repeats every other message.
const ASKS_FOR_LENGTH: &str = "long";

/// A platform with its connector, and control over the platform.
#[async_trait]
pub trait ConnectorRig: Send + Sync {
    /// Creates the channel for a run of the program, on the same platform. [`PERSONA`] answers every message in
    /// both chats.
    async fn channel(&self) -> Arc<ChatChannel>;

    /// Two chats of the account.
    fn chats(&self) -> [ChatId; 2];

    /// A person writes a message. The platform numbers the message in its own way.
    async fn write(&self, chat: &ChatId, text: &str);

    /// Waits until Baton has said this text in the chat, and returns all texts of Baton there, in order.
    async fn until_said(&self, chat: &ChatId, text: &str) -> Vec<String>;

    /// The platform gives all its events once more. Returns whether the platform can.
    async fn repeat_all(&self) -> bool {
        false
    }

    /// Whether the connector has acknowledged all events; `None` if the platform knows no acknowledgments.
    fn has_acknowledged_all(&self) -> Option<bool> {
        None
    }

    /// Waits until the connector has acknowledged all events.
    async fn until_acknowledged(&self) {}

    /// From now on, the messages of this chat are in no event. Returns whether the platform can.
    async fn withhold(&self, _chat: &ChatId) -> bool {
        false
    }

    /// Announces the withheld messages of a chat as a gap. Later messages come as events again.
    async fn announce_gap(&self, _chat: &ChatId) {}

    /// Each request for the history of the chat waits until the release.
    async fn hold_history(&self, _chat: &ChatId) {}

    /// Answers requests for the history of the chat again.
    async fn release_history(&self, _chat: &ChatId) {}

    /// The platform takes the next message of Baton, and the answer is lost. Returns whether the platform can.
    async fn lose_next_answer(&self) -> bool {
        false
    }
}

/// Runs all checks, and panics if the connector breaks a promise. `make` creates a new platform for each check.
pub async fn holds<R: ConnectorRig>(make: impl AsyncFn() -> R) {
    declares_what_it_has(&make().await).await;
    keeps_equal_numbers_of_two_chats_apart(&make().await).await;
    takes_a_repeated_batch_once(&make().await).await;
    survives_a_kill_before_the_acknowledgment(&make().await).await;
    reads_a_gap_in_order(&make().await).await;
    reads_a_gap_of_an_earlier_process(&make().await).await;
    sends_once_after_a_lost_answer(&make().await).await;
    keeps_the_length_limit(&make().await).await;
}

/// A program with its own folder, and an agent that repeats each message.
struct Program {
    folder: TempDir,
    /// The number of ingests with messages that are committed.
    committed: watch::Sender<usize>,
}

/// A running program.
struct Run {
    runtime: Runtime,
    store: Arc<dyn Store>,
}

impl Program {
    fn new() -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder can be made"),
            committed: watch::Sender::new(0),
        }
    }

    async fn start(&self, rig: &impl ConnectorRig) -> Run {
        self.run(rig, true).await
    }

    /// Starts a run. If `answers` is false, ingests are committed but never return.
    async fn run(&self, rig: &impl ConnectorRig, answers: bool) -> Run {
        let clock = SystemClock::shared();
        let path = self.folder.path().join("baton.db");
        let store = Sqlite::open(&path, clock.clone()).expect("the files can be opened");
        let gate = Gate {
            answers,
            committed: self.committed.clone(),
        };
        let store = Layered::over(gate, Arc::new(store));
        let (agent, _) = answering(|turn| {
            Ok(Reply::text(match turn.prompt() {
                asks if asks == ASKS_FOR_LENGTH => long_text(),
                other => other,
            }))
        });
        let parts = Parts {
            store: Arc::clone(&store),
            clock,
            agents: vec![("agent".into(), agent, 8)],
            channels: vec![rig.channel().await],
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
    async fn kill(self) {
        let Self { runtime, store } = self;
        drop(runtime);
        within("the files are closed", store.close()).await;
    }

    /// Checks that the store has this number of messages, each answered once, and ends the program.
    async fn end_with(self, messages: u64) {
        let counts = self.store.counts().await.expect("the store reads");
        assert_eq!(counts.received, messages, "each message is stored once");
        let answered = counts.messages_in(MessageState::Answered);
        assert_eq!(answered, messages, "each message is answered");
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

async fn declares_what_it_has(rig: &impl ConnectorRig) {
    let channel = rig.channel().await;
    let connector = channel.connector();
    let declared = connector.capabilities();
    assert_eq!(declared.history, connector.history().is_some());
    let revises = declared.edits || declared.deletes;
    assert_eq!(revises, connector.revisions().is_some());
    assert_eq!(declared.threads, connector.threads().is_some());
    assert_eq!(declared.reactions, connector.reactions().is_some());
    assert_eq!(declared.typing, connector.typing().is_some());
    assert_eq!(declared.text, connector.text_format().limit);
    assert!(declared.text.size > 0 && declared.parallel > 0);
    let acknowledges = declared.acknowledgment == Acknowledgment::AfterCommit;
    assert_eq!(acknowledges, rig.has_acknowledged_all().is_some());
    assert_eq!(channel.abilities().parallel, declared.parallel);
    assert_eq!(channel.name(), connector.channel());
    let Some(history) = connector.history() else {
        return;
    };
    let beginning = history.beginning();
    assert_eq!(history.parse_position(beginning.as_str()), Some(beginning));
}

async fn keeps_equal_numbers_of_two_chats_apart(rig: &impl ConnectorRig) {
    let (program, [one, other]) = (Program::new(), rig.chats());
    let run = program.start(rig).await;
    rig.write(&one, "first here").await;
    rig.write(&other, "first there").await;
    assert_eq!(rig.until_said(&one, "first here").await, ["first here"]);
    assert_eq!(rig.until_said(&other, "first there").await, ["first there"]);
    run.end_with(2).await;
}

async fn takes_a_repeated_batch_once(rig: &impl ConnectorRig) {
    let (program, [chat, _]) = (Program::new(), rig.chats());
    let run = program.start(rig).await;
    rig.write(&chat, "hello").await;
    rig.until_said(&chat, "hello").await;
    if !rig.repeat_all().await {
        run.end_with(1).await;
        return;
    }
    rig.until_acknowledged().await;
    rig.write(&chat, "end").await;
    assert_eq!(rig.until_said(&chat, "end").await, ["hello", "end"]);
    run.end_with(2).await;
}

async fn survives_a_kill_before_the_acknowledgment(rig: &impl ConnectorRig) {
    let (program, [chat, _]) = (Program::new(), rig.chats());
    let mut committed = program.committed.subscribe();
    let run = program.run(rig, false).await;
    rig.write(&chat, "hello").await;
    let commit = committed.wait_for(|committed| *committed > 0);
    drop(within("the message is committed", commit).await);
    let acknowledged = rig.has_acknowledged_all();
    assert_ne!(acknowledged, Some(true), "the commit has not returned");
    run.kill().await;
    let run = program.start(rig).await;
    rig.write(&chat, "end").await;
    assert_eq!(rig.until_said(&chat, "end").await, ["hello", "end"]);
    rig.until_acknowledged().await;
    run.end_with(2).await;
}

async fn reads_a_gap_in_order(rig: &impl ConnectorRig) {
    let (program, [gapped, other]) = (Program::new(), rig.chats());
    let run = program.start(rig).await;
    rig.write(&gapped, "a1").await;
    rig.write(&other, "b1").await;
    rig.until_said(&gapped, "a1").await;
    rig.until_said(&other, "b1").await;
    if !rig.withhold(&gapped).await {
        run.end_with(2).await;
        return;
    }
    for missed in ["a2", "a3", "a4", "a5"] {
        rig.write(&gapped, missed).await;
    }
    rig.hold_history(&gapped).await;
    rig.write(&other, "b2").await;
    rig.announce_gap(&gapped).await;
    rig.write(&gapped, "a6").await;
    rig.write(&other, "b3").await;
    // The other chat does not wait for the gap, and the gap is acknowledged before it is read.
    assert_eq!(rig.until_said(&other, "b3").await, ["b1", "b2", "b3"]);
    rig.until_acknowledged().await;
    rig.release_history(&gapped).await;
    rig.write(&gapped, "a7").await;
    let said = rig.until_said(&gapped, "a7").await;
    assert_eq!(said, ["a1", "a2", "a3", "a4", "a5", "a6", "a7"]);
    // The chat is live again, and a second gap is read too.
    assert!(rig.withhold(&gapped).await);
    rig.write(&gapped, "a8").await;
    rig.announce_gap(&gapped).await;
    rig.write(&gapped, "a9").await;
    let said = rig.until_said(&gapped, "a9").await;
    assert_eq!(said[7..], ["a8", "a9"]);
    run.end_with(12).await;
}

async fn reads_a_gap_of_an_earlier_process(rig: &impl ConnectorRig) {
    let (program, [gapped, other]) = (Program::new(), rig.chats());
    let run = program.start(rig).await;
    rig.write(&gapped, "a1").await;
    rig.until_said(&gapped, "a1").await;
    if !rig.withhold(&gapped).await {
        run.end_with(1).await;
        return;
    }
    rig.hold_history(&gapped).await;
    rig.write(&gapped, "a2").await;
    rig.announce_gap(&gapped).await;
    rig.write(&gapped, "a3").await;
    rig.write(&other, "b1").await;
    rig.until_said(&other, "b1").await;
    rig.until_acknowledged().await;
    run.kill().await;
    rig.release_history(&gapped).await;
    let run = program.start(rig).await;
    rig.write(&gapped, "a4").await;
    let said = rig.until_said(&gapped, "a4").await;
    assert_eq!(said, ["a1", "a2", "a3", "a4"]);
    run.end_with(5).await;
}

async fn sends_once_after_a_lost_answer(rig: &impl ConnectorRig) {
    let (program, [chat, _]) = (Program::new(), rig.chats());
    let run = program.start(rig).await;
    let can_look = {
        let channel = rig.channel().await;
        channel.connector().own_messages().is_some()
    };
    if !can_look || !rig.lose_next_answer().await {
        run.end_with(0).await;
        return;
    }
    rig.write(&chat, "hello").await;
    rig.write(&chat, "end").await;
    assert_eq!(rig.until_said(&chat, "end").await, ["hello", "end"]);
    run.end_with(2).await;
}

async fn keeps_the_length_limit(rig: &impl ConnectorRig) {
    let (program, [chat, _]) = (Program::new(), rig.chats());
    let run = program.start(rig).await;
    let limit = {
        let channel = rig.channel().await;
        channel.connector().capabilities().text
    };
    rig.write(&chat, ASKS_FOR_LENGTH).await;
    rig.write(&chat, "end").await;
    let said = rig.until_said(&chat, "end").await;
    assert!(said.len() > 2, "the long text has several messages");
    for text in &said {
        assert!(limit.measure_text(text) <= limit.size, "too long: {text}");
    }
    run.end_with(2).await;
}
