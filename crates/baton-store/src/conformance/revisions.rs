//! Edits and deletions of messages by their authors.

use std::time::Duration;

use baton_core::id::MessageId;
use baton_core::message::{Message, MessageState, NewMessage};
use baton_core::store::{Edited, MessageEdited, MessagesDeleted, Store};

use super::case_context::{
    CaseContext, claim_next_request, default_account, external_ids, ingest_message, new_message,
    read_message, read_state, retry_end, web_channel, worker_message,
};

async fn edit_message(store: &dyn Store, id: &str, text: &str) -> Edited {
    let edited = MessageEdited {
        channel: web_channel(),
        account: default_account(),
        external_id: id.into(),
        text: text.to_owned(),
        is_of_part: false,
    };
    store.message_edited(edited).await.unwrap()
}

async fn delete_messages(store: &dyn Store, ids: &[&str]) -> Vec<MessageId> {
    let deleted = MessagesDeleted {
        channel: web_channel(),
        account: default_account(),
        external_ids: ids.iter().map(|id| (*id).into()).collect(),
    };
    store.messages_deleted(deleted).await.unwrap()
}

/// The trace of a message, as text.
async fn trace_text(store: &dyn Store, message: &Message) -> String {
    let lines = store.trace(message.id.into()).await.unwrap();
    let lines: Vec<_> = lines.into_iter().map(|line| line.what).collect();
    lines.join("\n")
}

pub(super) async fn what_waits_is_answered_in_its_new_words(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    assert_eq!(
        edit_message(store, "1", "new words").await,
        Edited::Taken(kept.id)
    );
    assert_eq!(
        edit_message(store, "1", "new words").await,
        Edited::Same(kept.id)
    );
    assert_eq!(read_message(store, &kept).await.text, "new words");
    let claimed = store
        .claim_next(claim_next_request("worker"))
        .await
        .unwrap();
    assert_eq!(claimed.unwrap().claim.messages[0].text, "new words");
    let trace = trace_text(store, &kept).await;
    assert_eq!(trace.matches("edited by its author").count(), 1, "{trace}");
    assert!(!trace.contains("text of 1"), "{trace}");
}

pub(super) async fn what_runs_or_is_answered_keeps_its_words(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    let store = process.store.clone();
    let late = |state| Edited::Late(kept.id, state);
    let running = edit_message(&*store, "1", "new words").await;
    assert_eq!(running, late(MessageState::Running));
    process.answer_turn(started, "answer").await;
    for _ in 0..2 {
        let answered = edit_message(&*store, "1", "new words").await;
        assert_eq!(answered, late(MessageState::Answered));
    }
    assert_eq!(read_message(&*store, &kept).await.text, "text of 1");
    let trace = trace_text(&*store, &kept).await;
    for state in ["running", "answered"] {
        let what = format!("edited by its author when it was {state}");
        assert_eq!(trace.matches(&what).count(), 1, "{trace}");
    }
    // People are told once, before the answer.
    let told = process.mark_next_sent().await;
    assert!(told.contains("too late"), "{told}");
    assert_eq!(process.mark_next_sent().await, "answer");
    let trace = trace_text(&*store, &kept).await;
    assert_eq!(trace.matches("notice").count(), 1, "{trace}");
}

pub(super) async fn an_edit_of_one_part_changes_nothing_and_is_told_once(context: CaseContext) {
    let mut process = context.start_process().await;
    let store = process.store.clone();
    ingest_message(&*store, new_message("a", "1")).await;
    let _running = process.next_started().await;
    let kept = ingest_message(&*store, new_message("a", "2")).await;
    for _ in 0..2 {
        let edited = MessageEdited {
            channel: web_channel(),
            account: default_account(),
            external_id: "2".into(),
            text: "a part".to_owned(),
            is_of_part: true,
        };
        let edited = store.message_edited(edited).await.unwrap();
        assert_eq!(edited, Edited::OfPart(kept.id));
    }
    assert_eq!(read_message(&*store, &kept).await.text, "text of 2");
    let told = process.mark_next_sent().await;
    assert!(told.contains("several parts"), "{told}");
}

