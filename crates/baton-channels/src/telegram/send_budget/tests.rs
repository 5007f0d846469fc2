use baton_testkit::clock::SimClock;
use tokio::task::JoinHandle;

use super::permit_queue::MOST_CHATS;
use super::*;

mod budget_model;
mod slow_requests;

const GROUP: i64 = -100;
const PRIVATE: i64 = 7;

/// Longer than every test.
const PATIENT: Duration = Duration::from_hours(24);

fn new_budget(limits: BudgetLimits) -> (Arc<SendBudget>, Arc<SimClock>) {
    let clock = SimClock::shared();
    let budget = SendBudget::new(limits, clock.clone());
    (Arc::new(budget), clock)
}

/// Lets all tasks run until they wait.
async fn settle() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// Takes a permit without waiting. Returns the pause in milliseconds, and 0 for a permit.
async fn try_permit(budget: &SendBudget, chat: i64, priority: SendPriority) -> u128 {
    let permit = budget.take_permit(chat, priority, Duration::ZERO).await;
    permit.err().map_or(0, |pause| pause.as_millis())
}

async fn take_permits(budget: &SendBudget, chat: i64, priority: SendPriority, count: usize) {
    for number in 0..count {
        assert_eq!(
            try_permit(budget, chat, priority).await,
            0,
            "permit {number}"
        );
    }
}

/// Begins to wait for a permit; the result is the time of the permit in milliseconds.
async fn begin_waiting(
    budget: &Arc<SendBudget>,
    chat: i64,
    priority: SendPriority,
    patience: Duration,
) -> JoinHandle<Result<i64, Duration>> {
    let budget = Arc::clone(budget);
    let waits = tokio::spawn(async move {
        let permit = budget.take_permit(chat, priority, patience).await;
        permit.map(|permit| permit.granted.0)
    });
    settle().await;
    waits
}

/// Moves the clock from one sleeper to the next, until nobody sleeps.
async fn run_to_end(clock: &SimClock) {
    settle().await;
    while let Some(next) = clock.earliest() {
        clock.advance_to(next);
        settle().await;
    }
}

#[tokio::test]
async fn each_limit_counts_for_itself() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    take_permits(&budget, GROUP, SendPriority::Reply, 20).await;
    let pause = try_permit(&budget, GROUP, SendPriority::Approval).await;
    assert_eq!(pause, 60_000);
    take_permits(&budget, PRIVATE, SendPriority::Reply, 1).await;
    let pause = try_permit(&budget, PRIVATE, SendPriority::Reply).await;
    assert_eq!(pause, 1_000);
    take_permits(&budget, PRIVATE + 1, SendPriority::Reply, 1).await;
    clock.advance(Duration::from_millis(600));
    for chat in 100..103 {
        take_permits(&budget, chat, SendPriority::Reply, 1).await;
    }
    let pause = try_permit(&budget, 103, SendPriority::Reply).await;
    assert_eq!(pause, 400, "the bot had 25 permits");
}

#[tokio::test]
async fn edits_and_notices_leave_permits_to_replies() {
    let (budget, _clock) = new_budget(BudgetLimits::default());
    take_permits(&budget, GROUP, SendPriority::ToolNotice, 10).await;
    assert_ne!(
        try_permit(&budget, GROUP, SendPriority::ToolNotice).await,
        0
    );
    take_permits(&budget, GROUP, SendPriority::Edit, 5).await;
    assert_ne!(try_permit(&budget, GROUP, SendPriority::Edit).await, 0);
    take_permits(&budget, GROUP, SendPriority::Topic, 2).await;
    take_permits(&budget, GROUP, SendPriority::Reply, 2).await;
    take_permits(&budget, GROUP, SendPriority::Approval, 1).await;
    assert_ne!(try_permit(&budget, GROUP, SendPriority::Approval).await, 0);
}

#[tokio::test]
async fn a_chat_serves_by_priority_and_then_by_arrival() {
    let limits = BudgetLimits {
        group_per_minute: 1,
        ..BudgetLimits::default()
    };
    let (budget, clock) = new_budget(limits);
    take_permits(&budget, GROUP, SendPriority::Reply, 1).await;
    let mut waiting = Vec::new();
    for priority in [
        SendPriority::ToolNotice,
        SendPriority::Reply,
        SendPriority::Edit,
        SendPriority::Reply,
        SendPriority::Topic,
        SendPriority::Approval,
    ] {
        waiting.push(begin_waiting(&budget, GROUP, priority, PATIENT).await);
    }
    run_to_end(&clock).await;
    let mut minutes = Vec::new();
    for permit in waiting {
        minutes.push(permit.await.unwrap().unwrap() / 60_000);
    }
    assert_eq!(minutes, [6, 2, 5, 3, 4, 1]);
}

