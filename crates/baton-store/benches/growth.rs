//! The cost of the store with a history of a million messages, compared with a thousand.
//!
//! `cargo bench --profile dist -p baton-store --bench growth` fills two databases with messages that were answered long
//! ago, each with its turn and reply. The program measures each database in a separate process, and prints both results
//! and their ratio. A ratio near 1 means that history costs nothing. `BATON_BENCH_DIR` selects the file system, and
//! `BATON_BENCH_MESSAGES` another number than a million.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads the machine's own clock"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_core::clock::SystemClock;
use baton_core::message::{Author, NewMessage, Priority};
use baton_core::persona::{Persona, Personas};
use baton_core::place::{Place, QueueMode, Route};
use baton_core::slots::Slots;
use baton_core::store::{Attach, ClaimNext, Direction, Finish, Store, Timeline};
use baton_core::turn::{SessionChange, TurnEnd, Usage};
use baton_store::sqlite::Sqlite;
use rusqlite::Connection;

const FEW: usize = 1_000;
const MANY: usize = 1_000_000;
/// The messages of a room.
const A_ROOM: usize = 500;
/// The number of repetitions of each measurement; the median counts.
const TIMES: usize = 41;
/// The messages and deliveries of one search step, the same number as for the web page.
const REACH: usize = 2_000;

/// The measurements, in the order of a process's output.
const FIGURES: [&str; 9] = [
    "start, ms",
    "list of all rooms, ms",
    "list of one room, ms",
    "search step, ms",
    "stats, ms",
    "stats but for a room, ms",
    "post, ms",
    "claim and answer, ms",
    "memory, MiB",
];

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "measure") {
        print_figures(Path::new(&arguments[at + 1]));
        return;
    }
    let base = std::env::var_os("BATON_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let many = std::env::var("BATON_BENCH_MESSAGES");
    let many = many.ok().and_then(|many| many.parse().ok()).unwrap_or(MANY);
    let folder = tempfile::tempdir_in(base).expect("a folder");
    let [few, many] = [FEW, many].map(|messages| {
        let path = folder.path().join(format!("{messages}.db"));
        let begun = Instant::now();
        fill_database(&path, messages);
        println!(
            "{messages} messages written in {:.1} s",
            begun.elapsed().as_secs_f64()
        );
        let program = std::env::current_exe().expect("this program");
        let output = Command::new(program)
            .arg("measure")
            .arg(&path)
            .output()
            .expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let printed = String::from_utf8_lossy(&output.stdout);
        let figures = printed.lines().map(|line| line.parse().expect("a number"));
        figures.collect::<Vec<f64>>()
    });
    println!("{:26}{:>10}{:>10}{:>8}", "", "few", "many", "ratio");
    for ((name, few), many) in FIGURES.iter().zip(few).zip(many) {
        println!("{name:26}{few:10.3}{many:10.3}{:8.2}", many / few);
    }
}

/// Writes answered messages with their turns and replies, in all rooms in rotation.
fn fill_database(path: &Path, messages: usize) {
    drop(Sqlite::open(path, SystemClock::shared()).expect("a store"));
    let connection = Connection::open(path).expect("the database");
    let rooms = messages.div_ceil(A_ROOM);
    connection
        .execute_batch(&format!(
            "PRAGMA synchronous = OFF;
             PRAGMA cache_size = -400000;
             BEGIN;
             INSERT INTO account VALUES (1, 'web', 'default');
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rooms})
             INSERT INTO place (id, account, address) SELECT i, 1, 'room-' || i FROM n;
             INSERT INTO conversation (id, place, persona, agent, mode, window_ms)
             SELECT id, id, 'hal', 'hands', 'queue', 0 FROM place;
             WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {messages})
             INSERT INTO message (id, conversation, place, account, external_id, author, author_name,
                                  text, priority, at, state, attempts, turn)
             SELECT i * 4 + 1, i % {rooms} + 1, i % {rooms} + 1, 1, 'm' || i, 'ada', 'Ada',
                    'what is asked for the ' || i || 'th time, in so many words', 5,
                    1700000000000 + i * 1000, 'answered', 1, i * 4 + 2 FROM n;
             INSERT INTO turn (id, conversation, agent, attempt, fence, generation, state, worker,
                               started_at, ended_at)
             SELECT id + 1, conversation, 'hands', 1, id, 0, 'done', 'w', at, at FROM message;
             INSERT INTO delivery (id, conversation, place, account, channel, message, turn,
                                   operation, text, state, first, attempts, at, posted, posted_at)
             SELECT id + 2, conversation, place, 1, 'web', id, id + 1, 'reply',
                    'what is answered to that, in about as many words', 'sent', 0, 1, at, id + 3, at
             FROM message;
             INSERT OR REPLACE INTO tally (place, received, message_answered, delivery_sent,
                                           conversations)
             SELECT 0, {messages}, {messages}, {messages}, {rooms}
             UNION ALL
             SELECT place, count(*), count(*), count(*), 1 FROM message GROUP BY place;
             COMMIT;
             PRAGMA wal_checkpoint(TRUNCATE);"
        ))
        .expect("rows");
}

