//! A heart-beat extends a lease.

use baton_core::id::MessageId;
use baton_core::message::MessageState;
use baton_core::store::RenewError;

use super::bed::{Bed, LEASE, NEARLY_LEASE, claim, done, job, message, say, state};

pub(super) async fn prolongs_by_the_full_length(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    let kept = say(store, job("a", "1")).await;
    let held = claim(store, &kept, "worker").await;
    // The total time exceeds several leases.
    for _ in 0..5 {
        bed.advance(NEARLY_LEASE);
        store.expire().await.unwrap();
        let lease = store.renew(kept.id, &"worker".into()).await.unwrap();
        assert_eq!(lease, LEASE);
    }
    bed.advance(NEARLY_LEASE);
    store.expire().await.unwrap();
    assert_eq!(state(store, &kept).await, MessageState::Running);
    store.finish(done(&held, "answer"), None).await.unwrap();
    assert_eq!(state(store, &kept).await, MessageState::Answered);
}

pub(super) async fn only_its_holder_can(bed: Bed) {
    let mut process = bed.start().await;
    let nothing = MessageId(i64::from(i32::MAX));
    let error = process.store.renew(nothing, &"worker".into()).await;
    assert_eq!(error, Err(RenewError::Unknown(nothing)));

    let kept = say(&*process.store, job("a", "1")).await;
    let not_held = Err(RenewError::NotHeld(kept.id));
    let worker = "worker".into();
    let renew = || process.store.renew(kept.id, &worker);
    assert_eq!(renew().await, not_held, "it waits");
    claim(&*process.store, &kept, "other").await;
    assert_eq!(renew().await, not_held, "another holds it");
    bed.advance(LEASE);
    process.store.expire().await.unwrap();
    let error = process.store.renew(kept.id, &"other".into()).await;
    assert_eq!(error, not_held, "the lease is over");
    let held = claim(&*process.store, &kept, "worker").await;
    process
        .store
        .finish(done(&held, "answer"), None)
        .await
        .unwrap();
    let error = process.store.renew(kept.id, &"worker".into()).await;
    assert_eq!(error, not_held, "it is answered");

    let in_process = say(&*process.store, message("b", "2")).await;
    process.started().await;
    let error = process.store.renew(in_process.id, &"worker".into()).await;
    assert_eq!(error, Err(RenewError::NotHeld(in_process.id)));
}
