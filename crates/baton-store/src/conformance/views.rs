//! Views of states: counts, waiting messages, dead letters, traces, changes.

use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::Wall;
use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_core::store::{Change, Store, StoreError, WaitingQuery};
use baton_core::turn::{TurnEnd, TurnState};

use super::case_context::{
    CaseContext, WithChange, claim_message, claim_next_request, dead_end, default_account,
    finish_with, ingest_message, new_message, priority_of, retry_end, wait_for, web_channel,
    web_place, worker_message,
};
use super::timeline;

/// Checks that the states add up to the received messages. Returns the number of messages in each state.
async fn read_counts(store: &dyn Store, received: u64) -> [u64; 6] {
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.received, received, "{counts:?}");
    let each = MessageState::ALL.map(|state| counts.messages_in(state));
    assert_eq!(each.iter().sum::<u64>(), received, "{counts:?}");
    each
}

pub(super) async fn received_is_the_sum_at_every_step(context: CaseContext) {
    let mut process = context.start_process().await;
    assert_eq!(read_counts(&*process.store, 0).await, [0; 6]);
    ingest_message(&*process.store, new_message("a", "1")).await;
    assert_eq!(read_counts(&*process.store, 1).await, [0, 1, 0, 0, 0, 0]);
    let second = ingest_message(&*process.store, new_message("a", "2")).await;
    let full = new_message("a", "3").with_change(|message| message.route.waiting_limit = 1);
    process.store.ingest(full.into()).await.unwrap();
    assert_eq!(read_counts(&*process.store, 3).await, [1, 1, 0, 0, 1, 0]);
    let first = process.next_started().await;
    process
        .end_turn(first, retry_end(Duration::from_secs(1)))
        .await;
    assert_eq!(read_counts(&*process.store, 3).await, [2, 0, 0, 0, 1, 0]);
    let by = "person-1".into();
    process.store.stop(second.id, &by).await.unwrap();
    assert_eq!(read_counts(&*process.store, 3).await, [1, 0, 0, 0, 1, 1]);
    context.advance_clocks(Duration::from_secs(1));
    process.store.expire().await.unwrap();
    let first = process.next_started().await;
    let first_message = first.claim.messages[0].clone();
    process.end_turn(first, dead_end()).await;
    assert_eq!(read_counts(&*process.store, 3).await, [0, 0, 0, 1, 1, 1]);
    let id = first_message.id.into();
    process.store.replay(id, &by).await.unwrap();
    assert_eq!(read_counts(&*process.store, 3).await, [0, 1, 0, 0, 1, 1]);
    let first = process.next_started().await;
    process.answer_turn(first, "answer").await;
    assert_eq!(read_counts(&*process.store, 3).await, [0, 0, 1, 0, 1, 1]);
    let deliveries = process.store.counts().await.unwrap();
    assert_eq!(deliveries.deliveries_in(DeliveryState::Sending), 1);
    process.mark_next_sent().await;
    let deliveries = process.store.counts().await.unwrap();
    assert_eq!(deliveries.deliveries_in(DeliveryState::Sent), 1);
    // The numbers are the same after a restart.
    drop(process);
    let process = context.start_process().await;
    assert_eq!(read_counts(&*process.store, 3).await, [0, 0, 1, 0, 1, 1]);
}

pub(super) async fn read_waiting_ids(store: &dyn Store, query: WaitingQuery) -> Vec<String> {
    let messages = store.waiting(query, usize::MAX).await.unwrap();
    let ids = messages.iter().map(|message| message.external_id.as_str());
    ids.map(str::to_owned).collect()
}

pub(super) fn query_all_waiting() -> WaitingQuery {
    WaitingQuery::at_most(100)
}

pub(super) async fn waiting_is_in_the_order_of_claims(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    for (address, id, value) in [
        ("a", "low", 0),
        ("b", "usual", 5),
        ("a", "high", 99),
        ("b", "usual-too", 5),
    ] {
        let job = worker_message(address, id).with_change(|job| job.priority = priority_of(value));
        ingest_message(store, job).await;
    }
    let all = read_waiting_ids(store, query_all_waiting()).await;
    assert_eq!(all, ["high", "usual", "usual-too", "low"]);
    let next = store
        .claim_next(super::case_context::claim_next_request("worker"))
        .await;
    let held = next.unwrap().unwrap().claim;
    assert_eq!(super::case_context::external_ids(&held), ["high"]);
    ingest_message(
        store,
        worker_message("c", "highest").with_change(|job| job.priority = priority_of(99)),
    )
    .await;
    // Running messages come first, whatever the priority of waiting ones.
    let all = read_waiting_ids(store, query_all_waiting()).await;
    assert_eq!(all, ["high", "highest", "usual", "usual-too", "low"]);
    let only_waiting = WaitingQuery {
        only_waiting: true,
        ..query_all_waiting()
    };
    let all = read_waiting_ids(store, only_waiting).await;
    assert_eq!(all, ["highest", "usual", "usual-too", "low"]);
    let two = WaitingQuery {
        limit: 2,
        ..query_all_waiting()
    };
    assert_eq!(read_waiting_ids(store, two).await, ["high", "highest"]);
}

