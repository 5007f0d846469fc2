//! Baton with its own data folder and the fake platform. A test can start Baton, kill the run, and start
//! again on the same files.
//!
//! ```no_run
//! # use baton_testkit::baton::Setup;
//! # use baton_testkit::scripted_agent::scripted;
//! # async fn example() {
//! let (agent, mut script) = scripted();
//! let mut baton = Setup::new(agent).start().await;
//! let message = baton.say("room", "hello").await;
//! script.next_turn().await.reply("hi");
//! assert_eq!(baton.platform.until_shown("room", 1).await, ["hi"]);
//! baton.kill().await;
//! baton.restart().await;
//! # }
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_core::agent::Agent;
use baton_core::authority::{PersonRole, Principal};
use baton_core::channel::Channel;
use baton_core::delivery::DeliveryState;
use baton_core::files::{FileLimits, Files};
use baton_core::inbox::Inbox;
use baton_core::message::{Author, Message, MessageState};
use baton_core::name::PersonId;
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::speech::Speech;
use baton_core::store::{Store, WaitingQuery};
use baton_store::sqlite::Sqlite;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};

use crate::agent_run::within;
use crate::channel::FakeChannel;
use crate::channel_contract::Guarantee;
use crate::clock::SimClock;
use crate::crash::faults::Plant;
use crate::crash::{CrashAt, World};
use crate::platform::{Platform, Update, account, channel_name, writer};

/// The default persona, answered by the agent `agent`.
pub const BOB: &str = "bob";
/// The persona answered by outside workers, as the agent `hands`.
pub const HAL: &str = "hal";
/// The agent of most tests.
pub const AGENT: &str = "agent";
/// The agent whose turns outside workers run.
pub const HANDS: &str = "hands";

/// The configuration of every start.
pub struct Setup {
    /// The agents, each with its limit of simultaneous turns.
    pub agents: Vec<(&'static str, Arc<dyn Agent>, usize)>,
    /// The personas.
    pub personas: Vec<Persona>,
    /// The limits of the runtime.
    pub limits: Limits,
    /// The limits for received and sent files.
    pub files: FileLimits,
    /// The transcriber.
    pub speech: Option<Speech>,
    /// The platform where people write.
    pub platform: Platform,
    /// The planted faults of the store.
    pub plant: Plant,
}

impl Setup {
    /// The personas `bob`, answered by `agent`, and `hal`, answered by outside workers. The platform shows a
    /// repeated delivery only once.
    pub fn new(agent: Arc<dyn Agent>) -> Self {
        Self {
            agents: vec![(AGENT, agent, 32)],
            personas: vec![Persona::new(BOB, AGENT), Persona::new(HAL, HANDS)],
            limits: Limits::default(),
            files: FileLimits::default(),
            speech: None,
            platform: Platform::new(Guarantee::Once),
            plant: Plant::default(),
        }
    }

    /// Changes `bob`.
    #[must_use]
    pub fn bob(mut self, change: impl FnOnce(&mut Persona)) -> Self {
        change(&mut self.personas[0]);
        self
    }

    /// Changes the limits.
    #[must_use]
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// Starts Baton in a new folder.
    pub async fn start(self) -> Baton {
        self.start_until(None).await
    }

    /// Starts Baton in a new folder, in a world that stops at `crash_at`.
    pub async fn start_until(self, crash_at: Option<CrashAt>) -> Baton {
        let mut baton = Baton {
            platform: self.platform.clone(),
            clock: SimClock::shared(),
            workers: watch::Sender::new(0),
            setup: self,
            folder: TempDir::new().expect("a temporary folder can be made"),
            runs: 0,
            run: None,
        };
        baton.open(crash_at).await;
        baton.begin().await;
        baton
    }
}

/// Baton and its surroundings.
pub struct Baton {
    /// The platform where people write; it outlives every run.
    pub platform: Platform,
    /// The clock of this run.
    pub clock: Arc<SimClock>,
    /// The number of claims that outside workers will finish by themselves. While at least one exists,
    /// [`settled`](Self::settled) lets no time pass.
    pub workers: watch::Sender<usize>,
    setup: Setup,
    folder: TempDir,
    runs: u32,
    run: Option<Run>,
}

struct Run {
    world: Arc<World>,
    store: Arc<dyn Store>,
    runtime: Option<Runtime>,
    /// Ends when nothing holds the store any more.
    gone: mpsc::Receiver<()>,
}

impl Baton {
    // People

