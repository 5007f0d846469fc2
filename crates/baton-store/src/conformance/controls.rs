//! Actions of people on messages: stop, replay, drop.

use baton_core::delivery::DeliveryState;
use baton_core::id::{MessageId, Seq};
use baton_core::message::MessageState;
use baton_core::name::PersonId;
use baton_core::store::{
    ControlError, DeliveryFailure, Stopped, Subject, TurnEffect, TurnSaid,
};
use baton_core::turn::{TurnEnd, TurnState};

use super::case_context::{
    CaseContext, TestProcess, claim_message, claim_next_request, dead_end, external_ids,
    finish_with, finish_with_reply, ingest_message, is_lost, new_message, read_message, read_state,
    worker_message,
};

fn ada_id() -> PersonId {
    "person-1".into()
}

pub(super) async fn stop_withdraws_what_waits(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    let stopped = store.stop(kept.id, &ada_id()).await.unwrap();
    assert_eq!(stopped, Stopped::Withdrawn);
    assert_eq!(read_state(store, &kept).await, MessageState::Withdrawn);
    let next = store
        .claim_next(super::case_context::claim_next_request("worker"))
        .await;
    assert!(next.unwrap().is_none());
}

pub(super) async fn stop_lets_the_next_one_go(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    let second = ingest_message(&*process.store, new_message("a", "2")).await;
    ingest_message(&*process.store, new_message("a", "3")).await;
    process.store.stop(second.id, &ada_id()).await.unwrap();
    process.answer_turn(started, "answer").await;
    assert_eq!(external_ids(&process.next_started().await.claim), ["3"]);
}

pub(super) async fn stop_reaches_what_runs_here(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    let stopped = process.store.stop(kept.id, &ada_id()).await.unwrap();
    let turn = started.claim.turn;
    assert_eq!(stopped, Stopped::Running(turn));
    let effect = process.next_effect().await;
    assert!(
        matches!(&effect, TurnEffect::Stop(stopped, by) if *stopped == turn && *by == ada_id()),
        "{effect:?}"
    );
    // Only its dispatcher can end this turn.
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Running
    );
    process.answer_turn(started, "answer").await;
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Answered
    );
}

pub(super) async fn stop_takes_it_from_a_worker(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    let next = ingest_message(store, worker_message("a", "2")).await;
    let held = claim_message(store, &kept, "worker").await;
    let stopped = store.stop(kept.id, &ada_id()).await.unwrap();
    assert_eq!(stopped, Stopped::Withdrawn);
    assert_eq!(read_state(store, &kept).await, MessageState::Withdrawn);
    assert!(store.renew(kept.id, &"worker".into()).await.is_err());
    assert!(is_lost(
        &store.finish(finish_with_reply(&held, "late"), None).await
    ));
    let turn = store.turn_of(kept.id).await.unwrap().unwrap();
    assert_eq!(turn.state, TurnState::Cancelled);
    claim_message(store, &next, "worker").await;
}

pub(super) async fn stop_of_what_is_over_says_so(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = process
        .complete_exchange(new_message("a", "1"), "answer")
        .await;
    let error = process.store.stop(kept.id, &ada_id()).await.unwrap_err();
    let ControlError::NotPossible { id, .. } = &error else {
        panic!("it is answered, so {error}");
    };
    assert_eq!(*id, kept.id.into());
    assert!(error.to_string().ends_with("can be stopped"), "{error}");
    let nothing = MessageId(i64::from(i32::MAX));
    let error = process.store.stop(nothing, &ada_id()).await.unwrap_err();
    assert_eq!(error, ControlError::Unknown(nothing.into()));
}

pub(super) async fn replay_begins_as_if_never_tried(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    ingest_message(&*process.store, new_message("a", "2")).await;
    let started = process.next_started().await;
    process.end_turn(started, dead_end()).await;
    let second = process.next_started().await;
    ingest_message(&*process.store, new_message("a", "3")).await;
    let subject = process.store.replay(kept.id.into(), &ada_id()).await;
    assert_eq!(subject.unwrap(), Subject::Message);
    let waits = read_message(&*process.store, &kept).await;
    assert_eq!((waits.state, waits.attempts), (MessageState::Waiting, 0));
    assert_eq!(waits.reason, None);
    assert!(process.store.dead(10).await.unwrap().is_empty());
    process.answer_turn(second, "answer").await;
    // The message arrived before the third one, so it is answered first.
    let again = process.next_started().await;
    assert_eq!(external_ids(&again.claim), ["1"]);
    assert_eq!(again.claim.attempt, 1);
    process.answer_turn(again, "answer").await;
    // A stopped message can be replayed as well.
    let third = process.next_started().await;
    let third_message = third.claim.messages[0].clone();
    let end = TurnEnd::Cancelled {
        reason: "stopped".to_owned(),
    };
    process.end_turn(third, end).await;
    process
        .store
        .replay(third_message.id.into(), &ada_id())
        .await
        .unwrap();
    assert_eq!(external_ids(&process.next_started().await.claim), ["3"]);
}