fn print_figures(path: &Path) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    let figures = runtime.block_on(measure_figures(path));
    for figure in figures {
        println!("{figure}");
    }
}

async fn measure_figures(path: &Path) -> [f64; FIGURES.len()] {
    let mut starts = Vec::new();
    let mut started = None;
    for _ in 0..TIMES {
        drop(started.take());
        let begun = Instant::now();
        started = Some(attach_store(path).await);
        starts.push(begun.elapsed());
    }
    let (store, _work) = started.expect("it was started");
    let store = &*store;
    let [
        mut all,
        mut room,
        mut search,
        mut counts,
        mut outside,
        mut posts,
        mut claims,
    ] = [const { Vec::<Duration>::new() }; 7];
    for n in 0..TIMES {
        all.push(time_call(store.timeline(timeline_query(None, None))).await);
        room.push(time_call(store.timeline(timeline_query(Some("room-1"), None))).await);
        search
            .push(time_call(store.timeline(timeline_query(None, Some("nobody says this")))).await);
        counts.push(time_call(store.counts()).await);
        outside.push(time_call(store.counts_outside(vec![bench_place("room-1")])).await);
        posts.push(time_call(store.ingest(bench_message(n).into())).await);
        claims.push(time_call(claim_and_answer(store)).await);
    }
    let of = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1_000.0
    };
    [
        of(starts),
        of(all),
        of(room),
        of(search),
        of(counts),
        of(outside),
        of(posts),
        of(claims),
        resident_mib(),
    ]
}

async fn attach_store(path: &Path) -> (Arc<dyn Store>, baton_core::store::Work) {
    let store = Sqlite::open(path, SystemClock::shared()).expect("a store");
    let store: Arc<dyn Store> = Arc::new(store);
    let personas: Personas = [Persona::new("hal", "hands")].into_iter().collect();
    let attach = Attach {
        turns: Slots::new(0, []),
        deliveries: Slots::new(64, [("web".into(), 64)]),
        personas,
        steerable: BTreeSet::new(),
        attempts: 3,
    };
    let work = store.attach(attach).await.expect("attached");
    (store, work)
}

async fn time_call<T, E: std::fmt::Debug>(what: impl Future<Output = Result<T, E>>) -> Duration {
    let begun = Instant::now();
    what.await.expect("the store does it");
    begun.elapsed()
}

async fn claim_and_answer(store: &dyn Store) -> Result<(), baton_core::store::LeaseError> {
    let claim = ClaimNext {
        worker: "w".into(),
        personas: Vec::new(),
        lease: Duration::from_mins(1),
        agents: vec!["hands".into()],
        of: None,
        not_in: Vec::new(),
    };
    let claim = store.claim_next(claim).await?.expect("a message").claim;
    let finish = Finish {
        turn: claim.turn,
        fence: claim.fence,
        end: TurnEnd::Done,
        detail: None,
        taken: claim.messages.iter().map(|message| message.id).collect(),
        deliveries: Vec::new(),
        session: SessionChange::Keep,
        usage: Usage::default(),
        rest: Duration::ZERO,
    };
    store.finish(finish, None).await
}

fn timeline_query(address: Option<&str>, search: Option<&str>) -> Timeline {
    Timeline {
        channel: "web".into(),
        account: "default".into(),
        addresses: address.map(|address| vec![address.to_owned()]),
        not_in: Vec::new(),
        direction: Direction::Last,
        since: None,
        search: search.map(str::to_owned),
        kinds: None,
        author_name: None,
        limit: 50,
        bytes: 512 * 1024,
        longest: 64 * 1024,
        reach: REACH,
        reach_bytes: usize::MAX,
    }
}

fn bench_place(address: &str) -> Place {
    Place {
        channel: "web".into(),
        account: "default".into(),
        address: address.to_owned(),
    }
}

fn bench_message(number: usize) -> NewMessage {
    NewMessage {
        external_id: format!("new-{number}").into(),
        part_ids: Vec::new(),
        route: Route {
            place: bench_place("room-1"),
            persona: "hal".into(),
            agent: "hands".into(),
            mode: QueueMode::Queue,
            waiting_limit: 100,
        },
        author: Author {
            id: "ada".into(),
            name: "Ada".to_owned(),
        },
        text: "one more".to_owned(),
        attachments: Vec::new(),
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: Priority::default(),
    }
}

/// The resident memory of the process in MiB.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.and_then(|kib| kib.parse::<f64>().ok())
        .unwrap_or_default()
        / 1024.0
}
