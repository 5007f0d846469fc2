//! Claims of workers: their leases and their ends.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::worker::{ask, assert_ok, await_next, claim, complete, next};
use crate::world::{Setup, World, assert_refused, field, replies};

#[tokio::test]
async fn s24_a_dead_workers_message_goes_to_another_and_its_late_reply_is_refused() {
    let world = World::start().await;
    ask(&world, "a").await;
    let first = next(&world, "dead").await.unwrap();
    let other = await_next(&world, "alive");
    let passes = async {
        world.clock.someone_sleeps(Duration::from_mins(1)).await;
        world.clock.advance(Duration::from_secs(30));
    };
    let (second, ()) = tokio::join!(other, passes);
    assert_eq!(second["message"]["id"], "a");
    assert_eq!(second["attempt"], 2);
    assert!(second["fence"].as_i64() > first["fence"].as_i64());
    let late = complete(&world, "a", "dead", "too late").await;
    assert_refused(&late, 409, "not_held");
    let beat = json!({ "messageId": "a", "workerId": "dead" });
    let beat = world.post("/api/queue/heartbeat", beat).await;
    assert_refused(&beat, 409, "not_held");
    assert_ok(&complete(&world, "a", "alive", "in time").await);
    let all = world.until_replies(1).await;
    assert_eq!(field(replies(&all), "text"), ["in time"]);
}

#[tokio::test]
async fn a_fence_outdates_an_earlier_claim_of_the_same_worker() {
    let world = World::start().await;
    ask(&world, "a").await;
    let first = next(&world, "w").await.unwrap();
    world.clock.advance(Duration::from_secs(31));
    world.store.expire().await.unwrap();
    let second = next(&world, "w").await.unwrap();
    let complete = |fence: &Value, reply: &str| json!({ "messageId": "a", "workerId": "w", "fence": fence, "reply": reply });
    let late = complete(&first["fence"], "first");
    let late = world.post("/api/queue/complete", late).await;
    assert_refused(&late, 409, "not_held");
    let in_time = complete(&second["fence"], "second");
    assert_ok(&world.post("/api/queue/complete", in_time).await);
    let all = world.until_replies(1).await;
    assert_eq!(field(replies(&all), "text"), ["second"]);
}

#[tokio::test]
async fn s25_a_heart_beat_keeps_a_message_longer_than_its_lease() {
    let world = World::start().await;
    ask(&world, "a").await;
    next(&world, "slow").await.unwrap();
    for _ in 0..10 {
        world.clock.advance(Duration::from_secs(20));
        let beat = json!({ "messageId": "a", "workerId": "slow" });
        let (status, body) = world.post("/api/queue/heartbeat", beat).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(body["leaseSeconds"], 30);
        world.store.expire().await.unwrap();
        assert_eq!(claim(&world, "a", "quick").await.0, StatusCode::CONFLICT);
        assert!(next(&world, "quick").await.is_none());
    }
    assert_ok(&complete(&world, "a", "slow", "at last").await);
    assert_eq!(world.read("/api/comments/a").await["attempts"], 1);
}

#[tokio::test]
async fn s26_a_reply_posted_before_its_worker_died_is_shown_once() {
    let world = World::start().await;
    ask(&world, "a").await;
    let reply = |text: &str| json!({ "text": text, "message-type": "AI", "replyTo": "a" });
    next(&world, "dead").await.unwrap();
    world.say(reply("the reply")).await;
    world.clock.advance(Duration::from_secs(31));
    world.store.expire().await.unwrap();
    next(&world, "alive").await.unwrap();
    let (status, body) = world.post("/api/comments", reply("the reply again")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["status"], "duplicate");
    assert_eq!(body["text"], "the reply");
    for _ in 0..2 {
        assert_ok(&complete(&world, "a", "alive", "and once more").await);
    }
    // The next reply in the same conversation shows that nothing else is on the way.
    ask(&world, "b").await;
    next(&world, "alive").await.unwrap();
    assert_ok(&complete(&world, "b", "alive", "another").await);
    let all = world.until_replies(2).await;
    assert_eq!(field(replies(&all), "text"), ["the reply", "another"]);
}

