//! Events that wait for the decision of a person.

use std::time::{Duration, Instant};

use baton_bridge::bridge_message::{BridgeMessage, HookDecision};
use baton_bridge::event_socket::socket_server::MOST_CLIENTS;
use baton_bridge::hook_command::hook_delivery::{DeliveredHook, deliver_event, wait_for_decision};
use serde_json::json;

use crate::keepers::{RunningSocket, event};

const LONG: Duration = Duration::from_mins(1);

fn allow() -> HookDecision {
    HookDecision {
        output: json!({ "behavior": "allow" }),
        input_pointer: None,
    }
}

/// A hook in a thread of its own, as the process of a hook.
fn start_hook(
    socket: &RunningSocket,
    message: &BridgeMessage,
) -> tokio::task::JoinHandle<Option<HookDecision>> {
    let (folder, message) = (socket.folder.clone(), message.clone());
    tokio::task::spawn_blocking(move || {
        let delivered = deliver_event(&folder, &message, true, Instant::now() + LONG).unwrap();
        let DeliveredHook::Undecided(client) = delivered else {
            return None;
        };
        wait_for_decision(&folder, &message, client)
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hook_waits_for_the_decision() {
    let mut socket = RunningSocket::start();
    let hook = start_hook(&socket, &event("undecided", "1"));
    socket.open.recv().await.unwrap().send(allow()).unwrap();
    assert_eq!(hook.await.unwrap(), Some(allow()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s54_the_decision_reaches_the_hook_after_a_restart() {
    let mut socket = RunningSocket::start();
    let hook = start_hook(&socket, &event("undecided", "1"));
    let lost = socket.open.recv().await.unwrap();
    socket.stop().await;
    lost.send(allow()).unwrap_err();
    let mut next = RunningSocket::start_in(&socket.folder);
    let again = next.open.recv().await.unwrap();
    let first = socket.kept.recv().await.unwrap();
    let second = next.kept.recv().await.unwrap();
    assert_eq!(first, second, "the same event with the same id");
    again.send(allow()).unwrap();
    assert_eq!(hook.await.unwrap(), Some(allow()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s64_the_daemon_sees_that_the_agent_waits_no_more() {
    let mut socket = RunningSocket::start();
    let (folder, message) = (socket.folder.clone(), event("undecided", "1"));
    let hook = tokio::task::spawn_blocking(move || {
        deliver_event(&folder, &message, true, Instant::now() + LONG).unwrap()
    });
    let mut open = socket.open.recv().await.unwrap();
    drop(hook.await.unwrap());
    open.closed().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_decision_the_terminal_asks() {
    let mut socket = RunningSocket::start();
    let hook = start_hook(&socket, &event("undecided", "1"));
    drop(socket.open.recv().await.unwrap());
    assert_eq!(hook.await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_wait_for_decisions_hold_up_nobody() {
    let mut socket = RunningSocket::start();
    let mut waiting = Vec::new();
    for number in 0..2 * MOST_CLIENTS {
        let (folder, message) = (
            socket.folder.clone(),
            event("undecided", &number.to_string()),
        );
        let sent = tokio::task::spawn_blocking(move || {
            deliver_event(&folder, &message, true, Instant::now() + LONG).unwrap()
        });
        waiting.push((sent.await.unwrap(), socket.open.recv().await.unwrap()));
    }
    let folder = socket.folder.clone();
    let further = tokio::task::spawn_blocking(move || {
        deliver_event(&folder, &event("hook", "1"), false, Instant::now() + LONG).unwrap()
    });
    assert!(matches!(further.await.unwrap(), DeliveredHook::Kept));
    assert_eq!(waiting.len(), 2 * MOST_CLIENTS);
}
