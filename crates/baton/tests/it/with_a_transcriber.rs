//! Voice messages with a real transcription server: faster-whisper with a small model.
//!
//! The recordings in `tests/recordings` say "Please buy some milk and bread on the way home." espeak-ng spoke the words.
//! `PyAV` wrote `milk.ogg` (Opus) and `milk.m4a` (AAC); Chromium's `MediaRecorder` wrote `milk.webm`.

use std::process::Stdio;

use baton_testkit::agent_run::within;
use baton_testkit::discord::{Discord, Said};
use baton_testkit::telegram::Telegram;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::program::{Home, Running, client};

const OGG: &[u8] = include_bytes!("../recordings/milk.ogg");
const WEBM: &[u8] = include_bytes!("../recordings/milk.webm");
const M4A: &[u8] = include_bytes!("../recordings/milk.m4a");

/// The environment variable with the program of the server.
const PROGRAM: &str = "BATON_TEST_TRANSCRIBER";

/// A running server, on a port that it chose. Dropping the value ends the server.
struct RealTranscriber {
    url: String,
    _child: Child,
    /// The log stays open, because a server without a reader of its log would fail.
    _log: Lines<BufReader<ChildStderr>>,
}

impl RealTranscriber {
    async fn start() -> Self {
        let program = std::env::var(PROGRAM);
        let program = program.unwrap_or_else(|_| panic!("{PROGRAM} is not set; run ./test"));
        let mut child = Command::new(program)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let line = read_line_with(&mut log, "running on http").await;
        let address = line
            .split_whitespace()
            .find(|word| word.starts_with("http"));
        Self {
            url: address.unwrap().to_owned(),
            _child: child,
            _log: log,
        }
    }
}

/// Reads the log up to a line with this part.
async fn read_line_with(log: &mut Lines<BufReader<ChildStderr>>, part: &str) -> String {
    let found = async {
        while let Some(line) = log.next_line().await.unwrap() {
            if line.contains(part) {
                return line;
            }
        }
        panic!("the server ended before: {part}");
    };
    within(part, found).await
}

fn assert_heard(text: &str) {
    let text = text.to_lowercase();
    for word in ["milk", "bread", "way home"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

/// Sends a recording from the page, and returns the message after its turn.
async fn record_on_page(baton: &Running, recording: &'static [u8]) -> Value {
    let url = baton.url("/api/files?name=voice-message.webm");
    let upload = client()
        .post(url)
        .header("content-type", "application/octet-stream")
        .body(recording);
    let upload = upload.send().await.unwrap();
    let upload: Value = upload.json().await.unwrap();
    assert!(upload["file"].is_string(), "{upload}");
    let message = json!({"id": "spoken", "text": "", "attachments": [upload["file"]]});
    let sent = baton.post(message).await;
    baton.stream_with(&["\"replyTo\":\"spoken\""]).await;
    let url = baton.url(&format!("/api/comments/{}", sent["id"].as_str().unwrap()));
    client()
        .get(url)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a real transcriber, which ./test brings"]
async fn spoken_words_become_the_message_on_each_channel() {
    let transcriber = RealTranscriber::start().await;
    let (telegram, discord) = (Telegram::start().await, Discord::start().await);
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    let (ann, ben) = (telegram.person("Ann"), discord.person("ben"));
    let private = telegram.private(ann);
    discord.join(server, ben, &[]);
    let configuration = format!(
        "agents.bob = {{ kind = \"echo\" }}\n\
         [speech]\n\
         kind = \"openai\"\n\
         url = \"{}\"\n\
         model = \"whisper-1\"\n\
         [channels.web]\n\
         agent = \"bob\"\n\
         [channels.telegram]\n\
         token = {{ env = \"TELEGRAM_TOKEN\" }}\n\
         server = \"{}\"\n\
         [channels.telegram.direct]\n\
         agent = \"bob\"\n\
         [channels.discord]\n\
         token = {{ env = \"DISCORD_TOKEN\" }}\n\
         api = \"{}/api/v10\"\n\
         gateway = \"{}\"\n\
         [channels.discord.places.all]\n\
         server = \"{server}\"\n\
         agent = \"bob\"\n\
         trigger = \"every\"\n",
        transcriber.url,
        telegram.url(),
        discord.rest_url(),
        discord.gateway_url(),
    );
    let home = Home::with(&configuration)
        .env("TELEGRAM_TOKEN", telegram.token())
        .env("DISCORD_TOKEN", discord.token());
    let baton = home.start();
    discord.until_connected().await;
    telegram.until_polling().await;

    telegram.saying(private, ann).voice(OGG).send();
    assert_heard(&telegram.until_bot_said(private, 1).await[0].text);

    let said = Said::text("").file("voice-message.ogg", "audio/ogg", M4A);
    discord.send(channel, ben, said);
    assert_heard(&discord.until_bot_said(channel, 1).await[0].content);

    assert_heard(record_on_page(&baton, WEBM).await["text"].as_str().unwrap());

    // A broken recording stays a file, and its author is told.
    telegram
        .saying(private, ann)
        .voice(&b"OggS, but no speech"[..])
        .send();
    let told = telegram
        .until_said(private, |message| message.text.contains("now (500)"))
        .await;
    assert_eq!(told.author, Some(telegram.bot()));
    telegram.until_bot_said(private, 3).await;
    baton.stop(Signal::SIGTERM);
    telegram.finish();
}
