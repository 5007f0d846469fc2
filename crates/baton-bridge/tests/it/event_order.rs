//! The order of events that partly went through the spool.

use std::time::{Duration, Instant};

use baton_bridge::event_spool::spool_reader::EventSpool;
use baton_bridge::hook_command::hook_delivery::{DeliveredHook, deliver_event};
use baton_bridge::private_folder::PrivateFolder;
use tempfile::TempDir;

use crate::keepers::{RunningSocket, event};
use crate::spooled_events::drain;

const LONG: Duration = Duration::from_mins(1);

#[tokio::test(flavor = "multi_thread")]
async fn an_event_before_the_start_of_the_daemon_is_in_the_spool_when_the_next_one_arrives() {
    let temporary = TempDir::new().unwrap();
    let path = temporary.path().join("bridge");
    let early = deliver_event(&path, &event("hook", "early"), false, Instant::now() + LONG);
    assert!(matches!(early.unwrap(), DeliveredHook::Spooled));
    let mut socket = RunningSocket::start_in(&path);
    let folder = path.clone();
    let late = tokio::task::spawn_blocking(move || {
        deliver_event(
            &folder,
            &event("hook", "late"),
            false,
            Instant::now() + LONG,
        )
        .unwrap()
    });
    assert!(matches!(late.await.unwrap(), DeliveredHook::Kept));
    assert_eq!(socket.kept.recv().await.unwrap().content, "late");
    let spool = EventSpool::new(PrivateFolder::open(&path).unwrap());
    assert!(spool.has_events().unwrap());
    assert_eq!(drain(&spool), [event("hook", "early")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_with_a_later_try_goes_to_the_spool() {
    let socket = RunningSocket::start();
    socket.refuse_events("the store does not answer", true);
    let folder = socket.folder.clone();
    let spooled = tokio::task::spawn_blocking(move || {
        deliver_event(&folder, &event("hook", "1"), false, Instant::now() + LONG).unwrap()
    });
    assert!(matches!(spooled.await.unwrap(), DeliveredHook::Spooled));
}
