//! Files received with messages, and files that agents send back.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::Duration;

use baton_core::clock::Clock;
use baton_core::files::{FileError, FileLimits, Files};
use baton_core::message::{Attachment, Author, NewMessage, Priority};
use baton_core::place::Place;
use baton_core::store::PostKind;
use baton_testkit::agent_run::within;
use baton_testkit::baton::{BOB, Baton, Setup};
use baton_testkit::platform::{account, channel_name};
use baton_testkit::scripted_agent::{Abilities, Script, ScriptedTurn, scripted_with};

mod calendar;
mod uploads;

async fn start(limits: FileLimits) -> (Baton, Script) {
    let (agent, script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let mut setup = Setup::new(agent);
    setup.files = limits;
    (setup.start().await, script)
}

fn place(address: &str) -> Place {
    Place {
        channel: channel_name(),
        account: account(),
        address: address.to_owned(),
    }
}

async fn keep(baton: &Baton, address: &str, name: &str, content: &[u8]) -> Attachment {
    let files = baton.inbox().files().unwrap();
    let mut file = files
        .begin(&place(address), &BOB.into(), name)
        .await
        .unwrap();
    for piece in content.chunks(3) {
        file.write(piece).await.unwrap();
    }
    file.finish().await.unwrap()
}

async fn send(baton: &Baton, address: &str, attachments: Vec<Attachment>) {
    send_to(BOB, baton, address, attachments).await;
}

async fn send_to(persona: &str, baton: &Baton, address: &str, attachments: Vec<Attachment>) {
    let message = NewMessage {
        external_id: format!("with files in {address}").into(),
        part_ids: Vec::new(),
        route: baton
            .inbox()
            .route(place(address), &persona.into())
            .unwrap(),
        author: Author {
            id: "ada".into(),
            name: "Ada".to_owned(),
        },
        text: "look at this".to_owned(),
        attachments,
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: Priority::default(),
    };
    baton.inbox().ingest(message).await.unwrap();
}

fn outbox(turn: &ScriptedTurn) -> &Path {
    turn.turn.files.outbox.as_deref().unwrap()
}

/// The files of the last reply, and the texts of all notices.
async fn sent(baton: &Baton, posts: usize) -> (Vec<Attachment>, Vec<String>) {
    baton.platform.until_shown("room", posts).await;
    baton.settled().await;
    let posts = baton
        .store()
        .history(&place("room"), &BOB.into(), 10)
        .await
        .unwrap();
    let reply = posts.iter().rfind(|post| post.kind == PostKind::Reply);
    let notices = baton.platform.shown_in("room").into_iter();
    let notices = notices.filter(|shown| shown.kind == "notice");
    (
        reply.unwrap().files.clone(),
        notices.map(|shown| shown.text).collect(),
    )
}

#[tokio::test]
async fn what_came_is_at_hand_for_its_turn_and_for_no_other_conversation() {
    let (baton, mut script) = start(FileLimits::default()).await;
    let report = keep(&baton, "room", "../our report.txt", b"numbers").await;
    assert_eq!((report.name.as_str(), report.size), ("our_report.txt", 7));
    let other = keep(&baton, "elsewhere", "our report.txt", b"secrets").await;
    send(&baton, "room", vec![report]).await;
    send(&baton, "elsewhere", vec![other]).await;
    let mut folders = Vec::new();
    for _ in 0..2 {
        // Both turns run at once, in either order.
        let turn = script.next_turn().await;
        let content = match turn.turn.claim.place.address.as_str() {
            "room" => "numbers",
            _ => "secrets",
        };
        let [file] = &turn.turn.files.received[..] else {
            panic!("one file came: {:?}", turn.turn.files);
        };
        assert_eq!(fs::read_to_string(&file.path).unwrap(), content);
        let prompt = turn.turn.prompt_with_files();
        assert!(prompt.starts_with("look at this"), "{prompt}");
        assert!(
            prompt.contains(&file.path.display().to_string()),
            "{prompt}"
        );
        folders.push(file.path.parent().unwrap().to_owned());
        turn.reply("thanks");
    }
    assert_ne!(folders[0], folders[1]);
}

#[tokio::test]
async fn what_is_too_large_is_not_kept() {
    let limits = FileLimits {
        size: 10,
        ..FileLimits::default()
    };
    let (baton, _script) = start(limits).await;
    let files = baton.inbox().files().unwrap();
    let mut file = files
        .begin(&place("room"), &BOB.into(), "big")
        .await
        .unwrap();
    file.write(&[0; 10]).await.unwrap();
    let refused = file.write(&[0; 1]).await;
    assert!(
        matches!(refused, Err(FileError::TooLarge { .. })),
        "{refused:?}"
    );
    drop(file);
    assert_eq!(all_files(&baton), 0, "nothing of it is left");
}

/// The number of files of all conversations.
fn all_files(baton: &Baton) -> usize {
    fn count(folder: &Path) -> usize {
        let entries = fs::read_dir(folder).into_iter().flatten();
        let entries = entries.map(|entry| entry.unwrap().path());
        entries
            .map(|path| if path.is_dir() { count(&path) } else { 1 })
            .sum()
    }
    count(&baton.files())
}

#[tokio::test]
async fn what_an_agent_puts_into_its_folder_is_sent_with_its_reply() {
    let limits = FileLimits {
        size: 100,
        at_once: 6,
        ..FileLimits::default()
    };
    let (baton, mut script) = start(limits).await;
    baton.say("room", "draw me a sheep").await;
    let turn = script.next_turn().await;
    let folder = outbox(&turn).to_owned();
    fs::write(folder.join("sheep.svg"), "<svg/>").unwrap();
    fs::write(folder.join("flock.svg"), "x".repeat(101)).unwrap();
    fs::create_dir_all(folder.join("folder/in it")).unwrap();
    fs::write(folder.join("folder/in it/file"), "x").unwrap();
    symlink("/etc/hostname", folder.join("link")).unwrap();
    // Opening a pipe for reading would block forever.
    nix::unistd::mkfifo(&folder.join("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = UnixListener::bind(folder.join("socket")).unwrap();
    turn.reply("a sheep");
    let (files, notices) = sent(&baton, 6).await;
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["sheep.svg"]);
    let kept = baton.inbox().files().unwrap().path(&files[0]).unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), "<svg/>");
    assert_eq!(notices.len(), 5, "{notices:?}");
    assert!(notices[0].contains("flock.svg is larger"), "{notices:?}");
    for (notice, name) in notices[1..]
        .iter()
        .zip(["folder", "link", "pipe", "socket"])
    {
        let expected = format!("{name} is not a plain file");
        assert!(notice.contains(&expected), "{notices:?}");
    }
    assert!(!folder.exists());
}

