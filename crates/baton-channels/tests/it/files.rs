//! Files of messages and of replies.

use std::time::Duration;

use baton_channels::web::PersonAccount;
use baton_core::files::FileLimits;
use baton_core::store::Change;
use baton_testkit::agent_run::within;
use baton_testkit::scripted_agent::{Abilities, Script, scripted_with};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Setup, World, answer, assert_refused};

/// A world with `ann`, and with `painter`, an agent that can open and send files.
async fn world(public: bool) -> (World, Script) {
    let (painter, script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let limits = FileLimits {
        size: 1_000,
        at_once: 2,
        ..FileLimits::default()
    };
    let setup = Setup::default().agent("painter", painter).files(limits);
    let person = |id: &str| PersonAccount {
        id: id.into(),
        name: id.to_owned(),
        token: id.to_owned().into(),
        operator: false,
    };
    let people = vec![person("ann"), person("ben")];
    let setup = setup.settings(move |settings| {
        settings.people = people;
        settings.rooms = [("studio".to_owned(), ["ann".into()].into())].into();
        settings.public = public;
    });
    (setup.start().await, script)
}

async fn send(world: &World, who: &str, query: &str, content: &[u8]) -> (StatusCode, Value) {
    let request = world.request(Method::POST, &format!("/api/files?{query}"));
    let request = request
        .bearer_auth(who)
        .header("content-type", "application/octet-stream")
        .body(content.to_vec());
    answer(request).await
}

async fn say(world: &World, who: &str, comment: Value) -> (StatusCode, Value) {
    let request = world.request(Method::POST, "/api/comments");
    answer(request.bearer_auth(who).json(&comment)).await
}

/// Uploads a file of Ann for `painter` in the public room.
async fn sent(world: &World, name: &str, content: &[u8]) -> String {
    let (status, sent) = send(
        world,
        "ann",
        &format!("name={name}&entity=painter"),
        content,
    )
    .await;
    assert_eq!(status, StatusCode::CREATED, "{sent}");
    sent["file"].as_str().unwrap().to_owned()
}

async fn read(world: &World, who: &str, url: &str) -> reqwest::Response {
    let request = world.request(Method::GET, url).bearer_auth(who);
    request.send().await.unwrap()
}

#[tokio::test]
async fn what_is_sent_is_opened_by_the_agent_and_read_by_people() {
    let (world, mut script) = world(false).await;
    let file = sent(&world, "my%20plan.html", b"<script>alert(1)</script>").await;
    let comment = json!({ "text": "look", "entity": "painter", "attachments": [file] });
    let (status, said) = say(&world, "ann", comment).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    let shown = &said["files"][0];
    assert_eq!(
        (&shown["name"], &shown["size"]),
        (&json!("my_plan.html"), &json!(25))
    );
    let turn = script.next_turn().await;
    let received = &turn.turn.files.received[0];
    assert_eq!(
        std::fs::read(&received.path).unwrap(),
        b"<script>alert(1)</script>"
    );
    let outbox = turn.turn.files.outbox.clone().unwrap();
    std::fs::write(outbox.join("sheep.png"), b"not really a picture").unwrap();
    let mut changes = world.store.changes();
    turn.reply("a sheep");
    let posted = async { while !matches!(changes.recv().await, Ok(Change::Posted { .. })) {} };
    within("the reply is posted", posted).await;

    // A browser saves files that could hold a script, and never shows such files.
    let plan = read(&world, "ben", shown["url"].as_str().unwrap()).await;
    let header = |name: &str| plan.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "application/octet-stream");
    assert_eq!(
        header("content-disposition"),
        "attachment; filename*=UTF-8''my_plan.html"
    );
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("sandbox"));
    assert_eq!(
        plan.bytes().await.unwrap(),
        &b"<script>alert(1)</script>"[..]
    );
    let all = read(&world, "ann", "/api/comments").await;
    let all: Value = all.json().await.unwrap();
    let sheep = &all["comments"][1]["files"][0];
    assert_eq!(sheep["picture"], true);
    let sheep = read(&world, "ann", sheep["url"].as_str().unwrap()).await;
    assert_eq!(sheep.headers()["content-type"], "image/png");
    assert_eq!(sheep.headers()["x-content-type-options"], "nosniff");
    let policy = sheep.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"));
    assert_eq!(sheep.bytes().await.unwrap(), &b"not really a picture"[..]);
}

