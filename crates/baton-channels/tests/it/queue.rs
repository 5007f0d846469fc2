//! The queue for workers: waiting messages, their order, and claims.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use baton_core::persona::Filters;
use baton_core::store::{ClaimNext, Claimed, Store, StoreError};
use baton_testkit::agent_run::within;
use baton_testkit::layered::{Layer, Layered};
use baton_testkit::scripted_agent::scripted;
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::task::JoinSet;

use crate::worker::{
    ask, assert_nothing_claimed, assert_ok, await_next, claim, complete, next, pending,
};
use crate::world::{Setup, World, answer, assert_refused, field, replies};

#[tokio::test]
async fn a_worker_answers_what_it_claimed() {
    let world = World::start().await;
    world.say(json!({ "text": "not for workers" })).await;
    ask(&world, "a").await;
    assert_eq!(pending(&world).await, ["a"]);
    let claimed = next(&world, "w").await.unwrap();
    assert_eq!(claimed["message"]["id"], "a");
    assert_eq!(claimed["message"]["text"], "text of a");
    assert_eq!(claimed["message"]["state"], "running");
    assert_eq!(claimed["messages"].as_array().unwrap().len(), 1);
    assert_eq!(claimed["leaseSeconds"], 30);
    assert_eq!(claimed["attempt"], 1);
    assert_eq!(claimed["interrupted"], false);
    assert!(claimed["fence"].as_i64().unwrap() > 0);
    assert!(pending(&world).await.is_empty());
    assert_ok(&complete(&world, "a", "w", "**done**").await);
    let all = world.until_replies(2).await;
    let reply = replies(&all).find(|reply| reply["replyTo"] == "a").unwrap();
    assert_eq!(reply["text"], "**done**");
    assert_eq!(reply["entity"], "worker");
}

#[tokio::test]
async fn what_a_worker_answers_is_filtered_as_its_persona_says() {
    let filtered = Setup::default().persona("worker", |worker| {
        worker.filters = Filters {
            filter_out: vec!["well, ".to_owned()],
            trim_after: vec!["\nUser:".to_owned()],
            trim_whitespace: true,
        };
    });
    let world = filtered.start().await;
    let said = "  well, 42\nUser: and then?";
    ask(&world, "a").await;
    claim(&world, "a", "w").await;
    assert_ok(&complete(&world, "a", "w", said).await);
    // The filters also apply to a reply posted without a claim.
    ask(&world, "b").await;
    world
        .say(json!({ "text": said, "message-type": "AI", "replyTo": "b" }))
        .await;
    let all = world.until_replies(2).await;
    assert_eq!(field(replies(&all), "text"), ["42", "42"]);
    let nothing = json!({ "text": "\nUser: 42", "message-type": "AI", "entity": "worker" });
    let refused = world.post("/api/comments", nothing).await;
    assert_refused(&refused, 400, "invalid_text");
    assert!(refused.1["message"].as_str().unwrap().contains("filters"));
}

#[tokio::test]
async fn s21_twenty_workers_claim_one_message() {
    let world = World::start().await;
    ask(&world, "a").await;
    let workers: Vec<_> = (0..20).map(|n| format!("worker-{n}")).collect();
    let claims = workers.iter().map(|worker| claim(&world, "a", worker));
    let statuses: Vec<_> = join_all(claims)
        .await
        .into_iter()
        .map(|(status, _)| status.as_u16())
        .collect();
    let count = |code| statuses.iter().filter(|&&status| status == code).count();
    assert_eq!((count(200), count(409)), (1, 19), "{statuses:?}");
}

#[tokio::test]
async fn s22_a_status_change_is_seen_by_every_reader_at_once() {
    let world = World::start().await;
    let mut reader = world.events("").await.ready().await;
    ask(&world, "a").await;
    assert_eq!(pending(&world).await, ["a"]);
    claim(&world, "a", "w").await;
    assert!(pending(&world).await.is_empty());
    assert_eq!(world.read("/api/comments/a").await["state"], "running");
    assert_ok(&complete(&world, "a", "w", "!").await);
    // No list is older than the answer to the worker.
    assert!(pending(&world).await.is_empty());
    assert_eq!(world.read("/api/comments/a").await["state"], "answered");
    assert_eq!(world.all().await[0]["state"], "answered");
    assert_eq!(world.read("/api/stats").await["messages"]["answered"], 1);
    let mut last = String::new();
    while last != "answered" {
        let status = reader.next_of("status").await;
        assert_eq!(status["id"], "a");
        assert_eq!(status["domain"], "main");
        assert_eq!(status["entity"], "worker");
        last = status["state"].as_str().unwrap().to_owned();
    }
}