#[tokio::test]
async fn what_is_sent_is_a_copy_that_nobody_changes() {
    let (baton, mut script) = start(FileLimits::default()).await;
    baton.say("room", "draw me a sheep").await;
    let turn = script.next_turn().await;
    let mut drawing = fs::File::create(outbox(&turn).join("sheep.svg")).unwrap();
    drawing.write_all(b"<svg/>").unwrap();
    turn.reply("a sheep");
    let (files, _) = sent(&baton, 1).await;
    drawing.write_all(b"<script/>").unwrap();
    let kept = baton.inbox().files().unwrap().path(&files[0]).unwrap();
    assert_eq!(fs::read_to_string(kept).unwrap(), "<svg/>");
}

#[tokio::test]
async fn a_link_in_place_of_a_folder_leads_nowhere() {
    let (baton, mut script) = start(FileLimits::default()).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let private = elsewhere.path().join("private");
    fs::write(&private, "secret").unwrap();
    // A link replaces the turn's folder, and then the parent of this folder.
    for level in 0..2 {
        baton.say("room", &format!("try {level}")).await;
        let turn = script.next_turn().await;
        let outbox = outbox(&turn).to_owned();
        let replaced = outbox.ancestors().nth(level).unwrap();
        fs::remove_dir_all(replaced).unwrap();
        if level == 1 {
            let below = elsewhere.path().join(outbox.file_name().unwrap());
            fs::create_dir(&below).unwrap();
            fs::write(below.join("private"), "secret").unwrap();
        }
        symlink(elsewhere.path(), replaced).unwrap();
        turn.reply("look");
        let (files, notices) = sent(&baton, 2 * (level + 1)).await;
        assert!(files.is_empty(), "{files:?}");
        assert!(
            notices[level].contains("files could not be read"),
            "{notices:?}"
        );
        if level == 1 {
            let below = elsewhere.path().join(outbox.file_name().unwrap());
            assert!(below.join("private").exists(), "what is there stays");
        }
    }
    assert!(private.exists());
}