#[tokio::test]
async fn a_recording_needs_no_text() {
    let (world, mut script) = world(false).await;
    let notes = sent(&world, "notes.txt", b"we met").await;
    let comment = json!({ "text": "", "entity": "painter", "attachments": [notes] });
    let (status, refused) = say(&world, "ann", comment).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{refused}");
    let voice = sent(&world, "voice-message.webm", b"\x1a\x45\xdf\xa3").await;
    let comment = json!({ "text": "", "entity": "painter", "attachments": [voice] });
    let (status, said) = say(&world, "ann", comment).await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    let turn = script.next_turn().await;
    assert!(turn.texts()[0].contains("no transcriber is set"));
    turn.reply("what did you say?");
}

#[tokio::test]
async fn only_pictures_that_hold_no_script_are_shown() {
    let (world, mut script) = world(false).await;
    for (name, kind) in [
        ("a.svg", "application/octet-stream"),
        ("a.png.html", "application/octet-stream"),
        ("a.pdf", "application/octet-stream"),
        ("png", "application/octet-stream"),
        ("a.JPEG", "image/jpeg"),
        ("a.webp", "image/webp"),
    ] {
        let file = sent(&world, name, b"<svg onload='alert(1)'/>").await;
        let comment = json!({ "text": name, "entity": "painter", "attachments": [file] });
        let (_, said) = say(&world, "ann", comment).await;
        script.next_turn().await.reply("seen");
        let shown = &said["files"][0];
        assert_eq!(shown["picture"], kind.starts_with("image/"), "{name}");
        let read = read(&world, "ann", shown["url"].as_str().unwrap()).await;
        assert_eq!(read.headers()["content-type"], kind, "{name}");
        let disposition = read.headers()["content-disposition"].to_str().unwrap();
        let inline = disposition.starts_with("inline;");
        assert_eq!(inline, kind.starts_with("image/"), "{name}: {disposition}");
    }
}

