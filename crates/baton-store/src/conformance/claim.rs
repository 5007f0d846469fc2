//! Claims by outside workers: one worker wins, and only the next message can be claimed.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_core::message::MessageState;
use baton_core::name::SessionId;
use baton_core::store::{ClaimError, Ingest};
use baton_core::turn::{SessionChange, TurnEnd};

use super::bed::{
    Bed, But, HANDS, claim, claim_of, done, ended, ids, job, message, place, say, state,
};

pub(super) async fn one_of_many_wins(bed: Bed) {
    let process = bed.start_idle().await;
    let messages = (0..20).map(|n| job(&n.to_string(), &n.to_string()));
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
            let claim = claim_of(&message, &format!("worker-{worker}"));
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

pub(super) async fn one_conversation_runs_one_turn(bed: Bed) {
    let process = bed.start_idle().await;
    let mut messages = Vec::new();
    for n in 0..5 {
        messages.push(say(&*process.store, job("a", &n.to_string())).await);
    }
    // Many workers claim different messages of one conversation at once.
    for round in 0..5 {
        let mut claims = tokio::task::JoinSet::new();
        for message in messages.iter().cycle().take(20) {
            let store = Arc::clone(&process.store);
            let claim = claim_of(message, "worker");
            claims.spawn(async move { store.claim(claim).await });
        }
        let outcomes = claims.join_all().await;
        let won: Vec<_> = outcomes.into_iter().filter_map(Result::ok).collect();
        assert_eq!(won.len(), 1, "one turn at a time");
        assert_eq!(ids(&won[0].claim), [round.to_string()], "in order");
        let counts = process.store.counts().await.unwrap();
        assert_eq!(counts.messages_in(MessageState::Running), 1);
        let finish = done(&won[0].claim, "answer");
        process.store.finish(finish, None).await.unwrap();
    }
}

pub(super) async fn a_later_message_cannot_be_claimed_before_its_time(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let first = say(store, job("a", "1")).await;
    let second = say(store, job("a", "2")).await;
    let error = store.claim(claim_of(&second, "worker")).await.unwrap_err();
    assert!(matches!(error, ClaimError::NotItsTurn { .. }), "{error}");
    let held = claim(store, &first, "worker").await;
    let error = store.claim(claim_of(&second, "worker")).await.unwrap_err();
    assert!(matches!(error, ClaimError::NotItsTurn { .. }), "{error}");
    assert_eq!(state(store, &second).await, MessageState::Waiting);
    store.finish(done(&held, "answer"), None).await.unwrap();
    claim(store, &second, "worker").await;
}

pub(super) async fn what_cannot_be_claimed_says_why(bed: Bed) {
    let mut process = bed.start().await;
    let unknown = say(&*process.store, job("a", "1"))
        .await
        .but_id(i64::from(i32::MAX));
    let error = process.store.claim(claim_of(&unknown, "worker")).await;
    assert_eq!(error.unwrap_err(), ClaimError::Unknown(unknown.id));

    let in_process = say(&*process.store, message("b", "2")).await;
    let error = process.store.claim(claim_of(&in_process, "worker")).await;
    let error = error.unwrap_err();
    assert!(matches!(error, ClaimError::NotClaimable { .. }), "{error}");

    let started = process.started().await;
    process.answer(started, "answer").await;
    let error = process.store.claim(claim_of(&in_process, "worker")).await;
    let error = error.unwrap_err();
    assert!(matches!(error, ClaimError::NotClaimable { .. }), "{error}");
}

pub(super) async fn holds_all_that_is_needed_to_run_it(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    let first = claim(store, &kept, "worker").await;
    assert_eq!(first.conversation, kept.conversation);
    assert_eq!(first.place, place("a"));
    assert_eq!(first.persona.as_str(), "hal");
    assert_eq!(first.agent.as_str(), HANDS);
    assert_eq!(first.messages.len(), 1);
    assert_eq!(first.messages[0].id, kept.id);
    assert_eq!(first.messages[0].text, kept.text);
    assert_eq!(first.messages[0].turn, Some(first.turn));
    assert_eq!((first.attempt, first.interrupted), (1, false));
    assert_eq!(first.session, None);
    let session = SessionId::from("s-1");
    let finish =
        done(&first, "answer").but(|finish| finish.session = SessionChange::Set(session.clone()));
    store.finish(finish, None).await.unwrap();
    let next = say(store, job("a", "2")).await;
    assert_eq!(claim(store, &next, "worker").await.session, Some(session));
}

pub(super) async fn every_claim_outdates_the_one_before(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    let (mut fences, mut turns) = (BTreeSet::new(), BTreeSet::new());
    let mut newest = None;
    for _ in 0..5 {
        let held = claim(store, &kept, "worker").await;
        assert!(newest < Some(held.fence), "fences grow");
        newest = Some(held.fence);
        fences.insert(held.fence);
        turns.insert(held.turn);
        let finish = ended(&held, TurnEnd::Interrupted);
        store.finish(finish, None).await.unwrap();
    }
    assert_eq!((fences.len(), turns.len()), (5, 5));
}

trait ButId {
    fn but_id(self, id: i64) -> Self;
}

impl ButId for baton_core::message::Message {
    fn but_id(mut self, id: i64) -> Self {
        self.id.0 = id;
        self
    }
}
