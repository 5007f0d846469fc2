//! Claims of this process happen in the commit that makes the claims possible, and never exceed the slots.

use std::time::Duration;

use baton_core::message::MessageState;
use baton_core::store::Ingest;
use baton_core::turn::TurnEnd;

use super::case_context::{
    CaseContext, ECHO, WithChange, external_ids, ingest_message, new_message, priority_of,
    read_message, read_state, retry_end, worker_message,
};

pub(super) async fn a_claim_rides_in_the_ingest(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    // No other command ran, so the claim was in the same commit.
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Running
    );
    let started = process.next_started().await;
    assert_eq!(external_ids(&started.claim), ["1"]);
    assert_eq!(started.claim.attempt, 1);
    process.assert_nothing_starts().await;
}

pub(super) async fn what_nobody_here_can_do_is_not_claimed(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, worker_message("a", "1")).await;
    process.assert_nothing_starts().await;
    assert_eq!(
        read_state(&*process.store, &kept).await,
        MessageState::Waiting
    );
}

pub(super) async fn never_more_than_in_all(context: CaseContext) {
    let mut process = context.start_with(3, &[(ECHO, 8), ("other", 8)], 8).await;
    let messages = (0..10).map(|n| {
        new_message(&n.to_string(), &n.to_string()).with_change(|message| {
            if n % 2 == 0 {
                message.route.agent = "other".into();
            }
        })
    });
    let batch = Ingest {
        messages: messages.collect(),
        ..Ingest::default()
    };
    process.store.ingest(batch).await.unwrap();
    let mut running = process.all_started().await;
    assert_eq!(running.len(), 3);
    let mut begun = running.len();
    while let Some(started) = running.pop() {
        process.end_turn(started, TurnEnd::Done).await;
        let next = process.all_started().await;
        begun += next.len();
        running.extend(next);
        let counts = process.store.counts().await.unwrap();
        let in_store = counts.messages_in(MessageState::Running);
        assert_eq!(in_store, running.len() as u64);
        assert!(in_store <= 3);
    }
    assert_eq!(begun, 10);
}

pub(super) async fn never_more_than_of_one_agent(context: CaseContext) {
    let mut process = context.start_with(8, &[(ECHO, 1), ("other", 2)], 8).await;
    for n in 0..4 {
        ingest_message(
            &*process.store,
            new_message(&format!("echo-{n}"), &format!("e{n}")),
        )
        .await;
        let other = new_message(&format!("other-{n}"), &format!("o{n}"))
            .with_change(|message| message.route.agent = "other".into());
        ingest_message(&*process.store, other).await;
    }
    let mut running = process.all_started().await;
    let of = |agent: &str| {
        let agents = running.iter().map(|started| started.claim.agent.as_str());
        agents.filter(|name| *name == agent).count()
    };
    assert_eq!((of(ECHO), of("other")), (1, 2));
    // Each agent has its own slots.
    let echo = running
        .iter()
        .position(|started| started.claim.agent.as_str() == ECHO);
    process
        .end_turn(running.remove(echo.unwrap()), TurnEnd::Done)
        .await;
    let next = process.all_started().await;
    assert_eq!(next.len(), 1);
    assert_eq!(next[0].claim.agent.as_str(), ECHO);
}

pub(super) async fn a_finish_frees_its_slot_for_the_next(context: CaseContext) {
    let mut process = context.start_with(1, &[(ECHO, 1)], 8).await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    let other = ingest_message(&*process.store, new_message("b", "2")).await;
    let same = ingest_message(&*process.store, new_message("a", "3")).await;
    let first = process.next_started().await;
    process.assert_nothing_starts().await;
    process.answer_turn(first, "answer").await;
    // The turn already runs when `finish` returns, because it was claimed in the same commit.
    assert_eq!(
        read_state(&*process.store, &other).await,
        MessageState::Running
    );
    assert_eq!(
        read_state(&*process.store, &same).await,
        MessageState::Waiting
    );
    let second = process.next_started().await;
    assert_eq!(external_ids(&second.claim), ["2"]);
    process.answer_turn(second, "answer").await;
    assert_eq!(external_ids(&process.next_started().await.claim), ["3"]);
}

