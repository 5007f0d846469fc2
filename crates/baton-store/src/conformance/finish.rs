//! A turn ends, and all of its results are recorded at once.

use std::time::Duration;

use baton_core::delivery::{DeliveryState, Operation};
use baton_core::message::MessageState;
use baton_core::store::{ClaimError, Subject, WaitingQuery};
use baton_core::turn::{TurnEnd, TurnState, Usage};

use super::bed::{
    Bed, But, ECHO, claim, claim_of, dead, done, ended, ids, is_lost, job, message, now, reply,
    retry, say, state,
};

pub(super) async fn an_answer_is_kept_whole(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    let finish = done(&started.claim, "first").but(|finish| {
        finish.deliveries.push(reply(&started.claim, "second"));
        finish.deliveries[1].operation = Operation::notice("second");
        finish.usage = Usage {
            duration_ms: None,
            input_tokens: Some(3),
            output_tokens: Some(4),
            cost_micros: Some(5),
        };
    });
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
    assert_eq!(state(&*process.store, &kept).await, MessageState::Answered);
    let turn = process.store.turn_of(kept.id).await.unwrap().unwrap();
    assert_eq!(turn.state, TurnState::Done);
    assert_eq!(process.carry().await, "first");
    assert_eq!(process.carry().await, "second");
    process.nothing_goes_out().await;
}

pub(super) async fn a_stale_fence_is_refused_and_changes_nothing(bed: Bed) {
    let mut process = bed.start_idle().await;
    let kept = say(&*process.store, job("a", "1")).await;
    let first = claim(&*process.store, &kept, "worker").await;
    let finish = ended(&first, TurnEnd::Interrupted);
    process.store.finish(finish, None).await.unwrap();
    let second = claim(&*process.store, &kept, "worker").await;
    let mut older = second.clone();
    older.fence.0 -= 1;
    for stale in [&first, &older] {
        for end in [TurnEnd::Done, dead(), retry(Duration::from_secs(9))] {
            let finish = ended(stale, end).but(|finish| {
                finish.deliveries.push(reply(stale, "late"));
                finish.session = baton_core::turn::SessionChange::Set("stolen".into());
            });
            assert!(is_lost(&process.store.finish(finish, None).await));
        }
    }
    process.nothing_goes_out().await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.deliveries.values().sum::<u64>(), 0);
    assert_eq!(state(&*process.store, &kept).await, MessageState::Running);
    let finish = done(&second, "answer");
    process.store.finish(finish, None).await.unwrap();
    let next = say(&*process.store, job("a", "2")).await;
    assert_eq!(claim(&*process.store, &next, "worker").await.session, None);
}

pub(super) async fn a_turn_ends_once(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    let held = claim(store, &kept, "worker").await;
    store.finish(done(&held, "answer"), None).await.unwrap();
    assert!(is_lost(&store.finish(done(&held, "again"), None).await));
    assert!(is_lost(&store.finish(ended(&held, dead()), None).await));
    assert_eq!(state(store, &kept).await, MessageState::Answered);
    let deliveries = store.counts().await.unwrap().deliveries;
    assert_eq!(deliveries.values().sum::<u64>(), 1);
}

pub(super) async fn retry_holds_the_conversation_and_keeps_the_order(bed: Bed) {
    let mut process = bed.start().await;
    let first = say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    say(&*process.store, message("a", "2")).await;
    let pause = Duration::from_secs(10);
    let finish = ended(&started.claim, retry(pause)).but(|finish| {
        let notice = baton_core::notice::will_retry(first.id, "the model stumbled");
        finish.deliveries.push(notice);
    });
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
    let waits = now(&*process.store, &first).await;
    assert_eq!((waits.state, waits.attempts), (MessageState::Waiting, 1));
    // The notice is sent at once, because deliveries do not wait for the pause.
    process.carry().await;
    say(&*process.store, message("a", "3")).await;
    process.nothing_starts().await;
    bed.advance(pause);
    process.store.expire().await.unwrap();
    for (expected, attempt) in [("1", 2), ("2", 1), ("3", 1)] {
        let started = process.started().await;
        assert_eq!(ids(&started.claim), [expected]);
        assert_eq!(started.claim.attempt, attempt);
        process.end(started, TurnEnd::Done).await;
    }
}

