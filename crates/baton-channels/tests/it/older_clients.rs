//! The calls of pages and bots for the older comment API, and the response fields that these clients read.
//! Each call is accepted, or refused with a reason.

use baton_testkit::agent_run::within;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::worker::{assert_ok, claim, pending};
use crate::world::{World, answer, assert_refused, field, replies};

const BEGIN: i64 = 1_750_000_000_000;

/// A comment as the older page sends it.
fn page_comment(id: &str) -> Value {
    json!({
        "id": id,
        "timestamp": 1_700_000_000_123_i64,
        "text": "what is 6 times 7?",
        "username": "Ann",
        "color": "096165250",
        "domain": "saywhatwant.app",
        "language": "en",
        "message-type": "human",
        "misc": "from the page",
        "context": ["Ben: hello", "Ann: hi"],
        "botParams": { "entity": "worker", "priority": 5, "model": "small", "ais": "Ada:255000000" },
    })
}

async fn patch(world: &World, id: &str, change: Value) -> (StatusCode, Value) {
    let request = world.request(Method::PATCH, &format!("/api/comments/{id}"));
    answer(request.json(&change)).await
}

async fn ids(world: &World, query: &str) -> Vec<String> {
    let page = world.read(&format!("/api/comments?{query}")).await;
    field(page["comments"].as_array().unwrap(), "id")
}

#[tokio::test]
async fn a_comment_of_the_page_goes_to_the_persona_of_its_bot_params_and_keeps_its_fields() {
    let world = World::start().await;
    let kept = world.say(page_comment("k3x9")).await;
    assert_eq!(kept["success"], true);
    assert_eq!(kept["status"], "success");
    assert_eq!(kept["id"], "k3x9");
    let (_, claimed) = claim(&world, "k3x9", "bot").await;
    let one = world.read("/api/comments/k3x9").await;
    for comment in [&claimed["message"], &one] {
        assert_eq!(comment["entity"], "worker");
        assert_eq!(comment["color"], "#60a5fa");
        assert_eq!(comment["timestamp"], BEGIN);
        assert_eq!(comment["clientTimestamp"], 1_700_000_000_123_i64);
        assert_eq!(comment["language"], "en");
        assert_eq!(comment["misc"], "from the page");
        assert_eq!(comment["context"], json!(["Ben: hello", "Ann: hi"]));
        let expected = json!({
            "entity": "worker", "priority": 5, "model": "small", "ais": "Ada:255000000",
            "status": "processing", "processed": false,
        });
        assert_eq!(comment["botParams"], expected);
    }
    let page = world.read("/api/comments").await;
    assert_eq!(
        page["comments"][0]["context"],
        Value::Null,
        "lists carry no context"
    );
    let again = world.post("/api/comments", page_comment("k3x9")).await;
    assert_eq!(
        (again.0, &again.1["status"]),
        (StatusCode::OK, &json!("duplicate"))
    );
}

#[tokio::test]
async fn bot_params_that_contradict_or_burst_are_refused() {
    let world = World::start().await;
    for (field, value, word) in [
        ("entity", json!("echo"), "invalid_bot_params"),
        ("priority", json!(7), "invalid_bot_params"),
        ("misc", json!("m".repeat(1_001)), "too_large"),
        ("language", json!("l".repeat(36)), "too_large"),
        ("context", json!(["c".repeat(65_536)]), "too_large"),
        (
            "botParams",
            json!({ "ais": "a".repeat(2_048) }),
            "too_large",
        ),
        ("botParams", json!({ "entity": 7 }), "invalid_bot_params"),
        (
            "botParams",
            json!({ "priority": "high" }),
            "invalid_bot_params",
        ),
        ("color", json!("rgb(1, 2)"), "invalid_color"),
        ("domain", json!("all"), "invalid_domain"),
    ] {
        let mut comment = page_comment("k");
        comment[field] = value;
        let refused = world.post("/api/comments", comment).await;
        assert_refused(&refused, 400, word);
        assert_eq!(refused.1["success"], false);
    }
    assert!(world.all().await.is_empty());
}

