//! Views of states: counts, waiting messages, dead letters, traces, changes.

use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::Wall;
use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_core::store::{Change, Store, StoreError, WaitingQuery};
use baton_core::turn::{TurnEnd, TurnState};

use super::timeline;
use super::bed::{
    Bed, But, account, claim, claim_next, dead, ended, job, message, place, priority, retry, say, soon, web,
};

/// Checks that the states add up to the received messages. Returns the number of messages in each state.
async fn counts(store: &dyn Store, received: u64) -> [u64; 6] {
    let counts = store.counts().await.unwrap();
    assert_eq!(counts.received, received, "{counts:?}");
    let each = MessageState::ALL.map(|state| counts.messages_in(state));
    assert_eq!(each.iter().sum::<u64>(), received, "{counts:?}");
    each
}

pub(super) async fn received_is_the_sum_at_every_step(bed: Bed) {
    let mut process = bed.start().await;
    assert_eq!(counts(&*process.store, 0).await, [0; 6]);
    say(&*process.store, message("a", "1")).await;
    assert_eq!(counts(&*process.store, 1).await, [0, 1, 0, 0, 0, 0]);
    let second = say(&*process.store, message("a", "2")).await;
    let full = message("a", "3").but(|message| message.route.waiting_limit = 1);
    process.store.ingest(full.into()).await.unwrap();
    assert_eq!(counts(&*process.store, 3).await, [1, 1, 0, 0, 1, 0]);
    let first = process.started().await;
    process.end(first, retry(Duration::from_secs(1))).await;
    assert_eq!(counts(&*process.store, 3).await, [2, 0, 0, 0, 1, 0]);
    let by = "person-1".into();
    process.store.stop(second.id, &by).await.unwrap();
    assert_eq!(counts(&*process.store, 3).await, [1, 0, 0, 0, 1, 1]);
    bed.advance(Duration::from_secs(1));
    process.store.expire().await.unwrap();
    let first = process.started().await;
    let first_message = first.claim.messages[0].clone();
    process.end(first, dead()).await;
    assert_eq!(counts(&*process.store, 3).await, [0, 0, 0, 1, 1, 1]);
    let id = first_message.id.into();
    process.store.replay(id, &by).await.unwrap();
    assert_eq!(counts(&*process.store, 3).await, [0, 1, 0, 0, 1, 1]);
    let first = process.started().await;
    process.answer(first, "answer").await;
    assert_eq!(counts(&*process.store, 3).await, [0, 0, 1, 0, 1, 1]);
    let deliveries = process.store.counts().await.unwrap();
    assert_eq!(deliveries.deliveries_in(DeliveryState::Sending), 1);
    process.carry().await;
    let deliveries = process.store.counts().await.unwrap();
    assert_eq!(deliveries.deliveries_in(DeliveryState::Sent), 1);
    // The numbers are the same after a restart.
    drop(process);
    let process = bed.start().await;
    assert_eq!(counts(&*process.store, 3).await, [0, 0, 1, 0, 1, 1]);
}

pub(super) async fn waiting(store: &dyn Store, query: WaitingQuery) -> Vec<String> {
    let messages = store.waiting(query, usize::MAX).await.unwrap();
    let ids = messages.iter().map(|message| message.external_id.as_str());
    ids.map(str::to_owned).collect()
}

pub(super) fn everything() -> WaitingQuery {
    WaitingQuery::at_most(100)
}

pub(super) async fn waiting_is_in_the_order_of_claims(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    for (address, id, value) in [
        ("a", "low", 0),
        ("b", "usual", 5),
        ("a", "high", 99),
        ("b", "usual-too", 5),
    ] {
        let job = job(address, id).but(|job| job.priority = priority(value));
        say(store, job).await;
    }
    let all = waiting(store, everything()).await;
    assert_eq!(all, ["high", "usual", "usual-too", "low"]);
    let next = store.claim_next(super::bed::claim_next("worker")).await;
    let held = next.unwrap().unwrap().claim;
    assert_eq!(super::bed::ids(&held), ["high"]);
    say(
        store,
        job("c", "highest").but(|job| job.priority = priority(99)),
    )
    .await;
    // Running messages come first, whatever the priority of waiting ones.
    let all = waiting(store, everything()).await;
    assert_eq!(all, ["high", "highest", "usual", "usual-too", "low"]);
    let only_waiting = WaitingQuery {
        only_waiting: true,
        ..everything()
    };
    let all = waiting(store, only_waiting).await;
    assert_eq!(all, ["highest", "usual", "usual-too", "low"]);
    let two = WaitingQuery {
        limit: 2,
        ..everything()
    };
    assert_eq!(waiting(store, two).await, ["high", "highest"]);
}

