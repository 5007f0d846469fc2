//! Measures the effect of other clients on one web client: posts beside workers that wait for other work,
//! lists of long replies beside other lists, and posts beside readers that never read.
//!
//! `cargo bench --profile dist -p baton-channels --bench neighbours` runs Baton in a process of its own for each
//! figure. Each figure is printed beside the figure without other clients, with their ratio. `BATON_BENCH_DIR` chooses
//! the file system.

#![expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads the machine's own clock"
)]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use baton_channels::web::{Web, WebSettings};
use baton_core::agent::Reply;
use baton_core::clock::{Clock, SystemClock};
use baton_core::persona::Persona;
use baton_core::place::{Place, QueueMode, Route};
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::store::{PostReply, Store};
use baton_store::sqlite::Sqlite;
use baton_testkit::scripted_agent::answering;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Number of timed posts.
const POSTS: usize = 400;
/// Number of waiting workers.
const WORKERS: usize = 50;
/// Number of readers that never read.
const READERS: usize = 20;
/// Number of long replies, and the length of each in bytes.
const REPLIES: usize = 210;
const LONG: usize = 950_000;
/// Number of clients that request a page of long replies at once.
const LISTS: usize = 10;

fn main() {
    let measure =
        std::env::args().find_map(|argument| Some(argument.strip_prefix("measure=")?.to_owned()));
    if let Some(measure) = measure {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            match measure.as_str() {
                "alone" => posts(0).await,
                "workers" => posts(WORKERS).await,
                "one-list" => lists(1).await,
                "lists" => lists(LISTS).await,
                "no-readers" => readers(0).await,
                "readers" => readers(READERS).await,
                other => panic!("nothing is called {other}"),
            }
        });
        return;
    }
    println!("{:44}{:>10}{:>10}{:>8}", "", "alone", "beside", "ratio");
    compare("posts, beside 50 workers who wait", "alone", "workers");
    compare(
        "a list of long replies, beside 9 others",
        "one-list",
        "lists",
    );
    compare(
        "posts, beside 20 readers who never read",
        "no-readers",
        "readers",
    );
}

/// Runs two measurements, and prints their figures side by side.
fn compare(title: &str, one: &str, other: &str) {
    println!("{title}");
    let [one, other] = [one, other].map(|name| {
        let program = std::env::current_exe().expect("this program");
        let output = Command::new(program)
            .arg(format!("measure={name}"))
            // The program sets the same limit.
            .env("MALLOC_ARENA_MAX", "2")
            .output()
            .expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    });
    for (one, other) in one.lines().zip(other.lines()) {
        let (name, one) = one.rsplit_once(' ').expect("a name and a figure");
        let (_, other) = other.rsplit_once(' ').expect("a name and a figure");
        let number = |figure: &str| figure.parse::<f64>().expect("a number");
        let ratio = number(other) / number(one);
        println!("  {name:42}{one:>10}{other:>10}{ratio:8.2}");
    }
}