#[tokio::test]
async fn the_page_polls_by_time_by_offset_and_by_people() {
    let world = World::start().await;
    for (id, name, color) in [
        ("a", "Ann", "rgb(255, 0, 0)"),
        ("b", "Ben", "000255000"),
        ("c", "Ann", "#00f"),
    ] {
        world.clock.jump(10);
        let comment = json!({ "id": id, "text": "t", "username": name, "color": color, "botParams": { "entity": "worker" } });
        world.say(comment).await;
    }
    // Strictly after, as a bare list.
    let after = format!("/api/comments?after={}&limit=200&type=human", BEGIN + 10);
    assert_eq!(
        field(world.read(&after).await.as_array().unwrap(), "id"),
        ["b", "c"]
    );
    let nothing = format!("/api/comments?after={}&type=AI", BEGIN + 10);
    assert_eq!(world.read(&nothing).await, json!([]));
    assert_eq!(
        ids(&world, &format!("since={}", BEGIN + 20)).await,
        ["b", "c"]
    );

    assert_eq!(ids(&world, "offset=0&limit=2").await, ["b", "c"]);
    assert_eq!(ids(&world, "offset=1&limit=1").await, ["b"]);
    assert_eq!(ids(&world, "offset=2&limit=1000").await, ["a"]);
    assert_eq!(ids(&world, "offset=3&limit=1").await, [""; 0]);
    assert_eq!(
        ids(&world, "limit=2").await,
        ["b", "c"],
        "the newest, where nothing says from where"
    );
    assert_eq!(
        ids(&world, "limit=50&domain=all&sort=timestamp&order=desc").await,
        ["c", "b", "a"]
    );
    assert_eq!(ids(&world, "type=ALL&limit=1").await, ["c"]);

    let found = world.read("/api/comments?uss=Ann%3A255000000%2BBen").await;
    assert_eq!(found["serverSideSearch"], true);
    assert_eq!(
        field(found["comments"].as_array().unwrap(), "id"),
        ["a", "b"]
    );
    let people =
        json!([{ "username": "Ann", "color": "#ff0000" }, { "username": "Ben", "color": null }]);
    assert_eq!(found["searchedUsers"], people);

    // A search for two people continues after the page of one. Each colour means another person.
    let newest = world.read("/api/comments?uss=Ann&limit=1").await;
    assert_eq!(field(newest["comments"].as_array().unwrap(), "id"), ["c"]);
    let earlier = format!("uss=Ann&limit=1&before={}", newest["before"]);
    assert_eq!(ids(&world, &earlier).await, ["a"]);
    assert_eq!(ids(&world, "uss=Ann%3A255000000&limit=1").await, ["a"]);

    assert_eq!(world.read("/api/stats").await["totalMessages"], 3);
    for (query, word) in [
        ("offset=1001", "invalid_offset"),
        ("offset=-1", "invalid_offset"),
        ("offset=1&cursor=0", "invalid_cursor"),
        ("offset=1&uss=Ann", "invalid_cursor"),
        ("cursor=0&uss=Ann", "invalid_cursor"),
        ("uss=", "invalid_search"),
        ("uss=Ann:red", "invalid_color"),
        ("sort=color", "invalid_sort"),
        ("order=random", "invalid_order"),
        ("limit=1001", "invalid_limit"),
    ] {
        let refused = world.get(&format!("/api/comments?{query}")).await;
        assert_refused(&refused, 400, word);
    }
}

/// One request skips at most this many bytes of comments: 32 reads of 512 KiB.
const PASSED_OVER: usize = 32 * 512 * 1024;

#[tokio::test]
async fn one_request_does_not_pass_over_all_of_a_long_history() {
    let world = World::start().await;
    let context = "c".repeat(60 * 1024);
    let comments = PASSED_OVER / context.len() + 10;
    for number in 0..comments {
        let id = format!("c{number}");
        let color = if number == 0 {
            "255000000"
        } else {
            "000255000"
        };
        let comment = json!({
            "id": id, "text": "t", "username": "Ann", "color": color, "context": [context],
            "botParams": { "entity": "worker" },
        });
        world.say(comment).await;
    }
    assert_eq!(
        ids(&world, "offset=20&limit=1").await,
        [format!("c{}", comments - 21)]
    );
    let all = format!("/api/comments?offset={}&limit=1", comments - 1);
    let refused = world.get(&all).await;
    assert_refused(&refused, 400, "invalid_offset");

    // A page says where the search continues. A list cannot say so.
    let red = "uss=Ann%3A255000000";
    let page = world.read(&format!("/api/comments?{red}&limit=1")).await;
    assert_eq!(page["comments"], json!([]));
    let rest = format!("{red}&limit=1&before={}", page["before"]);
    assert_eq!(ids(&world, &rest).await, ["c0"]);
    let list = world
        .get(&format!("/api/comments?{red}&limit=1&after=0"))
        .await;
    assert_refused(&list, 503, "busy");
}

