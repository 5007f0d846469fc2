//! A retried turn learns about possible side effects of the earlier try.

use super::case_context::{
    CaseContext, LEASE, claim_message, finish_with, ingest_message, is_lost, new_message,
    retry_end, worker_message,
};

pub(super) async fn a_turn_cut_off_after_it_began_to_act_is_told(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    assert!(!started.claim.interrupted);
    let claim = &started.claim;
    process
        .store
        .begin_effects(claim.turn, claim.fence)
        .await
        .unwrap();
    drop(process);
    let mut process = context.start_process().await;
    let again = process.next_started().await;
    assert!(again.claim.interrupted);
    assert_eq!(again.claim.attempt, 2);
    // The turn after a second crash also learns this, although the second turn had no side effects.
    drop(process);
    let mut process = context.start_process().await;
    assert!(process.next_started().await.claim.interrupted);
}

pub(super) async fn a_turn_cut_off_before_it_acted_is_not(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    process.next_started().await;
    drop(process);
    let mut process = context.start_process().await;
    let again = process.next_started().await;
    assert!(!again.claim.interrupted);
    process.answer_turn(again, "answer").await;
    // A later message does not get this warning.
    ingest_message(&*process.store, new_message("a", "2")).await;
    assert!(!process.next_started().await.claim.interrupted);
}

pub(super) async fn an_outdated_claim_may_not_act(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    let held = claim_message(store, &kept, "worker").await;
    context.advance_clocks(LEASE);
    store.expire().await.unwrap();
    assert!(is_lost(&store.begin_effects(held.turn, held.fence).await));
    let again = claim_message(store, &kept, "worker").await;
    assert!(!again.interrupted);
    assert!(is_lost(&store.begin_effects(held.turn, held.fence).await));
    assert!(is_lost(&store.begin_effects(again.turn, held.fence).await));
    store.begin_effects(again.turn, again.fence).await.unwrap();
    let end = finish_with(&again, retry_end(std::time::Duration::ZERO));
    store.finish(end, None).await.unwrap();
    let over = store.begin_effects(again.turn, again.fence).await;
    assert!(is_lost(&over));
}