#[tokio::test]
async fn s30_completing_out_of_order_is_refused_and_twice_is_the_same() {
    let world = World::start().await;
    ask(&world, "a").await;
    assert_refused(&complete(&world, "a", "w", "!").await, 409, "not_held");
    assert_refused(
        &complete(&world, "nothing", "w", "!").await,
        404,
        "not_found",
    );
    assert_refused(&claim(&world, "nothing", "w").await, 404, "not_found");
    claim(&world, "a", "w").await;
    assert_refused(&complete(&world, "a", "other", "!").await, 409, "not_held");
    let first = complete(&world, "a", "w", "one").await;
    assert_ok(&first);
    assert_eq!(first.1["state"], "answered");
    let again = complete(&world, "a", "w", "one").await;
    assert_eq!(again, first);
    // An empty reply loses nothing and is accepted. Another text would be lost.
    assert_eq!(complete(&world, "a", "w", "").await, first);
    let others = complete(&world, "a", "w", "two").await;
    assert_refused(&others, 409, "answered");
    assert_refused(&complete(&world, "a", "other", "!").await, 409, "not_held");
    assert_refused(&claim(&world, "a", "w").await, 409, "not_claimable");
    let all = world.until_replies(1).await;
    assert_eq!(field(replies(&all), "text"), ["one"]);
}

#[tokio::test]
async fn completing_twice_at_once_replies_once() {
    let world = World::start().await;
    ask(&world, "a").await;
    claim(&world, "a", "w").await;
    let twice = (0..8).map(|_| complete(&world, "a", "w", "once"));
    for answer in join_all(twice).await {
        assert_ok(&answer);
    }
    ask(&world, "b").await;
    claim(&world, "b", "w").await;
    assert_ok(&complete(&world, "b", "w", "after").await);
    let all = world.until_replies(2).await;
    assert_eq!(field(replies(&all), "text"), ["once", "after"]);
}

