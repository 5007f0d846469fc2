//! The event stream, live.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use baton_channels::web::TEXT_LIMIT;
use baton_core::store::Change;
use baton_testkit::agent_run::within;
use baton_testkit::layered::{Layer, Layered};
use baton_testkit::scripted_agent::scripted;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Semaphore;

use crate::events::Events;
use crate::world::{Setup, World, field};

#[tokio::test]
async fn who_reads_along_is_told_of_what_is_new_and_nothing_else() {
    let world = World::start().await;
    world
        .say(json!({ "text": "before", "entity": "worker" }))
        .await;
    let mut events = world.events("").await.ready().await;
    let mut lab = world.events("?domain=lab").await.ready().await;
    world
        .say(json!({ "text": "one", "entity": "worker" }))
        .await;
    world
        .say(json!({ "text": "two", "entity": "worker", "domain": "lab" }))
        .await;
    assert_eq!(field(&events.comments(2).await, "text"), ["one", "two"]);
    assert_eq!(field(&lab.comments(1).await, "text"), ["two"]);
}

#[tokio::test]
async fn who_reads_along_hears_that_nothing_happens() {
    let setup = Setup::default();
    let setup = setup.settings(|settings| settings.pings = Duration::from_millis(20));
    let world = setup.start().await;
    let mut events = world.events("").await.ready().await;
    for _ in 0..3 {
        assert_eq!(events.next_of("ping").await["seconds"], 0);
    }
}

#[tokio::test]
async fn a_reply_is_seen_while_it_is_written() {
    let (agent, mut script) = scripted();
    let world = Setup::default().agent("slow", agent).start().await;
    let mut early = world.events("").await.ready().await;
    world
        .say(json!({ "text": "?", "entity": "slow", "id": "q" }))
        .await;
    let turn = script.next_turn().await;
    turn.say("🦀 one").await;
    let mut read = String::new();
    while read != "🦀 one" {
        read = append(&read, &early.next_of("writing").await);
    }
    // A later reader gets the text from the beginning, and then the same events as all readers.
    let mut late = world.events("").await;
    let so_far = late.next_of("writing").await;
    assert_eq!(so_far["text"], "🦀 one");
    assert_eq!(so_far["offset"], 0);
    assert_eq!(so_far["replyTo"], json!(["q"]));
    assert_eq!(so_far["entity"], "slow");
    assert_eq!(so_far["domain"], "main");
    turn.say(" two").await;
    for events in [&mut early, &mut late] {
        let more = events.next_of("writing").await;
        assert_eq!(
            (&more["offset"], &more["text"]),
            (&json!(6), &json!(" two"))
        );
        assert_eq!(more["turn"], so_far["turn"]);
    }
    turn.reply("the whole reply");
    for events in [&mut early, &mut late] {
        let mut shown = (false, false);
        while shown != (true, true) {
            let (kind, data, id) = events.next().await.unwrap();
            match kind.as_str() {
                "done" => shown.0 = data["turn"] == so_far["turn"],
                "comment" if data["message-type"] == "AI" => {
                    assert_eq!(data["text"], "the whole reply");
                    assert_eq!(id, data["seq"].to_string());
                    shown.1 = true;
                }
                _ => {}
            }
        }
    }
}

fn append(read: &str, writing: &Value) -> String {
    let offset = usize::try_from(writing["offset"].as_u64().unwrap()).unwrap();
    assert_eq!(offset, read.encode_utf16().count());
    format!("{read}{}", writing["text"].as_str().unwrap())
}

#[tokio::test]
async fn those_that_wait_are_told_when_they_move_up() {
    let (agent, mut script) = scripted();
    let world = Setup::default().agent("slow", agent).start().await;
    for id in ["a", "b", "c"] {
        world
            .say(json!({ "text": id, "entity": "slow", "id": id }))
            .await;
    }
    let turn = script.next_turn().await;
    let mut events = world.events("").await;
    let mut told = Vec::new();
    loop {
        let (kind, data, _) = events.next().await.unwrap();
        match kind.as_str() {
            "status" => told.push((
                data["id"].clone(),
                data["state"].clone(),
                data["position"].clone(),
            )),
            "ready" => break,
            _ => {}
        }
    }
    let expected = [
        (json!("a"), json!("running"), Value::Null),
        (json!("b"), json!("waiting"), json!(1)),
        (json!("c"), json!("waiting"), json!(2)),
    ];
    assert_eq!(told, expected);
    turn.reply("!");
    loop {
        let status = events.next_of("status").await;
        if status["id"] == "c" && status["position"] == 1 {
            break;
        }
    }
}