#[tokio::test]
async fn s27_a_worker_that_asks_faster_than_it_works_gets_nothing_twice() {
    let world = World::start().await;
    ask(&world, "a").await;
    ask(&world, "b").await;
    let asks = (0..10).map(|_| next(&world, "eager"));
    let claimed: Vec<_> = join_all(asks).await.into_iter().flatten().collect();
    // One claim at a time in a conversation: the second message waits for the end of the first claim.
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0]["message"]["id"], "a");
    assert_refused(&claim(&world, "b", "eager").await, 409, "not_its_turn");
    assert_ok(&complete(&world, "a", "eager", "!").await);
    let after = next(&world, "eager").await.unwrap();
    assert_eq!(after["message"]["id"], "b");
}

#[tokio::test]
async fn s28_a_slow_persona_holds_up_no_other() {
    let (agent, mut script) = scripted();
    let world = Setup::default().agent("slow", agent).start().await;
    world
        .say(json!({ "text": "1", "entity": "slow", "id": "slow" }))
        .await;
    let turn = script.next_turn().await;
    ask(&world, "worker").await;
    world.say(json!({ "text": "2", "id": "quick" })).await;
    world.until_state("quick", "answered").await;
    assert_eq!(next(&world, "w").await.unwrap()["message"]["id"], "worker");
    assert_eq!(world.read("/api/comments/slow").await["state"], "running");
    turn.reply("at last");
    world.until_state("slow", "answered").await;
}

#[tokio::test]
async fn s29_the_greater_priority_goes_first_and_ties_go_by_arrival() {
    let world = World::start().await;
    ask(&world, "first").await;
    next(&world, "w").await.unwrap();
    for (id, priority) in [
        ("5a", Some(5)),
        ("0a", Some(0)),
        ("99a", Some(99)),
        ("5b", None),
        ("0b", Some(0)),
        ("99b", Some(99)),
        ("6", Some(6)),
    ] {
        let mut comment = json!({ "text": "t", "entity": "worker", "id": id });
        if let Some(priority) = priority {
            comment["priority"] = priority.into();
        }
        let said = world.say(comment).await;
        assert_eq!(said["priority"], priority.unwrap_or(5));
    }
    let order = ["99a", "99b", "6", "5a", "5b", "0a", "0b"];
    assert_eq!(pending(&world).await, order);
    for (position, id) in order.iter().enumerate() {
        let comment = world.read(&format!("/api/comments/{id}")).await;
        assert_eq!(comment["position"], position + 1);
    }
    assert_ok(&complete(&world, "first", "w", "!").await);
    for id in order {
        let claimed = next(&world, "w").await.unwrap();
        assert_eq!(claimed["message"]["id"], id);
        assert_ok(&complete(&world, id, "w", "!").await);
    }
}

#[tokio::test]
async fn who_waits_for_work_is_woken_by_it() {
    let world = World::start().await;
    let waits = async { await_next(&world, "w").await };
    let works = async {
        world.clock.someone_sleeps(Duration::from_mins(1)).await;
        ask(&world, "a").await;
    };
    let (claimed, ()) = tokio::join!(waits, works);
    assert_eq!(claimed["message"]["id"], "a");
    // The next message of the conversation becomes claimable when the first claim ends.
    ask(&world, "b").await;
    let waits = async { await_next(&world, "w").await };
    let works = async {
        world.clock.someone_sleeps(Duration::from_mins(1)).await;
        assert_ok(&complete(&world, "a", "w", "!").await);
    };
    let (claimed, ()) = tokio::join!(waits, works);
    assert_eq!(claimed["message"]["id"], "b");
}

/// Counts the attempts to claim work.
struct Looks(Arc<AtomicUsize>);

#[async_trait]
impl Layer for Looks {
    async fn claim_next(
        &self,
        store: Arc<dyn Store>,
        claim: ClaimNext,
    ) -> Result<Option<Claimed>, StoreError> {
        let found = store.claim_next(claim).await;
        self.0.fetch_add(1, Ordering::SeqCst);
        found
    }
}

/// Starts workers that wait for messages of this persona, and collects their answers.
fn who_wait(world: &World, entity: &str, count: usize) -> JoinSet<(StatusCode, Value)> {
    let mut waiting = JoinSet::new();
    for n in 0..count {
        let body = json!({ "workerId": format!("{entity}-{n}"), "entities": [entity],
                           "waitSeconds": 60 });
        let path = "/api/queue/claim-next";
        waiting.spawn(answer(world.request(Method::POST, path).json(&body)));
    }
    waiting
}