pub(super) async fn retry_holds_nobody_else(bed: Bed) {
    let mut process = bed.start_with(1, &[(ECHO, 1)], 8).await;
    say(&*process.store, message("a", "1")).await;
    say(&*process.store, message("b", "2")).await;
    let started = process.started().await;
    process.end(started, retry(Duration::from_hours(1))).await;
    assert_eq!(ids(&process.started().await.claim), ["2"]);
}

pub(super) async fn interrupted_does_not_count_the_try(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    for _ in 0..5 {
        let started = process.started().await;
        assert_eq!(started.claim.attempt, 1);
        process.turns.close();
        process.end(started, TurnEnd::Interrupted).await;
        process.nothing_starts().await;
        let waits = now(&*process.store, &kept).await;
        assert_eq!((waits.state, waits.attempts), (MessageState::Waiting, 0));
        process.store.close().await;
        drop(process);
        process = bed.start().await;
    }
}

pub(super) async fn dead_is_seen_with_its_reason(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    say(&*process.store, message("a", "2")).await;
    let started = process.started().await;
    process.end(started, dead()).await;
    let kept = now(&*process.store, &kept).await;
    assert_eq!(kept.state, MessageState::Dead);
    assert_eq!(kept.reason.as_deref(), Some("the model will not"));
    let letters = process.store.dead(10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].subject, Subject::Message);
    assert_eq!(letters[0].id, kept.id.into());
    assert_eq!(letters[0].text, kept.text);
    assert_eq!(letters[0].reason, kept.reason);
    assert_eq!(letters[0].attempts, 1);
    // The conversation continues.
    assert_eq!(ids(&process.started().await.claim), ["2"]);
}

pub(super) async fn cancelled_is_withdrawn(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    let finish = done(&started.claim, "so far (stopped)").but(|finish| {
        finish.end = TurnEnd::Cancelled {
            reason: "stopped by Ada".to_owned(),
        };
    });
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
    let kept = now(&*process.store, &kept).await;
    assert_eq!(kept.state, MessageState::Withdrawn);
    assert_eq!(kept.reason.as_deref(), Some("stopped by Ada"));
    assert_eq!(process.carry().await, "so far (stopped)");
    let turn = process.store.turn_of(kept.id).await.unwrap().unwrap();
    assert_eq!(turn.state, TurnState::Cancelled);
}

pub(super) async fn what_was_not_taken_waits_again(bed: Bed) {
    for end in [TurnEnd::Done, dead(), TurnEnd::Interrupted] {
        let mut process = bed.start_steerable().await;
        let steer = |id: &str| {
            message("a", &format!("{id} {end:?}"))
                .but(|message| message.route.mode = baton_core::place::QueueMode::Steer)
        };
        say(&*process.store, steer("1")).await;
        let started = process.started().await;
        let late = say(&*process.store, steer("2")).await;
        assert!(matches!(
            process.effect().await,
            baton_core::store::TurnEffect::Steer(_, _)
        ));
        process.turns.close();
        process.end(started, end.clone()).await;
        assert_eq!(state(&*process.store, &late).await, MessageState::Waiting);
        // The next round begins without waiting messages.
        let all = WaitingQuery::at_most(100);
        for message in process.store.waiting(all, usize::MAX).await.unwrap() {
            let by = "person-1".into();
            process.store.stop(message.id, &by).await.unwrap();
        }
    }
}

pub(super) async fn the_conversation_rests(bed: Bed) {
    let mut process = bed.start_idle().await;
    let first = say(&*process.store, job("a", "1")).await;
    let second = say(&*process.store, job("a", "2")).await;
    let elsewhere = say(&*process.store, job("b", "3")).await;
    let held = claim(&*process.store, &first, "worker").await;
    let rest = Duration::from_secs(5);
    let finish = done(&held, "answer").but(|finish| finish.rest = rest);
    process.store.finish(finish, None).await.unwrap();
    let refused = process.store.claim(claim_of(&second, "worker")).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, ClaimError::NotItsTurn { .. }), "{error}");
    claim(&*process.store, &elsewhere, "worker").await;
    // The answer does not wait for the end of the pause.
    assert_eq!(process.carry().await, "answer");
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.deliveries_in(DeliveryState::Sent), 1);
    bed.advance(rest);
    process.store.expire().await.unwrap();
    claim(&*process.store, &second, "worker").await;
}
