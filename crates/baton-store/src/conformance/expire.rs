//! Time limits: nothing ends too early, and an end is final.

use std::time::Duration;

use baton_core::message::{Message, MessageState};
use baton_core::notice;

use super::bed::{
    ATTEMPTS, Bed, LEASE, NEARLY_LEASE, claim, claim_next, done, ended, is_lost, job, message, now, retry, say, soon, state, web,
};

pub(super) async fn an_ended_lease_frees_the_message(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    say(store, job("a", "2")).await;
    let dead = claim(store, &kept, "dead").await;
    bed.advance(LEASE);
    store.expire().await.unwrap();
    assert_eq!(state(store, &kept).await, MessageState::Waiting);
    let next = store.claim_next(claim_next("alive")).await.unwrap();
    let claim = next.unwrap().claim;
    // The first message comes again, before the later one.
    assert_eq!(claim.messages[0].id, kept.id);
    assert_eq!(claim.attempt, 2);
    assert!(claim.fence > dead.fence);
}

pub(super) async fn a_late_write_is_refused(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    let late = claim(store, &kept, "late").await;
    bed.advance(LEASE);
    store.expire().await.unwrap();
    // The late write fails before and after another worker's claim.
    assert!(is_lost(&store.finish(done(&late, "late"), None).await));
    let held = claim(store, &kept, "alive").await;
    assert!(is_lost(&store.finish(done(&late, "late"), None).await));
    store.finish(done(&held, "answer"), None).await.unwrap();
    assert!(is_lost(&store.finish(done(&late, "late"), None).await));
    let deliveries = store.counts().await.unwrap().deliveries;
    assert_eq!(deliveries.values().sum::<u64>(), 1);
}

pub(super) async fn a_message_whose_holders_all_die_is_dead(bed: Bed) {
    let mut process = bed.start_idle().await;
    let poison = say(&*process.store, job("a", "poison")).await;
    let next = say(&*process.store, job("a", "next")).await;
    for attempt in 1..=ATTEMPTS {
        let held = claim(&*process.store, &poison, "dies").await;
        assert_eq!(held.attempt, attempt);
        bed.advance(LEASE);
        process.store.expire().await.unwrap();
    }
    let poison = now(&*process.store, &poison).await;
    assert_eq!(poison.state, MessageState::Dead);
    assert_eq!(poison.reason, Some(notice::HOLDER_GONE.to_owned()));
    let told = process.outgoing().await.delivery;
    assert_eq!(told.message, Some(poison.id));
    assert_eq!(told.operation.kind(), "notice");
    claim(&*process.store, &next, "lives").await;
}

pub(super) async fn nothing_ends_before_its_time(bed: Bed) {
    let mut process = bed.start().await;
    let held = say(&*process.store, job("a", "1")).await;
    claim(&*process.store, &held, "worker").await;
    say(&*process.store, message("b", "2")).await;
    let started = process.started().await;
    process.end(started, retry(LEASE)).await;
    bed.advance(NEARLY_LEASE);
    process.store.expire().await.unwrap();
    process.nothing_starts().await;
    assert_eq!(state(&*process.store, &held).await, MessageState::Running);
    bed.advance(Duration::from_millis(1));
    process.store.expire().await.unwrap();
    assert_eq!(process.started().await.claim.attempt, 2);
    assert_eq!(state(&*process.store, &held).await, MessageState::Waiting);
}

pub(super) async fn the_next_deadline_is_known(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let mut deadline = store.next_deadline();
    // After the start, `expire` may have work. Afterwards there is no deadline.
    assert_eq!(store.expire().await.unwrap(), None);
    soon(deadline.wait_for(Option::is_none)).await.unwrap();

    let kept = say(store, job("a", "1")).await;
    claim(store, &kept, "worker").await;
    soon(deadline.wait_for(Option::is_some)).await.unwrap();
    let first = *deadline.borrow_and_update();
    bed.advance(Duration::from_secs(1));
    assert_eq!(store.expire().await.unwrap(), first);
    store.renew(kept.id, &"worker".into()).await.unwrap();
    // The deadline may be too early, but never too late.
    let moved = store.expire().await.unwrap();
    assert_eq!(moved, first.map(|at| at.after(Duration::from_secs(1))));
    soon(deadline.wait_for(|at| *at == moved)).await.unwrap();

    bed.advance(LEASE);
    assert_eq!(store.expire().await.unwrap(), None);
    soon(deadline.wait_for(Option::is_none)).await.unwrap();
}

pub(super) async fn s39_what_a_worker_held_for_a_persona_that_is_gone_is_dead(bed: Bed) {
    let process = bed.start_idle().await;
    let held = say(&*process.store, job("a", "1")).await;
    claim(&*process.store, &held, "worker").await;
    drop(process);
    let mut process = bed.start_without_persona("hal").await;
    // The holder may still answer.
    assert_eq!(state(&*process.store, &held).await, MessageState::Running);
    bed.advance(LEASE);
    process.store.expire().await.unwrap();
    assert_nobody_answers(&mut process, &held).await;
}

pub(super) async fn s39_what_a_worker_gives_back_for_a_persona_that_is_gone_is_dead(bed: Bed) {
    let process = bed.start_idle().await;
    let held = say(&*process.store, job("a", "1")).await;
    let theirs = claim(&*process.store, &held, "worker").await;
    drop(process);
    let mut process = bed.start_without_persona("hal").await;
    let failed = ended(&theirs, retry(Duration::from_secs(1)));
    process.store.finish(failed, None).await.unwrap();
    assert_nobody_answers(&mut process, &held).await;
}

async fn assert_nobody_answers(process: &mut super::bed::Process, message: &Message) {
    let message = now(&*process.store, message).await;
    assert_eq!(message.state, MessageState::Dead);
    let reason = notice::nobody_answers(&"hal".into());
    assert_eq!(message.reason.as_ref(), Some(&reason));
    let told = process.outgoing().await.delivery;
    assert_eq!(told.message, Some(message.id));
    assert!(told.operation.text().contains(&reason));
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Waiting), 0);
}

pub(super) async fn what_a_worker_held_for_a_channel_that_is_gone_is_dead(bed: Bed) {
    let process = bed.start_idle().await;
    let held = say(&*process.store, job("a", "1")).await;
    claim(&*process.store, &held, "worker").await;
    drop(process);
    let mut process = bed.start_without_channel().await;
    bed.advance(LEASE);
    process.store.expire().await.unwrap();
    let held = now(&*process.store, &held).await;
    assert_eq!(held.state, MessageState::Dead);
    assert_eq!(held.reason, Some(notice::nobody_carries(&web())));
    process.nothing_goes_out().await;
}