pub(super) async fn closed_slots_claim_nothing(context: CaseContext) {
    let mut process = context.start_process().await;
    ingest_message(&*process.store, new_message("a", "1")).await;
    let first = process.next_started().await;
    process.turns.close();
    let second = ingest_message(&*process.store, new_message("a", "2")).await;
    ingest_message(&*process.store, new_message("b", "3")).await;
    process.answer_turn(first, "answer").await;
    process.assert_nothing_starts().await;
    let second = read_message(&*process.store, &second).await;
    assert_eq!((second.state, second.attempts), (MessageState::Waiting, 0));
}

pub(super) async fn the_greatest_priority_is_claimed_first(context: CaseContext) {
    let mut process = context.start_with(1, &[(ECHO, 1)], 8).await;
    let mut order = Vec::new();
    // Two conversations, and a message in the first one with a higher priority than earlier ones.
    for (address, id, value) in [
        ("a", "first", 5),
        ("b", "low", 0),
        ("a", "usual", 5),
        ("b", "usual-too", 5),
        ("a", "high", 99),
        ("c", "high-too", 99),
    ] {
        let message =
            new_message(address, id).with_change(|message| message.priority = priority_of(value));
        ingest_message(&*process.store, message).await;
    }
    for _ in 0..6 {
        let started = process.next_started().await;
        order.push(external_ids(&started.claim)[0].to_owned());
        process.end_turn(started, TurnEnd::Done).await;
    }
    // Among equal priorities, the conversation that was not served yet goes first.
    let expected = ["first", "high-too", "high", "usual-too", "usual", "low"];
    assert_eq!(order, expected);
}

pub(super) async fn turns_go_round_the_conversations(context: CaseContext) {
    let mut process = context.start_with(2, &[(ECHO, 2)], 8).await;
    // Four conversations have many messages, and then a fifth has a few.
    for n in 0..20 {
        let room = ["a", "b", "c", "d"][n % 4];
        ingest_message(&*process.store, new_message(room, &format!("{room}{n}"))).await;
    }
    ingest_message(&*process.store, new_message("e", "e0")).await;
    ingest_message(&*process.store, new_message("e", "e1")).await;
    let mut running = process.all_started().await;
    let mut order = Vec::new();
    while !running.is_empty() {
        let started = running.remove(0);
        order.push(external_ids(&started.claim)[0].to_owned());
        process.end_turn(started, TurnEnd::Done).await;
        running.extend(process.all_started().await);
    }
    let rooms: String = order.iter().map(|id| &id[..1]).collect();
    assert_eq!(rooms, "abcdeabcdeabcdabcdabcd");
    // Within each conversation, messages keep the order of their arrival.
    order.retain(|id| id.starts_with('a'));
    assert_eq!(order, ["a0", "a4", "a8", "a12", "a16"]);
}

pub(super) async fn a_retry_goes_to_the_end_of_the_line(context: CaseContext) {
    let mut process = context.start_with(1, &[(ECHO, 1)], 8).await;
    for (room, id) in [("a", "a0"), ("a", "a1"), ("b", "b0")] {
        ingest_message(&*process.store, new_message(room, id)).await;
    }
    let first = process.next_started().await;
    process
        .end_turn(first, retry_end(Duration::from_secs(1)))
        .await;
    let other = process.next_started().await;
    assert_eq!(external_ids(&other.claim), ["b0"]);
    ingest_message(&*process.store, new_message("b", "b1")).await;
    ingest_message(&*process.store, new_message("c", "c0")).await;
    context.advance_clocks(Duration::from_secs(1));
    process.store.expire().await.unwrap();
    let mut order = Vec::new();
    let mut next = Some(other);
    while let Some(started) = next.take() {
        order.push(external_ids(&started.claim)[0].to_owned());
        process.end_turn(started, TurnEnd::Done).await;
        next = process.all_started().await.pop();
    }
    assert_eq!(order, ["b0", "a0", "c0", "b1", "a1"]);
}