#[tokio::test]
async fn files_alone_are_a_reply() {
    let (baton, mut script) = start(FileLimits::default()).await;
    baton.say("room", "send it").await;
    let turn = script.next_turn().await;
    fs::write(outbox(&turn).join("it"), "it").unwrap();
    turn.reply("");
    assert_eq!(sent(&baton, 1).await.0.len(), 1);
}

#[tokio::test]
async fn what_a_dead_turn_left_and_what_is_old_is_removed_at_the_next_start() {
    let limits = FileLimits {
        kept: Duration::from_hours(1),
        ..FileLimits::default()
    };
    let (mut baton, mut script) = start(limits).await;
    let old = keep(&baton, "room", "old", b"old").await;
    let old = baton.inbox().files().unwrap().path(&old).unwrap();
    let new = keep(&baton, "room", "new", b"new").await;
    let new = baton.inbox().files().unwrap().path(&new).unwrap();
    set_age(&baton, &old, 25 * 3_600 + 1);
    set_age(&baton, &new, 3_000);
    baton.say("room", "begin").await;
    let turn = script.next_turn().await;
    let left = outbox(&turn).join("half done");
    fs::write(&left, "half").unwrap();
    baton.kill().await;
    baton.restart().await;
    assert!(!left.exists() && !old.exists() && new.exists());
    // The turn runs again, with an empty folder.
    let again = script.next_turn().await;
    assert_eq!(fs::read_dir(outbox(&again)).unwrap().count(), 0);
}

#[tokio::test]
async fn what_cannot_be_removed_keeps_nothing_else() {
    let limits = FileLimits {
        kept: Duration::from_hours(1),
        ..FileLimits::default()
    };
    let (mut baton, mut script) = start(limits).await;
    let mut old = Vec::new();
    for n in 0..8 {
        let file = keep(&baton, &format!("room {n}"), "old", b"old").await;
        let file = path(&baton, &file);
        set_age(&baton, &file, 25 * 3_600 + 1);
        old.push(file);
    }
    baton.say("room 4", "begin").await;
    let turn = script.next_turn().await;
    // Deeper than any search.
    let deep = "deep/".repeat(100);
    fs::create_dir_all(outbox(&turn).join(deep)).unwrap();
    baton.kill().await;
    baton.restart().await;
    assert!(old.iter().all(|old| !old.exists()));
}

/// Sets the age of a file, in seconds.
fn set_age(baton: &Baton, path: &Path, seconds: i64) {
    let at = u64::try_from(baton.clock.wall().0 / 1_000 - seconds).unwrap();
    let at = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(at);
    let file = fs::File::options().write(true).open(path).unwrap();
    file.set_modified(at).unwrap();
}

fn path(baton: &Baton, attachment: &Attachment) -> std::path::PathBuf {
    baton.inbox().files().unwrap().path(attachment).unwrap()
}

#[tokio::test]
async fn what_an_agent_found_somewhere_is_as_new_as_its_reply() {
    let (mut baton, mut script) = start(FileLimits::default()).await;
    baton.say("room", "send it").await;
    let turn = script.next_turn().await;
    let found = outbox(&turn).join("found");
    fs::write(&found, "found").unwrap();
    set_age(&baton, &found, 3_600 * 24 * 365);
    turn.reply("");
    let (files, _) = sent(&baton, 1).await;
    baton.kill().await;
    baton.restart().await;
    assert!(path(&baton, &files[0]).exists());
}

