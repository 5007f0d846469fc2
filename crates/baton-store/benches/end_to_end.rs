//! The cost of a message from ingest to sent, compared with the limits of the machine.
//!
//! `cargo bench --profile dist -p baton-store` prints, from one run on one file system:
//!
//! * the machine's floors, see [`machine_floors`]: rows per second of a group-commit writer with the same
//!   number of producers, of 256 inserts per commit, and of a message's rows by plain statements;
//! * live: messages of 64 producers, with 32 turns at once and all replies sent;
//! * drain: the same messages, all waiting before the first turn begins;
//! * the latency from ingest to the start of the turn at 100 messages per second, and that of a durable
//!   commit at this pace.
//!
//! Ratios are comparable between machines; absolute figures are not. `BATON_BENCH_DIR` selects the file
//! system.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads the machine's own clock"
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::channel::{Abilities, Channel, ChannelError, DeliverError, Progress, Sent};
use baton_core::clock::SystemClock;
use baton_core::delivery::Delivery;
use baton_core::id::{ConversationId, MessageId};
use baton_core::inbox::Inbox;
use baton_core::message::{Author, NewMessage, Priority};
use baton_core::name::ChannelName;
use baton_core::persona::Persona;
use baton_core::place::{Place, QueueMode, Route};
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::store::{MessageStore, Store};
use baton_store::sqlite::Sqlite;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

#[path = "end_to_end/machine_floors.rs"]
mod machine_floors;

const MESSAGES: usize = 20_000;
const CONVERSATIONS: usize = 1_000;
const PRODUCERS: usize = 64;
const TURNS: usize = 32;
const BODY: usize = 256;
/// The rows of a commit in the floor of plain inserts.
const INSERTS_A_COMMIT: usize = 256;
/// The rows of one message; [`machine_floors`] writes the same number.
const ROWS_A_MESSAGE: usize = 10;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let base = std::env::var_os("BATON_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    println!(
        "{MESSAGES} messages, {CONVERSATIONS} conversations, {BODY} bytes, in {}",
        base.display()
    );
    for round in 1..=round_count() {
        println!("round {round}");
        runtime.block_on(measure_throughput(&base, "live", true));
        runtime.block_on(measure_throughput(&base, "drain", false));
    }
    runtime.block_on(measure_latency(&base));
}