pub(super) async fn waiting_shows_what_is_asked_for(bed: Bed) {
    let process = bed.start_idle().await;
    let store = &*process.store;
    for (address, id, persona, agent) in [
        ("a", "1", "hal", "left"),
        ("a", "2", "eve", "right"),
        ("b", "3", "hal", "left"),
        ("c", "4", "eve", "left"),
    ] {
        let job = job(address, id).but(|job| {
            job.route.persona = persona.into();
            job.route.agent = agent.into();
        });
        say(store, job).await;
    }
    let other = job("a", "5").but(|job| job.route.place.account = "other".into());
    say(store, other).await;
    let places = |addresses: &[&str]| WaitingQuery {
        of: Some((web(), account())),
        addresses: Some(addresses.iter().map(|name| (*name).to_owned()).collect()),
        ..everything()
    };
    assert_eq!(waiting(store, places(&["a", "c"])).await, ["1", "2", "4"]);
    assert_eq!(waiting(store, places(&[])).await, [""; 0]);
    let eve = WaitingQuery {
        personas: vec!["eve".into()],
        ..everything()
    };
    assert_eq!(waiting(store, eve).await, ["2", "4"]);
    let left = WaitingQuery {
        agents: Some(vec!["left".into()]),
        ..everything()
    };
    assert_eq!(waiting(store, left).await, ["1", "3", "4"]);
    let nobody = WaitingQuery {
        agents: Some(Vec::new()),
        ..everything()
    };
    assert_eq!(waiting(store, nobody).await, [""; 0]);
}

pub(super) async fn what_is_left_out_is_in_no_view(bed: Bed) {
    let mut process = bed.start().await;
    for address in ["a", "b", "c"] {
        let said = message(address, &format!("said in {address}"));
        process.exchange(said, &format!("answered in {address}")).await;
        say(&*process.store, job(address, &format!("waits in {address}"))).await;
    }
    let store = &*process.store;
    let not_in = vec![place("a"), place("c"), place("nobody was ever there")];
    let posts = timeline::all(100).but(|query| query.not_in.clone_from(&not_in));
    let posts = store.timeline(posts).await.unwrap().posts;
    let texts: Vec<_> = posts.iter().map(|post| post.text.as_str()).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(posts.iter().all(|post| post.place == place("b")));
    let left = WaitingQuery {
        not_in: not_in.clone(),
        ..everything()
    };
    assert_eq!(waiting(store, left).await, ["waits in b"]);
    let counts = store.counts_outside(not_in.clone()).await.unwrap();
    assert_eq!(counts.received, 2);
    assert_eq!(counts.deliveries_in(DeliveryState::Sent), 1);
    assert_eq!(store.counts().await.unwrap().received, 6);
    assert!(counts.conversations < store.counts().await.unwrap().conversations);
    let next = || claim_next("worker").but(|claim| claim.not_in.clone_from(&not_in));
    let claimed = store.claim_next(next()).await.unwrap().unwrap();
    assert_eq!(claimed.claim.place, place("b"));
    assert!(store.claim_next(next()).await.unwrap().is_none());
    // The same address in another account is another place.
    let mut other = place("a");
    other.account = "other".into();
    let elsewhere = WaitingQuery {
        not_in: vec![other],
        ..everything()
    };
    assert!(waiting(store, elsewhere).await.contains(&"waits in a".to_owned()));
}

pub(super) async fn the_dead_are_listed_newest_first(bed: Bed) {
    let mut process = bed.start().await;
    for n in 0..5 {
        say(&*process.store, message("a", &n.to_string())).await;
        let started = process.started().await;
        process.end(started, dead()).await;
    }
    let letters = process.store.dead(3).await.unwrap();
    let texts: Vec<_> = letters.iter().map(|letter| letter.text.as_str()).collect();
    assert_eq!(texts, ["text of 4", "text of 3", "text of 2"]);
    assert_eq!(process.store.dead(100).await.unwrap().len(), 5);
}