#[tokio::test]
async fn who_goes_before_others_moves_them_down() {
    let (agent, mut script) = scripted();
    let world = Setup::default().agent("slow", agent).start().await;
    let say = |id: &str, priority: u8| json!({ "text": id, "entity": "slow", "id": id, "priority": priority });
    world.say(say("runs", 5)).await;
    let _turn = script.next_turn().await;
    world.say(say("waits", 5)).await;
    let mut events = world.events("").await.ready().await;
    world.say(say("urgent", 99)).await;
    assert_eq!(events.next_of("comment").await["position"], 1);
    loop {
        let status = events.next_of("status").await;
        assert_ne!(status["id"], "runs", "nothing happened to it");
        if status["id"] == "waits" {
            assert_eq!(status["position"], 2);
            break;
        }
    }
}

/// Number of posts of the greatest length: more than the sockets hold for a reader that does not read.
const LONG: usize = 400;
/// Number of all posts: so many after the long posts that the server no longer keeps the long ones.
const FLOOD: usize = 1_000;
/// Number of posts in one turn: far fewer than the events that the server keeps for a reader.
const AT_ONCE: usize = 50;

#[tokio::test]
async fn a_reader_that_is_too_slow_is_sent_away_and_finds_all_when_it_comes_back() {
    let world = World::start().await;
    let mut slow = SlowReader::open(&world).await;
    let text = |n| "a".repeat(if n < LONG { TEXT_LIMIT } else { 1 });
    let post = |n| {
        let room = format!("room {n}");
        world.say(json!({ "text": text(n), "entity": "worker", "domain": room }))
    };
    let mut quick = world.events("").await.ready().await;
    // After one reader has all events, no event is still on the way to the other reader. This reader gets the posts of
    // one turn before the next turn, because nothing else makes it quick enough.
    for first in (0..FLOOD).step_by(AT_ONCE) {
        let posts = stream::iter(first..first + AT_ONCE).map(post);
        let flood = posts.buffer_unordered(10).for_each(async |_| {});
        tokio::join!(flood, quick.comments(AT_ONCE));
    }
    let mut seen = slow.ids().await;
    assert!(seen.len() < FLOOD, "it was never sent away");
    let cursor = seen.last().unwrap();
    let mut back = world.events(&format!("?cursor={cursor}")).await;
    let rest = back.comments(FLOOD - seen.len()).await;
    seen.extend(field(&rest, "seq"));
    assert_eq!(seen, field(&world.all().await, "seq"));
}

/// A connection with a small receive buffer.
struct SlowReader(TcpStream);

impl SlowReader {
    async fn open(world: &World) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(512 * 1024).unwrap();
        let mut stream = socket.connect(world.address).await.unwrap();
        // HTTP 1.0: the body is sent unchanged and ends with the connection.
        let request = "GET /api/stream HTTP/1.0\r\nHost: localhost\r\n\r\n";
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut begin = [0; 15];
        within("the stream opens", stream.read_exact(&mut begin))
            .await
            .unwrap();
        assert_eq!(&begin, b"HTTP/1.0 200 OK");
        Self(stream)
    }

    /// The ids of all events up to the end of the connection.
    async fn ids(&mut self) -> Vec<String> {
        let mut text = String::new();
        within("the connection ends", self.0.read_to_string(&mut text))
            .await
            .unwrap();
        let ids = text.lines().filter_map(|line| line.strip_prefix("id: "));
        ids.map(str::to_owned).collect()
    }
}

#[tokio::test]
async fn events_come_unpacked_and_pages_packed() {
    let world = World::start().await;
    world
        .say(json!({ "text": "long ".repeat(1_000), "entity": "worker" }))
        .await;
    let packed = |path: &str| {
        let request = world.request(Method::GET, path);
        async move {
            let request = request.header("accept-encoding", "gzip");
            let response = request.send().await.unwrap();
            response.headers().get("content-encoding").cloned()
        }
    };
    assert_eq!(packed("/api/comments").await.unwrap(), "gzip");
    assert_eq!(packed("/api/stream").await, None);
}

