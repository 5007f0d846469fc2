//! Time limits: nothing ends too early, and an end is final.

use std::time::Duration;

use baton_core::message::{Message, MessageState};
use baton_core::notice;

use super::case_context::{
    ATTEMPTS, CaseContext, LEASE, NEARLY_LEASE, claim_message, claim_next_request, finish_with,
    finish_with_reply, ingest_message, is_lost, new_message, read_message, read_state, retry_end,
    wait_for, web_channel, worker_message,
};

pub(super) async fn an_ended_lease_frees_the_message(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    ingest_message(store, worker_message("a", "2")).await;
    let dead = claim_message(store, &kept, "dead").await;
    context.advance_clocks(LEASE);
    store.expire().await.unwrap();
    assert_eq!(read_state(store, &kept).await, MessageState::Waiting);
    let next = store.claim_next(claim_next_request("alive")).await.unwrap();
    let claim = next.unwrap().claim;
    // The first message comes again, before the later one.
    assert_eq!(claim.messages[0].id, kept.id);
    assert_eq!(claim.attempt, 2);
    assert!(claim.fence > dead.fence);
}

pub(super) async fn a_late_write_is_refused(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    let late = claim_message(store, &kept, "late").await;
    context.advance_clocks(LEASE);
    store.expire().await.unwrap();
    // The late write fails before and after another worker's claim.
    assert!(is_lost(
        &store.finish(finish_with_reply(&late, "late"), None).await
    ));
    let held = claim_message(store, &kept, "alive").await;
    assert!(is_lost(
        &store.finish(finish_with_reply(&late, "late"), None).await
    ));
    store
        .finish(finish_with_reply(&held, "answer"), None)
        .await
        .unwrap();
    assert!(is_lost(
        &store.finish(finish_with_reply(&late, "late"), None).await
    ));
    let deliveries = store.counts().await.unwrap().deliveries;
    assert_eq!(deliveries.values().sum::<u64>(), 1);
}

pub(super) async fn a_message_whose_holders_all_die_is_dead(context: CaseContext) {
    let mut process = context.start_idle().await;
    let poison = ingest_message(&*process.store, worker_message("a", "poison")).await;
    let next = ingest_message(&*process.store, worker_message("a", "next")).await;
    for attempt in 1..=ATTEMPTS {
        let held = claim_message(&*process.store, &poison, "dies").await;
        assert_eq!(held.attempt, attempt);
        context.advance_clocks(LEASE);
        process.store.expire().await.unwrap();
    }
    let poison = read_message(&*process.store, &poison).await;
    assert_eq!(poison.state, MessageState::Dead);
    assert_eq!(poison.reason, Some(notice::HOLDER_GONE.to_owned()));
    let told = process.next_outgoing().await.delivery;
    assert_eq!(told.message, Some(poison.id));
    assert_eq!(told.operation.kind(), "notice");
    claim_message(&*process.store, &next, "lives").await;
}

pub(super) async fn nothing_ends_before_its_time(context: CaseContext) {
    let mut process = context.start_process().await;
    let held = ingest_message(&*process.store, worker_message("a", "1")).await;
    claim_message(&*process.store, &held, "worker").await;
    ingest_message(&*process.store, new_message("b", "2")).await;
    let started = process.next_started().await;
    process.end_turn(started, retry_end(LEASE)).await;
    context.advance_clocks(NEARLY_LEASE);
    process.store.expire().await.unwrap();
    process.assert_nothing_starts().await;
    assert_eq!(
        read_state(&*process.store, &held).await,
        MessageState::Running
    );
    context.advance_clocks(Duration::from_millis(1));
    process.store.expire().await.unwrap();
    assert_eq!(process.next_started().await.claim.attempt, 2);
    assert_eq!(
        read_state(&*process.store, &held).await,
        MessageState::Waiting
    );
}

pub(super) async fn the_next_deadline_is_known(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let mut deadline = store.next_deadline();
    // After the start, `expire` may have work. Afterwards there is no deadline.
    assert_eq!(store.expire().await.unwrap(), None);
    wait_for(deadline.wait_for(Option::is_none)).await.unwrap();

    let kept = ingest_message(store, worker_message("a", "1")).await;
    claim_message(store, &kept, "worker").await;
    wait_for(deadline.wait_for(Option::is_some)).await.unwrap();
    let first = *deadline.borrow_and_update();
    context.advance_clocks(Duration::from_secs(1));
    assert_eq!(store.expire().await.unwrap(), first);
    store.renew(kept.id, &"worker".into()).await.unwrap();
    // The deadline may be too early, but never too late.
    let moved = store.expire().await.unwrap();
    assert_eq!(moved, first.map(|at| at.after(Duration::from_secs(1))));
    wait_for(deadline.wait_for(|at| *at == moved))
        .await
        .unwrap();

    context.advance_clocks(LEASE);
    assert_eq!(store.expire().await.unwrap(), None);
    wait_for(deadline.wait_for(Option::is_none)).await.unwrap();
}

pub(super) async fn s39_what_a_worker_held_for_a_persona_that_is_gone_is_dead(
    context: CaseContext,
) {
    let process = context.start_idle().await;
    let held = ingest_message(&*process.store, worker_message("a", "1")).await;
    claim_message(&*process.store, &held, "worker").await;
    drop(process);
    let mut process = context.start_without_persona("hal").await;
    // The holder may still answer.
    assert_eq!(
        read_state(&*process.store, &held).await,
        MessageState::Running
    );
    context.advance_clocks(LEASE);
    process.store.expire().await.unwrap();
    assert_nobody_answers(&mut process, &held).await;
}

pub(super) async fn s39_what_a_worker_gives_back_for_a_persona_that_is_gone_is_dead(
    context: CaseContext,
) {
    let process = context.start_idle().await;
    let held = ingest_message(&*process.store, worker_message("a", "1")).await;
    let theirs = claim_message(&*process.store, &held, "worker").await;
    drop(process);
    let mut process = context.start_without_persona("hal").await;
    let failed = finish_with(&theirs, retry_end(Duration::from_secs(1)));
    process.store.finish(failed, None).await.unwrap();
    assert_nobody_answers(&mut process, &held).await;
}

async fn assert_nobody_answers(process: &mut super::case_context::TestProcess, message: &Message) {
    let message = read_message(&*process.store, message).await;
    assert_eq!(message.state, MessageState::Dead);
    let reason = notice::nobody_answers(&"hal".into());
    assert_eq!(message.reason.as_ref(), Some(&reason));
    let told = process.next_outgoing().await.delivery;
    assert_eq!(told.message, Some(message.id));
    assert!(told.operation.text().contains(&reason));
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.messages_in(MessageState::Waiting), 0);
}

pub(super) async fn what_a_worker_held_for_a_channel_that_is_gone_is_dead(context: CaseContext) {
    let process = context.start_idle().await;
    let held = ingest_message(&*process.store, worker_message("a", "1")).await;
    claim_message(&*process.store, &held, "worker").await;
    drop(process);
    let mut process = context.start_without_channel().await;
    context.advance_clocks(LEASE);
    process.store.expire().await.unwrap();
    let held = read_message(&*process.store, &held).await;
    assert_eq!(held.state, MessageState::Dead);
    assert_eq!(held.reason, Some(notice::nobody_carries(&web_channel())));
    process.assert_nothing_goes_out().await;
}
