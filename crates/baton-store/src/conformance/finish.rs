//! A turn ends, and all of its results are recorded at once.

use std::time::Duration;

use baton_core::delivery::{DeliveryState, Operation};
use baton_core::message::MessageState;
use baton_core::store::{ClaimError, Subject, WaitingQuery};
use baton_core::turn::{TurnEnd, TurnState, Usage};

use super::case_context::{
    CaseContext, ECHO, WithChange, claim_message, claim_request, dead_end, external_ids,
    finish_with, finish_with_reply, ingest_message, is_lost, new_message, read_message, read_state,
    reply_to, retry_end, worker_message,
};

pub(super) async fn an_answer_is_kept_whole(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    let finish = finish_with_reply(&started.claim, "first").with_change(|finish| {
        finish.deliveries.push(reply_to(&started.claim, "second"));
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
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Answered
    );
    let turn = process.store.turn_of(kept.id).await.unwrap().unwrap();
    assert_eq!(turn.state, TurnState::Done);
    assert_eq!(process.mark_next_sent().await, "first");
    assert_eq!(process.mark_next_sent().await, "second");
    process.assert_nothing_goes_out().await;
}

pub(super) async fn a_stale_fence_is_refused_and_changes_nothing(context: CaseContext) {
    let mut process = context.start_idle().await;
    let kept = ingest_message(&*process.store, worker_message("a", "1")).await;
    let first = claim_message(&*process.store, &kept, "worker").await;
    let finish = finish_with(&first, TurnEnd::Interrupted);
    process.store.finish(finish, None).await.unwrap();
    let second = claim_message(&*process.store, &kept, "worker").await;
    let mut older = second.clone();
    older.fence.0 -= 1;
    for stale in [&first, &older] {
        for end in [TurnEnd::Done, dead_end(), retry_end(Duration::from_secs(9))] {
            let finish = finish_with(stale, end).with_change(|finish| {
                finish.deliveries.push(reply_to(stale, "late"));
                finish.session = baton_core::turn::SessionChange::Set("stolen".into());
            });
            assert!(is_lost(&process.store.finish(finish, None).await));
        }
    }
    process.assert_nothing_goes_out().await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.deliveries.values().sum::<u64>(), 0);
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Running
    );
    let finish = finish_with_reply(&second, "answer");
    process.store.finish(finish, None).await.unwrap();
    let next = ingest_message(&*process.store, worker_message("a", "2")).await;
    assert_eq!(
        claim_message(&*process.store, &next, "worker")
            .await
            .session,
        None
    );
}

pub(super) async fn a_turn_ends_once(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    let held = claim_message(store, &kept, "worker").await;
    store
        .finish(finish_with_reply(&held, "answer"), None)
        .await
        .unwrap();
    assert!(is_lost(
        &store.finish(finish_with_reply(&held, "again"), None).await
    ));
    assert!(is_lost(
        &store.finish(finish_with(&held, dead_end()), None).await
    ));
    assert_eq!(read_state(store, &kept).await, MessageState::Answered);
    let deliveries = store.counts().await.unwrap().deliveries;
    assert_eq!(deliveries.values().sum::<u64>(), 1);
}

pub(super) async fn retry_holds_the_conversation_and_keeps_the_order(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    ingest_message(&*process.store, new_message("a", "2")).await;
    let pause = Duration::from_secs(10);
    let finish = finish_with(&started.claim, retry_end(pause)).with_change(|finish| {
        let notice = baton_core::notice::will_retry(first.id, "the model stumbled");
        finish.deliveries.push(notice);
    });
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
    let waits = read_message(&*process.store, &first).await;
    assert_eq!((waits.state, waits.attempts), (MessageState::Waiting, 1));
    // The notice is sent at once, because deliveries do not wait for the pause.
    process.mark_next_sent().await;
    ingest_message(&*process.store, new_message("a", "3")).await;
    process.assert_nothing_starts().await;
    context.advance_clocks(pause);
    process.store.expire().await.unwrap();
    for (expected, attempt) in [("1", 2), ("2", 1), ("3", 1)] {
        let started = process.next_started().await;
        assert_eq!(external_ids(&started.claim), [expected]);
        assert_eq!(started.claim.attempt, attempt);
        process.end_turn(started, TurnEnd::Done).await;
    }
}

