//! s90: a wrong system clock removes no file that is still needed.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use baton_core::clock::Clock;
use baton_core::files::FileLimits;
use baton_testkit::baton::{Baton, HAL};
use baton_testkit::scripted_agent::Script;

use super::{keep, outbox, path, send, send_to, sent, set_age, start};

const DAY: Duration = Duration::from_hours(24);
const DAY_MS: i64 = 24 * 3_600_000;

/// A new file with its message.
async fn come(baton: &Baton) -> PathBuf {
    let file = keep(baton, "room", "report", b"numbers").await;
    let kept = path(baton, &file);
    set_age(baton, &kept, 0);
    send(baton, "room", vec![file]).await;
    kept
}

/// Lets this many days pass, with a search for old files each day.
async fn days_pass(baton: &Baton, days: i64) {
    for _ in 0..days {
        baton.clock.someone_sleeps(DAY).await;
        baton.clock.advance(DAY);
    }
    baton.clock.someone_sleeps(DAY).await;
}

/// Sends a message, and waits for the answer.
async fn talk(baton: &Baton, script: &mut Script, text: &str) {
    baton.say("elsewhere", text).await;
    script.next_turn().await.reply("yes");
    baton.settled().await;
}

#[tokio::test]
async fn s90_a_start_with_the_calendar_far_ahead_removes_no_file_of_what_runs() {
    let (mut baton, mut script) = start(FileLimits::default()).await;
    let report = come(&baton).await;
    script.next_turn().await;
    for days in [100, -200] {
        baton.kill().await;
        baton.clock.jump(days * DAY_MS);
        baton.restart().await;
        let turn = script.next_turn().await;
        let [file] = &turn.turn.files.received[..] else {
            panic!("one file came: {:?}", turn.turn.files);
        };
        assert_eq!(fs::read_to_string(&file.path).unwrap(), "numbers");
    }
    assert!(report.exists());
}

#[tokio::test]
async fn s90_a_start_with_the_calendar_far_ahead_removes_no_file_of_what_is_done() {
    let (mut baton, mut script) = start(FileLimits::default()).await;
    let report = come(&baton).await;
    script.next_turn().await.reply("thanks");
    baton.settled().await;
    for days in [100, -100] {
        baton.kill().await;
        baton.clock.jump(days * DAY_MS);
        baton.restart().await;
        days_pass(&baton, 1).await;
        assert!(report.exists(), "{days} days");
    }
    // Baton trusts the clock as soon as something was stored at its time.
    baton.kill().await;
    baton.clock.jump(100 * DAY_MS);
    baton.restart().await;
    talk(&baton, &mut script, "hello").await;
    days_pass(&baton, 1).await;
    assert!(!report.exists());
}

#[tokio::test]
async fn s90_a_message_that_came_in_1970_keeps_its_file() {
    let (mut baton, mut script) = start(FileLimits::default()).await;
    let now = baton.clock.wall().0;
    talk(&baton, &mut script, "before").await;
    baton.kill().await;
    baton.clock.jump(-now);
    baton.restart().await;
    let report = come(&baton).await;
    script.next_turn().await;
    baton.kill().await;
    baton.clock.jump(now);
    baton.restart().await;
    script.next_turn().await.reply("thanks");
    talk(&baton, &mut script, "after").await;
    days_pass(&baton, 1).await;
    assert!(report.exists());
}

#[tokio::test]
async fn s90_the_time_of_a_file_begins_when_its_message_is_done() {
    let limits = FileLimits {
        kept: 10 * DAY,
        ..FileLimits::default()
    };
    let (baton, mut script) = start(limits).await;
    let file = keep(&baton, "room", "report", b"numbers").await;
    let report = path(&baton, &file);
    set_age(&baton, &report, 0);
    // No worker claims the message.
    send_to(HAL, &baton, "room", vec![file]).await;
    days_pass(&baton, 30).await;
    assert!(report.exists(), "its message waits");
    let message = baton.find("with files in room").await;
    baton.stop(&message).await;
    let mut days = 0;
    while report.exists() {
        talk(&baton, &mut script, &format!("day {days}")).await;
        days_pass(&baton, 1).await;
        days += 1;
    }
    assert!((10..=12).contains(&days), "{days}");
}

#[tokio::test]
async fn s90_a_reply_that_its_platform_does_not_take_yet_keeps_its_files() {
    let (mut baton, mut script) = start(FileLimits::default()).await;
    baton.say("room", "draw me a sheep").await;
    baton.platform.set_down(true);
    let turn = script.next_turn().await;
    fs::write(outbox(&turn).join("sheep.svg"), "<svg/>").unwrap();
    turn.reply("a sheep");
    baton.platform.until_called(1).await;
    let folder = baton.files();
    let kept = || {
        let conversations = fs::read_dir(&folder).unwrap();
        let kept = conversations.map(|it| it.unwrap().path().join("kept"));
        kept.flat_map(|it| fs::read_dir(it).into_iter().flatten())
            .count()
    };
    assert_eq!(kept(), 1);
    baton.kill().await;
    baton.clock.jump(800 * DAY_MS);
    baton.restart().await;
    baton.platform.set_down(false);
    let (files, _) = sent(&baton, 1).await;
    assert!(path(&baton, &files[0]).exists());
    assert_eq!(kept(), 1);
}
