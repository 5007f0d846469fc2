//! A heart-beat extends a lease.

use baton_core::id::MessageId;
use baton_core::message::MessageState;
use baton_core::store::RenewError;

use super::case_context::{
    CaseContext, LEASE, NEARLY_LEASE, claim_message, finish_with_reply, ingest_message,
    new_message, read_state, worker_message,
};

pub(super) async fn prolongs_by_the_full_length(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let kept = ingest_message(store, worker_message("a", "1")).await;
    let held = claim_message(store, &kept, "worker").await;
    // The total time exceeds several leases.
    for _ in 0..5 {
        context.advance_clocks(NEARLY_LEASE);
        store.expire().await.unwrap();
        let lease = store.renew(kept.id, &"worker".into()).await.unwrap();
        assert_eq!(lease, LEASE);
    }
    context.advance_clocks(NEARLY_LEASE);
    store.expire().await.unwrap();
    assert_eq!(read_state(store, &kept).await, MessageState::Running);
    store
        .finish(finish_with_reply(&held, "answer"), None)
        .await
        .unwrap();
    assert_eq!(read_state(store, &kept).await, MessageState::Answered);
}

pub(super) async fn only_its_holder_can(context: CaseContext) {
    let mut process = context.start_process().await;
    let nothing = MessageId(i64::from(i32::MAX));
    let error = process.store.renew(nothing, &"worker".into()).await;
    assert_eq!(error, Err(RenewError::Unknown(nothing)));

    let kept = ingest_message(&*process.store, worker_message("a", "1")).await;
    let not_held = Err(RenewError::NotHeld(kept.id));
    let worker = "worker".into();
    let renew = || process.store.renew(kept.id, &worker);
    assert_eq!(renew().await, not_held, "it waits");
    claim_message(&*process.store, &kept, "other").await;
    assert_eq!(renew().await, not_held, "another holds it");
    context.advance_clocks(LEASE);
    process.store.expire().await.unwrap();
    let error = process.store.renew(kept.id, &"other".into()).await;
    assert_eq!(error, not_held, "the lease is over");
    let held = claim_message(&*process.store, &kept, "worker").await;
    process
        .store
        .finish(finish_with_reply(&held, "answer"), None)
        .await
        .unwrap();
    let error = process.store.renew(kept.id, &"worker".into()).await;
    assert_eq!(error, not_held, "it is answered");

    let in_process = ingest_message(&*process.store, new_message("b", "2")).await;
    process.next_started().await;
    let error = process.store.renew(in_process.id, &"worker".into()).await;
    assert_eq!(error, Err(RenewError::NotHeld(in_process.id)));
}