pub(super) async fn waiting_shows_what_is_asked_for(context: CaseContext) {
    let process = context.start_idle().await;
    let store = &*process.store;
    for (address, id, persona, agent) in [
        ("a", "1", "hal", "left"),
        ("a", "2", "eve", "right"),
        ("b", "3", "hal", "left"),
        ("c", "4", "eve", "left"),
    ] {
        let job = worker_message(address, id).with_change(|job| {
            job.route.persona = persona.into();
            job.route.agent = agent.into();
        });
        ingest_message(store, job).await;
    }
    let other =
        worker_message("a", "5").with_change(|job| job.route.place.account = "other".into());
    ingest_message(store, other).await;
    let places = |addresses: &[&str]| WaitingQuery {
        of: Some((web_channel(), default_account())),
        addresses: Some(addresses.iter().map(|name| (*name).to_owned()).collect()),
        ..query_all_waiting()
    };
    assert_eq!(
        read_waiting_ids(store, places(&["a", "c"])).await,
        ["1", "2", "4"]
    );
    assert_eq!(read_waiting_ids(store, places(&[])).await, [""; 0]);
    let eve = WaitingQuery {
        personas: vec!["eve".into()],
        ..query_all_waiting()
    };
    assert_eq!(read_waiting_ids(store, eve).await, ["2", "4"]);
    let left = WaitingQuery {
        agents: Some(vec!["left".into()]),
        ..query_all_waiting()
    };
    assert_eq!(read_waiting_ids(store, left).await, ["1", "3", "4"]);
    let nobody = WaitingQuery {
        agents: Some(Vec::new()),
        ..query_all_waiting()
    };
    assert_eq!(read_waiting_ids(store, nobody).await, [""; 0]);
}

pub(super) async fn what_is_left_out_is_in_no_view(context: CaseContext) {
    let mut process = context.start_process().await;
    for address in ["a", "b", "c"] {
        let said = new_message(address, &format!("said in {address}"));
        process
            .complete_exchange(said, &format!("answered in {address}"))
            .await;
        ingest_message(
            &*process.store,
            worker_message(address, &format!("waits in {address}")),
        )
        .await;
    }
    let store = &*process.store;
    let not_in = vec![
        web_place("a"),
        web_place("c"),
        web_place("nobody was ever there"),
    ];
    let posts = timeline::last_posts(100).with_change(|query| query.not_in.clone_from(&not_in));
    let posts = store.timeline(posts).await.unwrap().posts;
    let texts: Vec<_> = posts.iter().map(|post| post.text.as_str()).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(posts.iter().all(|post| post.place == web_place("b")));
    let left = WaitingQuery {
        not_in: not_in.clone(),
        ..query_all_waiting()
    };
    assert_eq!(read_waiting_ids(store, left).await, ["waits in b"]);
    let counts = store.counts_outside(not_in.clone()).await.unwrap();
    assert_eq!(counts.received, 2);
    assert_eq!(counts.deliveries_in(DeliveryState::Sent), 1);
    assert_eq!(store.counts().await.unwrap().received, 6);
    assert!(counts.conversations < store.counts().await.unwrap().conversations);
    let next =
        || claim_next_request("worker").with_change(|claim| claim.not_in.clone_from(&not_in));
    let claimed = store.claim_next(next()).await.unwrap().unwrap();
    assert_eq!(claimed.claim.place, web_place("b"));
    assert!(store.claim_next(next()).await.unwrap().is_none());
    // The same address in another account is another place.
    let mut other = web_place("a");
    other.account = "other".into();
    let elsewhere = WaitingQuery {
        not_in: vec![other],
        ..query_all_waiting()
    };
    assert!(
        read_waiting_ids(store, elsewhere)
            .await
            .contains(&"waits in a".to_owned())
    );
}

