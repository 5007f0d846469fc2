//! Messages that arrive during a turn of their conversation.

use std::time::Duration;

use baton_core::message::{MessageState, NewMessage};
use baton_core::place::QueueMode;
use baton_core::store::TurnEffect;
use baton_core::turn::TurnEnd;

use super::bed::{Bed, But, done, ids, message, say, state};

const WINDOW: Duration = Duration::from_secs(2);

fn in_mode(mode: QueueMode, id: &str) -> NewMessage {
    message("a", id).but(|message| message.route.mode = mode)
}

fn collect(id: &str) -> NewMessage {
    in_mode(QueueMode::Collect { window: WINDOW }, id)
}

pub(super) async fn collect_waits_until_it_is_quiet(bed: Bed) {
    let mut process = bed.start().await;
    for id in ["1", "2", "3"] {
        say(&*process.store, collect(id)).await;
        process.nothing_starts().await;
        // This pause is shorter than the window, and the next message begins a new window.
        bed.advance(WINDOW * 3 / 4);
        process.store.expire().await.unwrap();
        process.nothing_starts().await;
    }
    bed.advance(WINDOW / 4);
    process.store.expire().await.unwrap();
    let started = process.started().await;
    assert_eq!(ids(&started.claim), ["1", "2", "3"]);
    process.end(started, TurnEnd::Done).await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Answered), 3);
}

pub(super) async fn collect_takes_all_that_waited(bed: Bed) {
    let mut process = bed.start().await;
    say(&*process.store, collect("1")).await;
    bed.advance(WINDOW);
    process.store.expire().await.unwrap();
    let started = process.started().await;
    assert_eq!(ids(&started.claim), ["1"]);
    for id in ["2", "3", "4"] {
        say(&*process.store, collect(id)).await;
    }
    bed.advance(WINDOW);
    process.store.expire().await.unwrap();
    process.nothing_starts().await;
    process.end(started, TurnEnd::Done).await;
    let started = process.started().await;
    assert_eq!(ids(&started.claim), ["2", "3", "4"]);
    // After a crash, each message gets its own turn, because one of them may be the cause.
    drop(process);
    let mut process = bed.start().await;
    assert_eq!(ids(&process.started().await.claim), ["2"]);
}

pub(super) async fn what_failed_together_is_tried_alone(bed: Bed) {
    let mut process = bed.start().await;
    for id in ["1", "2"] {
        say(&*process.store, collect(id)).await;
    }
    bed.advance(WINDOW);
    process.store.expire().await.unwrap();
    let started = process.started().await;
    assert_eq!(ids(&started.claim), ["1", "2"]);
    let end = TurnEnd::Retry {
        reason: "too much".to_owned(),
        pause: WINDOW,
        unavailable: false,
    };
    process.end(started, end).await;
    say(&*process.store, collect("3")).await;
    for alone in ["1", "2"] {
        bed.advance(WINDOW);
        process.store.expire().await.unwrap();
        let started = process.started().await;
        assert_eq!(ids(&started.claim), [alone]);
        assert_eq!(started.claim.attempt, 2);
        process.end(started, TurnEnd::Done).await;
    }
    assert_eq!(ids(&process.started().await.claim), ["3"]);
}

pub(super) async fn interrupt_stops_the_running_turn(bed: Bed) {
    let mut process = bed.start().await;
    let first = say(&*process.store, in_mode(QueueMode::Interrupt, "1")).await;
    let started = process.started().await;
    say(&*process.store, in_mode(QueueMode::Interrupt, "2")).await;
    let TurnEffect::Interrupt(turn) = process.effect().await else {
        panic!("the running turn should be interrupted");
    };
    assert_eq!(turn, started.claim.turn);
    // The next turn begins only after the end of this one.
    process.nothing_starts().await;
    let end = TurnEnd::Cancelled {
        reason: "a newer message took its place".to_owned(),
    };
    process.end(started, end).await;
    let withdrawn = state(&*process.store, &first).await;
    assert_eq!(withdrawn, MessageState::Withdrawn);
    assert_eq!(ids(&process.started().await.claim), ["2"]);
}

pub(super) async fn steer_goes_into_the_running_turn(bed: Bed) {
    let mut process = bed.start_steerable().await;
    say(&*process.store, in_mode(QueueMode::Steer, "1")).await;
    let started = process.started().await;
    let second = say(&*process.store, in_mode(QueueMode::Steer, "2")).await;
    let TurnEffect::Steer(turn, steered) = process.effect().await else {
        panic!("the message should go into the running turn");
    };
    assert_eq!(turn, started.claim.turn);
    assert_eq!(steered.id, second.id);
    assert_eq!(steered.text, second.text);
    assert_eq!(state(&*process.store, &second).await, MessageState::Running);
    let finish = done(&started.claim, "both").but(|finish| finish.taken.push(second.id));
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Answered), 2);
    process.nothing_starts().await;
}

pub(super) async fn steered_too_late_waits_its_turn(bed: Bed) {
    let mut process = bed.start_steerable().await;
    say(&*process.store, in_mode(QueueMode::Steer, "1")).await;
    let started = process.started().await;
    say(&*process.store, in_mode(QueueMode::Steer, "2")).await;
    assert!(matches!(process.effect().await, TurnEffect::Steer(_, _)));
    // The agent finished before the second message reached the agent.
    process.answer(started, "the first only").await;
    let next = process.started().await;
    assert_eq!(ids(&next.claim), ["2"]);
    process.answer(next, "the second").await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Answered), 2);
    assert_eq!(counts.received, 2);
}

pub(super) async fn steer_waits_where_the_agent_cannot(bed: Bed) {
    let mut process = bed.start().await;
    say(&*process.store, in_mode(QueueMode::Steer, "1")).await;
    let started = process.started().await;
    let second = say(&*process.store, in_mode(QueueMode::Steer, "2")).await;
    process.nothing_starts().await;
    assert_eq!(state(&*process.store, &second).await, MessageState::Waiting);
    process.answer(started, "answer").await;
    assert_eq!(ids(&process.started().await.claim), ["2"]);
}
