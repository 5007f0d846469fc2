//! s78: the token of the bot on Telegram. The token is a part of the address of every request, and of every file.

use std::fmt::Write as _;
use std::path::Path;

use baton_testkit::telegram::{Fault, Held, Message, Telegram};
use serde_json::Value;

use crate::program::{Home, client};

/// An answer that repeats the address of the request, as some proxies do.
const REPEATS_ADDRESS: &str =
    "Bad Request: no POST /bot4242000001:AAfake-telegram-token/sendMessage";

/// A webhook with the token in its address, as people write it.
const WEBHOOK: &str = "https://example.org/bot4242000001:AAfake-telegram-token/hook";

fn configuration(telegram: &Telegram) -> String {
    format!(
        r#"
        [agents.env]
        kind = "command"
        command = ["sh", "-c", "env; cat; echo THE-END"]
        [channels.telegram]
        token = {{ env = "TELEGRAM_TOKEN" }}
        server = "{}"
        [channels.telegram.direct]
        agent = "env"
        [limits]
        first_pause_seconds = 0.05
        [server]
        log = "trace"
        "#,
        telegram.url()
    )
}

/// Plants all kinds of failures. The last failure of a new message makes its reply dead.
fn plant_faults(telegram: &Telegram) {
    let repeats = Fault::Error(400, REPEATS_ADDRESS, Value::Null);
    let broken = Fault::Error(500, "Internal Server Error: restart", Value::Null);
    let cut = [
        Fault::Cut,
        Fault::LoseAnswer,
        Fault::Status(302),
        Fault::Status(502),
    ];
    let all = cut.iter().chain([&broken, &repeats]);
    for fault in all.cloned() {
        telegram.fail_next("sendMessage", 1, fault);
    }
    for (method, fault) in [
        ("getMe", repeats.clone()),
        ("getUpdates", Fault::Cut),
        ("getUpdates", Fault::Status(302)),
        ("getUpdates", repeats.clone()),
        ("sendChatAction", repeats.clone()),
        ("getFile", Fault::Cut),
        ("getFile", repeats),
    ] {
        telegram.fail_next(method, 1, fault);
    }
}

/// The content of all files in a folder, as text.
fn read_all(folder: &Path, seen: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, seen);
        } else if path.is_file() {
            *seen += &String::from_utf8_lossy(&std::fs::read(path).unwrap());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s78_the_token_of_telegram_is_in_no_output_file_or_environment() {
    let telegram = Telegram::start().await;
    let ann = telegram.person("Ann");
    let private = telegram.private(ann);
    let home = Home::with(&configuration(&telegram)).env("TELEGRAM_TOKEN", telegram.token());
    plant_faults(&telegram);
    telegram.set_foreign_webhook(WEBHOOK);
    let mut baton = home.start();
    let mut seen = baton.started.to_string();
    telegram.until_asked("getWebhookInfo", 1).await;
    let methods = format!("{}/bot{}", telegram.url(), telegram.token());
    let removal = client().post(format!("{methods}/deleteWebhook")).send();
    assert!(removal.await.unwrap().status().is_success());
    telegram.say(private, ann, "hello");
    let saying = telegram.saying(private, ann).text("a file");
    saying
        .document("notes.txt", "text/plain", "the notes")
        .send();
    let us = Some(telegram.bot());
    let is_answer = |message: &Message| message.author == us && message.text.contains("a file");
    let answer = telegram.until_said(private, is_answer).await;
    assert!(answer.text.contains("THE-END"), "{}", answer.text);
    let shown = telegram.messages(private);
    let _ = write!(seen, "{shown:?}");
    for words in [
        vec!["status"],
        vec!["status", "--json"],
        vec!["dead", "list"],
        vec!["dead", "list", "--json"],
        vec!["trace", "1"],
        vec!["trace", "2"],
        vec!["config", "check"],
    ] {
        let done = home.run(&words);
        seen += &done.out;
        seen += &done.err;
    }
    // The token is revoked between the address of a file and its download, and then for everything else.
    let files = telegram.until_asked("getFile", 1).await.len();
    let held = Held::default();
    telegram.fail_next("getFile", 1, Fault::Hold(held.clone()));
    let saying = telegram.saying(private, ann).text("another file");
    saying
        .document("more.txt", "text/plain", "more notes")
        .send();
    telegram.until_asked("getFile", files + 1).await;
    telegram.set_token("4242000001:another");
    held.release();
    telegram.say(private, ann, "this ends the last poll");
    let done = baton.wait();
    assert!(done.err.contains("TRACE"), "the log is not all there");
    assert!(done.err.contains("does not know the token"), "{}", done.err);
    seen += &done.out;
    seen += &done.err;
    let mut stored = String::new();
    read_all(&home.data(), &mut stored);
    assert!(
        stored.contains("another file"),
        "the stored text is not all there"
    );
    seen += &stored;
    // Both texts that repeat the token were shown, and without the token.
    for hidden in ["no POST /bot…/sendMessage", "https://example.org/bot…/hook"] {
        assert!(seen.contains(hidden), "{hidden} is not in: {}", done.err);
    }
    let at = seen.find(telegram.token());
    let around = at.map(|at| &seen[at.saturating_sub(300)..at]);
    assert_eq!(around, None, "the token was shown");
}
