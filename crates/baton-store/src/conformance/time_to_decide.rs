//! The time limit of an approval begins when people can see the question.

use std::time::Duration;

use baton_core::approval::{ApprovalState, Verdict};
use baton_core::store::DeliveryFailure;

use super::approvals::{
    ask_people, ask_permission, next_verdict, read_approval, send_next_operation, start_turn,
};
use super::case_context::{CaseContext, LEASE, NEARLY_LEASE};

pub(super) async fn begins_when_people_can_see_it(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let id = ask_people(&process, ask_permission(&started.claim)).await;
    // The platform is unavailable for longer than the time limit.
    let outgoing = process.next_outgoing().await;
    let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
    let failure = DeliveryFailure::Retry {
        reason: "away".to_owned(),
        pause: LEASE * 3,
    };
    let failed = process.store.delivery_failed(attempt, failure, slot);
    failed.await.unwrap();
    assert_eq!(read_approval(&process, id).await.expires_at, None);
    context.advance_clocks(LEASE * 3);
    process.store.expire().await.unwrap();
    assert_eq!(read_approval(&process, id).await.state, ApprovalState::Open);
    send_next_operation(&mut process).await;
    context.advance_clocks(NEARLY_LEASE);
    process.store.expire().await.unwrap();
    assert_eq!(read_approval(&process, id).await.state, ApprovalState::Open);
    context.advance_clocks(Duration::from_millis(1));
    process.store.expire().await.unwrap();
    assert_eq!(
        read_approval(&process, id).await.state,
        ApprovalState::Expired
    );
}

pub(super) async fn after_a_restart_it_ends_when_it_says(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let id = ask_people(&process, ask_permission(&started.claim)).await;
    send_next_operation(&mut process).await;
    let before = read_approval(&process, id).await;
    let within = i64::try_from(LEASE.as_millis()).unwrap();
    assert_eq!(before.expires_at.unwrap().0, before.at.0 + within);
    context.advance_clocks(LEASE / 2);
    drop((process, started));
    let process = context.start_idle().await;
    let after = read_approval(&process, id).await;
    let later = after.expires_at.unwrap().0 - before.expires_at.unwrap().0;
    assert_eq!(later, within / 2, "its time begins anew");
    context.advance_clocks(NEARLY_LEASE);
    process.store.expire().await.unwrap();
    assert_eq!(read_approval(&process, id).await.state, ApprovalState::Open);
    context.advance_clocks(Duration::from_millis(1));
    process.store.expire().await.unwrap();
    assert_eq!(
        read_approval(&process, id).await.state,
        ApprovalState::Expired
    );
}

pub(super) async fn what_nobody_could_be_asked_is_over(context: CaseContext) {
    let mut process = context.start_process().await;
    let started = start_turn(&mut process, "1").await;
    let id = ask_people(&process, ask_permission(&started.claim)).await;
    let outgoing = process.next_outgoing().await;
    let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
    let reason = "the chat is gone".to_owned();
    let dead = DeliveryFailure::Dead { reason };
    let failed = process.store.delivery_failed(attempt, dead, slot);
    failed.await.unwrap();
    let reason = "Expired: people could not be asked: the chat is gone".to_owned();
    assert_eq!(
        read_approval(&process, id).await.outcome(),
        Some(reason.clone())
    );
    let verdict = Verdict::Denied { reason };
    assert_eq!(next_verdict(&mut process).await, (id, verdict));
}