    /// A person writes `text` to `bob`, and Baton acknowledges the message. The text is also the external id,
    /// so each text can be used once only.
    pub async fn say(&self, address: &str, text: &str) -> Message {
        self.say_to(BOB, address, text).await
    }

    /// A person writes `text` to a persona, and Baton acknowledges the message.
    pub async fn say_to(&self, persona: &str, address: &str, text: &str) -> Message {
        let update = update(persona, address, text);
        self.platform.post(update);
        let count = self.platform.updates().len();
        self.platform.until_acknowledged(count).await;
        self.find(text).await
    }

    /// The stored message with this text.
    pub async fn find(&self, text: &str) -> Message {
        let found = self
            .store()
            .message_by_external_id(&channel_name(), &account(), &text.into())
            .await
            .expect("the store reads");
        found.unwrap_or_else(|| panic!("{text} is not stored"))
    }

    /// A person stops the message.
    pub async fn stop(&self, message: &Message) {
        let stopped = self.inbox().stop(message.id, &ada()).await;
        stopped.expect("it can be stopped");
    }

    /// The folder of received and sent files.
    pub fn files(&self) -> PathBuf {
        self.folder.path().join("files")
    }

    // The program

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.running().store
    }

    /// The world of this run.
    pub fn world(&self) -> &Arc<World> {
        &self.running().world
    }

    /// The inbox.
    pub fn inbox(&self) -> &Inbox {
        let runtime = self.running().runtime.as_ref();
        runtime.expect("it runs").inbox()
    }

    /// Kills the run: all tasks end at once, in any state. The files stay unchanged.
    pub async fn kill(&mut self) {
        let Some(Run {
            world,
            store,
            runtime,
            mut gone,
        }) = self.run.take()
        else {
            return;
        };
        world.stop();
        world.quiet().await;
        // The files are copied before the drop, so that the next run gets no orderly close.
        self.runs += 1;
        self.keep_files();
        drop((runtime, store, world));
        let nothing_left = gone.recv();
        within(
            "everything that was killed lets go of the store",
            nothing_left,
        )
        .await;
        self.clock = self.clock.restarted();
    }

    /// Opens the store again and starts all parts.
    pub async fn restart(&mut self) {
        self.open(None).await;
        self.begin().await;
    }

    /// Opens the store again, in a world that stops at `crash_at`, without starting the other parts.
    pub async fn open(&mut self, crash_at: Option<CrashAt>) {
        assert!(self.run.is_none(), "it runs already");
        let clock = self.clock.clone();
        let path = self.database();
        let inner: Arc<dyn Store> =
            Arc::new(Sqlite::open(&path, clock).expect("the files can be opened"));
        (self.setup.plant.file)(&path);
        let world = World::new(crash_at);
        let (alive, gone) = mpsc::channel(1);
        let store = (self.setup.plant.store)(world.store(inner, alive));
        self.run = Some(Run {
            world,
            store,
            runtime: None,
            gone,
        });
        // Lets the store open before any other work.
        tokio::task::yield_now().await;
    }

    /// Starts all parts on the open store. Returns early if the world stops first.
    pub async fn begin(&mut self) {
        let run = self.run.as_ref().expect("the store is open");
        let channel = FakeChannel::new(self.platform.clone(), Arc::clone(&run.world));
        let channels: Vec<Arc<dyn Channel>> = vec![Arc::new(channel)];
        let agents = self.setup.agents.iter();
        let parts = Parts {
            store: Arc::clone(&run.store),
            clock: self.clock.clone(),
            agents: agents
                .map(|(name, agent, at_once)| ((*name).into(), Arc::clone(agent), *at_once))
                .collect(),
            channels,
            personas: self.setup.personas.clone(),
            files: Some(Arc::new(Files::new(self.files(), self.setup.files))),
            speech: self.setup.speech.clone(),
            limits: self.setup.limits.clone(),
        };
        let world = Arc::clone(&run.world);
        let runtime = tokio::select! {
            runtime = Runtime::start(parts) => Some(runtime.expect("the store can be attached to")),
            () = world.stopped() => None,
        };
        self.run.as_mut().expect("the store is open").runtime = runtime;
    }

