//! Deliveries: one outbox for each conversation, in order, without losses or unmarked repetitions.

use std::time::Duration;

use baton_core::delivery::DeliveryState;
use baton_core::id::Seq;
use baton_core::store::{Change, DeliveryFailure, OutcomeError, Outgoing};
use serde_json::json;

use super::case_context::{
    CaseContext, TestProcess, WithChange, finish_with_reply, ingest_message, new_message, reply_to,
};

/// Stores a message, and answers the message with these texts.
async fn answer_with(process: &mut TestProcess, address: &str, id: &str, texts: &[&str]) {
    ingest_message(&*process.store, new_message(address, id)).await;
    let started = process.next_started().await;
    let finish = finish_with_reply(&started.claim, texts[0]).with_change(|finish| {
        let more = texts[1..].iter().map(|text| reply_to(&started.claim, text));
        finish.deliveries.extend(more);
    });
    let slot = Some(started.slot);
    process.store.finish(finish, slot).await.unwrap();
}

async fn mark_sent(process: &TestProcess, outgoing: Outgoing) {
    let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
    process.store.delivery_sent(attempt, None, slot).await.unwrap();
}

async fn mark_failed(process: &TestProcess, outgoing: Outgoing, failure: DeliveryFailure) {
    let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
    process
        .store
        .delivery_failed(attempt, failure, slot)
        .await
        .unwrap();
}

fn retry_later(pause: Duration) -> DeliveryFailure {
    DeliveryFailure::Retry {
        reason: "busy".to_owned(),
        pause,
    }
}

fn outgoing_text(outgoing: &Outgoing) -> &str {
    outgoing.delivery.operation.text()
}

pub(super) async fn a_line_is_first_in_first_out(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_with(&mut process, "a", "1", &["1", "2"]).await;
    answer_with(&mut process, "a", "2", &["3", "4"]).await;
    for expected in ["1", "2", "3", "4"] {
        let mut all = process.all_outgoing().await;
        assert_eq!(all.len(), 1, "one of a line at a time");
        let outgoing = all.remove(0);
        assert_eq!(outgoing_text(&outgoing), expected);
        let counts = process.store.counts().await.unwrap();
        assert_eq!(counts.deliveries_in(DeliveryState::Sending), 1);
        mark_sent(&process, outgoing).await;
    }
    process.assert_nothing_goes_out().await;
}

pub(super) async fn lines_go_side_by_side(context: CaseContext) {
    let mut process = context.start_process().await;
    for address in ["a", "b", "c"] {
        answer_with(&mut process, address, address, &["first", "second"]).await;
    }
    let all = process.all_outgoing().await;
    assert_eq!(all.len(), 3);
    assert!(
        all.iter()
            .all(|outgoing| outgoing_text(outgoing) == "first")
    );
    let mut conversations: Vec<_> = all.iter().map(|one| one.delivery.conversation).collect();
    conversations.dedup();
    assert_eq!(conversations.len(), 3);
}

pub(super) async fn never_more_than_its_channel_carries(context: CaseContext) {
    let mut process = context
        .start_with(8, &[(super::case_context::ECHO, 8)], 2)
        .await;
    for n in 0..5 {
        let id = n.to_string();
        answer_with(&mut process, &id, &id, &["first", "second"]).await;
    }
    let mut carried = 0;
    loop {
        let mut all = process.all_outgoing().await;
        let counts = process.store.counts().await.unwrap();
        let sending = counts.deliveries_in(DeliveryState::Sending);
        assert_eq!(sending, all.len() as u64);
        assert!(sending <= 2);
        if all.is_empty() {
            break;
        }
        while let Some(outgoing) = all.pop() {
            mark_sent(&process, outgoing).await;
            carried += 1;
            let next = process.all_outgoing().await;
            assert!(next.len() + all.len() <= 2);
            all.extend(next);
        }
    }
    assert_eq!(carried, 10);
}

