//! Messages that arrive during a turn of their conversation.

use std::time::Duration;

use baton_core::message::{MessageState, NewMessage};
use baton_core::place::QueueMode;
use baton_core::store::TurnEffect;
use baton_core::turn::TurnEnd;

use super::case_context::{
    CaseContext, WithChange, external_ids, finish_with_reply, ingest_message, new_message,
    read_state,
};

const WINDOW: Duration = Duration::from_secs(2);

fn in_mode(mode: QueueMode, id: &str) -> NewMessage {
    new_message("a", id).with_change(|message| message.route.mode = mode)
}

fn collect_message(id: &str) -> NewMessage {
    in_mode(QueueMode::Collect { window: WINDOW }, id)
}

pub(super) async fn collect_waits_until_it_is_quiet(context: CaseContext) {
    let mut process = context.start_process().await;
    for id in ["1", "2", "3"] {
        ingest_message(&*process.store, collect_message(id)).await;
        process.assert_nothing_starts().await;
        // This pause is shorter than the window, and the next message begins a new window.
        context.advance_clocks(WINDOW * 3 / 4);
        process.store.expire().await.unwrap();
        process.assert_nothing_starts().await;
    }
    context.advance_clocks(WINDOW / 4);
    process.store.expire().await.unwrap();
    let started = process.next_started().await;
    assert_eq!(external_ids(&started.claim), ["1", "2", "3"]);
    process.end_turn(started, TurnEnd::Done).await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Answered), 3);
}

pub(super) async fn collect_takes_all_that_waited(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, collect_message("1")).await;
    context.advance_clocks(WINDOW);
    process.store.expire().await.unwrap();
    let started = process.next_started().await;
    assert_eq!(external_ids(&started.claim), ["1"]);
    for id in ["2", "3", "4"] {
        ingest_message(&*process.store, collect_message(id)).await;
    }
    context.advance_clocks(WINDOW);
    process.store.expire().await.unwrap();
    process.assert_nothing_starts().await;
    process.end_turn(started, TurnEnd::Done).await;
    let started = process.next_started().await;
    assert_eq!(external_ids(&started.claim), ["2", "3", "4"]);
    // After a crash, each message gets its own turn, because one of them may be the cause.
    drop(process);
    let mut process = context.start_process().await;
    assert_eq!(external_ids(&process.next_started().await.claim), ["2"]);
}

pub(super) async fn what_failed_together_is_tried_alone(context: CaseContext) {
    let mut process = context.start_process().await;
    for id in ["1", "2"] {
        ingest_message(&*process.store, collect_message(id)).await;
    }
    context.advance_clocks(WINDOW);
    process.store.expire().await.unwrap();
    let started = process.next_started().await;
    assert_eq!(external_ids(&started.claim), ["1", "2"]);
    let end = TurnEnd::Retry {
        reason: "too much".to_owned(),
        pause: WINDOW,
        unavailable: false,
    };
    process.end_turn(started, end).await;
    ingest_message(&*process.store, collect_message("3")).await;
    for alone in ["1", "2"] {
        context.advance_clocks(WINDOW);
        process.store.expire().await.unwrap();
        let started = process.next_started().await;
        assert_eq!(external_ids(&started.claim), [alone]);
        assert_eq!(started.claim.attempt, 2);
        process.end_turn(started, TurnEnd::Done).await;
    }
    assert_eq!(external_ids(&process.next_started().await.claim), ["3"]);
}

pub(super) async fn interrupt_stops_the_running_turn(context: CaseContext) {
    let mut process = context.start_process().await;
    let first = ingest_message(&*process.store, in_mode(QueueMode::Interrupt, "1")).await;
    let started = process.next_started().await;
    ingest_message(&*process.store, in_mode(QueueMode::Interrupt, "2")).await;
    let TurnEffect::Interrupt(turn) = process.next_effect().await else {
        panic!("the running turn should be interrupted");
    };
    assert_eq!(turn, started.claim.turn);
    // The next turn begins only after the end of this one.
    process.assert_nothing_starts().await;
    let end = TurnEnd::Cancelled {
        reason: "a newer message took its place".to_owned(),
    };
    process.end_turn(started, end).await;
    let withdrawn = read_state(&*process.store, &first).await;
    assert_eq!(withdrawn, MessageState::Withdrawn);
    assert_eq!(external_ids(&process.next_started().await.claim), ["2"]);
}

pub(super) async fn steer_goes_into_the_running_turn(context: CaseContext) {
    let mut process = context.start_steerable().await;
    ingest_message(&*process.store, in_mode(QueueMode::Steer, "1")).await;
    let started = process.next_started().await;
    let second = ingest_message(&*process.store, in_mode(QueueMode::Steer, "2")).await;
    let TurnEffect::Steer(turn, steered) = process.next_effect().await else {
        panic!("the message should go into the running turn");
    };
    assert_eq!(turn, started.claim.turn);
    assert_eq!(steered.id, second.id);
    assert_eq!(steered.text, second.text);
    assert_eq!(
        read_state(&*process.store, &second).await,
        MessageState::Running
    );
    let finish = finish_with_reply(&started.claim, "both")
        .with_change(|finish| finish.taken.push(second.id));
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Answered), 2);
    process.assert_nothing_starts().await;
}

pub(super) async fn steered_too_late_waits_its_turn(context: CaseContext) {
    let mut process = context.start_steerable().await;
    ingest_message(&*process.store, in_mode(QueueMode::Steer, "1")).await;
    let started = process.next_started().await;
    ingest_message(&*process.store, in_mode(QueueMode::Steer, "2")).await;
    assert!(matches!(
        process.next_effect().await,
        TurnEffect::Steer(_, _)
    ));
    // The agent finished before the second message reached the agent.
    process.answer_turn(started, "the first only").await;
    let next = process.next_started().await;
    assert_eq!(external_ids(&next.claim), ["2"]);
    process.answer_turn(next, "the second").await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Answered), 2);
    assert_eq!(counts.received, 2);
}

pub(super) async fn steer_waits_where_the_agent_cannot(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, in_mode(QueueMode::Steer, "1")).await;
    let started = process.next_started().await;
    let second = ingest_message(&*process.store, in_mode(QueueMode::Steer, "2")).await;
    process.assert_nothing_starts().await;
    assert_eq!(
        read_state(&*process.store, &second).await,
        MessageState::Waiting
    );
    process.answer_turn(started, "answer").await;
    assert_eq!(external_ids(&process.next_started().await.claim), ["2"]);
}