#[tokio::test]
async fn a_failure_is_tried_again_and_then_given_up() {
    let world = World::start().await;
    ask(&world, "a").await;
    let fail = |reason: &str| json!({ "messageId": "a", "workerId": "w", "error": reason });
    for (attempt, state) in [(1, "waiting"), (2, "waiting"), (3, "dead")] {
        let claimed = next(&world, "w").await.unwrap();
        assert_eq!(claimed["attempt"], attempt);
        let failed = world.post("/api/queue/fail", fail("no luck")).await;
        assert_ok(&failed);
        assert_eq!(failed.1["state"], state);
        assert_eq!(failed.1["attempt"], attempt);
        if state == "waiting" {
            assert!(
                next(&world, "w").await.is_none(),
                "the conversation rests first"
            );
            world.clock.advance(Duration::from_mins(1));
            world.store.expire().await.unwrap();
        }
    }
    assert_refused(&claim(&world, "a", "w").await, 409, "not_claimable");
    let notices = world
        .until("/api/comments?type=notice", |page| {
            let notices = page["comments"].as_array().unwrap();
            (notices.len() == 2).then(|| notices.clone())
        })
        .await;
    assert!(notices.iter().all(|notice| notice["replyTo"] == "a"));
    for notice in &notices {
        let told = notice.to_string();
        assert!(told.contains("the worker failed"), "{told}");
        assert!(!told.contains("no luck"), "{told}");
    }
    let trace = world.read("/api/trace/a").await.to_string();
    assert_eq!(trace.matches("no luck").count(), 3, "{trace}");
    let (status, body) = world.post("/api/comments/a/retry", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(next(&world, "w").await.unwrap()["message"]["id"], "a");
    assert_ok(&complete(&world, "a", "w", "after all").await);
    world.until_state("a", "answered").await;
}

#[tokio::test]
async fn a_stopped_message_is_taken_from_its_worker() {
    let world = World::start().await;
    ask(&world, "a").await;
    ask(&world, "b").await;
    next(&world, "w").await.unwrap();
    for id in ["a", "b"] {
        let (status, body) = world
            .post(&format!("/api/comments/{id}/stop"), json!({}))
            .await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(body["comment"]["state"], "withdrawn");
    }
    assert_refused(&complete(&world, "a", "w", "late").await, 409, "not_held");
    let again = world.post("/api/comments/a/stop", json!({})).await;
    assert_refused(&again, 409, "conflict");
    let nothing = world.post("/api/comments/nothing/stop", json!({})).await;
    assert_refused(&nothing, 404, "not_found");
    assert!(replies(&world.all().await).next().is_none());
}

#[tokio::test]
async fn s24_a_late_worker_without_a_name_does_not_speak_for_who_claimed_after_a_replay() {
    let setup = Setup::default().settings(|settings| settings.retry.attempts = 1);
    let world = setup.start().await;
    ask(&world, "a").await;
    claim(&world, "a", "first").await;
    let failed = json!({ "messageId": "a", "workerId": "first" });
    let failed = world.post("/api/queue/fail", failed).await;
    assert_eq!(failed.1["state"], "dead", "{failed:?}");
    let (status, _) = world.post("/api/comments/a/retry", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    let (_, second) = claim(&world, "a", "second").await;
    assert_eq!(second["attempt"], 1, "it is tried as if for the first time");
    for path in ["/api/queue/complete", "/api/queue/fail"] {
        let late = json!({ "messageId": "a", "reply": "late" });
        assert_refused(&world.post(path, late).await, 409, "not_held");
    }
    for _ in 0..2 {
        assert_ok(&complete(&world, "a", "second", "in time").await);
    }
    let others = complete(&world, "a", "second", "something else").await;
    assert_refused(&others, 409, "answered");
    let all = world.until_replies(1).await;
    assert_eq!(field(replies(&all), "text"), ["in time"]);
}

#[tokio::test]
async fn completing_without_words_and_then_with_some_loses_none() {
    let world = World::start().await;
    ask(&world, "a").await;
    claim(&world, "a", "w").await;
    assert_ok(&complete(&world, "a", "w", "").await);
    assert_ok(&complete(&world, "a", "w", "").await);
    let late = complete(&world, "a", "w", "words after all").await;
    assert_refused(&late, 409, "answered");
}

#[tokio::test]
async fn a_claim_is_given_back_whatever_the_reason() {
    let world = World::start().await;
    let long = "x".repeat(501);
    for (id, reason, kept) in [
        ("a", "", None),
        ("b", " \n", None),
        ("c", &*long, Some(format!("{}…", "x".repeat(500)))),
        (
            "d",
            "rings \u{7}the bell",
            Some("rings the bell".to_owned()),
        ),
    ] {
        ask(&world, id).await;
        world.clock.advance(Duration::from_mins(1));
        world.store.expire().await.unwrap();
        claim(&world, id, "w").await;
        let fail = json!({ "messageId": id, "workerId": "w", "error": reason });
        let failed = world.post("/api/queue/fail", fail).await;
        assert_ok(&failed);
        assert_eq!(failed.1["state"], "waiting");
        let trace = world.read(&format!("/api/trace/{id}")).await;
        let details = trace["lines"].as_array().unwrap().iter();
        let details: Vec<_> = details.filter_map(|line| line["detail"].as_str()).collect();
        assert_eq!(details, Vec::from_iter(kept.as_deref()), "{reason:?}");
        let stop = format!("/api/comments/{id}/stop");
        assert_eq!(world.post(&stop, json!({})).await.0, StatusCode::OK);
    }
}