pub(super) async fn a_pause_holds_its_own_line_only(context: CaseContext) {
    let mut process = context
        .start_with(8, &[(super::case_context::ECHO, 8)], 1)
        .await;
    answer_with(&mut process, "a", "1", &["1", "2"]).await;
    let first = process.next_outgoing().await;
    answer_with(&mut process, "b", "2", &["3"]).await;
    mark_failed(&process, first, retry_later(Duration::from_secs(40))).await;
    let other = process.next_outgoing().await;
    assert_eq!(outgoing_text(&other), "3");
    mark_sent(&process, other).await;
    process.assert_nothing_goes_out().await;
    context.advance_clocks(Duration::from_secs(39));
    process.store.expire().await.unwrap();
    process.assert_nothing_goes_out().await;
    context.advance_clocks(Duration::from_secs(1));
    process.store.expire().await.unwrap();
    assert_eq!(process.mark_next_sent().await, "1");
    assert_eq!(process.mark_next_sent().await, "2");
}

pub(super) async fn not_taken_is_tried_again_under_its_id(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_with(&mut process, "a", "1", &["1"]).await;
    let first = process.next_outgoing().await;
    let id = first.delivery.id;
    assert_eq!(first.delivery.attempt, 1);
    mark_failed(&process, first, retry_later(Duration::ZERO)).await;
    process.store.expire().await.unwrap();
    let second = process.next_outgoing().await;
    assert_eq!(second.delivery.id, id);
    assert_eq!(second.delivery.attempt, 2);
    // The platform said that it did not accept the delivery.
    assert!(!second.delivery.maybe_repeated);
    mark_sent(&process, second).await;
}

pub(super) async fn unknown_is_tried_again_marked(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_with(&mut process, "a", "1", &["1", "2"]).await;
    let first = process.next_outgoing().await;
    let id = first.delivery.id;
    let unknown = DeliveryFailure::Unknown {
        reason: "the connection was cut".to_owned(),
        pause: Duration::from_secs(1),
    };
    mark_failed(&process, first, unknown).await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.deliveries_in(DeliveryState::Unknown), 1);
    process.assert_nothing_goes_out().await;
    context.advance_clocks(Duration::from_secs(1));
    process.store.expire().await.unwrap();
    let second = process.next_outgoing().await;
    assert_eq!(second.delivery.id, id);
    assert!(second.delivery.maybe_repeated);
    // The delivery stays marked as possibly repeated, even after later refusals.
    mark_failed(&process, second, retry_later(Duration::ZERO)).await;
    process.store.expire().await.unwrap();
    let third = process.next_outgoing().await;
    assert!(third.delivery.maybe_repeated);
    mark_sent(&process, third).await;
    let next = process.next_outgoing().await;
    assert_eq!(outgoing_text(&next), "2");
    assert!(!next.delivery.maybe_repeated);
}

pub(super) async fn an_outdated_outcome_is_refused_and_changes_nothing(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_with(&mut process, "a", "1", &["1", "2"]).await;
    let first = process.next_outgoing().await;
    let outdated = first.attempt();
    mark_failed(&process, first, retry_later(Duration::ZERO)).await;
    process.store.expire().await.unwrap();
    let second = process.next_outgoing().await;
    let current = second.attempt();
    assert_eq!(current.delivery, outdated.delivery);
    let refused = Err(OutcomeError::Outdated(outdated));
    let sent = process.store.delivery_sent(outdated, None, None);
    assert_eq!(sent.await, refused);
    let failed = process
        .store
        .delivery_failed(outdated, retry_later(Duration::ZERO), None);
    assert_eq!(failed.await, refused);
    // The second attempt still runs.
    process.store.expire().await.unwrap();
    process.assert_nothing_goes_out().await;
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.deliveries_in(DeliveryState::Sending), 1);
    mark_sent(&process, second).await;
    // An outcome is recorded once.
    let again = process.store.delivery_sent(current, None, None).await;
    assert_eq!(again, Err(OutcomeError::Outdated(current)));
    assert_eq!(process.mark_next_sent().await, "2");
}

