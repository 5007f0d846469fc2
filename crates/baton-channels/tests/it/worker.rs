//! The calls of a worker.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::{World, field};

pub(crate) async fn ask(world: &World, id: &str) -> Value {
    let comment = json!({ "text": format!("text of {id}"), "entity": "worker", "id": id });
    world.say(comment).await
}

pub(crate) async fn claim(world: &World, id: &str, worker: &str) -> (StatusCode, Value) {
    let claim = json!({ "messageId": id, "workerId": worker, "leaseSeconds": 30 });
    world.post("/api/queue/claim", claim).await
}

/// Claims the first waiting message; `None` without a waiting message.
pub(crate) async fn next(world: &World, worker: &str) -> Option<Value> {
    let next = json!({ "workerId": worker, "leaseSeconds": 30 });
    let (status, body) = world.post("/api/queue/claim-next", next).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    (body["success"] == true).then_some(body)
}

/// Claims the first waiting message, and waits for one.
pub(crate) async fn await_next(world: &World, worker: &str) -> Value {
    let next = json!({ "workerId": worker, "leaseSeconds": 30, "waitSeconds": 60 });
    let (status, body) = world.post("/api/queue/claim-next", next).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body
}

pub(crate) async fn complete(
    world: &World,
    id: &str,
    worker: &str,
    reply: &str,
) -> (StatusCode, Value) {
    let complete = json!({ "messageId": id, "workerId": worker, "reply": reply });
    world.post("/api/queue/complete", complete).await
}

/// Asserts the answer of `claim-next` without a waiting message.
#[track_caller]
pub(crate) fn assert_nothing_claimed((status, body): &(StatusCode, Value)) {
    assert_eq!(*status, StatusCode::OK, "{body}");
    assert_eq!(body["success"], false, "{body}");
    assert_eq!(body["reason"], "no_pending_messages", "{body}");
}

#[track_caller]
pub(crate) fn assert_ok((status, body): &(StatusCode, Value)) {
    assert_eq!(*status, StatusCode::OK, "{body}");
    assert_eq!(body["status"], "success");
}

/// The ids of the waiting messages, read now.
pub(crate) async fn pending(world: &World) -> Vec<String> {
    let pending = world.read("/api/queue/pending").await;
    field(pending["messages"].as_array().unwrap(), "id")
}
