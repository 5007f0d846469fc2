//! The parts of a delivery: every attempt sends the same parts, and each part has its own receipt.

use std::time::Duration;

use baton_core::id::Seq;
use baton_core::store::{DeliveryFailure, DeliveryPart, OutcomeError, Outgoing, PartReceipt};
use serde_json::{Value, json};

use super::case_context::{
    CaseContext, TestProcess, finish_with_reply, ingest_message, new_message,
};

/// Answers a message, and returns the claimed delivery of the reply.
async fn claim_reply(process: &mut TestProcess) -> Outgoing {
    ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    let finish = finish_with_reply(&started.claim, "a reply");
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
    process.next_outgoing().await
}

fn contents(texts: &[&str]) -> Vec<Value> {
    texts.iter().map(|text| json!({ "text": text })).collect()
}

fn part(text: &str, receipt: Option<&str>) -> DeliveryPart {
    DeliveryPart {
        content: json!({ "text": text }),
        receipt: receipt.map(receipt_with_id),
    }
}

fn receipt_with_id(id: &str) -> PartReceipt {
    PartReceipt {
        platform_id: Some(id.to_owned()),
    }
}

async fn begin(process: &TestProcess, outgoing: &Outgoing, texts: &[&str]) -> Vec<DeliveryPart> {
    let (attempt, contents) = (outgoing.attempt(), contents(texts));
    process.store.begin_parts(attempt, contents).await.unwrap()
}

pub(super) async fn stay_as_they_were_stored_first(context: CaseContext) {
    let mut process = context.start_process().await;
    let outgoing = claim_reply(&mut process).await;
    let first = [part("one", None), part("two", None), part("three", None)];
    assert_eq!(
        begin(&process, &outgoing, &["one", "two", "three"]).await,
        first
    );
    let attempt = outgoing.attempt();
    process
        .store
        .part_sent(attempt, 0, receipt_with_id("m1"))
        .await
        .unwrap();
    process
        .store
        .part_sent(attempt, 1, PartReceipt::default())
        .await
        .unwrap();
    // The same receipt may come again, and the first one counts.
    process
        .store
        .part_sent(attempt, 0, receipt_with_id("another"))
        .await
        .unwrap();
    let failure = DeliveryFailure::Unknown {
        reason: "the connection broke".to_owned(),
        pause: Duration::ZERO,
    };
    let slot = Some(outgoing.slot);
    process
        .store
        .delivery_failed(attempt, failure, slot)
        .await
        .unwrap();
    process.store.expire().await.unwrap();
    let again = process.next_outgoing().await;
    let mut parts = [
        part("one", Some("m1")),
        part("two", None),
        part("three", None),
    ];
    parts[1].receipt = Some(PartReceipt::default());
    assert_eq!(begin(&process, &again, &["other", "words"]).await, parts);
}

pub(super) async fn are_replaced_for_all_later_attempts(context: CaseContext) {
    let mut process = context.start_process().await;
    let outgoing = claim_reply(&mut process).await;
    begin(&process, &outgoing, &["one", "two", "three"]).await;
    let attempt = outgoing.attempt();
    process
        .store
        .part_sent(attempt, 0, receipt_with_id("m1"))
        .await
        .unwrap();
    let instead = contents(&["less", "three", "a note"]);
    process
        .store
        .replace_parts(attempt, 1, instead)
        .await
        .unwrap();
    drop(process);
    let mut process = context.start_process().await;
    let again = process.next_outgoing().await;
    let parts = [
        part("one", Some("m1")),
        part("less", None),
        part("three", None),
        part("a note", None),
    ];
    assert_eq!(begin(&process, &again, &[]).await, parts);
    let late = process.store.replace_parts(attempt, 0, Vec::new()).await;
    assert_eq!(late.unwrap_err(), OutcomeError::Outdated(attempt));
    assert_eq!(begin(&process, &again, &[]).await, parts);
}

pub(super) async fn survive_a_crash(context: CaseContext) {
    let mut process = context.start_process().await;
    let outgoing = claim_reply(&mut process).await;
    begin(&process, &outgoing, &["one", "two"]).await;
    let attempt = outgoing.attempt();
    process
        .store
        .part_sent(attempt, 0, receipt_with_id("m1"))
        .await
        .unwrap();
    drop(process);
    let mut process = context.start_process().await;
    let again = process.next_outgoing().await;
    let parts = [part("one", Some("m1")), part("two", None)];
    assert_eq!(begin(&process, &again, &["one", "two"]).await, parts);
}

pub(super) async fn of_an_outdated_attempt_are_refused(context: CaseContext) {
    let mut process = context.start_process().await;
    let old = claim_reply(&mut process).await;
    begin(&process, &old, &["one"]).await;
    let attempt = old.attempt();
    let failure = DeliveryFailure::Retry {
        reason: "busy".to_owned(),
        pause: Duration::ZERO,
    };
    let slot = Some(old.slot);
    process
        .store
        .delivery_failed(attempt, failure, slot)
        .await
        .unwrap();
    process.store.expire().await.unwrap();
    let current = process.next_outgoing().await;
    let outdated = OutcomeError::Outdated(attempt);
    let begun = process.store.begin_parts(attempt, contents(&["x"])).await;
    assert_eq!(begun.unwrap_err(), outdated);
    let sent = process
        .store
        .part_sent(attempt, 0, receipt_with_id("late"))
        .await;
    assert_eq!(sent.unwrap_err(), outdated);
    assert_eq!(begin(&process, &current, &["x"]).await, [part("one", None)]);
}

pub(super) async fn go_on_after_the_sent_ones_in_a_replay(context: CaseContext) {
    let mut process = context.start_process().await;
    let outgoing = claim_reply(&mut process).await;
    begin(&process, &outgoing, &["one", "two", "three"]).await;
    let (attempt, id) = (outgoing.attempt(), outgoing.delivery.id);
    for (number, receipt) in ["m1", "m2"].into_iter().enumerate() {
        let receipt = receipt_with_id(receipt);
        process
            .store
            .part_sent(attempt, number, receipt)
            .await
            .unwrap();
    }
    let failure = DeliveryFailure::Dead {
        reason: "the third is refused".to_owned(),
    };
    let slot = Some(outgoing.slot);
    process
        .store
        .delivery_failed(attempt, failure, slot)
        .await
        .unwrap();
    process
        .store
        .replay(Seq(id.0), &"operator".into())
        .await
        .unwrap();
    let again = process.next_outgoing().await;
    let parts = [
        part("one", Some("m1")),
        part("two", Some("m2")),
        part("three", None),
    ];
    assert_eq!(
        begin(&process, &again, &["one", "two", "three"]).await,
        parts
    );
}