pub(super) async fn the_dead_are_listed_newest_first(context: CaseContext) {
    let mut process = context.start_process().await;
    for n in 0..5 {
        ingest_message(&*process.store, new_message("a", &n.to_string())).await;
        let started = process.next_started().await;
        process.end_turn(started, dead_end()).await;
    }
    let letters = process.store.dead(3).await.unwrap();
    let texts: Vec<_> = letters.iter().map(|letter| letter.text.as_str()).collect();
    assert_eq!(texts, ["text of 4", "text of 3", "text of 2"]);
    assert_eq!(process.store.dead(100).await.unwrap().len(), 5);
}

pub(super) async fn a_trace_tells_what_happened(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let id = kept.id.into();
    let first = process.store.trace(id).await.unwrap();
    assert!(!first.is_empty());
    context.advance_clocks(Duration::from_secs(1));
    let started = process.next_started().await;
    process
        .end_turn(started, retry_end(Duration::from_secs(1)))
        .await;
    context.advance_clocks(Duration::from_secs(1));
    process.store.expire().await.unwrap();
    let started = process.next_started().await;
    process.end_turn(started, dead_end()).await;
    let all = process.store.trace(id).await.unwrap();
    assert!(all.len() > first.len());
    let told = all.iter().map(|line| line.what.as_str());
    let told = told.collect::<Vec<_>>().join("\n");
    for reason in ["the model stumbled", "the model will not"] {
        assert!(told.contains(reason), "{reason} is missing in:\n{told}");
    }
    assert!(all.is_sorted_by_key(|line| line.at), "{all:?}");
    let delivery = process.exchange_delivery().await;
    let of_delivery = process.store.trace(delivery).await.unwrap();
    assert!(!of_delivery.is_empty());
    let nothing = baton_core::id::Seq(i64::from(i32::MAX));
    assert!(process.store.trace(nothing).await.unwrap().is_empty());
}

pub(super) async fn a_trace_has_the_details_of_every_failure(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let id = kept.id.into();
    let details = async |store: &dyn Store| -> Vec<String> {
        let lines = store.trace(id).await.unwrap();
        assert!(lines.iter().all(|line| !line.what.contains("hunter2")));
        lines.into_iter().filter_map(|line| line.detail).collect()
    };
    for (number, end) in [retry_end(Duration::from_secs(1)), dead_end()]
        .into_iter()
        .enumerate()
    {
        let started = process.next_started().await;
        let finish = finish_with(&started.claim, end).with_change(|finish| {
            finish.detail = Some(format!("hunter2 {number}"));
        });
        process
            .store
            .finish(finish, Some(started.slot))
            .await
            .unwrap();
        context.advance_clocks(Duration::from_secs(1));
        process.store.expire().await.unwrap();
    }
    let both = ["hunter2 0", "hunter2 1"];
    assert_eq!(details(&*process.store).await, both);
    // A replayed message keeps its earlier details.
    process.store.replay(id, &"ada".into()).await.unwrap();
    assert_eq!(details(&*process.store).await, both);
}

pub(super) async fn events_are_forgotten_when_they_are_old(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    process.end_turn(started, dead_end()).await;
    let store = Arc::clone(&process.store);
    let replay = async |who: &str| store.replay(kept.id.into(), &who.into()).await.unwrap();
    replay("ada").await;
    let started = process.next_started().await;
    process.end_turn(started, dead_end()).await;
    context.advance_clocks(Duration::from_hours(1));
    replay("ben").await;
    let told = async |who: &str| {
        let lines = store.trace(kept.id.into()).await.unwrap();
        lines
            .iter()
            .any(|line| line.what.contains(&format!("replayed by {who}")))
    };
    assert!(told("ada").await && told("ben").await);
    let before = Wall(kept.at.0 + 1_000);
    let mut forgotten = 0;
    loop {
        match store.forget_events(before).await.unwrap() {
            0 => break,
            some => forgotten += some,
        }
    }
    assert!(forgotten > 0);
    assert!(!told("ada").await && told("ben").await);
    // The rows of the message still exist.
    assert_eq!(store.counts().await.unwrap().received, 1);
}