#[tokio::test]
async fn what_a_stopped_turn_made_is_sent_with_what_it_wrote() {
    let (baton, mut script) = start(FileLimits::default()).await;
    let message = baton.say("room", "draw me a sheep").await;
    let turn = script.next_turn().await;
    fs::write(outbox(&turn).join("sheep.svg"), "<svg/>").unwrap();
    turn.say("half a sheep").await;
    baton.stop(&message).await;
    let (files, _) = sent(&baton, 1).await;
    let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["sheep.svg"]);
    let shown = baton.platform.texts_in("room");
    assert!(shown[0].contains("half a sheep"), "{shown:?}");
}

/// The pause of a conversation after each attempt, in seconds.
const PAUSES: [u64; 3] = [1, 2, 0];

async fn rest(baton: &Baton, seconds: u64) {
    if seconds > 0 {
        let pause = Duration::from_secs(seconds);
        within("it rests", baton.clock.pass_pause(pause)).await;
    }
}

#[tokio::test]
async fn of_what_a_failed_turn_made_people_are_told_once_that_it_is_not_sent() {
    let (baton, mut script) = start(FileLimits::default()).await;
    baton.say("room", "draw me a sheep").await;
    for pause in PAUSES {
        let turn = script.next_turn().await;
        fs::write(outbox(&turn).join("sheep.svg"), "<svg/>").unwrap();
        turn.fail("no more paper");
        rest(&baton, pause).await;
    }
    let told = baton.platform.until_shown("room", 3).await;
    assert!(told[0].contains("tried again"), "{told:?}");
    let unsent = "Not sent, because the turn did not finish: sheep.svg.";
    assert_eq!(told[1], unsent);
    assert!(told[2].contains("after 3 tries: no more paper"), "{told:?}");
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room").len(), 3);
}

#[tokio::test]
async fn of_files_that_cannot_be_read_people_are_told_once_however_many_tries_fail() {
    let (baton, mut script) = start(FileLimits::default()).await;
    baton.say("room", "draw me a sheep").await;
    for pause in PAUSES {
        let turn = script.next_turn().await;
        let outbox = outbox(&turn).to_owned();
        fs::remove_dir(&outbox).unwrap();
        fs::write(&outbox, "no folder").unwrap();
        turn.fail("no more paper");
        rest(&baton, pause).await;
    }
    let told = baton.platform.until_shown("room", 3).await;
    assert!(told[0].contains("tried again"), "{told:?}");
    assert_eq!(told[1], "files could not be read, and are not sent");
    assert!(told[2].contains("after 3 tries"), "{told:?}");
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room").len(), 3);
}

#[tokio::test]
async fn of_files_that_an_agent_cannot_open_people_are_told() {
    let (agent, mut script) = scripted_with(Abilities::default());
    let baton = Setup::new(agent).start().await;
    let report = keep(&baton, "room", "report.txt", b"numbers").await;
    send(&baton, "room", vec![report]).await;
    let turn = script.next_turn().await;
    assert!(turn.turn.files.received.is_empty());
    turn.reply("what report?");
    let told = baton.platform.until_shown("room", 2).await;
    let unread = "Answered without these files, which bob cannot open: report.txt.";
    assert_eq!(told, [unread, "what report?"]);
}

#[tokio::test]
async fn a_file_that_is_gone_is_no_error_and_a_file_that_cannot_be_reached_is_one() {
    let folder = tempfile::TempDir::new().unwrap();
    let root = folder.path();
    let files = Files::new(root, FileLimits::default());
    let at = |location: &str| Attachment {
        name: "a".to_owned(),
        location: location.to_owned(),
        size: 4,
        transcript: None,
    };
    assert!(files.find(&at("kept/a")).await.unwrap().is_none());
    fs::create_dir(root.join("real")).unwrap();
    fs::write(root.join("real/a"), "text").unwrap();
    assert_eq!(files.find(&at("real/a")).await.unwrap().unwrap().size, 4);
    // A link in the place of a folder is never followed.
    symlink("real", root.join("kept")).unwrap();
    assert!(files.find(&at("kept/a")).await.is_err());
}
