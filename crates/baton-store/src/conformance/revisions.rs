//! Edits and deletions of messages by their authors.

use std::time::Duration;

use baton_core::id::MessageId;
use baton_core::message::{Message, MessageState};
use baton_core::store::{Edited, MessageEdited, MessagesDeleted, Store};

use super::bed::{Bed, account, claim_next, ids, job, message, now, retry, say, state, web};

async fn edit(store: &dyn Store, id: &str, text: &str) -> Edited {
    let edited = MessageEdited {
        channel: web(),
        account: account(),
        external_id: id.into(),
        text: text.to_owned(),
    };
    store.message_edited(edited).await.unwrap()
}

async fn delete(store: &dyn Store, ids: &[&str]) -> Vec<MessageId> {
    let deleted = MessagesDeleted {
        channel: web(),
        account: account(),
        external_ids: ids.iter().map(|id| (*id).into()).collect(),
    };
    store.messages_deleted(deleted).await.unwrap()
}

/// The trace of a message, as text.
async fn trace(store: &dyn Store, message: &Message) -> String {
    let lines = store.trace(message.id.into()).await.unwrap();
    let lines: Vec<_> = lines.into_iter().map(|line| line.what).collect();
    lines.join("\n")
}

pub(super) async fn what_waits_is_answered_in_its_new_words(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    assert_eq!(edit(store, "1", "new words").await, Edited::Taken(kept.id));
    assert_eq!(edit(store, "1", "new words").await, Edited::Same(kept.id));
    assert_eq!(now(store, &kept).await.text, "new words");
    let claimed = store.claim_next(claim_next("worker")).await.unwrap();
    assert_eq!(claimed.unwrap().claim.messages[0].text, "new words");
    let trace = trace(store, &kept).await;
    assert_eq!(trace.matches("edited by its author").count(), 1, "{trace}");
    assert!(!trace.contains("text of 1"), "{trace}");
}

pub(super) async fn what_runs_or_is_answered_keeps_its_words(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    let store = process.store.clone();
    let late = |state| Edited::Late(kept.id, state);
    let running = edit(&*store, "1", "new words").await;
    assert_eq!(running, late(MessageState::Running));
    process.answer(started, "answer").await;
    for _ in 0..2 {
        let answered = edit(&*store, "1", "new words").await;
        assert_eq!(answered, late(MessageState::Answered));
    }
    assert_eq!(now(&*store, &kept).await.text, "text of 1");
    let trace = trace(&*store, &kept).await;
    for state in ["running", "answered"] {
        let what = format!("edited by its author when it was {state}");
        assert_eq!(trace.matches(&what).count(), 1, "{trace}");
    }
}

pub(super) async fn an_edit_after_a_failed_try_counts(bed: Bed) {
    let pause = Duration::from_mins(1);
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    process.end(started, retry(pause)).await;
    let edited = edit(&*process.store, "1", "new words").await;
    assert_eq!(edited, Edited::Taken(kept.id));
    bed.advance(pause);
    process.store.expire().await.unwrap();
    let again = process.started().await;
    assert_eq!(again.claim.messages[0].text, "new words");
    assert_eq!(again.claim.attempt, 2);
}

pub(super) async fn what_is_deleted_while_it_waits_is_withdrawn(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let first = say(store, job("a", "1")).await;
    let second = say(store, job("a", "2")).await;
    let third = say(store, job("b", "3")).await;
    assert_eq!(delete(store, &["1", "x", "3"]).await, [first.id, third.id]);
    for gone in [&first, &third] {
        let gone = now(store, gone).await;
        assert_eq!(gone.state, MessageState::Withdrawn);
        assert_eq!(gone.reason.as_deref(), Some("deleted where it was written"));
    }
    let next = store.claim_next(claim_next("worker")).await.unwrap();
    assert_eq!(next.unwrap().claim.messages[0].id, second.id);
    let none = store.claim_next(claim_next("worker")).await.unwrap();
    assert!(none.is_none());
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Withdrawn), 2);
    assert_eq!(counts.received, 3);
}

pub(super) async fn what_is_deleted_too_late_says_so(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    assert_eq!(delete(&*process.store, &["1"]).await, []);
    assert_eq!(state(&*process.store, &kept).await, MessageState::Running);
    process.answer(started, "answer").await;
    assert_eq!(state(&*process.store, &kept).await, MessageState::Answered);
    let trace = trace(&*process.store, &kept).await;
    assert!(trace.contains("deleted when it was running"), "{trace}");
}

pub(super) async fn a_deletion_lets_the_next_one_go(bed: Bed) {
    let pause = Duration::from_mins(1);
    let mut process = bed.start().await;
    say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    process.end(started, retry(pause)).await;
    say(&*process.store, message("a", "2")).await;
    process.nothing_starts().await;
    // The pause was for the first message.
    delete(&*process.store, &["1"]).await;
    assert_eq!(ids(&process.started().await.claim), ["2"]);
}

pub(super) async fn what_is_not_known_changes_nothing(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    assert_eq!(edit(store, "1", "new words").await, Edited::Unknown);
    assert_eq!(delete(store, &["1"]).await, []);
    // A platform may report an edit before the message itself.
    let kept = say(store, job("a", "1")).await;
    assert_eq!(now(store, &kept).await.text, "text of 1");
    assert_eq!(state(store, &kept).await, MessageState::Waiting);
}
