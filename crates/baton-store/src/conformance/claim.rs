//! Claims by outside workers: one worker wins, and only the next message can be claimed.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_core::message::MessageState;
use baton_core::name::SessionId;
use baton_core::store::{ClaimError, Ingest};
use baton_core::turn::{SessionChange, TurnEnd};

use super::case_context::{
    CaseContext, WORKER_AGENT, WithChange, claim_message, claim_request, external_ids, finish_with,
    finish_with_reply, ingest_message, new_message, read_state, web_place, worker_message,
};

pub(super) async fn one_of_many_wins(context: CaseContext) {
    let process = context.start_idle().await;
    let messages = (0..20).map(|n| worker_message(&n.to_string(), &n.to_string()));
    let batch = Ingest {
        messages: messages.collect(),
        ..Ingest::default()
    };
    let kept = process.store.ingest(batch).await.unwrap();
    for kept in &kept {
        let message = kept.message().clone();
        let mut claims = tokio::task::JoinSet::new();
        for worker in 0..20 {
            let store = Arc::clone(&process.store);
            let claim = claim_request(&message, &format!("worker-{worker}"));
            claims.spawn(async move { store.claim(claim).await });
        }
        let outcomes = claims.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!((won.len(), lost.len()), (1, 19));
        for outcome in lost {
            let error = outcome.unwrap_err();
            assert!(matches!(error, ClaimError::NotClaimable { .. }), "{error}");
        }
    }
}

pub(super) async fn one_conversation_runs_one_turn(context: CaseContext) {
    let process = context.start_idle().await;
    let mut messages = Vec::new();
    for n in 0..5 {
        messages.push(ingest_message(&*process.store, worker_message("a", &n.to_string())).await);
    }
    // Many workers claim different messages of one conversation at once.
    for round in 0..5 {
        let mut claims = tokio::task::JoinSet::new();
        for message in messages.iter().cycle().take(20) {
            let store = Arc::clone(&process.store);
            let claim = claim_request(message, "worker");
            claims.spawn(async move { store.claim(claim).await });
        }
        let outcomes = claims.join_all().await;
        let won: Vec<_> = outcomes.into_iter().filter_map(Result::ok).collect();
        assert_eq!(won.len(), 1, "one turn at a time");
        assert_eq!(external_ids(&won[0].claim), [round.to_string()], "in order");
        let counts = process.store.counts().await.unwrap();
        assert_eq!(counts.messages_in(MessageState::Running), 1);
        let finish = finish_with_reply(&won[0].claim, "answer");
        process.store.finish(finish, None).await.unwrap();
    }
}

pub(super) async fn a_later_message_cannot_be_claimed_before_its_time(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let first = ingest_message(store, worker_message("a", "1")).await;
    let second = ingest_message(store, worker_message("a", "2")).await;
    let error = store
        .claim(claim_request(&second, "worker"))
        .await
        .unwrap_err();
    assert!(matches!(error, ClaimError::NotItsTurn { .. }), "{error}");
    let held = claim_message(store, &first, "worker").await;
    let error = store
        .claim(claim_request(&second, "worker"))
        .await
        .unwrap_err();
    assert!(matches!(error, ClaimError::NotItsTurn { .. }), "{error}");
    assert_eq!(read_state(store, &second).await, MessageState::Waiting);
    store
        .finish(finish_with_reply(&held, "answer"), None)
        .await
        .unwrap();
    claim_message(store, &second, "worker").await;
}

pub(super) async fn what_cannot_be_claimed_says_why(context: CaseContext) {
    let mut process = context.start_process().await;
    let unknown = ingest_message(&*process.store, worker_message("a", "1"))
        .await
        .with_message_id(i64::from(i32::MAX));
    let error = process.store.claim(claim_request(&unknown, "worker")).await;
    assert_eq!(error.unwrap_err(), ClaimError::Unknown(unknown.id));

    let in_process = ingest_message(&*process.store, new_message("b", "2")).await;
    let error = process
        .store
        .claim(claim_request(&in_process, "worker"))
        .await;
    let error = error.unwrap_err();
    assert!(matches!(error, ClaimError::NotClaimable { .. }), "{error}");

    let started = process.next_started().await;
    process.answer_turn(started, "answer").await;
    let error = process
        .store
        .claim(claim_request(&in_process, "worker"))
        .await;
    let error = error.unwrap_err();
    assert!(matches!(error, ClaimError::NotClaimable { .. }), "{error}");
}

pub(super) async fn holds_all_that_is_needed_to_run_it(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    let first = claim_message(store, &kept, "worker").await;
    assert_eq!(first.conversation, kept.conversation);
    assert_eq!(first.place, web_place("a"));
    assert_eq!(first.persona.as_str(), "hal");
    assert_eq!(first.agent.as_str(), WORKER_AGENT);
    assert_eq!(first.messages.len(), 1);
    assert_eq!(first.messages[0].id, kept.id);
    assert_eq!(first.messages[0].text, kept.text);
    assert_eq!(first.messages[0].turn, Some(first.turn));
    assert_eq!((first.attempt, first.interrupted), (1, false));
    assert_eq!(first.session, None);
    let session = SessionId::from("s-1");
    let finish = finish_with_reply(&first, "answer")
        .with_change(|finish| finish.session = SessionChange::Set(session.clone()));
    store.finish(finish, None).await.unwrap();
    let next = ingest_message(store, worker_message("a", "2")).await;
    assert_eq!(
        claim_message(store, &next, "worker").await.session,
        Some(session)
    );
}

pub(super) async fn every_claim_outdates_the_one_before(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    let (mut fences, mut turns) = (BTreeSet::new(), BTreeSet::new());
    let mut newest = None;
    for _ in 0..5 {
        let held = claim_message(store, &kept, "worker").await;
        assert!(newest < Some(held.fence), "fences grow");
        newest = Some(held.fence);
        fences.insert(held.fence);
        turns.insert(held.turn);
        let finish = finish_with(&held, TurnEnd::Interrupted);
        store.finish(finish, None).await.unwrap();
    }
    assert_eq!((fences.len(), turns.len()), (5, 5));
}

trait WithMessageId {
    fn with_message_id(self, id: i64) -> Self;
}

impl WithMessageId for baton_core::message::Message {
    fn with_message_id(mut self, id: i64) -> Self {
        self.id.0 = id;
        self
    }
}
