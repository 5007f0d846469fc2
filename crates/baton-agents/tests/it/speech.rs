//! The transcribers, against a fake server and real programs.

use std::sync::Arc;

use baton_agents::speech::{
    TranscriptionProgram, TranscriptionProgramSettings, TranscriptionServer,
    TranscriptionServerSettings,
};
use baton_core::clock::SystemClock;
use baton_core::files::Received;
use baton_core::speech::{SpeechError, Transcriber};
use baton_testkit::agent_run::within;
use baton_testkit::lifeline::Lifeline;
use baton_testkit::transcription_api::TranscriptionApi;
use tempfile::TempDir;

use crate::images::file;

/// The beginning of an MP4.
const MP4: &[u8] = b"\0\0\0\x20ftypM4A \0\0";

fn server(api: &TranscriptionApi) -> TranscriptionServer {
    let settings = TranscriptionServerSettings {
        url: api.url().parse().unwrap(),
        api_key: Some("sk-123456".into()),
        model: "whisper-1".to_owned(),
        language: Some("en".to_owned()),
    };
    TranscriptionServer::new(settings).unwrap()
}

fn program(script: &str) -> TranscriptionProgram {
    let settings = TranscriptionProgramSettings {
        program: "sh".to_owned(),
        args: vec!["-c".to_owned(), script.to_owned(), "sh".to_owned()],
        directory: None,
    };
    TranscriptionProgram::new(settings, SystemClock::shared())
}

async fn error_of(transcriber: &dyn Transcriber, recording: &Received) -> SpeechError {
    transcriber.transcribe(recording).await.unwrap_err()
}

#[tokio::test]
async fn a_server_gets_the_recording_under_the_right_ending() {
    let folder = TempDir::new().unwrap();
    let api = TranscriptionApi::start().await;
    api.next(200, r#"{"text": " Buy some milk.", "language": "en"}"#);
    let recording = file(&folder, "audio_message.ogg", MP4);
    let words = server(&api).transcribe(&recording).await.unwrap();
    assert_eq!(words, " Buy some milk.");
    let asked = api.next_request().await;
    assert_eq!(asked.path, "/v1/audio/transcriptions");
    assert_eq!(asked.authorization.as_deref(), Some("Bearer sk-123456"));
    for part in [
        r#"name="file"; filename="audio_message.m4a""#,
        "audio/mp4",
        r#"name="model""#,
        "whisper-1",
        r#"name="response_format""#,
        r#"name="language""#,
        "ftypM4A",
    ] {
        assert!(asked.body.contains(part), "{part}: {}", asked.body);
    }
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_no_secret() {
    let folder = TempDir::new().unwrap();
    let api = TranscriptionApi::start().await;
    let recording = file(&folder, "voice.ogg", b"OggS");
    for (status, body, words) in [
        (401, r#"{"error": "bad key sk-123456"}"#, "api_key"),
        (404, "not here", "url of [speech]"),
        (413, "", "too large"),
        (500, "Internal Server Error sk-123456", "now (500)"),
        (400, r#"{"error": {"message": "bad audio"}}"#, "refused"),
        (200, "<html>", "no transcript"),
    ] {
        api.next(status, body);
        let error = error_of(&server(&api), &recording).await;
        assert!(error.to_string().contains(words), "{error}");
        let all = format!("{error:?}");
        assert!(!all.contains("sk-123456"), "{all}");
    }
    let gone = api.url();
    drop(api);
    let settings = TranscriptionServerSettings {
        url: gone.parse().unwrap(),
        api_key: None,
        model: "whisper-1".to_owned(),
        language: None,
    };
    let server = TranscriptionServer::new(settings).unwrap();
    let error = error_of(&server, &recording).await;
    assert!(
        error.to_string().contains("transcription server"),
        "{error}"
    );
}

#[tokio::test]
async fn a_program_gets_the_path_and_writes_the_words() {
    let folder = TempDir::new().unwrap();
    let recording = file(&folder, "voice.ogg", b"the words");
    let last = program("cat \"$1\"");
    assert_eq!(last.transcribe(&recording).await.unwrap(), "the words");
    let named = TranscriptionProgram::new(
        TranscriptionProgramSettings {
            program: "cat".to_owned(),
            args: vec!["{file}".to_owned(), "/dev/null".to_owned()],
            directory: None,
        },
        SystemClock::shared(),
    );
    assert_eq!(named.transcribe(&recording).await.unwrap(), "the words");
}

#[tokio::test]
async fn a_program_that_fails_or_says_too_much_is_an_error() {
    let folder = TempDir::new().unwrap();
    let recording = file(&folder, "voice.ogg", b"OggS");
    let error = error_of(&program("echo no model >&2; exit 3"), &recording).await;
    assert_eq!(error.to_string(), "the program sh ended with exit code 3");
    assert_eq!(error.detail.as_deref(), Some("no model"));
    let error = error_of(&program("yes"), &recording).await;
    assert_eq!(error, SpeechError::transcript_too_long());
    std::fs::remove_file(&recording.path).unwrap();
    let error = error_of(&program("echo hi"), &recording).await;
    assert_eq!(error.to_string(), "the file is missing");
}

#[tokio::test]
async fn no_process_is_left_when_the_work_is_dropped() {
    let folder = TempDir::new().unwrap();
    let recording = file(&folder, "voice.ogg", b"OggS");
    let mut line = Lifeline::new();
    let path = line.path().display().to_string();
    let slow = Arc::new(program(&format!(
        "sh -c 'echo up; exec sleep 1000' >{path} & wait"
    )));
    let work = tokio::spawn(async move { slow.transcribe(&recording).await });
    line.held(1).await;
    work.abort();
    within("all processes end", line.let_go()).await;
}