#[tokio::test]
async fn what_cannot_be_taken_says_why_and_changes_nothing() {
    let (world, mut script) = world(false).await;
    let (status, _) = send(&world, "ann", "name=big&entity=painter", &[0; 1_001]).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    let file = sent(&world, "a", b"a").await;
    let elsewhere =
        json!({ "text": "x", "entity": "painter", "domain": "other", "attachments": [&file] });
    let other = json!({ "text": "x", "entity": "echo", "attachments": [&file] });
    let made_up = json!({ "text": "x", "entity": "painter", "attachments": ["../../baton.db"] });
    let many = json!({ "text": "x", "entity": "painter", "attachments": [&file, &file, &file] });
    for comment in [elsewhere, other, made_up, many] {
        let (status, body) = say(&world, "ann", comment).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
    assert!(script.begun().is_none());
    let (status, _) = send(&world, "ann", "name=a&entity=nobody", b"a").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_waits_for_its_message_is_bounded_and_says_what_to_do() {
    let limits = FileLimits {
        uploads: 8_192,
        ..FileLimits::default()
    };
    let world = Setup::default().files(limits).start().await;
    let upload = async |size: usize| {
        let request = world.request(Method::POST, "/api/files?name=a");
        let request = request.header("content-type", "application/octet-stream");
        answer(request.body(vec![0; size])).await
    };
    let (status, first) = upload(8_000).await;
    assert_eq!(status, StatusCode::CREATED, "{first}");
    let refused = upload(1).await;
    assert_refused(&refused, 507, "uploads_full");
    assert!(
        refused.1["message"]
            .as_str()
            .unwrap()
            .contains("uploads_mib"),
        "{refused:?}"
    );
    world
        .say(json!({ "text": "x", "attachments": [first["file"]] }))
        .await;
    assert_eq!(upload(1).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn one_address_sends_as_many_files_as_its_posts_can_have() {
    let limits = FileLimits {
        at_once: 2,
        ..FileLimits::default()
    };
    let setup = Setup::default().files(limits).settings(|settings| {
        settings.posts_per_minute = std::num::NonZeroU32::new(3);
    });
    let world = setup.start().await;
    for n in 0..7 {
        let request = world.request(Method::POST, "/api/files?name=a");
        let request = request.header("content-type", "application/octet-stream");
        let sent = answer(request.body("a")).await;
        if n < 6 {
            assert_eq!(sent.0, StatusCode::CREATED, "{sent:?}");
        } else {
            assert_refused(&sent, 429, "too_many_uploads");
        }
    }
    world.say(json!({ "text": "a file is no post" })).await;
}

#[tokio::test]
async fn what_does_not_come_whole_is_given_up() {
    let (world, _script) = world(false).await;
    let (_open, never) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    let never = tokio_stream::wrappers::ReceiverStream::new(never);
    let request = world.request(Method::POST, "/api/files?name=a&entity=painter");
    let request = request
        .bearer_auth("ann")
        .header("content-type", "application/octet-stream");
    let sent = answer(request.body(reqwest::Body::wrap_stream(never)));
    let patience = Duration::from_secs(30);
    let (sent, ()) = tokio::join!(sent, async {
        world.clock.someone_sleeps(patience).await;
        world.clock.advance(patience);
    });
    assert_refused(&sent, 408, "too_slow");
}

#[tokio::test]
async fn a_closed_rooms_files_are_its_members_alone() {
    let (world, mut script) = world(false).await;
    let (status, _) = send(&world, "ben", "name=a&entity=painter&domain=studio", b"a").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (_, file) = send(&world, "ann", "name=a&entity=painter&domain=studio", b"a").await;
    let comment = json!({
        "text": "x", "entity": "painter", "domain": "studio", "attachments": [file["file"]]
    });
    let (_, said) = say(&world, "ann", comment).await;
    script.next_turn().await.reply("fine");
    let url = said["files"][0]["url"].as_str().unwrap();
    assert_eq!(read(&world, "ann", url).await.status(), StatusCode::OK);
    assert_eq!(
        read(&world, "ben", url).await.status(),
        StatusCode::NOT_FOUND
    );
    let next = url.replace("/0", "/1");
    assert_eq!(
        read(&world, "ann", &next).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn only_a_plain_file_of_its_own_folder_is_read() {
    let (world, mut script) = world(false).await;
    let outside = tempfile::tempdir().unwrap();
    let url = async |name: &str| {
        let file = sent(&world, name, b"a").await;
        let comment = json!({ "text": "x", "entity": "painter", "attachments": [file] });
        let (_, said) = say(&world, "ann", comment).await;
        said["files"][0]["url"].as_str().unwrap().to_owned()
    };
    let (link, pipe, folder) = (url("link").await, url("pipe").await, url("folder").await);
    let plain = url("plain").await;
    let turn = script.next_turn().await;
    let kept = turn.turn.files.received[0]
        .path
        .parent()
        .unwrap()
        .to_owned();
    for entry in std::fs::read_dir(&kept).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if !name.ends_with("plain") {
            std::fs::remove_file(&path).unwrap();
        }
        if name.ends_with("link") {
            std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
        } else if name.ends_with("pipe") {
            nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        } else if name.ends_with("folder") {
            std::fs::create_dir(&path).unwrap();
        } else {
            std::fs::copy(&path, outside.path().join(&name)).unwrap();
        }
    }
    for url in [link, pipe, folder] {
        let answer = within("it is answered", read(&world, "ann", &url)).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{url}");
    }
    assert_eq!(read(&world, "ann", &plain).await.status(), StatusCode::OK);
    // The same file, but its folder is now a link to a place outside of the file store.
    std::fs::remove_dir_all(&kept).unwrap();
    std::os::unix::fs::symlink(outside.path(), &kept).unwrap();
    let answer = read(&world, "ann", &plain).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    turn.reply("done");
}

#[tokio::test]
async fn guests_send_no_files() {
    let (world, _script) = world(true).await;
    let file = sent(&world, "a", b"a").await;
    let request = world.request(Method::POST, "/api/files?name=a&entity=painter");
    let (status, _) = answer(request.body("a")).await;
    assert_eq!(
        status,
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "a form could send it"
    );
    let request = world.request(Method::POST, "/api/files?name=a&entity=painter");
    let request = request.header("content-type", "application/octet-stream");
    let (status, _) = answer(request.body("a")).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let comment = json!({ "text": "x", "entity": "painter", "attachments": [file] });
    let (status, _) = world.post("/api/comments", comment).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}