fn round_count() -> usize {
    std::env::var("BATON_BENCH_ROUNDS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(3)
}

async fn measure_throughput(base: &Path, name: &str, live: bool) {
    let folder = tempfile::tempdir_in(base).expect("a folder");
    let store = Arc::new(
        Sqlite::open(&folder.path().join("baton.db"), SystemClock::shared()).expect("a store"),
    );
    let bench = Arc::new(InstantPeers::new(MESSAGES));
    let before = store.write_counts();
    let (elapsed, peak) = if live {
        let runtime = start_runtime(&store, &bench).await;
        let begun = Instant::now();
        ingest_all(&store).await;
        bench.all_sent.acquire().await.expect("open").forget();
        let elapsed = begun.elapsed();
        runtime.shut_down().await;
        (elapsed, resident_mib())
    } else {
        ingest_all(&store).await;
        let begun = Instant::now();
        let runtime = start_runtime(&store, &bench).await;
        bench.all_sent.acquire().await.expect("open").forget();
        let elapsed = begun.elapsed();
        runtime.shut_down().await;
        (elapsed, resident_mib())
    };
    let after = store.write_counts();
    let commits = after.commits - before.commits;
    let a_commit = (MESSAGES * ROWS_A_MESSAGE).div_ceil(usize::try_from(commits).expect("fits"));
    bench.check_order();
    let group_commit = machine_floors::group_commit(folder.path()).await;
    let inserts = machine_floors::plain_inserts(folder.path(), INSERTS_A_COMMIT);
    let same_rows = machine_floors::rows_a_second(folder.path(), a_commit);
    // In a drain, the rows of the ingest are written before the clock starts.
    let rows = if live {
        ROWS_A_MESSAGE
    } else {
        ROWS_A_MESSAGE - machine_floors::ROWS_OF_INGEST
    };
    let ours = per_second(MESSAGES * rows, elapsed);
    println!(
        "  {name:5} {:7.0} messages/s  {ours:8.0} rows/s  {commits:6} commits of {a_commit:4} rows  \
         resident {peak} MiB",
        per_second(MESSAGES, elapsed),
    );
    for (floor, rows) in [
        ("group commit, 64 producers", group_commit),
        ("256 inserts a commit", inserts),
        ("the same rows, plain statements", same_rows),
    ] {
        println!(
            "        of the floor {floor:31} {rows:8.0} rows/s: {:.2}",
            ours / rows
        );
    }
}

/// A hundred messages per second in fifty conversations, so no queue forms.
async fn measure_latency(base: &Path) {
    let folder = tempfile::tempdir_in(base).expect("a folder");
    let store = Arc::new(
        Sqlite::open(&folder.path().join("baton.db"), SystemClock::shared()).expect("a store"),
    );
    let count = 500;
    let bench = Arc::new(InstantPeers::new(count));
    let runtime = start_runtime(&store, &bench).await;
    let mut pace = tokio::time::interval(Duration::from_millis(10));
    let mut floor = machine_floors::PacedCommits::new(folder.path());
    let mut commits = Vec::new();
    for number in 0..count {
        pace.tick().await;
        let text = "x".repeat(BODY);
        let message = bench_message(number, number % 50, &text);
        let begun = Instant::now();
        bench
            .begun
            .lock()
            .expect("unpoisoned")
            .insert(message.external_id.to_string(), begun);
        let ingested = store.ingest(message.into()).await.expect("stored");
        assert_eq!(ingested.len(), 1);
        if number % 2 == 1 {
            pace.tick().await;
            commits.push(floor.one_row());
        }
    }
    bench.all_sent.acquire().await.expect("open").forget();
    runtime.shut_down().await;
    let mut starts = std::mem::take(&mut *bench.starts.lock().expect("unpoisoned"));
    let commit = value_at_quantile(&mut commits, 0.5);
    println!(
        "latency at 100 messages/s: ingest to turn start p50 {:.2} ms, p99 {:.2} ms; one durable \
         commit p50 {:.2} ms; p50 is {:.2} commits",
        to_millis(value_at_quantile(&mut starts, 0.5)),
        to_millis(value_at_quantile(&mut starts, 0.99)),
        to_millis(commit),
        value_at_quantile(&mut starts, 0.5).as_secs_f64() / commit.as_secs_f64(),
    );
}

async fn start_runtime(store: &Arc<Sqlite>, bench: &Arc<InstantPeers>) -> Runtime {
    let agent: Arc<dyn Agent> = Arc::clone(bench) as Arc<dyn Agent>;
    Runtime::start(Parts {
        store: Arc::clone(store) as Arc<dyn Store>,
        clock: SystemClock::shared(),
        agents: vec![("bench".into(), agent, TURNS)],
        channels: vec![Arc::clone(bench) as Arc<dyn Channel>],
        personas: vec![Persona::new("bench", "bench")],
        files: None,
        speech: None,
        limits: Limits {
            turns: TURNS,
            ..Limits::default()
        },
    })
    .await
    .expect("started")
}

async fn ingest_all(store: &Arc<Sqlite>) {
    let mut producers = tokio::task::JoinSet::new();
    for producer in 0..PRODUCERS {
        let store = Arc::clone(store);
        producers.spawn(async move {
            let text = "x".repeat(BODY);
            // Each producer has its own conversations, so the order of arrival is known.
            for number in (0..MESSAGES).filter(|n| n % CONVERSATIONS % PRODUCERS == producer) {
                let message = bench_message(number, number % CONVERSATIONS, &text);
                store.ingest(message.into()).await.expect("stored");
            }
        });
    }
    while let Some(done) = producers.join_next().await {
        done.expect("a producer");
    }
}

fn bench_message(number: usize, conversation: usize, text: &str) -> NewMessage {
    NewMessage {
        external_id: format!("message-{number}").into(),
        part_ids: Vec::new(),
        route: Route {
            place: Place {
                channel: "bench".into(),
                account: "default".into(),
                address: format!("room-{conversation}"),
            },
            persona: "bench".into(),
            agent: "bench".into(),
            mode: QueueMode::Queue,
            waiting_limit: u32::MAX,
        },
        author: Author {
            id: "person".into(),
            name: "person".to_owned(),
        },
        text: text.to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: Priority::default(),
    }
}

/// An agent and a channel that finish at once.
struct InstantPeers {
    sent: Mutex<HashMap<ConversationId, Vec<MessageId>>>,
    left: Mutex<usize>,
    all_sent: Semaphore,
    begun: Mutex<HashMap<String, Instant>>,
    starts: Mutex<Vec<Duration>>,
}

impl InstantPeers {
    fn new(messages: usize) -> Self {
        Self {
            sent: Mutex::default(),
            left: Mutex::new(messages),
            all_sent: Semaphore::new(0),
            begun: Mutex::default(),
            starts: Mutex::default(),
        }
    }

    fn check_order(&self) {
        let sent = self.sent.lock().expect("unpoisoned");
        assert_eq!(
            sent.values().map(Vec::len).sum::<usize>(),
            MESSAGES,
            "each once"
        );
        for (conversation, messages) in sent.iter() {
            assert!(
                messages.is_sorted(),
                "conversation {conversation} out of order"
            );
        }
    }
}

#[async_trait]
impl Agent for InstantPeers {
    async fn run(&self, turn: &Turn, _io: &mut TurnIo) -> Result<Reply, AgentError> {
        for message in &turn.claim.messages {
            let begun = self
                .begun
                .lock()
                .expect("unpoisoned")
                .remove(message.external_id.as_str());
            if let Some(begun) = begun {
                self.starts
                    .lock()
                    .expect("unpoisoned")
                    .push(begun.elapsed());
            }
        }
        Ok(Reply::text("y".repeat(BODY)))
    }
}

#[async_trait]
impl Channel for InstantPeers {
    fn name(&self) -> ChannelName {
        "bench".into()
    }

    fn abilities(&self) -> Abilities {
        Abilities { parallel: 64 }
    }

    async fn receive(&self, _: Inbox, shutdown: CancellationToken) -> Result<(), ChannelError> {
        shutdown.cancelled().await;
        Ok(())
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<Sent, DeliverError> {
        let message = delivery.message.expect("a reply answers a message");
        self.sent
            .lock()
            .expect("unpoisoned")
            .entry(delivery.conversation)
            .or_default()
            .push(message);
        let mut left = self.left.lock().expect("unpoisoned");
        *left -= 1;
        if *left == 0 {
            self.all_sent.add_permits(1);
        }
        Ok(Sent::default())
    }

    fn show(&self, _: &Progress) {}
}

fn per_second(count: usize, elapsed: Duration) -> f64 {
    f64::from(u32::try_from(count).expect("fits")) / elapsed.as_secs_f64()
}

fn to_millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "an index into a few hundred values"
)]
fn value_at_quantile(values: &mut [Duration], quantile: f64) -> Duration {
    values.sort_unstable();
    values[((values.len() - 1) as f64 * quantile) as usize]
}

/// The resident memory of the process in MiB, including the benchmark's own data.
fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    let kib = line
        .split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<u64>().ok());
    kib.unwrap_or_default() / 1024
}