    /// Ends the run in order, as SIGTERM does.
    pub async fn shut_down(&mut self) {
        let run = self.run.take().expect("it runs");
        let Run {
            runtime,
            store,
            mut gone,
            world,
        } = run;
        if let Some(runtime) = runtime {
            within("it shuts down", runtime.shut_down()).await;
        }
        drop((store, world));
        within("nothing is left of it", gone.recv()).await;
        self.clock = self.clock.restarted();
    }

    /// Waits until no work is left. Whenever Baton only waits for time, the clock advances.
    pub async fn settled(&self) {
        within("everything is answered and delivered", async {
            while !self.step().await {}
        })
        .await;
    }

    /// Whether no work is left. Otherwise returns after a change.
    async fn step(&self) -> bool {
        let store = self.store();
        let mut progress = self.world().progress();
        let mut deadline = store.next_deadline();
        let mut workers = self.workers.subscribe();
        progress.borrow_and_update();
        let next = *deadline.borrow_and_update();
        let counts = store.counts().await.expect("the store reads");
        let (waiting, running) = (
            counts.messages_in(MessageState::Waiting),
            counts.messages_in(MessageState::Running),
        );
        let (to_send, sending) = (
            counts.deliveries_in(DeliveryState::Waiting)
                + counts.deliveries_in(DeliveryState::Unknown),
            counts.deliveries_in(DeliveryState::Sending),
        );
        if waiting + running + to_send + sending == 0 {
            return true;
        }
        let busy = *workers.borrow_and_update() > 0 || self.running_here().await > 0 || sending > 0;
        if let Some(next) = next.filter(|_| !busy) {
            self.clock.advance_to(next);
        }
        tokio::select! {
            _ = progress.changed() => {}
            _ = deadline.changed() => {}
            _ = workers.changed() => {}
        }
        false
    }

    /// The number of messages that run in-process. Messages of outside workers are not counted: the clock
    /// must advance past the lease of a worker that forgot its claim.
    async fn running_here(&self) -> usize {
        let all = WaitingQuery::at_most(usize::MAX >> 1);
        let store = self.store();
        let mut here = 0;
        for message in store.queue(all).await.expect("the store reads") {
            if message.state != MessageState::Running {
                continue;
            }
            let turn = store.turn_of(message.id).await.expect("the store reads");
            here += usize::from(turn.is_some_and(|turn| turn.worker.is_none()));
        }
        here
    }

    fn running(&self) -> &Run {
        self.run.as_ref().expect("it runs")
    }

    /// The path of this run's database.
    pub fn database(&self) -> PathBuf {
        self.file(self.runs)
    }

    fn file(&self, run: u32) -> PathBuf {
        self.folder.path().join(format!("run-{run}.db"))
    }

    /// Copies the files of the previous run to the paths of this run.
    fn keep_files(&self) {
        for suffix in ["", "-wal"] {
            let [from, to] = [self.runs - 1, self.runs].map(|run| with(&self.file(run), suffix));
            match std::fs::copy(&from, &to) {
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => panic!("{} cannot be copied: {error}", from.display()),
            }
        }
    }
}

/// The person who presses buttons, the same person who writes.
pub fn ada() -> PersonId {
    writer().id
}

/// A person with all rights of a speaker in every place.
pub fn speaker(author: Author) -> Principal {
    use PersonRole::{Identified, Moderator, Reader, Speaker};
    Principal::new(author, [Identified, Reader, Speaker, Moderator])
}

/// A person who may do everything.
pub fn operator(author: Author) -> Principal {
    Principal::new(author, [PersonRole::Operator])
}

/// A message of a person to a persona, with the text as id.
pub fn update(persona: &str, address: &str, text: &str) -> Update {
    Update {
        id: text.to_owned(),
        address: address.to_owned(),
        persona: persona.into(),
        text: text.to_owned(),
    }
}

fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
