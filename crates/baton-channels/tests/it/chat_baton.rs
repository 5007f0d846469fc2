//! Baton with the channel of one chat platform: its data, and its runs. The bots of all platforms share this part.

use std::sync::Arc;

use baton_chat::ChatChannel;
use baton_chat::chat_settings::{Answering, Trigger};
use baton_chat::connector::ConnectionStates;
use baton_core::agent::Agent;
use baton_core::clock::Clock;
use baton_core::delivery::DeliveryState;
use baton_core::files::{FileLimits, Files};
use baton_core::message::Message;
use baton_core::name::ExternalId;
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::speech::Speech;
use baton_core::store::{Counts, DeadLetter, Store};
use baton_store::sqlite::Sqlite;
use baton_testkit::agent_run::within;
use tempfile::TempDir;

/// The persona that answers.
pub(crate) const BOB: &str = "bob";

/// The data of a Baton, and its running process.
pub(crate) struct ChatBaton {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) limits: Limits,
    pub(crate) file_limits: FileLimits,
    pub(crate) persona: Persona,
    pub(crate) speech: Option<Speech>,
    /// The connections of the latest run.
    pub(crate) connections: ConnectionStates,
    /// The name of the channel.
    channel: &'static str,
    agent: Arc<dyn Agent>,
    clock: Arc<dyn Clock>,
    folder: TempDir,
    runtime: Option<Runtime>,
}

/// The persona answers every message.
pub(crate) fn answering_all() -> Answering {
    Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    }
}

/// The runs.
impl ChatBaton {
    /// A Baton that does not run yet, with an empty data folder. `channel` is the name of its channel.
    pub(crate) fn new(channel: &'static str, clock: Arc<dyn Clock>, agent: Arc<dyn Agent>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: open_store(&folder, &clock),
            limits: Limits::default(),
            file_limits: FileLimits::default(),
            persona: Persona::new(BOB, "agent"),
            speech: None,
            connections: ConnectionStates::default(),
            channel,
            agent,
            clock,
            folder,
            runtime: None,
        }
    }

    /// Starts with this channel.
    pub(crate) async fn run(&mut self, channel: ChatChannel) {
        self.connections = channel.connections();
        let files = Files::new(self.folder.path().join("files"), self.file_limits);
        let parts = Parts {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            agents: vec![("agent".into(), Arc::clone(&self.agent), 32)],
            channels: vec![Arc::new(channel)],
            personas: vec![self.persona.clone()],
            files: Some(Arc::new(files)),
            speech: self.speech.clone(),
            limits: self.limits.clone(),
        };
        self.runtime = Some(Runtime::start(parts).await.unwrap());
    }

    /// Stops like after a request of an operator.
    pub(crate) async fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            within("it shuts down", runtime.shut_down()).await;
        }
        self.reopen_store();
    }

    /// Stops like a killed process: Baton says nothing and writes nothing.
    pub(crate) fn kill(&mut self) {
        self.end_run();
        self.reopen_store();
    }

    /// Like [`Self::kill`], and waits until the killed process cannot write any more.
    pub(crate) async fn kill_and_close(&mut self) {
        self.end_run();
        within("the files are closed", self.store.close()).await;
        self.reopen_store();
    }

    /// The first half of [`Self::kill`]: the process is gone.
    pub(crate) fn end_run(&mut self) {
        drop(self.runtime.take());
    }

    /// The second half of [`Self::kill`]: the next process opens the store.
    pub(crate) fn reopen_store(&mut self) {
        self.store = open_store(&self.folder, &self.clock);
    }

    /// Gives the next run an empty data folder.
    pub(crate) fn forget(&mut self) {
        self.folder = tempfile::tempdir().unwrap();
        self.reopen_store();
    }

    /// Waits for a fatal error, and returns its text.
    pub(crate) async fn failed(&mut self) -> String {
        let runtime = self.runtime.as_mut().unwrap();
        within("it fails", runtime.failed()).await.to_string()
    }
}

/// The stored data.
impl ChatBaton {
    /// Waits until the numbers of the store are like that.
    pub(crate) async fn until_counts(&self, what: &str, like: impl Fn(&Counts) -> bool) {
        let counted = async {
            let mut changes = self.store.changes();
            while !like(&self.store.counts().await.unwrap()) {
                // A receiver that missed changes reads the state again.
                let _ = changes.recv().await;
            }
        };
        within(what, counted).await;
    }

    /// Waits until Baton has stored the outcome of each reply, so that a kill leaves no doubt about a reply.
    pub(crate) async fn until_settled(&self) {
        let open = [DeliveryState::Waiting, DeliveryState::Sending];
        let is_settled =
            |counts: &Counts| open.iter().all(|state| counts.deliveries_in(*state) == 0);
        self.until_counts("all replies are settled", is_settled)
            .await;
    }

    /// Waits for a message or a reply that is dead.
    pub(crate) async fn until_dead(&self) -> DeadLetter {
        let dead = async {
            let mut changes = self.store.changes();
            loop {
                if let Some(dead) = self.store.dead(1).await.unwrap().pop() {
                    return dead;
                }
                let _ = changes.recv().await;
            }
        };
        within("something is dead", dead).await
    }

    /// Waits until the message with this id is stored like that.
    pub(crate) async fn until_kept_as(&self, id: &ExternalId, like: impl Fn(&Message) -> bool) {
        let kept = async {
            let mut changes = self.store.changes();
            while !self.kept_as(id).await.is_some_and(|it| like(&it)) {
                let _ = changes.recv().await;
            }
        };
        within("the store knows it", kept).await;
    }

    /// The stored message with this id.
    pub(crate) async fn kept_as(&self, id: &ExternalId) -> Option<Message> {
        let (channel, account) = (self.channel.into(), "default".into());
        let store = &self.store;
        let found = store.message_by_external_id(&channel, &account, id);
        found.await.unwrap()
    }
}

fn open_store(folder: &TempDir, clock: &Arc<dyn Clock>) -> Arc<dyn Store> {
    Arc::new(Sqlite::open(&folder.path().join("baton.db"), Arc::clone(clock)).unwrap())
}