impl super::case_context::TestProcess {
    /// Sends a delivery, and returns its number.
    async fn exchange_delivery(&mut self) -> baton_core::id::Seq {
        ingest_message(&*self.store, new_message("b", "2")).await;
        let started = self.next_started().await;
        self.answer_turn(started, "answer").await;
        let outgoing = self.next_outgoing().await;
        let (attempt, slot) = (outgoing.attempt(), Some(outgoing.slot));
        self.store.delivery_sent(attempt, None, slot).await.unwrap();
        baton_core::id::Seq(attempt.delivery.0)
    }
}

pub(super) async fn changes_are_told(context: CaseContext) {
    let mut process = context.start_process().await;
    let mut changes = process.store.changes();
    let kept = process
        .complete_exchange(new_message("a", "1"), "answer")
        .await;
    ingest_message(&*process.store, worker_message("b", "2")).await;
    let (mut states, mut posted) = (Vec::new(), Vec::new());
    // The loop ends with the announcement of the message for a worker.
    loop {
        match wait_for(changes.recv()).await.unwrap() {
            Change::Posted { place, seq } => posted.push((place, seq)),
            Change::Moved { message, state, .. } if message == kept.id => states.push(state),
            Change::Claimable { .. } if posted.iter().any(|(at, _)| *at == web_place("b")) => break,
            Change::Moved { .. }
            | Change::Asked { .. }
            | Change::Undelivered { .. }
            | Change::Claimable { .. } => {}
        }
    }
    let (running, answered) = (MessageState::Running, MessageState::Answered);
    let position = |state| states.iter().position(|seen| *seen == state);
    assert!(position(running).unwrap() < position(answered).unwrap());
    assert!(posted.contains(&(web_place("a"), kept.id.into())));
    assert!(
        posted
            .iter()
            .filter(|(at, _)| *at == web_place("a"))
            .count()
            >= 2
    );
    // Every announced post can be read by now.
    for (at, seq) in posted {
        let query = super::timeline::last_posts(100);
        let posts = process.store.timeline(query).await.unwrap().posts;
        let found = posts.iter().find(|post| post.seq == seq);
        assert_eq!(found.map(|post| &post.place), Some(&at));
    }
}

pub(super) async fn the_last_turn_of_a_message(context: CaseContext) {
    let mut process = context.start_process().await;
    let store = &process.store;
    let here = ingest_message(&**store, new_message("a", "1")).await;
    let waits = ingest_message(&**store, new_message("a", "2")).await;
    let out = ingest_message(&**store, worker_message("b", "3")).await;
    let held = claim_message(&**store, &out, "worker").await;
    assert!(store.turn_of(waits.id).await.unwrap().is_none());
    let theirs = store.turn_of(out.id).await.unwrap().unwrap();
    assert_eq!(theirs.worker, Some("worker".into()));
    assert_eq!((theirs.id, theirs.fence), (held.turn, held.fence));
    assert_eq!(theirs.generation, held.generation);
    let ours = store.turn_of(here.id).await.unwrap().unwrap();
    assert_eq!((ours.worker, ours.attempt), (None, 1));
    assert_eq!(ours.state, TurnState::Running);
    let first = process.next_started().await;
    process
        .end_turn(first, retry_end(Duration::from_secs(1)))
        .await;
    let over = process.store.turn_of(here.id).await.unwrap().unwrap();
    assert_eq!(over.state, TurnState::Failed);
    context.advance_clocks(Duration::from_secs(1));
    process.store.expire().await.unwrap();
    let second = process.next_started().await;
    let turn = second.claim.turn;
    process.end_turn(second, TurnEnd::Done).await;
    let last = process.store.turn_of(here.id).await.unwrap().unwrap();
    assert_eq!((last.id, last.attempt), (turn, 2));
    assert_eq!(last.state, TurnState::Done);
}

pub(super) async fn a_closed_store_refuses(context: CaseContext) {
    let mut process = context.start_process().await;
    let kept = ingest_message(&*process.store, new_message("a", "1")).await;
    let started = process.next_started().await;
    process.store.close().await;
    process.store.close().await;
    let outcome = process.store.ingest(new_message("a", "2").into()).await;
    assert!(matches!(outcome, Err(StoreError::Closed)), "{outcome:?}");
    let outcome = process
        .store
        .finish(
            super::case_context::finish_with_reply(&started.claim, "late"),
            None,
        )
        .await;
    assert!(outcome.is_err());
    drop((started, process));
    let process = context.start_idle().await;
    assert_eq!(read_counts(&*process.store, 1).await, [1, 0, 0, 0, 0, 0]);
    assert_eq!(
        super::case_context::read_message(&*process.store, &kept)
            .await
            .attempts,
        1
    );
}