#[tokio::test]
async fn nobody_takes_the_permit_of_a_waiting_request() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    take_permits(&budget, PRIVATE, SendPriority::Reply, 1).await;
    let reply = begin_waiting(&budget, PRIVATE, SendPriority::Reply, PATIENT).await;
    // The clock is moved, but the waiting task has not run yet.
    clock.advance(Duration::from_secs(1));
    assert_eq!(
        try_permit(&budget, PRIVATE, SendPriority::Edit).await,
        1_000
    );
    assert_eq!(reply.await.unwrap(), Ok(1_000));
}

#[tokio::test]
async fn a_request_waits_no_longer_than_its_patience() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    take_permits(&budget, PRIVATE, SendPriority::Reply, 1).await;
    let patience = Duration::from_millis(999);
    let permit = budget.take_permit(PRIVATE, SendPriority::Reply, patience);
    assert_eq!(permit.await.unwrap_err(), Duration::from_secs(1), "at once");
    let second = Duration::from_secs(1);
    let reply = begin_waiting(&budget, PRIVATE, SendPriority::Topic, second).await;
    let approval = begin_waiting(&budget, PRIVATE, SendPriority::Approval, second).await;
    clock.advance(second);
    assert_eq!(approval.await.unwrap(), Ok(1_000));
    assert!(reply.await.unwrap().is_err(), "the approval was first");
}

#[tokio::test]
async fn a_refused_reply_keeps_its_permit_until_it_comes_back() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    take_permits(&budget, PRIVATE, SendPriority::Reply, 1).await;
    assert_eq!(
        try_permit(&budget, PRIVATE, SendPriority::Reply).await,
        1_000
    );
    let edit = begin_waiting(&budget, PRIVATE, SendPriority::Edit, PATIENT).await;
    clock.advance(Duration::from_millis(1_500));
    settle().await;
    assert_ne!(try_permit(&budget, PRIVATE, SendPriority::Edit).await, 0);
    // The edit sleeps until the end of the claim, and wakes when the claim is used.
    assert_eq!(try_permit(&budget, PRIVATE, SendPriority::Reply).await, 0);
    settle().await;
    assert_eq!(clock.earliest(), Some(Steady(2_500)));
    clock.advance(Duration::from_secs(1));
    assert_eq!(edit.await.unwrap(), Ok(2_500));
}

#[tokio::test]
async fn a_reply_that_never_comes_back_stops_the_edits_only_for_a_while() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    take_permits(&budget, PRIVATE, SendPriority::Reply, 1).await;
    assert_eq!(
        try_permit(&budget, PRIVATE, SendPriority::Reply).await,
        1_000
    );
    let edit = begin_waiting(&budget, PRIVATE, SendPriority::Edit, PATIENT).await;
    run_to_end(&clock).await;
    assert_eq!(edit.await.unwrap(), Ok(11_000));
}

#[tokio::test]
async fn refused_replies_come_back_one_by_one() {
    let (budget, _clock) = new_budget(BudgetLimits::default());
    budget.note_limited(Duration::from_secs(40));
    let mut pauses = Vec::new();
    for _ in 0..4 {
        pauses.push(try_permit(&budget, GROUP, SendPriority::Reply).await);
    }
    pauses.push(try_permit(&budget, PRIVATE, SendPriority::Reply).await);
    assert_eq!(pauses, [40_000, 43_000, 46_000, 49_000, 40_000]);
}

#[tokio::test]
async fn a_dropped_request_gives_its_place_back() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    take_permits(&budget, PRIVATE, SendPriority::Reply, 1).await;
    let first = begin_waiting(&budget, PRIVATE, SendPriority::Reply, PATIENT).await;
    let second = begin_waiting(&budget, PRIVATE, SendPriority::Reply, PATIENT).await;
    first.abort();
    run_to_end(&clock).await;
    assert_eq!(second.await.unwrap(), Ok(1_000));
}

#[tokio::test]
async fn a_permit_that_nobody_accepts_goes_to_the_next_request() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    take_permits(&budget, PRIVATE, SendPriority::Reply, 1).await;
    let mut first = Box::pin(budget.take_permit(PRIVATE, SendPriority::Reply, PATIENT));
    tokio::select! {
        biased;
        permit = &mut first => panic!("no permit was free: {permit:?}"),
        () = std::future::ready(()) => {}
    }
    let second = begin_waiting(&budget, PRIVATE, SendPriority::Edit, PATIENT).await;
    clock.advance(Duration::from_secs(1));
    // The second request grants the permit of the first.
    settle().await;
    assert!(!second.is_finished());
    drop(first);
    settle().await;
    assert_eq!(second.await.unwrap(), Ok(1_000));
}

