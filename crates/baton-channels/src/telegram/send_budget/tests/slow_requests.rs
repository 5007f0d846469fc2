//! Requests whose answers take a while, and the first minute of a process.

use super::*;

/// The time after which the requests of an earlier process count no more.
const UNKNOWN_BEGIN: Duration = Duration::from_mins(1);

/// Begins a request, and leaves it without an answer.
async fn begin_request(budget: &SendBudget, chat: i64) -> SendPermit<'_> {
    let permit = budget.take_permit(chat, SendPriority::Reply, Duration::ZERO);
    permit.await.unwrap()
}

#[tokio::test]
async fn a_permit_counts_from_the_answer_on() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    clock.advance(UNKNOWN_BEGIN);
    take_permits(&budget, GROUP, SendPriority::Reply, 19).await;
    let slow = begin_request(&budget, GROUP).await;
    clock.advance(Duration::from_secs(50));
    drop(slow);
    clock.advance(Duration::from_secs(10));
    take_permits(&budget, GROUP, SendPriority::Reply, 19).await;
    let pause = try_permit(&budget, GROUP, SendPriority::Reply).await;
    assert_eq!(pause, 50_000, "the slow request can have arrived late");
}

#[tokio::test]
async fn a_permit_that_is_given_back_does_not_count() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    clock.advance(UNKNOWN_BEGIN);
    for _ in 0..3 {
        let unsent = begin_request(&budget, PRIVATE).await;
        clock.advance(Duration::from_millis(10));
        unsent.give_back();
    }
    take_permits(&budget, PRIVATE, SendPriority::Reply, 1).await;
    assert_eq!(
        try_permit(&budget, PRIVATE, SendPriority::Reply).await,
        1_000
    );
}

#[tokio::test]
async fn a_new_process_has_one_request_at_once_in_each_chat() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    let first = begin_request(&budget, GROUP).await;
    let waiting = begin_waiting(&budget, GROUP, SendPriority::Reply, PATIENT).await;
    assert!(!waiting.is_finished());
    assert_eq!(
        try_permit(&budget, GROUP, SendPriority::Reply).await,
        1_000,
        "a look after each moment would be a storm"
    );
    // Other chats do not wait.
    take_permits(&budget, PRIVATE, SendPriority::Reply, 1).await;
    clock.advance(Duration::from_millis(300));
    drop(first);
    settle().await;
    assert_eq!(waiting.await.unwrap(), Ok(300));
}

#[tokio::test]
async fn a_refusal_stops_the_request_that_waits_for_the_answer() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    let first = begin_request(&budget, GROUP).await;
    let waiting = begin_waiting(&budget, GROUP, SendPriority::Reply, PATIENT).await;
    budget.note_limited(Duration::from_secs(40));
    drop(first);
    settle().await;
    assert!(!waiting.is_finished());
    run_to_end(&clock).await;
    assert_eq!(waiting.await.unwrap(), Ok(40_000));
}

#[tokio::test]
async fn a_request_without_an_answer_stops_its_chat_for_a_minute_at_most() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    let _lost = begin_request(&budget, GROUP).await;
    let waiting = begin_waiting(&budget, GROUP, SendPriority::Reply, PATIENT).await;
    run_to_end(&clock).await;
    assert_eq!(waiting.await.unwrap(), Ok(60_000));
}
