//! Actions of people on messages: stop, replay, drop.

use baton_core::delivery::DeliveryState;
use baton_core::id::{MessageId, Seq};
use baton_core::message::MessageState;
use baton_core::name::PersonId;
use baton_core::store::{ControlError, DeliveryFailure, Stopped, Subject, TurnSaid};
use baton_core::turn::{TurnEnd, TurnState};

use super::bed::{
    Bed, Process, claim, claim_next, dead, done, ended, ids, is_lost, job, message, now, say, state,
};

fn ada() -> PersonId {
    "person-1".into()
}

pub(super) async fn stop_withdraws_what_waits(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    let stopped = store.stop(kept.id, &ada()).await.unwrap();
    assert_eq!(stopped, Stopped::Withdrawn);
    assert_eq!(state(store, &kept).await, MessageState::Withdrawn);
    let next = store.claim_next(super::bed::claim_next("worker")).await;
    assert!(next.unwrap().is_none());
}

pub(super) async fn stop_lets_the_next_one_go(bed: Bed) {
    let mut process = bed.start().await;
    say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    let second = say(&*process.store, message("a", "2")).await;
    say(&*process.store, message("a", "3")).await;
    process.store.stop(second.id, &ada()).await.unwrap();
    process.answer(started, "answer").await;
    assert_eq!(ids(&process.started().await.claim), ["3"]);
}

pub(super) async fn stop_reports_what_runs_here(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    let stopped = process.store.stop(kept.id, &ada()).await.unwrap();
    assert_eq!(stopped, Stopped::Running(started.claim.turn));
    // Only its dispatcher can end this turn.
    assert_eq!(state(&*process.store, &kept).await, MessageState::Running);
    process.answer(started, "answer").await;
    assert_eq!(state(&*process.store, &kept).await, MessageState::Answered);
}

pub(super) async fn stop_takes_it_from_a_worker(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    let next = say(store, job("a", "2")).await;
    let held = claim(store, &kept, "worker").await;
    let stopped = store.stop(kept.id, &ada()).await.unwrap();
    assert_eq!(stopped, Stopped::Withdrawn);
    assert_eq!(state(store, &kept).await, MessageState::Withdrawn);
    assert!(store.renew(kept.id, &"worker".into()).await.is_err());
    assert!(is_lost(&store.finish(done(&held, "late"), None).await));
    let turn = store.turn_of(kept.id).await.unwrap().unwrap();
    assert_eq!(turn.state, TurnState::Cancelled);
    claim(store, &next, "worker").await;
}

pub(super) async fn stop_of_what_is_over_says_so(bed: Bed) {
    let mut process = bed.start().await;
    let kept = process.exchange(message("a", "1"), "answer").await;
    let error = process.store.stop(kept.id, &ada()).await.unwrap_err();
    let ControlError::NotPossible { id, .. } = &error else {
        panic!("it is answered, so {error}");
    };
    assert_eq!(*id, kept.id.into());
    assert!(error.to_string().ends_with("can be stopped"), "{error}");
    let nothing = MessageId(i64::from(i32::MAX));
    let error = process.store.stop(nothing, &ada()).await.unwrap_err();
    assert_eq!(error, ControlError::Unknown(nothing.into()));
}

pub(super) async fn replay_begins_as_if_never_tried(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    say(&*process.store, message("a", "2")).await;
    let started = process.started().await;
    process.end(started, dead()).await;
    let second = process.started().await;
    say(&*process.store, message("a", "3")).await;
    let subject = process.store.replay(kept.id.into(), &ada()).await;
    assert_eq!(subject.unwrap(), Subject::Message);
    let waits = now(&*process.store, &kept).await;
    assert_eq!((waits.state, waits.attempts), (MessageState::Waiting, 0));
    assert_eq!(waits.reason, None);
    assert!(process.store.dead(10).await.unwrap().is_empty());
    process.answer(second, "answer").await;
    // The message arrived before the third one, so it is answered first.
    let again = process.started().await;
    assert_eq!(ids(&again.claim), ["1"]);
    assert_eq!(again.claim.attempt, 1);
    process.answer(again, "answer").await;
    // A stopped message can be replayed as well.
    let third = process.started().await;
    let third_message = third.claim.messages[0].clone();
    let end = TurnEnd::Cancelled {
        reason: "stopped".to_owned(),
    };
    process.end(third, end).await;
    process
        .store
        .replay(third_message.id.into(), &ada())
        .await
        .unwrap();
    assert_eq!(ids(&process.started().await.claim), ["3"]);
}

