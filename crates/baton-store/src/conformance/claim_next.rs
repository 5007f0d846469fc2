//! Claims of the first waiting message by outside workers.

use std::collections::BTreeSet;
use std::sync::Arc;

use baton_core::store::{Change, Store};
use tokio::sync::broadcast;

use super::case_context::{
    CaseContext, LEASE, TestProcess, WORKER_AGENT, WithChange, claim_next_request, external_ids,
    finish_with, finish_with_reply, ingest_message, new_message, priority_of, retry_end,
    web_channel, worker_message,
};

/// Claims and answers all messages, and returns their external ids in the order of the claims.
async fn claim_order(
    store: &dyn Store,
    claim: impl Fn() -> baton_core::store::ClaimNext,
) -> Vec<String> {
    let mut order = Vec::new();
    while let Some(claimed) = store.claim_next(claim()).await.unwrap() {
        order.push(external_ids(&claimed.claim)[0].to_owned());
        store
            .finish(finish_with_reply(&claimed.claim, "answer"), None)
            .await
            .unwrap();
    }
    order
}

pub(super) async fn nothing_waits(context: CaseContext) {
    let process = context.start_idle().await;
    let next = process.store.claim_next(claim_next_request("worker")).await;
    assert!(next.unwrap().is_none());
    // Only this process may claim messages for its own agent.
    ingest_message(&*process.store, new_message("a", "1")).await;
    let next = process.store.claim_next(claim_next_request("worker")).await;
    assert!(next.unwrap().is_none());
}

pub(super) async fn priority_first_then_arrival(context: CaseContext) {
    let process = context.start_idle().await;
    for (address, id, value) in [
        ("a", "0-first", 0),
        ("a", "5-first", 5),
        ("b", "99-first", 99),
        ("a", "5-second", 5),
        ("c", "5-third", 5),
        ("a", "99-second", 99),
        ("b", "0-second", 0),
        ("c", "6", 6),
    ] {
        let job = worker_message(address, id).with_change(|job| job.priority = priority_of(value));
        ingest_message(&*process.store, job).await;
    }
    let expected = [
        "99-first",
        "99-second",
        "6",
        "5-first",
        "5-second",
        "5-third",
        "0-first",
        "0-second",
    ];
    let order = claim_order(&*process.store, || claim_next_request("worker")).await;
    assert_eq!(order, expected);
}

pub(super) async fn each_is_handed_out_once(context: CaseContext) {
    let process = context.start_idle().await;
    for n in 0..10 {
        ingest_message(
            &*process.store,
            worker_message(&format!("place-{n}"), &format!("{n}")),
        )
        .await;
        // The second message of each place cannot run during the first.
        ingest_message(
            &*process.store,
            worker_message(&format!("place-{n}"), &format!("later-{n}")),
        )
        .await;
    }
    let mut claims = tokio::task::JoinSet::new();
    for n in 0..30 {
        let store = Arc::clone(&process.store);
        // A few workers poll faster than they work.
        let claim = claim_next_request(&format!("worker-{}", n % 3));
        claims.spawn(async move { store.claim_next(claim).await.unwrap() });
    }
    let claimed: Vec<_> = claims.join_all().await.into_iter().flatten().collect();
    assert_eq!(claimed.len(), 10);
    let distinct: BTreeSet<_> = claimed
        .iter()
        .map(|claimed| external_ids(&claimed.claim)[0])
        .collect();
    let expected: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    assert_eq!(distinct, expected.iter().map(String::as_str).collect());
}

pub(super) async fn only_these_personas(context: CaseContext) {
    let process = context.start_idle().await;
    for (id, persona) in [
        ("1", "slow"),
        ("2", "quick"),
        ("3", "other"),
        ("4", "quick"),
    ] {
        let job = worker_message("a", id).with_change(|job| job.route.persona = persona.into());
        ingest_message(&*process.store, job).await;
    }
    let only = |personas: &'static [&str]| {
        move || {
            claim_next_request("worker").with_change(|claim| {
                claim.personas = personas.iter().map(|name| (*name).into()).collect();
            })
        }
    };
    let store = &*process.store;
    assert_eq!(
        claim_order(store, only(&["quick", "nobody"])).await,
        ["2", "4"]
    );
    assert_eq!(claim_order(store, only(&["nobody"])).await, [""; 0]);
    assert_eq!(claim_order(store, only(&[])).await, ["1", "3"]);
}

pub(super) async fn only_this_account(context: CaseContext) {
    let process = context.start_idle().await;
    let elsewhere =
        worker_message("a", "1").with_change(|job| job.route.place.account = "other".into());
    ingest_message(&*process.store, elsewhere).await;
    ingest_message(&*process.store, worker_message("a", "2")).await;
    let of = |account: &'static str| {
        move || {
            claim_next_request("worker")
                .with_change(|claim| claim.of = Some((web_channel(), account.into())))
        }
    };
    let store = &*process.store;
    assert_eq!(claim_order(store, of("nobody's")).await, [""; 0]);
    assert_eq!(claim_order(store, of("default")).await, ["2"]);
    assert_eq!(claim_order(store, of("other")).await, ["1"]);
}