/// A message with an answer whose delivery is dead.
async fn dead_delivery(process: &mut TestProcess) -> Seq {
    ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    process.answer_turn(started, "the answer").await;
    let outgoing = process.next_outgoing().await;
    let failure = DeliveryFailure::Dead {
        reason: "the room is gone".to_owned(),
    };
    let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
    process
        .store
        .delivery_failed(attempt, failure, slot)
        .await
        .unwrap();
    let letters = process.store.dead(10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].subject, Subject::Delivery);
    assert_eq!(letters[0].text, "the answer");
    assert_eq!(letters[0].reason.as_deref(), Some("the room is gone"));
    letters[0].id
}

pub(super) async fn replay_of_a_delivery_sends_it_again(context: CaseContext) {
    let mut process = context.start_process().await;
    let id = dead_delivery(&mut process).await;
    let subject = process.store.replay(id, &ada_id()).await.unwrap();
    assert_eq!(subject, Subject::Delivery);
    let outgoing = process.next_outgoing().await;
    assert_eq!(outgoing.delivery.id.0, id.0);
    assert_eq!(outgoing.delivery.attempt, 1);
    assert!(
        outgoing.delivery.maybe_repeated,
        "some of it may be there already"
    );
    assert_eq!(outgoing.delivery.operation.text(), "the answer");
    let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
    let sent = process.store.delivery_sent(attempt, None, slot);
    sent.await.unwrap();
    assert!(process.store.dead(10).await.unwrap().is_empty());
}

pub(super) async fn replay_of_what_is_well_says_so(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = process
        .complete_exchange(new_message("a", "1"), "answer")
        .await;
    let error = process.store.replay(kept.id.into(), &ada_id()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, ControlError::NotPossible { .. }), "{error}");
    let error = process.store.drop_dead(kept.id.into(), &ada_id()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, ControlError::NotPossible { .. }), "{error}");
    let nothing = Seq(i64::from(i32::MAX));
    let error = process.store.replay(nothing, &ada_id()).await.unwrap_err();
    assert_eq!(error, ControlError::Unknown(nothing));
    let error = process
        .store
        .drop_dead(nothing, &ada_id())
        .await
        .unwrap_err();
    assert_eq!(error, ControlError::Unknown(nothing));
    process.assert_nothing_starts().await;
    process.assert_nothing_goes_out().await;
}

pub(super) async fn drop_forgets_what_is_dead(context: CaseContext) {
    let mut process = context.start_process().await;
    let delivery = dead_delivery(&mut process).await;
    let subject = process.store.drop_dead(delivery, &ada_id()).await.unwrap();
    assert_eq!(subject, Subject::Delivery);
    let kept = ingest_message(&*process.store, new_message("a", "2")).await;
    let started = process.next_started().await;
    process.end_turn(started, dead_end()).await;
    let subject = process.store.drop_dead(kept.id.into(), &ada_id()).await;
    assert_eq!(subject.unwrap(), Subject::Message);
    assert!(process.store.dead(10).await.unwrap().is_empty());
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Dead), 0);
    assert_eq!(counts.messages_in(MessageState::Withdrawn), 1);
    assert_eq!(counts.deliveries_in(DeliveryState::Dead), 0);
    assert_eq!(counts.received, 2);
    process.assert_nothing_starts().await;
    process.assert_nothing_goes_out().await;
}

pub(super) async fn claims_are_counted_through_replays(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    for claims in 1..4 {
        let claim = store
            .claim_next(claim_next_request("worker"))
            .await
            .unwrap();
        let claim = claim.unwrap().claim;
        let turn = store.turn_of(kept.id).await.unwrap().unwrap();
        assert_eq!((turn.attempt, turn.claims), (1, claims));
        store
            .finish(finish_with(&claim, dead_end()), None)
            .await
            .unwrap();
        assert_eq!(
            store.said_in(kept.id, claim.turn).await.unwrap(),
            TurnSaid::Nothing
        );
        store.replay(kept.id.into(), &"ada".into()).await.unwrap();
    }
    let claim = store
        .claim_next(claim_next_request("worker"))
        .await
        .unwrap();
    let claim = claim.unwrap().claim;
    store
        .finish(finish_with_reply(&claim, "said"), None)
        .await
        .unwrap();
    let said = store.said_in(kept.id, claim.turn).await.unwrap();
    assert_eq!(said, TurnSaid::Words("said".to_owned()));
}