/// A message with an answer whose delivery is dead.
async fn dead_delivery(process: &mut Process) -> Seq {
    say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    process.answer(started, "the answer").await;
    let outgoing = process.outgoing().await;
    let failure = DeliveryFailure::Dead {
        reason: "the room is gone".to_owned(),
    };
    let (id, slot) = (outgoing.delivery.id, Some(outgoing.slot));
    process
        .store
        .delivery_failed(id, failure, slot)
        .await
        .unwrap();
    let letters = process.store.dead(10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].subject, Subject::Delivery);
    assert_eq!(letters[0].text, "the answer");
    assert_eq!(letters[0].reason.as_deref(), Some("the room is gone"));
    letters[0].id
}

pub(super) async fn replay_of_a_delivery_sends_it_again(bed: Bed) {
    let mut process = bed.start().await;
    let id = dead_delivery(&mut process).await;
    let subject = process.store.replay(id, &ada()).await.unwrap();
    assert_eq!(subject, Subject::Delivery);
    let outgoing = process.outgoing().await;
    assert_eq!(outgoing.delivery.id.0, id.0);
    assert_eq!(outgoing.delivery.attempt, 1);
    assert!(
        outgoing.delivery.maybe_repeated,
        "some of it may be there already"
    );
    assert_eq!(outgoing.delivery.operation.text(), "the answer");
    process
        .store
        .delivery_sent(outgoing.delivery.id, None, Some(outgoing.slot))
        .await
        .unwrap();
    assert!(process.store.dead(10).await.unwrap().is_empty());
}

pub(super) async fn replay_of_what_is_well_says_so(bed: Bed) {
    let mut process = bed.start().await;
    let kept = process.exchange(message("a", "1"), "answer").await;
    let error = process.store.replay(kept.id.into(), &ada()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, ControlError::NotPossible { .. }), "{error}");
    let error = process.store.drop_dead(kept.id.into(), &ada()).await;
    let error = error.unwrap_err();
    assert!(matches!(error, ControlError::NotPossible { .. }), "{error}");
    let nothing = Seq(i64::from(i32::MAX));
    let error = process.store.replay(nothing, &ada()).await.unwrap_err();
    assert_eq!(error, ControlError::Unknown(nothing));
    let error = process.store.drop_dead(nothing, &ada()).await.unwrap_err();
    assert_eq!(error, ControlError::Unknown(nothing));
    process.nothing_starts().await;
    process.nothing_goes_out().await;
}

pub(super) async fn drop_forgets_what_is_dead(bed: Bed) {
    let mut process = bed.start().await;
    let delivery = dead_delivery(&mut process).await;
    let subject = process.store.drop_dead(delivery, &ada()).await.unwrap();
    assert_eq!(subject, Subject::Delivery);
    let kept = say(&*process.store, message("a", "2")).await;
    let started = process.started().await;
    process.end(started, dead()).await;
    let subject = process.store.drop_dead(kept.id.into(), &ada()).await;
    assert_eq!(subject.unwrap(), Subject::Message);
    assert!(process.store.dead(10).await.unwrap().is_empty());
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Dead), 0);
    assert_eq!(counts.messages_in(MessageState::Withdrawn), 1);
    assert_eq!(counts.deliveries_in(DeliveryState::Dead), 0);
    assert_eq!(counts.received, 2);
    process.nothing_starts().await;
    process.nothing_goes_out().await;
}

pub(super) async fn claims_are_counted_through_replays(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    for claims in 1..4 {
        let claim = store.claim_next(claim_next("worker")).await.unwrap();
        let claim = claim.unwrap().claim;
        let turn = store.turn_of(kept.id).await.unwrap().unwrap();
        assert_eq!((turn.attempt, turn.claims), (1, claims));
        store.finish(ended(&claim, dead()), None).await.unwrap();
        assert_eq!(store.said_in(kept.id, claim.turn).await.unwrap(), TurnSaid::Nothing);
        store.replay(kept.id.into(), &"ada".into()).await.unwrap();
    }
    let claim = store.claim_next(claim_next("worker")).await.unwrap();
    let claim = claim.unwrap().claim;
    store.finish(done(&claim, "said"), None).await.unwrap();
    let said = store.said_in(kept.id, claim.turn).await.unwrap();
    assert_eq!(said, TurnSaid::Words("said".to_owned()));
}