/// Prints the duration of a post while this number of workers waits for other work.
async fn posts(workers: usize) {
    let baton = Baton::start().await;
    let mut waiting = Vec::new();
    for n in 0..workers {
        let body = format!(r#"{{"workerId":"w{n}","entities":["other"],"waitSeconds":60}}"#);
        waiting.push(baton.send("POST", "/api/queue/claim-next", &body).await);
    }
    tell_posts(&baton, 0).await;
    drop(waiting);
}

/// Prints the memory of the process while this number of clients reads long replies at once, and afterwards.
async fn lists(count: usize) {
    let baton = Baton::start().await;
    baton.post(0).await;
    baton.reply_at_length().await;
    begin_anew();
    let before = resident("VmRSS:");
    let path = "/api/comments?before=latest&limit=200&type=AI";
    let mut connections = Vec::new();
    for _ in 0..count {
        connections.push(baton.send("GET", path, "").await);
    }
    let mut bytes = 0;
    for connection in connections {
        bytes += drain(connection).await;
    }
    figure("sent, MiB", mib(bytes));
    figure("more memory at most, MiB", resident("VmHWM:") - before);
    figure("more memory afterwards, MiB", resident("VmRSS:") - before);
}

/// Prints the memory of the process while this number of readers never reads, and the duration of a post
/// meanwhile.
async fn readers(count: usize) {
    let baton = Baton::start().await;
    baton.post(0).await;
    baton.reply_at_length().await;
    begin_anew();
    let before = resident("VmRSS:");
    let mut silent = Vec::new();
    for _ in 0..count {
        silent.push(baton.send("GET", "/api/stream?cursor=0", "").await);
    }
    tell_posts(&baton, 1).await;
    figure("more memory at most, MiB", resident("VmHWM:") - before);
    drop(silent);
    for n in 1..=POSTS {
        baton.post(POSTS + n).await;
    }
    figure("more memory afterwards, MiB", resident("VmRSS:") - before);
}

/// Posts one comment after another, and prints the duration of a post.
async fn tell_posts(baton: &Baton, first: usize) {
    let mut times = Vec::new();
    for n in first..first + POSTS {
        let begun = Instant::now();
        baton.post(n).await;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    figure("a post, p50, ms", millis(times[times.len() / 2]));
    figure("a post, p99, ms", millis(times[times.len() * 99 / 100]));
}

struct Baton {
    address: SocketAddr,
    store: Arc<dyn Store>,
    _runtime: Runtime,
    _folder: tempfile::TempDir,
}

impl Baton {
    async fn start() -> Self {
        let base =
            std::env::var_os("BATON_BENCH_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
        let folder = tempfile::tempdir_in(base).expect("a folder");
        let clock: Arc<dyn Clock> = SystemClock::shared();
        let path = folder.path().join("baton.db");
        let store: Arc<dyn Store> =
            Arc::new(Sqlite::open(&path, Arc::clone(&clock)).expect("a store"));
        let mut settings = WebSettings::new("echo", Arc::clone(&clock));
        settings.worker_agents = vec!["workers".into()];
        settings.posts_per_minute = None;
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("its address");
        let (echo, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
        let runtime = Runtime::start(Parts {
            store: Arc::clone(&store),
            clock,
            agents: vec![("echo".into(), echo, 8)],
            channels: vec![Arc::new(Web::new(settings, listener))],
            personas: vec![
                Persona::new("echo", "echo"),
                Persona::new("other", "workers"),
            ],
            files: None,
            speech: None,
            limits: Limits::default(),
        })
        .await
        .expect("started");
        Self {
            address,
            store,
            _runtime: runtime,
            _folder: folder,
        }
    }

    /// Sends a request without reading the response.
    async fn send(&self, method: &str, path: &str, body: &str) -> TcpStream {
        let mut connection = TcpStream::connect(self.address)
            .await
            .expect("a connection");
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        connection
            .write_all(request.as_bytes())
            .await
            .expect("it is sent");
        connection
    }

    async fn post(&self, number: usize) {
        let body = format!(r#"{{"text":"post {number}"}}"#);
        let connection = self.send("POST", "/api/comments", &body).await;
        assert!(drain(connection).await > 0, "it is answered");
    }

    /// Stores long replies, like those of agents.
    async fn reply_at_length(&self) {
        let line = "Words of a long reply, *with* a little `code` and a [link](https://x.y).\n\n";
        for number in 0..REPLIES {
            let post = PostReply {
                route: Route {
                    place: Place {
                        channel: "web".into(),
                        account: "default".into(),
                        address: "main".to_owned(),
                    },
                    persona: "echo".into(),
                    agent: "echo".into(),
                    mode: QueueMode::Queue,
                    waiting_limit: 100,
                },
                external_id: Some(format!("long-{number}").into()),
                message: None,
                text: line.repeat(LONG / line.len()),
                extra: serde_json::Value::Null,
            };
            self.store.post_reply(post).await.expect("stored");
        }
    }
}

/// Reads to the end, and returns the number of bytes.
async fn drain(mut connection: TcpStream) -> usize {
    let mut buffer = vec![0; 16 * 1024];
    let mut bytes = 0;
    loop {
        match connection.read(&mut buffer).await.expect("it is read") {
            0 => return bytes,
            read => bytes += read,
        }
    }
}

/// Resets the peak memory of the process to its present memory.
fn begin_anew() {
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux allows it");
}

/// The memory of the process in MiB, from this line of `/proc/self/status`.
fn resident(line: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|found| found.starts_with(line));
    let kib = line.and_then(|line| line.split_whitespace().nth(1));
    kib.and_then(|kib| kib.parse::<f64>().ok())
        .unwrap_or_default()
        / 1024.0
}

fn figure(name: &str, value: f64) {
    println!("{name} {value:.2}");
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred MiB at most")]
fn mib(bytes: usize) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
