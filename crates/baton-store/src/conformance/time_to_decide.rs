//! The time limit of an approval begins when people can see the question.

use std::time::Duration;

use baton_core::approval::{ApprovalState, Verdict};
use baton_core::store::{DeliveryFailure, Outgoing};

use super::approvals::{asked, carried, kept, question, told, turn};
use super::bed::{Bed, LEASE, NEARLY_LEASE};

pub(super) async fn begins_when_people_can_see_it(bed: Bed) {
    let mut process = bed.start().await;
    let started = turn(&mut process, "1").await;
    let id = asked(&process, question(&started.claim)).await;
    // The platform is unavailable for longer than the time limit.
    let Outgoing { delivery, slot } = process.outgoing().await;
    let failure = DeliveryFailure::Retry {
        reason: "away".to_owned(),
        pause: LEASE * 3,
    };
    let failed = process
        .store
        .delivery_failed(delivery.id, failure, Some(slot));
    failed.await.unwrap();
    assert_eq!(kept(&process, id).await.expires_at, None);
    bed.advance(LEASE * 3);
    process.store.expire().await.unwrap();
    assert_eq!(kept(&process, id).await.state, ApprovalState::Open);
    carried(&mut process).await;
    bed.advance(NEARLY_LEASE);
    process.store.expire().await.unwrap();
    assert_eq!(kept(&process, id).await.state, ApprovalState::Open);
    bed.advance(Duration::from_millis(1));
    process.store.expire().await.unwrap();
    assert_eq!(kept(&process, id).await.state, ApprovalState::Expired);
}

pub(super) async fn after_a_restart_it_ends_when_it_says(bed: Bed) {
    let mut process = bed.start().await;
    let started = turn(&mut process, "1").await;
    let id = asked(&process, question(&started.claim)).await;
    carried(&mut process).await;
    let before = kept(&process, id).await;
    let within = i64::try_from(LEASE.as_millis()).unwrap();
    assert_eq!(before.expires_at.unwrap().0, before.at.0 + within);
    bed.advance(LEASE / 2);
    drop((process, started));
    let process = bed.start_idle().await;
    let after = kept(&process, id).await;
    let later = after.expires_at.unwrap().0 - before.expires_at.unwrap().0;
    assert_eq!(later, within / 2, "its time begins anew");
    bed.advance(NEARLY_LEASE);
    process.store.expire().await.unwrap();
    assert_eq!(kept(&process, id).await.state, ApprovalState::Open);
    bed.advance(Duration::from_millis(1));
    process.store.expire().await.unwrap();
    assert_eq!(kept(&process, id).await.state, ApprovalState::Expired);
}

pub(super) async fn what_nobody_could_be_asked_is_over(bed: Bed) {
    let mut process = bed.start().await;
    let started = turn(&mut process, "1").await;
    let id = asked(&process, question(&started.claim)).await;
    let Outgoing { delivery, slot } = process.outgoing().await;
    let reason = "the chat is gone".to_owned();
    let dead = DeliveryFailure::Dead { reason };
    let failed = process.store.delivery_failed(delivery.id, dead, Some(slot));
    failed.await.unwrap();
    let reason = "Expired: people could not be asked: the chat is gone".to_owned();
    assert_eq!(kept(&process, id).await.outcome(), Some(reason.clone()));
    let verdict = Verdict::Denied { reason };
    assert_eq!(told(&mut process).await, (id, verdict));
}