pub(super) async fn an_edit_of_a_joined_part_finds_its_message(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let joined = NewMessage {
        part_ids: vec!["2".into(), "3".into()],
        ..worker_message("a", "1")
    };
    let kept = ingest_message(store, joined).await;
    // Another message has a part with a number that is a whole message here.
    let other = NewMessage {
        part_ids: vec!["1".into()],
        ..worker_message("a", "9")
    };
    ingest_message(store, other).await;
    for part in ["2", "3"] {
        let edited = edit_message(store, part, "new words").await;
        assert_eq!(edited, Edited::OfPart(kept.id), "{part}");
        let found = store
            .message_by_external_id(&web_channel(), &default_account(), &part.into())
            .await;
        assert_eq!(found.unwrap().unwrap().id, kept.id);
    }
    assert_eq!(edit_message(store, "1", "new words").await, Edited::Taken(kept.id));
    // A part is no message, so its deletion withdraws nothing.
    assert!(delete_messages(store, &["2"]).await.is_empty());
}

pub(super) async fn an_edit_after_a_failed_try_counts(context: CaseContext) {
    let pause = Duration::from_mins(1);
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    process.end_turn(started, retry_end(pause)).await;
    let edited = edit_message(&*process.store, "1", "new words").await;
    assert_eq!(edited, Edited::Taken(kept.id));
    context.advance_clocks(pause);
    process.store.expire().await.unwrap();
    let again = process.next_started().await;
    assert_eq!(again.claim.messages[0].text, "new words");
    assert_eq!(again.claim.attempt, 2);
}

pub(super) async fn what_is_deleted_while_it_waits_is_withdrawn(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let first = ingest_message(store, worker_message("a", "1")).await;
    let second = ingest_message(store, worker_message("a", "2")).await;
    let third = ingest_message(store, worker_message("b", "3")).await;
    assert_eq!(
        delete_messages(store, &["1", "x", "3"]).await,
        [first.id, third.id]
    );
    for gone in [&first, &third] {
        let gone = read_message(store, gone).await;
        assert_eq!(gone.state, MessageState::Withdrawn);
        assert_eq!(gone.reason.as_deref(), Some("deleted on the platform"));
    }
    let next = store
        .claim_next(claim_next_request("worker"))
        .await
        .unwrap();
    assert_eq!(next.unwrap().claim.messages[0].id, second.id);
    let none = store
        .claim_next(claim_next_request("worker"))
        .await
        .unwrap();
    assert!(none.is_none());
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Withdrawn), 2);
    assert_eq!(counts.received, 3);
}

pub(super) async fn what_is_deleted_too_late_says_so(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    assert_eq!(delete_messages(&*process.store, &["1"]).await, []);
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Running
    );
    process.answer_turn(started, "answer").await;
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Answered
    );
    let trace = trace_text(&*process.store, &kept).await;
    assert!(
        trace.contains("deleted when the message was running"),
        "{trace}"
    );
}

pub(super) async fn a_deletion_lets_the_next_one_go(context: CaseContext) {
    let pause = Duration::from_mins(1);
    let mut process = context.start_process().await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    process.end_turn(started, retry_end(pause)).await;
    ingest_message(&*process.store, new_message("a", "2")).await;
    process.assert_nothing_starts().await;
    // The pause was for the first message.
    delete_messages(&*process.store, &["1"]).await;
    assert_eq!(external_ids(&process.next_started().await.claim), ["2"]);
}

pub(super) async fn what_is_not_known_changes_nothing(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    assert_eq!(edit_message(store, "1", "new words").await, Edited::Unknown);
    assert_eq!(delete_messages(store, &["1"]).await, []);
    // A platform may report an edit before the message itself.
    let kept = ingest_message(store, worker_message("a", "1")).await;
    assert_eq!(read_message(store, &kept).await.text, "text of 1");
    assert_eq!(read_state(store, &kept).await, MessageState::Waiting);
}
