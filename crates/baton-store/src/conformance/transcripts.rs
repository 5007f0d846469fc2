//! The words of recordings become a part of their message.

use std::time::Duration;

use baton_core::message::Attachment;
use baton_core::store::{Edited, KeepTranscript, LeaseError, MessageEdited, Started, Store};

use super::case_context::{
    CaseContext, TestProcess, WithChange, default_account, ingest_message, is_lost, new_message,
    read_message, retry_end, timeline_of, web_channel,
};

fn recording(location: &str) -> Attachment {
    Attachment {
        name: "voice-message.ogg".to_owned(),
        location: location.to_owned(),
        size: 3,
        transcript: None,
    }
}

/// Stores a message with two recordings, and starts its turn.
async fn start_turn(process: &mut TestProcess, text: &str) -> Started {
    let message = new_message("a", "1").with_change(|message| {
        message.text = text.into();
        message.attachments = vec![recording("a/1"), recording("a/2")];
    });
    ingest_message(&*process.store, message).await;
    process.next_started().await
}

async fn keep_transcript(
    store: &dyn Store,
    started: &Started,
    location: &str,
    text: &str,
) -> Result<(), LeaseError> {
    let claim = &started.claim;
    let kept = KeepTranscript {
        turn: claim.turn,
        fence: claim.fence,
        message: claim.messages[0].id,
        location: location.to_owned(),
        text: text.to_owned(),
    };
    store.keep_transcript(kept).await
}

pub(super) async fn the_words_of_a_recording_end_the_text_once(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "hello").await;
    let store = process.store.clone();
    for (location, text) in [("a/2", "two"), ("a/1", "one"), ("a/1", "again"), ("b/1", "no")] {
        let kept = keep_transcript(&*store, &started, location, text).await;
        kept.unwrap();
    }
    let message = read_message(&*store, &started.claim.messages[0]).await;
    assert_eq!(message.text, "hello\n\none\n\ntwo");
    assert_eq!(message.written_text(), "hello");
    let posts = timeline_of(&*store, "a").await;
    assert_eq!(posts[0].text, message.text);
    // The next try gets the words too.
    process.end_turn(started, retry_end(Duration::ZERO)).await;
    let again = process.next_started().await;
    let again = &again.claim.messages[0];
    assert_eq!(again.text, message.text);
    assert_eq!(again.attachments[0].transcript.as_deref(), Some("one"));
}

pub(super) async fn an_edit_keeps_the_words_of_the_recordings(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "").await;
    let store = process.store.clone();
    let kept = keep_transcript(&*store, &started, "a/1", "one").await;
    kept.unwrap();
    let message = started.claim.messages[0].clone();
    let edit = async |text: &str| {
        let edited = MessageEdited {
            channel: web_channel(),
            account: default_account(),
            external_id: "1".into(),
            text: text.to_owned(),
            is_of_part: false,
        };
        store.message_edited(edited).await.unwrap()
    };
    // The platform knows only the written text.
    assert_eq!(edit("").await, Edited::Same(message.id));
    let pause = Duration::from_mins(1);
    process.end_turn(started, retry_end(pause)).await;
    assert_eq!(edit("hello").await, Edited::Taken(message.id));
    assert_eq!(read_message(&*store, &message).await.text, "hello\n\none");
}

pub(super) async fn nobody_but_the_holder_writes_them(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = start_turn(&mut process, "hello").await;
    drop(process);
    let mut process = context.start_process().await;
    let second = process.next_started().await;
    let store = process.store.clone();
    assert!(is_lost(
        &keep_transcript(&*store, &first, "a/1", "old").await
    ));
    let kept = keep_transcript(&*store, &second, "a/1", "new").await;
    kept.unwrap();
    let message = read_message(&*store, &second.claim.messages[0]).await;
    assert_eq!(message.text, "hello\n\nnew");
}
