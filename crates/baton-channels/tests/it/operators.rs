//! The calls for operators.

use baton_core::agent::AgentError;
use baton_testkit::scripted_agent::{answering, scripted};
use reqwest::StatusCode;
use serde_json::json;

use crate::world::{Setup, World, assert_refused};

async fn with_a_dead_one() -> World {
    let (agent, _) = answering(|_| Err(AgentError::rejected("never")));
    let world = Setup::default().agent("sulky", agent).start().await;
    world
        .say(json!({ "text": "t", "entity": "sulky", "id": "a" }))
        .await;
    world.until_state("a", "dead").await;
    // The notice to people is the last change.
    world
        .until("/api/comments?type=notice", |page| {
            page["comments"].get(0).map(drop)
        })
        .await;
    world
}

#[tokio::test]
async fn status_says_how_it_is_going() {
    let world = World::start().await;
    let status = world.read("/api/status").await;
    assert_eq!(status["listening"], world.address.to_string());
    assert!(!status["version"].as_str().unwrap().is_empty());
    assert_eq!(status["received"], 0);
    let names: Vec<_> = status["personas"]
        .as_array()
        .unwrap()
        .iter()
        .map(|persona| {
            (
                persona["name"].as_str().unwrap(),
                persona["default"] == true,
            )
        })
        .collect();
    assert_eq!(names, [("echo", true), ("other", false), ("worker", false)]);
}

#[tokio::test]
async fn a_dead_message_is_seen_explained_and_replayed() {
    let world = with_a_dead_one().await;
    let dead = world.read("/api/dead").await;
    let letter = &dead["dead"][0];
    assert_eq!(letter["subject"], "message");
    assert_eq!(letter["reason"], "never");
    assert_eq!(letter["domain"], "main");
    assert_eq!(letter["entity"], "sulky");
    let number = letter["id"].as_i64().unwrap();
    let by_id = world.read("/api/trace/a").await;
    assert_eq!(by_id["id"], number);
    let lines = by_id["lines"].as_array().unwrap();
    assert!(
        lines
            .iter()
            .any(|line| line["what"].as_str().unwrap().contains("never"))
    );
    assert_eq!(world.read(&format!("/api/trace/{number}")).await, by_id);
    let replay = format!("/api/dead/{number}/replay");
    let (status, body) = world.post(&replay, json!({})).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["subject"], "message");
    world.until_state("a", "dead").await;
}

#[tokio::test]
async fn a_dead_message_can_be_dropped_once() {
    let world = with_a_dead_one().await;
    let dead = world.read("/api/dead?limit=1").await;
    let drop = format!("/api/dead/{}/drop", dead["dead"][0]["id"]);
    assert_eq!(world.post(&drop, json!({})).await.0, StatusCode::OK);
    assert_eq!(world.read("/api/dead").await["dead"], json!([]));
    assert_refused(&world.post(&drop, json!({})).await, 409, "conflict");
    let unknown = world.post("/api/dead/999999/replay", json!({})).await;
    assert_refused(&unknown, 404, "not_found");
    assert_refused(&world.get("/api/trace/nothing").await, 404, "not_found");
    assert_refused(&world.get("/api/dead?limit=x").await, 400, "invalid_limit");
    assert_refused(
        &world.post("/api/dead/x/drop", json!({})).await,
        400,
        "invalid_path",
    );
}

#[tokio::test]
async fn stop_reaches_a_running_turn_and_retry_brings_it_back() {
    let (agent, mut script) = scripted();
    let world = Setup::default().agent("slow", agent).start().await;
    world
        .say(json!({ "text": "t", "entity": "slow", "id": "a" }))
        .await;
    let turn = script.next_turn().await;
    turn.say("so far").await;
    let (status, _) = world.post("/api/comments/a/stop", json!({})).await;
    assert_eq!(status, StatusCode::OK);
    turn.stopped().await;
    let withdrawn = world.until_state("a", "withdrawn").await;
    assert_eq!(withdrawn["reason"], "stopped by local");
    let (status, body) = world.post("/api/comments/a/retry", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    script.next_turn().await.reply("whole");
    world.until_state("a", "answered").await;
}
