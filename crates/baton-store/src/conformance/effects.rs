//! A retried turn learns about possible side effects of the earlier try.

use super::bed::{Bed, LEASE, claim, ended, is_lost, job, message, retry, say};

pub(super) async fn a_turn_cut_off_after_it_began_to_act_is_told(bed: Bed) {
    let mut process = bed.start().await;
    say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    assert!(!started.claim.interrupted);
    let claim = &started.claim;
    process
        .store
        .begin_effects(claim.turn, claim.fence)
        .await
        .unwrap();
    drop(process);
    let mut process = bed.start().await;
    let again = process.started().await;
    assert!(again.claim.interrupted);
    assert_eq!(again.claim.attempt, 2);
    // The turn after a second crash also learns this, although the second turn had no side effects.
    drop(process);
    let mut process = bed.start().await;
    assert!(process.started().await.claim.interrupted);
}

pub(super) async fn a_turn_cut_off_before_it_acted_is_not(bed: Bed) {
    let mut process = bed.start().await;
    say(&*process.store, message("a", "1")).await;
    process.started().await;
    drop(process);
    let mut process = bed.start().await;
    let again = process.started().await;
    assert!(!again.claim.interrupted);
    process.answer(again, "answer").await;
    // A later message does not get this warning.
    say(&*process.store, message("a", "2")).await;
    assert!(!process.started().await.claim.interrupted);
}

pub(super) async fn an_outdated_claim_may_not_act(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    let held = claim(store, &kept, "worker").await;
    bed.advance(LEASE);
    store.expire().await.unwrap();
    assert!(is_lost(&store.begin_effects(held.turn, held.fence).await));
    let again = claim(store, &kept, "worker").await;
    assert!(!again.interrupted);
    assert!(is_lost(&store.begin_effects(held.turn, held.fence).await));
    assert!(is_lost(&store.begin_effects(again.turn, held.fence).await));
    store.begin_effects(again.turn, again.fence).await.unwrap();
    let end = ended(&again, retry(std::time::Duration::ZERO));
    store.finish(end, None).await.unwrap();
    let over = store.begin_effects(again.turn, again.fence).await;
    assert!(is_lost(&over));
}