#[tokio::test]
async fn a_permit_can_be_given_back() {
    let (budget, _clock) = new_budget(BudgetLimits::default());
    let permit = budget.take_permit(PRIVATE, SendPriority::Reply, Duration::ZERO);
    let permit = permit.await.unwrap();
    let waits = begin_waiting(&budget, PRIVATE, SendPriority::Edit, PATIENT).await;
    permit.give_back();
    settle().await;
    assert_eq!(waits.await.unwrap(), Ok(0));
}

#[tokio::test]
async fn a_refusal_of_telegram_stops_all_chats_and_no_burst_follows() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    let short = begin_waiting(&budget, GROUP, SendPriority::Reply, PATIENT).await;
    assert_eq!(short.await.unwrap(), Ok(0));
    take_permits(&budget, PRIVATE, SendPriority::Reply, 1).await;
    let patience = Duration::from_secs(5);
    let impatient = begin_waiting(&budget, PRIVATE, SendPriority::Reply, patience).await;
    budget.note_limited(Duration::from_secs(40));
    settle().await;
    let pause = impatient.await.unwrap().unwrap_err();
    assert_eq!(pause, Duration::from_secs(40), "without waiting in vain");
    // A shorter pause changes nothing.
    budget.note_limited(Duration::from_secs(3));
    let mut waiting = Vec::new();
    for chat in [GROUP, GROUP, GROUP, 11, 12, 13] {
        waiting.push(begin_waiting(&budget, chat, SendPriority::Reply, PATIENT).await);
    }
    run_to_end(&clock).await;
    let mut permits = Vec::new();
    for permit in waiting {
        permits.push(permit.await.unwrap().unwrap());
    }
    let expected = [40_000, 43_000, 46_000, 40_040, 40_080, 40_120];
    assert_eq!(permits, expected);
}

#[tokio::test]
async fn after_a_pause_all_replies_come_first_and_in_order() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    budget.note_limited(Duration::from_secs(40));
    let mut replies = Vec::new();
    let mut edits = Vec::new();
    for number in 0..260 {
        // Edits and replies arrive mixed.
        if number % 13 < 3 {
            replies.push(begin_waiting(&budget, GROUP, SendPriority::Reply, PATIENT).await);
        } else {
            edits.push(begin_waiting(&budget, GROUP, SendPriority::Edit, PATIENT).await);
        }
    }
    assert_eq!((replies.len(), edits.len()), (60, 200));
    run_to_end(&clock).await;
    let mut permits = Vec::new();
    for permit in replies.into_iter().chain(edits) {
        permits.push(permit.await.unwrap().unwrap());
    }
    assert_eq!(permits[0], 40_000);
    assert_eq!(permits[1], 43_000);
    assert!(permits.is_sorted());
    for (first, beyond) in permits.iter().zip(&permits[20..]) {
        assert!(beyond - first >= 60_000, "{first} and {beyond}");
    }
    assert_eq!(permits[59], 40_000 + 59 * 3_000, "the replies lose no time");
}

#[tokio::test]
async fn idle_chats_are_forgotten_and_their_number_is_bounded() {
    let (budget, clock) = new_budget(BudgetLimits::default());
    for chat in 0..100 {
        let _ = try_permit(&budget, -1 - chat, SendPriority::Edit).await;
        clock.advance(Duration::from_millis(100));
    }
    assert!(budget.with_queue(|queue| queue.count_chats()) >= 90);
    clock.advance(Duration::from_mins(2));
    let _ = try_permit(&budget, PRIVATE, SendPriority::Edit).await;
    assert_eq!(budget.with_queue(|queue| queue.count_chats()), 1);
    // A long pause gives each chat a claim, which keeps the chat.
    budget.note_limited(Duration::from_hours(1));
    for chat in 0..i64::try_from(MOST_CHATS).unwrap() + 10 {
        assert_ne!(try_permit(&budget, -1 - chat, SendPriority::Reply).await, 0);
    }
    assert_eq!(budget.with_queue(|queue| queue.count_chats()), MOST_CHATS);
}

#[test]
fn the_limits_are_settings_with_defaults() {
    let read = |json: &str| serde_json::from_str::<BudgetLimits>(json);
    let limits = read(r#"{ "group_per_minute": 10 }"#).unwrap();
    let expected = BudgetLimits {
        group_per_minute: 10,
        private_per_second: 1,
        bot_per_second: 25,
    };
    assert_eq!(limits, expected);
    assert!(read(r#"{ "group_per_hour": 10 }"#).is_err());
}