pub(super) async fn an_outcome_of_an_earlier_epoch_is_refused(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_with(&mut process, "a", "1", &["1"]).await;
    let outdated = process.next_outgoing().await.attempt();
    drop(process);
    let mut process = context.start_process().await;
    let dead = DeliveryFailure::Dead {
        reason: "forbidden".to_owned(),
    };
    let interrupted = process.next_outgoing().await;
    mark_failed(&process, interrupted, dead).await;
    // After the replay, the numbers of the attempts begin again, so only the epoch tells the two apart.
    let id = Seq(outdated.delivery.0);
    process.store.replay(id, &"ada".into()).await.unwrap();
    let replayed = process.next_outgoing().await;
    assert_eq!(replayed.attempt().number, outdated.number);
    let late = process.store.delivery_sent(outdated, None, None).await;
    assert_eq!(late, Err(OutcomeError::Outdated(outdated)));
    mark_sent(&process, replayed).await;
}

pub(super) async fn dead_frees_its_line(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_with(&mut process, "a", "1", &["1", "2"]).await;
    let first = process.next_outgoing().await;
    let dead = DeliveryFailure::Dead {
        reason: "forbidden".to_owned(),
    };
    let (id, mut changes) = (first.delivery.id, process.store.changes());
    mark_failed(&process, first, dead).await;
    let is_dead =
        |change| matches!(change, Ok(Change::Undelivered { delivery }) if delivery == id);
    while !is_dead(changes.recv().await) {}
    assert_eq!(process.mark_next_sent().await, "2");
    let counts = process.store.counts().await.unwrap();
    assert_eq!(counts.deliveries_in(DeliveryState::Dead), 1);
    assert_eq!(counts.deliveries_in(DeliveryState::Sent), 1);
}

pub(super) async fn what_was_being_sent_in_a_crash_comes_again_marked(context: CaseContext) {
    let mut process = context.start_process().await;
    answer_with(&mut process, "a", "1", &["1", "2"]).await;
    let first = process.next_outgoing().await;
    let id = first.delivery.id;
    drop(process);
    let mut process = context.start_process().await;
    let again = process.next_outgoing().await;
    assert_eq!(again.delivery.id, id);
    assert!(again.delivery.maybe_repeated);
    process.assert_nothing_goes_out().await;
    mark_sent(&process, again).await;
    let next = process.next_outgoing().await;
    assert_eq!(outgoing_text(&next), "2");
    // This delivery was not claimed before, so the platform cannot have it.
    assert!(!next.delivery.maybe_repeated);
}

pub(super) async fn what_waits_survives_in_order(context: CaseContext) {
    let mut process = context
        .start_with(8, &[(super::case_context::ECHO, 8)], 0)
        .await;
    answer_with(&mut process, "a", "1", &["1", "2"]).await;
    answer_with(&mut process, "a", "2", &["3"]).await;
    process.assert_nothing_goes_out().await;
    drop(process);
    let mut process = context.start_process().await;
    for expected in ["1", "2", "3"] {
        let outgoing = process.next_outgoing().await;
        assert_eq!(outgoing_text(&outgoing), expected);
        assert!(!outgoing.delivery.maybe_repeated);
        mark_sent(&process, outgoing).await;
    }
}

pub(super) async fn go_where_their_message_said(context: CaseContext) {
    let mut process = context.start_process().await;
    for (id, route) in [("1", json!({"thread": 1})), ("2", json!("elsewhere"))] {
        let asked = new_message("a", id).with_change(|message| message.reply_route = route);
        ingest_message(&*process.store, asked).await;
    }
    let first = process.next_started().await;
    process.answer_turn(first, "to the first").await;
    let second = process.next_started().await;
    process.answer_turn(second, "to the second").await;
    drop(process);
    let mut process = context.start_process().await;
    for expected in [json!({"thread": 1}), json!("elsewhere")] {
        let outgoing = process.next_outgoing().await;
        assert_eq!(outgoing.delivery.reply_route, expected);
        assert_eq!(outgoing.delivery.place.address, "a");
        mark_sent(&process, outgoing).await;
    }
}