pub(super) async fn only_these_agents(context: CaseContext) {
    let process = context.start_idle().await;
    for (id, agent) in [("1", "left"), ("2", "right"), ("3", "left"), ("4", "none")] {
        let job = worker_message(id, id).with_change(|job| job.route.agent = agent.into());
        ingest_message(&*process.store, job).await;
    }
    let only = |agents: &'static [&str]| {
        move || {
            claim_next_request("worker").with_change(|claim| {
                claim.agents = agents.iter().map(|name| (*name).into()).collect();
            })
        }
    };
    let store = &*process.store;
    assert_eq!(claim_order(store, only(&["right"])).await, ["2"]);
    assert_eq!(claim_order(store, only(&[])).await, [""; 0]);
    assert_eq!(
        claim_order(store, only(&["left", "none"])).await,
        ["1", "3", "4"]
    );
}

/// The announcements for workers so far: address of the place, persona, agent.
async fn read_announcements(
    process: &TestProcess,
    changes: &mut broadcast::Receiver<Change>,
) -> Vec<(String, String, String)> {
    process.wait_for_effects().await;
    std::iter::from_fn(|| changes.try_recv().ok())
        .filter_map(|change| match change {
            Change::Claimable {
                place,
                persona,
                agent,
            } => Some((place.address, persona.to_string(), agent.to_string())),
            _ => None,
        })
        .collect()
}

pub(super) async fn s37_what_can_be_claimed_is_told_once_with_who_is_to_answer(
    context: CaseContext,
) {
    let process = context.start_idle().await;
    let store = &*process.store;
    let mut changes = store.changes();
    let word = |address: &str, persona: &str| (address.into(), persona.into(), WORKER_AGENT.into());
    let for_other =
        |id| worker_message("a", id).with_change(|job| job.route.persona = "other".into());
    ingest_message(store, worker_message("a", "1")).await;
    ingest_message(store, for_other("2")).await;
    assert_eq!(
        read_announcements(&process, &mut changes).await,
        [word("a", "hal"), word("a", "other")]
    );
    // A message behind another of its conversation cannot be claimed.
    ingest_message(store, worker_message("a", "3")).await;
    assert_eq!(read_announcements(&process, &mut changes).await, []);
    let first = store
        .claim_next(claim_next_request("worker"))
        .await
        .unwrap()
        .unwrap();
    ingest_message(store, worker_message("a", "4")).await;
    assert_eq!(read_announcements(&process, &mut changes).await, []);
    store
        .finish(finish_with_reply(&first.claim, "answer"), None)
        .await
        .unwrap();
    assert_eq!(
        read_announcements(&process, &mut changes).await,
        [word("a", "hal")]
    );
    // A failed message can be claimed after its pause, and a returned message at once.
    let next = store
        .claim_next(claim_next_request("worker"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(external_ids(&next.claim), ["2"]);
    let failed = finish_with(&next.claim, retry_end(LEASE));
    store.finish(failed, None).await.unwrap();
    assert_eq!(read_announcements(&process, &mut changes).await, []);
    context.advance_clocks(LEASE);
    store.expire().await.unwrap();
    assert_eq!(
        read_announcements(&process, &mut changes).await,
        [word("a", "other")]
    );
    let again = store
        .claim_next(claim_next_request("worker"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(external_ids(&again.claim), ["2"]);
    context.advance_clocks(LEASE);
    store.expire().await.unwrap();
    assert_eq!(
        read_announcements(&process, &mut changes).await,
        [word("a", "other")]
    );
    // A message that is claimed before its announcement is not announced.
    let held = store
        .claim_next(claim_next_request("worker"))
        .await
        .unwrap()
        .unwrap();
    store
        .finish(finish_with_reply(&held.claim, "answer"), None)
        .await
        .unwrap();
    assert_eq!(read_announcements(&process, &mut changes).await, []);
}

pub(super) async fn s37_what_runs_here_wakes_no_worker(context: CaseContext) {
    let mut process = context.start_process().await;
    let mut changes = process.store.changes();
    ingest_message(&*process.store, new_message("a", "1")).await;
    ingest_message(&*process.store, new_message("a", "2")).await;
    let started = process.next_started().await;
    process.answer_turn(started, "answer").await;
    let started = process.next_started().await;
    process.end_turn(started, retry_end(LEASE)).await;
    context.advance_clocks(LEASE);
    process.store.expire().await.unwrap();
    process.next_started().await;
    assert_eq!(read_announcements(&process, &mut changes).await, []);
}