#[tokio::test]
async fn s34_who_was_away_is_shown_all_of_it_once_and_in_order() {
    let world = World::start().await;
    let mut events = world.events("").await.ready().await;
    world.say(json!({ "text": "0" })).await;
    let mut seen = events.comments(2).await;
    drop(events);
    for n in 1..120 {
        world.say(json!({ "text": n.to_string() })).await;
        if n % 40 == 0 {
            // Reconnects during new posts, and disconnects again in the middle.
            let mut events = from(&world, seen.last().unwrap()).await;
            seen.extend(events.comments(15).await);
        }
    }
    let mut events = from(&world, seen.last().unwrap()).await;
    seen.extend(events.comments(240 - seen.len()).await);
    let seqs: Vec<_> = seen.iter().map(|comment| comment["seq"].as_i64()).collect();
    assert!(seqs.is_sorted_by(|one, next| one < next), "{seqs:?}");
    assert_eq!(field(&seen, "id"), field(&world.all().await, "id"));
    // The stream continues live.
    world.say(json!({ "text": "live" })).await;
    assert_eq!(events.comments(1).await[0]["text"], "live");
}

/// Reconnects with the header that a browser sends by itself.
async fn from(world: &World, last: &Value) -> Events {
    let request = world.request(Method::GET, "/api/stream");
    Events::open(request.header("last-event-id", last["seq"].to_string())).await
}

#[tokio::test]
async fn s34_many_come_back_while_it_goes_on() {
    let world = World::start().await;
    let readers = (0..10).map(|n| {
        let world = &world;
        async move {
            let mut seen: Vec<Value> = Vec::new();
            while seen.len() < 100 {
                let cursor = seen.last().map_or(json!(0), |last| last["seq"].clone());
                let mut events = world.events(&format!("?cursor={cursor}")).await;
                let some = (7 + n).min(100 - seen.len());
                seen.extend(events.comments(some).await);
            }
            field(&seen, "id")
        }
    });
    let writes = async {
        for n in 0..50 {
            world
                .say(json!({ "text": n.to_string(), "domain": format!("r{}", n % 3) }))
                .await;
        }
    };
    let (seen, ()) = tokio::join!(join_all(readers), writes);
    let all = field(&world.all().await, "id");
    for ids in seen {
        assert_eq!(ids, all);
    }
}

#[tokio::test]
async fn readers_are_sent_away_when_the_program_goes_down() {
    let mut world = World::start().await;
    let mut events = world.events("").await.ready().await;
    world.shut_down().await;
    while events.next().await.is_some() {}
}

/// Holds the first read after the count is set to zero, until released.
#[derive(Clone)]
struct FirstRead(Arc<AtomicUsize>, Arc<Semaphore>);

#[async_trait]
impl Layer for FirstRead {
    async fn before_read(&self) {
        if self.0.fetch_add(1, Ordering::SeqCst) == 0 {
            drop(self.1.acquire().await.unwrap());
        }
    }
}

#[tokio::test]
async fn who_comes_in_while_it_starts_misses_nothing() {
    let first = FirstRead(Arc::new(AtomicUsize::new(1)), Arc::new(Semaphore::new(0)));
    let layer = first.clone();
    let world = Setup::default()
        .wrap(|store| Layered::over(layer, store))
        .start()
        .await;
    // No reader connects before the program has looked for the files in use.
    first.0.store(0, Ordering::SeqCst);
    let mut reader = world.events("?cursor=0").await;
    // Other reads at the start come later than the reader's read.
    let mut changes = world.store.changes();
    world.say(json!({ "text": "hello", "id": "a" })).await;
    within("it is answered", async {
        while !matches!(changes.recv().await.unwrap(), Change::Posted { seq, .. } if seq.0 > 1) {}
    })
    .await;
    first.1.add_permits(1);
    let heard = reader.comments(2).await;
    assert_eq!(heard[0]["id"], "a");
    assert_eq!(heard[1]["replyTo"], "a");
}
