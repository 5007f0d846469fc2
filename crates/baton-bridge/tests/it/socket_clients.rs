//! Clients that speak the protocol, and clients that do not.

use std::time::{Duration, Instant};

use baton_bridge::bridge_message::LONGEST_LINE;
use baton_bridge::event_socket::SOCKET_NAME;
use baton_bridge::event_socket::socket_client::{ClientError, KeptEvent, SocketClient};
use baton_bridge::event_socket::socket_server::MOST_CLIENTS;
use baton_bridge::private_folder::PrivateFolder;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

use crate::keepers::{RunningSocket, event};

/// Longer than any test takes.
const LONG: Duration = Duration::from_mins(1);

async fn connect(socket: &RunningSocket) -> BufReader<UnixStream> {
    let path = socket.folder.join(SOCKET_NAME);
    BufReader::new(UnixStream::connect(path).await.unwrap())
}

async fn next_answer(client: &mut BufReader<UnixStream>) -> serde_json::Value {
    let mut line = String::new();
    client.read_line(&mut line).await.unwrap();
    serde_json::from_str(&line).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_kept_before_its_answer() {
    let mut socket = RunningSocket::start();
    let folder = socket.folder.clone();
    let sent = tokio::task::spawn_blocking(move || {
        let folder = PrivateFolder::open(&folder).unwrap();
        let mut client = SocketClient::connect(&folder).unwrap();
        client.send_event(&event("hook", "1"), Instant::now() + LONG)
    });
    assert_eq!(sent.await.unwrap().unwrap(), KeptEvent::Done);
    assert_eq!(socket.kept.try_recv().unwrap().content, "1");
}

#[tokio::test]
async fn other_tools_send_many_lines_on_one_connection() {
    let mut socket = RunningSocket::start();
    let mut client = connect(&socket).await;
    let lines =
        "{\"type\":\"tool_start\",\"sequence\":1}\n{\"type\":\"tool_result\",\"sequence\":2}\n";
    client.write_all(lines.as_bytes()).await.unwrap();
    for (number, kind) in [(1, "tool_start"), (2, "tool_result")] {
        let answer = next_answer(&mut client).await;
        assert_eq!(
            (&answer["type"], &answer["sequence"]),
            (&"kept".into(), &number.into())
        );
        assert_eq!(socket.kept.recv().await.unwrap().kind, kind);
    }
}

#[tokio::test]
async fn a_line_that_is_no_event_costs_only_itself() {
    let mut socket = RunningSocket::start();
    let mut client = connect(&socket).await;
    client
        .write_all(b"GET / HTTP/1.1\n\xff\n\n{\"type\":\"hook\"}\n")
        .await
        .unwrap();
    for _ in 0..3 {
        let answer = next_answer(&mut client).await;
        assert_eq!(
            (&answer["type"], &answer["retry"]),
            (&"refused".into(), &false.into())
        );
    }
    assert_eq!(next_answer(&mut client).await["type"], "kept");
    assert_eq!(socket.kept.recv().await.unwrap().kind, "hook");
}

#[tokio::test]
async fn a_line_above_the_limit_is_refused_and_ends_the_connection() {
    let socket = RunningSocket::start();
    let mut client = connect(&socket).await;
    let line = vec![b'x'; LONGEST_LINE + 1];
    let writes = client.write_all(&line);
    // The server may end the connection before the client has written everything.
    writes.await.ok();
    let answer = next_answer(&mut client).await;
    assert!(
        answer["reason"].as_str().unwrap().contains("1048576 bytes"),
        "{answer}"
    );
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.ok();
    assert!(rest.is_empty());
}

#[tokio::test]
async fn a_line_that_the_client_never_ended_is_no_event() {
    let mut socket = RunningSocket::start();
    let mut client = connect(&socket).await;
    client.write_all(b"{\"type\":\"hook\"}").await.unwrap();
    client.shutdown().await.unwrap();
    let mut rest = Vec::new();
    client.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty());
    socket.kept.try_recv().unwrap_err();
}

#[tokio::test]
async fn a_further_client_waits_and_is_served() {
    let mut socket = RunningSocket::start();
    let mut first = Vec::new();
    for _ in 0..MOST_CLIENTS {
        let mut client = connect(&socket).await;
        client.write_all(b"{\"type\":\"hook\"}\n").await.unwrap();
        assert_eq!(next_answer(&mut client).await["type"], "kept");
        first.push(client);
    }
    let mut further = connect(&socket).await;
    further
        .write_all(b"{\"type\":\"further\"}\n")
        .await
        .unwrap();
    drop(first.pop());
    assert_eq!(next_answer(&mut further).await["type"], "kept");
    while socket.kept.recv().await.unwrap().kind != "further" {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_event_tells_the_reason() {
    let socket = RunningSocket::start();
    socket.refuse_events("the store is full", true);
    let folder = socket.folder.clone();
    let sent = tokio::task::spawn_blocking(move || {
        let folder = PrivateFolder::open(&folder).unwrap();
        let mut client = SocketClient::connect(&folder).unwrap();
        client.send_event(&event("hook", "1"), Instant::now() + LONG)
    });
    let refused = sent.await.unwrap().unwrap_err();
    assert!(
        matches!(refused, ClientError::Refused { retry: true, .. }),
        "{refused}"
    );
}