#[tokio::test]
async fn s37_one_waiter_is_woken_per_message_that_is_theirs() {
    let looks = Arc::new(AtomicUsize::new(0));
    let counted = Looks(Arc::clone(&looks));
    let setup = Setup::default().wrap(|store| Layered::over(counted, store));
    let world = setup.start().await;
    let mut others = who_wait(&world, "other", 50);
    let mut theirs = who_wait(&world, "worker", 3);
    world.clock.so_many_sleep(53, Duration::from_mins(1)).await;
    // Each worker has looked once, on arrival.
    assert_eq!(looks.load(Ordering::SeqCst), 53);
    for (room, id) in [("x", "a"), ("y", "b")] {
        let job = json!({ "text": "t", "entity": "worker", "id": id, "domain": room });
        world.say(job).await;
        let (status, claimed) = theirs.join_next().await.unwrap().unwrap();
        assert_eq!(status, StatusCode::OK, "{claimed}");
        assert_eq!(claimed["message"]["id"], id);
    }
    // A message for an agent of Baton wakes no worker.
    world.say(json!({ "text": "t", "id": "c" })).await;
    world.until_state("c", "answered").await;
    // A message for `other` wakes one of the 50 workers. No other worker has looked meanwhile.
    let job = json!({ "text": "t", "entity": "other", "id": "d" });
    world.say(job).await;
    let (_, claimed) = others.join_next().await.unwrap().unwrap();
    assert_eq!(claimed["message"]["id"], "d");
    assert_eq!(looks.load(Ordering::SeqCst), 53 + 3);
    assert_eq!((theirs.len(), others.len()), (1, 49));
}

#[tokio::test]
async fn who_waits_in_vain_is_told_so_in_time() {
    let world = World::start().await;
    let body = json!({ "workerId": "w", "waitSeconds": 60 });
    let waits = world.post("/api/queue/claim-next", body);
    let passes = async {
        world.clock.someone_sleeps(Duration::from_mins(1)).await;
        world.clock.advance(Duration::from_mins(1));
    };
    let (nothing, ()) = tokio::join!(waits, passes);
    assert_nothing_claimed(&nothing);
}

#[tokio::test]
async fn who_waits_is_sent_away_when_the_program_goes_down() {
    let mut world = World::start().await;
    let waits = world
        .request(reqwest::Method::POST, "/api/queue/claim-next")
        .json(&json!({ "workerId": "w", "waitSeconds": 60 }))
        .send();
    let waits = tokio::spawn(waits);
    world.clock.someone_sleeps(Duration::from_mins(1)).await;
    world.shut_down().await;
    let answer = within("the worker is sent away", waits).await.unwrap();
    let answer: Value = answer.unwrap().json().await.unwrap();
    assert_nothing_claimed(&(StatusCode::OK, answer));
}

#[tokio::test]
async fn only_the_personas_that_a_worker_names_are_handed_to_it() {
    let world = World::start().await;
    ask(&world, "a").await;
    world
        .say(json!({ "text": "t", "entity": "other", "id": "b" }))
        .await;
    let body = json!({ "workerId": "w", "entities": ["other"] });
    let (_, claimed) = world.post("/api/queue/claim-next", body.clone()).await;
    assert_eq!(claimed["message"]["id"], "b");
    assert_nothing_claimed(&world.post("/api/queue/claim-next", body).await);
    let only = world.read("/api/queue/pending?entity=worker&limit=1").await;
    assert_eq!(field(only["messages"].as_array().unwrap(), "id"), ["a"]);
}

#[tokio::test]
async fn what_a_worker_may_not_ask_is_refused_by_name() {
    let world = World::start().await;
    ask(&world, "a").await;
    let claim = |worker: &str, lease: Value| json!({ "messageId": "a", "workerId": worker, "leaseSeconds": lease });
    for (path, body, word) in [
        ("claim", claim("", json!(30)), "invalid_worker"),
        ("claim", claim("with space", json!(30)), "invalid_worker"),
        ("claim", claim("w", json!(0)), "invalid_lease"),
        ("claim", claim("w", json!(3601)), "invalid_lease"),
        ("claim", claim("w", json!(-1)), "invalid_json"),
        ("claim", json!({ "workerId": "w" }), "invalid_json"),
        (
            "claim-next",
            json!({ "workerId": "w", "waitSeconds": 61 }),
            "invalid_wait",
        ),
        (
            "claim-next",
            json!({ "workerId": "w", "entities": ["nobody"] }),
            "unknown_entity",
        ),
        (
            "complete",
            json!({ "messageId": "a", "workerId": "w", "reply": "a\0" }),
            "invalid_text",
        ),
        (
            "complete",
            json!({ "messageId": "a", "workerId": "w", "reply": " " }),
            "invalid_text",
        ),
    ] {
        let refused = world.post(&format!("/api/queue/{path}"), body).await;
        assert_refused(&refused, 400, word);
    }
    let not_ours = json!({ "text": "t", "id": "echo" });
    world.say(not_ours).await;
    assert_eq!(
        self::claim(&world, "echo", "w").await.0,
        StatusCode::CONFLICT
    );
}
