//! Events on disk while the daemon is down.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use baton_bridge::bridge_message::BridgeMessage;
use baton_bridge::event_spool::LARGEST_SPOOL;
use baton_bridge::event_spool::spool_reader::EventSpool;
use baton_bridge::event_spool::spool_writer::{SpoolError, append_event};
use baton_bridge::hook_command::hook_delivery::{DeliveredHook, deliver_event};
use baton_bridge::private_folder::PrivateFolder;
use tempfile::TempDir;

use crate::keepers::event;

const LONG: Duration = Duration::from_mins(1);

fn folder(temporary: &TempDir) -> PrivateFolder {
    PrivateFolder::open_or_create(&temporary.path().join("bridge")).unwrap()
}

fn spool(temporary: &TempDir) -> EventSpool {
    EventSpool::new(folder(temporary))
}

/// Reads everything away.
pub(crate) fn drain(spool: &EventSpool) -> Vec<BridgeMessage> {
    let mut drained = Vec::new();
    while let Some(mut events) = spool.take().unwrap() {
        while let Some(message) = events.next_event().unwrap() {
            drained.push(message);
        }
        events.remove().unwrap();
    }
    drained
}

fn contents(messages: &[BridgeMessage]) -> Vec<&str> {
    messages
        .iter()
        .map(|message| message.content.as_str())
        .collect()
}

#[test]
fn s58_events_wait_in_their_order_while_the_daemon_is_down() {
    let temporary = TempDir::new().unwrap();
    let path = temporary.path().join("bridge");
    for number in 0..20 {
        let message = event("hook", &number.to_string());
        let delivered = deliver_event(&path, &message, true, Instant::now() + LONG).unwrap();
        assert!(matches!(delivered, DeliveredHook::Spooled));
    }
    let spool = spool(&temporary);
    assert!(spool.has_events().unwrap());
    let drained = drain(&spool);
    let expected: Vec<_> = (0..20)
        .map(|number| event("hook", &number.to_string()))
        .collect();
    assert_eq!(drained, expected);
    assert!(!spool.has_events().unwrap());
}

#[test]
fn a_crash_before_the_removal_repeats_events_and_loses_none() {
    let temporary = TempDir::new().unwrap();
    let (folder, spool) = (folder(&temporary), spool(&temporary));
    append_event(&folder, &event("hook", "1"), LONG).unwrap();
    append_event(&folder, &event("hook", "2"), LONG).unwrap();
    let mut events = spool.take().unwrap().unwrap();
    events.next_event().unwrap().unwrap();
    drop(events);
    append_event(&folder, &event("hook", "3"), LONG).unwrap();
    assert_eq!(contents(&drain(&spool)), ["1", "2", "3"]);
}

#[test]
fn a_torn_line_costs_only_itself() {
    let temporary = TempDir::new().unwrap();
    let (folder, spool) = (folder(&temporary), spool(&temporary));
    append_event(&folder, &event("hook", "1"), LONG).unwrap();
    let path = folder.path().join("events.ndjson");
    let mut file = File::options().append(true).open(&path).unwrap();
    file.write_all(b"{\"type\":\"ho\n").unwrap();
    append_event(&folder, &event("hook", "2"), LONG).unwrap();
    assert_eq!(contents(&drain(&spool)), ["1", "2"]);
    let aside = fs::read_to_string(folder.path().join("unreadable.ndjson")).unwrap();
    assert_eq!(aside, "{\"type\":\"ho\n");
}

#[test]
fn a_hook_that_stopped_with_the_lock_holds_up_nobody() {
    let temporary = TempDir::new().unwrap();
    let (folder, spool) = (folder(&temporary), spool(&temporary));
    let lock = File::create(folder.path().join("lock")).unwrap();
    lock.lock().unwrap();
    append_event(&folder, &event("hook", "1"), Duration::ZERO).unwrap();
    append_event(&folder, &event("hook", "2"), Duration::ZERO).unwrap();
    assert_eq!(contents(&drain(&spool)), ["1", "2"]);
}

#[test]
fn a_full_spool_refuses_and_says_so() {
    let temporary = TempDir::new().unwrap();
    let folder = folder(&temporary);
    let file = File::create(folder.path().join("events.ndjson")).unwrap();
    file.set_len(LARGEST_SPOOL).unwrap();
    let refused = append_event(&folder, &event("hook", "1"), LONG).unwrap_err();
    assert!(matches!(refused, SpoolError::Full(_)), "{refused}");
    assert_eq!(file.metadata().unwrap().len(), LARGEST_SPOOL);
}

#[test]
fn the_files_are_private() {
    let temporary = TempDir::new().unwrap();
    let folder = folder(&temporary);
    append_event(&folder, &event("hook", "1"), LONG).unwrap();
    for name in ["events.ndjson", "lock"] {
        let facts = fs::metadata(folder.path().join(name)).unwrap();
        assert_eq!(facts.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn many_hooks_at_once_lose_nothing() {
    let temporary = TempDir::new().unwrap();
    let path = temporary.path().join("bridge");
    let write = |path: &Path, session: usize| {
        let folder = PrivateFolder::open_or_create(path).unwrap();
        for number in 0..10 {
            append_event(
                &folder,
                &event("hook", &format!("{session}-{number}")),
                LONG,
            )
            .unwrap();
        }
    };
    let spool = spool(&temporary);
    let mut drained = Vec::new();
    std::thread::scope(|scope| {
        let hooks: Vec<_> = (0..20)
            .map(|session| {
                scope.spawn({
                    let path = &path;
                    move || write(path, session)
                })
            })
            .collect::<Vec<_>>();
        while hooks.iter().any(|hook| !hook.is_finished()) {
            drained.extend(drain(&spool));
        }
    });
    drained.extend(drain(&spool));
    assert_eq!(drained.len(), 200);
    for session in 0..20 {
        let prefix = format!("{session}-");
        let own = drained.iter().map(|message| message.content.as_str());
        let own: Vec<_> = own.filter(|content| content.starts_with(&prefix)).collect();
        let expected: Vec<_> = (0..10)
            .map(|number| format!("{session}-{number}"))
            .collect();
        assert_eq!(own, expected);
    }
}