pub(super) async fn retry_holds_nobody_else(context: CaseContext) {
    let mut process = context.start_with(1, &[(ECHO, 1)], 8).await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    ingest_message(&*process.store, new_message("b", "2")).await;
    let started = process.next_started().await;
    process
        .end_turn(started, retry_end(Duration::from_hours(1)))
        .await;
    assert_eq!(external_ids(&process.next_started().await.claim), ["2"]);
}

pub(super) async fn interrupted_does_not_count_the_try(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    for _ in 0..5 {
        let started = process.next_started().await;
        assert_eq!(started.claim.attempt, 1);
        process.turns.close();
        process.end_turn(started, TurnEnd::Interrupted).await;
        process.assert_nothing_starts().await;
        let waits = read_message(&*process.store, &kept).await;
        assert_eq!((waits.state, waits.attempts), (MessageState::Waiting, 0));
        process.store.close().await;
        drop(process);
        process = context.start_process().await;
    }
}

pub(super) async fn dead_is_seen_with_its_reason(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    ingest_message(&*process.store, new_message("a", "2")).await;
    let started = process.next_started().await;
    process.end_turn(started, dead_end()).await;
    let kept = read_message(&*process.store, &kept).await;
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
    assert_eq!(external_ids(&process.next_started().await.claim), ["2"]);
}

pub(super) async fn cancelled_is_withdrawn(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    let finish = finish_with_reply(&started.claim, "so far (stopped)").with_change(|finish| {
        finish.end = TurnEnd::Cancelled {
            reason: "stopped by Ada".to_owned(),
        };
    });
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
    let kept = read_message(&*process.store, &kept).await;
    assert_eq!(kept.state, MessageState::Withdrawn);
    assert_eq!(kept.reason.as_deref(), Some("stopped by Ada"));
    assert_eq!(process.mark_next_sent().await, "so far (stopped)");
    let turn = process.store.turn_of(kept.id).await.unwrap().unwrap();
    assert_eq!(turn.state, TurnState::Cancelled);
}

pub(super) async fn what_was_not_taken_waits_again(context: CaseContext) {
    for end in [TurnEnd::Done, dead_end(), TurnEnd::Interrupted] {
        let mut process = context.start_steerable().await;
        let steer = |id: &str| {
            new_message("a", &format!("{id} {end:?}"))
                .with_change(|message| message.route.mode = baton_core::place::QueueMode::Steer)
        };
        ingest_message(&*process.store, steer("1")).await;
        let started = process.next_started().await;
        let late = ingest_message(&*process.store, steer("2")).await;
        assert!(matches!(
            process.next_effect().await,
            baton_core::store::TurnEffect::Steer(_, _)
        ));
        process.turns.close();
        process.end_turn(started, end.clone()).await;
        assert_eq!(
            read_state(&*process.store, &late).await,
            MessageState::Waiting
        );
        // The next round begins without waiting messages.
        let all = WaitingQuery::at_most(100);
        for message in process.store.waiting(all, usize::MAX).await.unwrap() {
            let by = "person-1".into();
            process.store.stop(message.id, &by).await.unwrap();
        }
    }
}

pub(super) async fn the_conversation_rests(context: CaseContext) {
    let mut process = context.start_idle().await;
    let first = ingest_message(&*process.store, worker_message("a", "1")).await;
    let second = ingest_message(&*process.store, worker_message("a", "2")).await;
    let elsewhere = ingest_message(&*process.store, worker_message("b", "3")).await;
    let held = claim_message(&*process.store, &first, "worker").await;
    let rest = Duration::from_secs(5);
    let finish = finish_with_reply(&held, "answer").with_change(|finish| finish.rest = rest);
    process.store.finish(finish, None).await.unwrap();
    let refused = process.store.claim(claim_request(&second, "worker")).await;
    let error = refused.unwrap_err();
    assert!(matches!(error, ClaimError::NotItsTurn { .. }), "{error}");
    claim_message(&*process.store, &elsewhere, "worker").await;
    // The answer does not wait for the end of the pause.
    assert_eq!(process.mark_next_sent().await, "answer");
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.deliveries_in(DeliveryState::Sent), 1);
    context.advance_clocks(rest);
    process.store.expire().await.unwrap();
    claim_message(&*process.store, &second, "worker").await;
}
