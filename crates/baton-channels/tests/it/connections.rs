//! Limits on connections and on their silence.

use std::time::Duration;

use baton_testkit::agent_run::within;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{Setup, World};

/// Everything that arrives until the server closes the connection.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let read = within("the server closes", stream.read_to_end(&mut all)).await;
    // The server may close while data is still on the way.
    drop(read);
    String::from_utf8(all).unwrap()
}

async fn send(world: &World, what: &str) -> TcpStream {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    stream.write_all(what.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn who_connects_and_says_nothing_whole_is_sent_away() {
    let setup = Setup::default();
    let setup = setup.settings(|settings| settings.connections.head = Duration::from_millis(100));
    let world = setup.start().await;
    // A complete request is not cut off, even if the client stays silent.
    let mut events = world.events("").await.ready().await;
    for begun in ["", "GET / HT", "GET /healthz HTTP/1.1\r\nHost: local"] {
        let mut silent = send(&world, begun).await;
        assert_eq!(until_closed(&mut silent).await, "", "{begun:?}");
    }
    // An idle connection is closed too.
    let mut idle = send(&world, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(until_closed(&mut idle).await.contains("200 OK"));
    world
        .say(json!({ "text": "still there?", "entity": "worker" }))
        .await;
    assert_eq!(events.next_of("comment").await["text"], "still there?");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let world = World::start().await;
    let head = "POST /api/comments HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n";
    let mut slow = send(&world, &format!("{head}{{\"text\": ")).await;
    let first = Duration::from_secs(30);
    within("it is waited for", world.clock.someone_sleeps(first)).await;
    // A few more bytes do not extend the time limit.
    slow.write_all(b"\"a").await.unwrap();
    world.clock.advance(first);
    let answer = until_closed(&mut slow).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("\"too_slow\""), "{answer}");
    assert!(world.all().await.is_empty());
}

#[tokio::test]
async fn who_reads_nothing_is_cut_off_and_others_are_not() {
    let setup = Setup::default().settings(|settings| {
        settings.connections.unread = Duration::from_millis(100);
        settings.connections.in_all = 8;
    });
    let world = setup.start().await;
    for n in 0..400 {
        let text = "a".repeat(16_000);
        let room = format!("room {n}");
        world
            .say(json!({ "text": text, "entity": "worker", "domain": room }))
            .await;
    }
    let request = "GET /api/stream?cursor=0 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut deaf = send(&world, request).await;
    // A connection counts until it is closed.
    let mut others = Vec::new();
    while let Some(other) = admitted(&world).await {
        others.push(other);
    }
    within("the deaf one is cut off", async {
        while admitted(&world).await.is_none() {}
    })
    .await;
    // The stream was cut off in the middle.
    assert!(!until_closed(&mut deaf).await.contains("event: ready"));
    drop(others);
    world.events("?cursor=0").await.comments(400).await;
}

/// A connection served by the server; `None` if the server closes the connection at once.
async fn admitted(world: &World) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let _ = stream.write_all(request).await;
    let read = within("an answer", stream.read(&mut [0; 1])).await;
    matches!(read, Ok(1)).then_some(stream)
}