#[tokio::test]
async fn a_bot_that_claims_posts_and_completes_without_its_name_answers_once() {
    let world = World::start().await;
    world.say(page_comment("a")).await;
    let mut other = page_comment("b");
    other["domain"] = json!("elsewhere");
    world.say(other).await;
    let waiting = world.read("/api/queue/pending?limit=10").await;
    assert_eq!(waiting["pending"], waiting["messages"]);
    assert_eq!(waiting["pending"][0]["id"], "a");
    assert_eq!(
        waiting["pending"][0]["context"],
        json!(["Ben: hello", "Ann: hi"])
    );
    assert_eq!(waiting["platformOnly"], json!([]));
    assert_eq!(waiting["kvStats"], json!({ "reads": 0, "writes": 0 }));

    let body = json!({ "workerId": "bot" });
    let (_, claimed) = world.post("/api/queue/claim-next", body.clone()).await;
    assert_eq!(claimed["success"], true);
    assert_eq!(claimed["message"]["botParams"]["status"], "processing");
    assert_eq!(claimed["totalPending"], 1, "the other one still waits");
    world
        .say(json!({
            "id": "r", "text": "42", "username": "Ada", "color": "255000000", "message-type": "AI",
            "replyTo": "a", "domain": "saywhatwant.app", "botParams": { "entity": "worker" },
        }))
        .await;
    let done = json!({ "messageId": "a" });
    for _ in 0..2 {
        let ended = world.post("/api/queue/complete", done.clone()).await;
        assert_ok(&ended);
        assert_eq!(ended.1["success"], true);
    }
    let all = world.until_replies(1).await;
    assert_eq!(field(replies(&all), "text"), ["42"]);
    let (_, other) = world.post("/api/queue/claim-next", body.clone()).await;
    assert_eq!(
        (&other["message"]["id"], &other["totalPending"]),
        (&json!("b"), &json!(0))
    );
    let (status, nothing) = world.post("/api/queue/claim-next", body).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(nothing["success"], false);
    assert_eq!(nothing["message"], Value::Null);
    assert_eq!(nothing["reason"], "no_pending_messages");
    assert_eq!(nothing["totalPending"], 0);
}

#[tokio::test]
async fn a_claim_without_a_name_is_not_ended_where_it_may_be_anothers() {
    let world = World::start().await;
    world.say(page_comment("a")).await;
    claim(&world, "a", "first").await;
    assert_ok(
        &world
            .post("/api/queue/fail", json!({ "messageId": "a" }))
            .await,
    );
    // The pause before the second try.
    let body = json!({ "workerId": "second", "waitSeconds": 60 });
    let waits = world.post("/api/queue/claim-next", body);
    let passes = async {
        world
            .clock
            .someone_sleeps(std::time::Duration::from_mins(1))
            .await;
        world.clock.advance(std::time::Duration::from_secs(2));
    };
    let ((_, claimed), ()) =
        within("the second claim", async { tokio::join!(waits, passes) }).await;
    assert_eq!(claimed["attempt"], 2);
    // A late request of the first worker.
    let late = world
        .post("/api/queue/complete", json!({ "messageId": "a" }))
        .await;
    assert_refused(&late, 409, "not_held");
    let fenced = json!({ "messageId": "a", "fence": claimed["fence"] });
    assert_ok(&world.post("/api/queue/complete", fenced).await);
}

#[tokio::test]
async fn a_bot_marks_a_message_as_processed() {
    let world = World::start().await;
    world.say(page_comment("a")).await;
    let waits = patch(&world, "a", json!({ "botParams": { "processed": false } })).await;
    assert_ok(&waits);
    let done = patch(&world, "a", json!({ "botParams": { "processed": true } })).await;
    assert_ok(&done);
    assert_eq!(done.1["success"], true);
    assert_eq!(done.1["comment"]["state"], "answered");
    assert_eq!(done.1["comment"]["botParams"]["processed"], true);
    assert!(pending(&world).await.is_empty());
    assert_ok(
        &patch(
            &world,
            "a",
            json!({ "botParams": { "status": "complete" } }),
        )
        .await,
    );
    let back = patch(&world, "a", json!({ "botParams": { "status": "pending" } })).await;
    assert_refused(&back, 409, "conflict");

    // A message that a bot has claimed ends by the same call.
    world.say(page_comment("b")).await;
    claim(&world, "b", "bot").await;
    assert_ok(
        &patch(
            &world,
            "b",
            json!({ "botParams": { "status": "complete" } }),
        )
        .await,
    );
    assert_eq!(world.until_state("b", "answered").await["attempts"], 1);

    for change in [
        json!({ "eqScore": 90 }),
        json!({}),
        json!({ "botParams": { "priority": 1 } }),
        json!({ "botParams": { "status": "done" } }),
        json!({ "botParams": { "processed": true, "status": "complete" } }),
    ] {
        let (status, body) = patch(&world, "a", change).await;
        assert!(status.is_client_error(), "{status} {body}");
    }
    let unknown = patch(&world, "z", json!({ "botParams": { "processed": true } })).await;
    assert_refused(&unknown, 404, "not_found");
}

#[tokio::test]
async fn the_change_mark_grows_with_what_is_new_and_stands_still_without() {
    let world = World::start().await;
    let mark = || async {
        let response = world
            .request(Method::GET, "/api/heartbeat?t=1")
            .send()
            .await
            .unwrap();
        response.text().await.unwrap().parse::<i64>().unwrap()
    };
    let before = mark().await;
    assert_eq!(mark().await, before);
    world.say(page_comment("a")).await;
    assert!(mark().await > before);
}