pub(super) async fn a_trace_tells_what_happened(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let id = kept.id.into();
    let first = process.store.trace(id).await.unwrap();
    assert!(!first.is_empty());
    bed.advance(Duration::from_secs(1));
    let started = process.started().await;
    process.end(started, retry(Duration::from_secs(1))).await;
    bed.advance(Duration::from_secs(1));
    process.store.expire().await.unwrap();
    let started = process.started().await;
    process.end(started, dead()).await;
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

pub(super) async fn a_trace_has_the_details_of_every_failure(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let id = kept.id.into();
    let details = async |store: &dyn Store| -> Vec<String> {
        let lines = store.trace(id).await.unwrap();
        assert!(lines.iter().all(|line| !line.what.contains("hunter2")));
        lines.into_iter().filter_map(|line| line.detail).collect()
    };
    for (number, end) in [retry(Duration::from_secs(1)), dead()].into_iter().enumerate() {
        let started = process.started().await;
        let finish = ended(&started.claim, end).but(|finish| {
            finish.detail = Some(format!("hunter2 {number}"));
        });
        process.store.finish(finish, Some(started.slot)).await.unwrap();
        bed.advance(Duration::from_secs(1));
        process.store.expire().await.unwrap();
    }
    let both = ["hunter2 0", "hunter2 1"];
    assert_eq!(details(&*process.store).await, both);
    // A replayed message keeps its earlier details.
    process.store.replay(id, &"ada".into()).await.unwrap();
    assert_eq!(details(&*process.store).await, both);
}

pub(super) async fn events_are_forgotten_when_they_are_old(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    process.end(started, dead()).await;
    let store = Arc::clone(&process.store);
    let replay = async |who: &str| store.replay(kept.id.into(), &who.into()).await.unwrap();
    replay("ada").await;
    let started = process.started().await;
    process.end(started, dead()).await;
    bed.advance(Duration::from_hours(1));
    replay("ben").await;
    let told = async |who: &str| {
        let lines = store.trace(kept.id.into()).await.unwrap();
        lines.iter().any(|line| line.what.contains(&format!("replayed by {who}")))
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

impl super::bed::Process {
    /// Sends a delivery, and returns its number.
    async fn exchange_delivery(&mut self) -> baton_core::id::Seq {
        say(&*self.store, message("b", "2")).await;
        let started = self.started().await;
        self.answer(started, "answer").await;
        let outgoing = self.outgoing().await;
        let (id, slot) = (outgoing.delivery.id, Some(outgoing.slot));
        self.store.delivery_sent(id, None, slot).await.unwrap();
        baton_core::id::Seq(id.0)
    }
}

pub(super) async fn changes_are_told(bed: Bed) {
    let mut process = bed.start().await;
    let mut changes = process.store.changes();
    let kept = process.exchange(message("a", "1"), "answer").await;
    say(&*process.store, job("b", "2")).await;
    let (mut states, mut posted) = (Vec::new(), Vec::new());
    // The loop ends with the announcement of the message for a worker.
    loop {
        match soon(changes.recv()).await.unwrap() {
            Change::Posted { place, seq } => posted.push((place, seq)),
            Change::Moved { message, state, .. } if message == kept.id => states.push(state),
            Change::Claimable { .. } if posted.iter().any(|(at, _)| *at == place("b")) => break,
            Change::Moved { .. } | Change::Asked { .. } | Change::Claimable { .. } => {}
        }
    }
    let (running, answered) = (MessageState::Running, MessageState::Answered);
    let position = |state| states.iter().position(|seen| *seen == state);
    assert!(position(running).unwrap() < position(answered).unwrap());
    assert!(posted.contains(&(place("a"), kept.id.into())));
    assert!(posted.iter().filter(|(at, _)| *at == place("a")).count() >= 2);
    // Every announced post can be read by now.
    for (at, seq) in posted {
        let query = super::timeline::all(100);
        let posts = process.store.timeline(query).await.unwrap().posts;
        let found = posts.iter().find(|post| post.seq == seq);
        assert_eq!(found.map(|post| &post.place), Some(&at));
    }
}

pub(super) async fn the_last_turn_of_a_message(bed: Bed) {
    let mut process = bed.start().await;
    let store = &process.store;
    let here = say(&**store, message("a", "1")).await;
    let waits = say(&**store, message("a", "2")).await;
    let out = say(&**store, job("b", "3")).await;
    let held = claim(&**store, &out, "worker").await;
    assert!(store.turn_of(waits.id).await.unwrap().is_none());
    let theirs = store.turn_of(out.id).await.unwrap().unwrap();
    assert_eq!(theirs.worker, Some("worker".into()));
    assert_eq!((theirs.id, theirs.fence), (held.turn, held.fence));
    assert_eq!(theirs.generation, held.generation);
    let ours = store.turn_of(here.id).await.unwrap().unwrap();
    assert_eq!((ours.worker, ours.attempt), (None, 1));
    assert_eq!(ours.state, TurnState::Running);
    let first = process.started().await;
    process.end(first, retry(Duration::from_secs(1))).await;
    let over = process.store.turn_of(here.id).await.unwrap().unwrap();
    assert_eq!(over.state, TurnState::Failed);
    bed.advance(Duration::from_secs(1));
    process.store.expire().await.unwrap();
    let second = process.started().await;
    let turn = second.claim.turn;
    process.end(second, TurnEnd::Done).await;
    let last = process.store.turn_of(here.id).await.unwrap().unwrap();
    assert_eq!((last.id, last.attempt), (turn, 2));
    assert_eq!(last.state, TurnState::Done);
}

pub(super) async fn a_closed_store_refuses(bed: Bed) {
    let mut process = bed.start().await;
    let kept = say(&*process.store, message("a", "1")).await;
    let started = process.started().await;
    process.store.close().await;
    process.store.close().await;
    let outcome = process.store.ingest(message("a", "2").into()).await;
    assert!(matches!(outcome, Err(StoreError::Closed)), "{outcome:?}");
    let outcome = process
        .store
        .finish(super::bed::done(&started.claim, "late"), None)
        .await;
    assert!(outcome.is_err());
    drop((started, process));
    let process = bed.start_idle().await;
    assert_eq!(counts(&*process.store, 1).await, [1, 0, 0, 0, 0, 0]);
    assert_eq!(super::bed::now(&*process.store, &kept).await.attempts, 1);
}
