//! Kills around the creation of a thread on the toy platform: a conversation never has two threads.

use std::sync::Arc;
use std::time::Duration;

use baton_chat::ChatChannel;
use baton_chat::chat_settings::{Answering, ChatSettings, PlaceScope, PlaceSettings, Trigger};
use baton_core::agent::Reply;
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::store::Store;
use baton_store::sqlite::Sqlite;
use baton_testkit::agent_run::within;
use baton_testkit::connector_contract::{PERSONA, ThreadFault};
use baton_testkit::quick_clock::QuickClock;
use baton_testkit::scripted_agent::answering;
use baton_testkit::toy_connector::{ToyConnector, ToyPlatform};
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::FORUM;

/// The number of kills, and of programs at the same time.
const SEEDS: u64 = 100;
const AT_ONCE: u64 = 10;

/// How much faster the time passes.
const SPEED: u32 = 50;

/// A program whose folder outlives it.
struct KilledProgram {
    runtime: Runtime,
    store: Arc<dyn Store>,
}

impl KilledProgram {
    async fn start(folder: &TempDir, platform: &ToyPlatform) -> Self {
        let clock = QuickClock::shared(SPEED);
        let path = folder.path().join("baton.db");
        let store: Arc<dyn Store> = Arc::new(Sqlite::open(&path, clock.clone()).unwrap());
        let settings = ChatSettings {
            places: vec![PlaceSettings {
                scope: PlaceScope::Chat(FORUM.into()),
                answering: Answering {
                    trigger: Trigger::Every,
                    thread_per_request: true,
                    ..Answering::by(PERSONA)
                },
            }],
            ..ChatSettings::new(clock.clone())
        };
        let connector = ToyConnector::new(platform.clone());
        let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
        let parts = Parts {
            store: Arc::clone(&store),
            clock,
            agents: vec![("agent".into(), agent, 8)],
            channels: vec![Arc::new(ChatChannel::new(Arc::new(connector), settings))],
            personas: vec![Persona::new(PERSONA, "agent")],
            files: None,
            speech: None,
            limits: Limits::default(),
        };
        let runtime = Runtime::start(parts).await.unwrap();
        Self { runtime, store }
    }

    async fn kill(self) {
        drop(self.runtime);
        within("the files are closed", self.store.close()).await;
    }
}

/// A random number below the limit, which depends on the seed only.
fn random(seed: u64, below: u64) -> u64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed >> 33) % below
}

/// The fault of the creation before the kill. A late creation comes within the time that a request can be on its way.
fn fault(seed: u64) -> Option<ThreadFault> {
    match seed % 6 {
        0 => Some(ThreadFault::NoAnswer),
        1 => Some(ThreadFault::LostAnswer),
        2 => Some(ThreadFault::LostRequest),
        3 => Some(ThreadFault::NoRequest),
        4 => Some(ThreadFault::Late(Duration::from_millis(random(seed, 60)))),
        _ => None,
    }
}

async fn kill_once(seed: u64) {
    let (platform, folder) = (ToyPlatform::default(), TempDir::new().unwrap());
    if let Some(fault) = fault(seed) {
        platform.fail_next_thread(fault);
    }
    let program = KilledProgram::start(&folder, &platform).await;
    platform.write(&FORUM.into(), "hello");
    platform.until_thread_requests(1).await;
    let later = Duration::from_millis(random(seed / 6, 8));
    let _ = tokio::time::timeout(later, std::future::pending::<()>()).await;
    program.kill().await;
    let program = KilledProgram::start(&folder, &platform).await;
    let thread = &platform.until_threads(1).await[0].id;
    platform.until_said(thread, "hello").await;
    platform.write(thread, "end");
    let said = platform.until_said(thread, "end").await;
    assert_eq!(said, ["hello", "end"], "seed {seed}");
    let threads = platform.threads();
    assert_eq!(threads.len(), 1, "seed {seed}: {threads:?}");
    let counts = program.store.counts().await.unwrap();
    assert_eq!(counts.conversations, 1, "seed {seed}");
    within("the program ends", program.runtime.shut_down()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s44_killed_while_a_thread_is_created_a_conversation_has_one_thread() {
    let mut programs = JoinSet::new();
    for seed in 0..SEEDS {
        if seed >= AT_ONCE {
            programs.join_next().await.unwrap().unwrap();
        }
        programs.spawn(kill_once(seed));
    }
    while let Some(ended) = programs.join_next().await {
        ended.unwrap();
    }
}
