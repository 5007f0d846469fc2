//! The people who may decide an approval.

use baton_core::approval::Verdict;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{decide, get, may_i, open, people, request, turn, with_people, world};
use crate::world::assert_refused;

#[tokio::test]
async fn only_who_wrote_and_operators_decide() {
    let (world, mut script) = with_people().await;
    let turn = turn(&world, &mut script, "ada", "main").await;
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    let path = format!("/api/approvals/{id}");
    let cid = decide(&world, "cid", id, json!({ "decision": "allow" })).await;
    assert_refused(&cid, 403, "not_yours");
    assert_eq!(get(&world, "cid", &path).await.1["mayDecide"], false);
    assert_eq!(get(&world, "ben", &path).await.1["mayDecide"], true);
    for no_answer in [
        json!({ "decision": "answer", "answers": ["yes"] }),
        json!({ "decision": "answer" }),
    ] {
        let refused = decide(&world, "ada", id, no_answer).await;
        assert_refused(&refused, 400, "not_an_answer");
    }
    for (body, word) in [
        (json!({ "decision": "maybe" }), "invalid_json"),
        (json!({}), "invalid_json"),
        (
            json!({ "decision": "deny", "reason": "x".repeat(1_001) }),
            "invalid_text",
        ),
        (
            json!({ "decision": "answer", "answers": [" "] }),
            "invalid_text",
        ),
        (
            json!({ "decision": "deny", "reason": "\u{1b}[2J" }),
            "invalid_text",
        ),
    ] {
        let refused = decide(&world, "ada", id, body).await;
        assert_refused(&refused, 400, word);
    }
    let none = decide(&world, "ben", 4_711, json!({ "decision": "allow" })).await;
    assert_refused(&none, 404, "not_found");
    let nobody = decide(&world, "", id, json!({ "decision": "allow" })).await;
    assert_refused(&nobody, 401, "unauthorized");
    let ben = decide(&world, "ben", id, json!({ "decision": "allow" })).await;
    assert_eq!(ben.1["approval"]["outcome"], "Allowed by BEN");
    assert_eq!(verdict.await.unwrap(), Verdict::Allowed);
    turn.reply("made");
}

#[tokio::test]
async fn a_guest_decides_nothing_and_reads_no_input() {
    let (world, mut script) = world(|settings| {
        people(settings);
        settings.public = true;
    })
    .await;
    let mut events = world.events("").await.ready().await;
    // A guest wrote this message.
    let turn = turn(&world, &mut script, "", "main").await;
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    for decision in ["allow", "allow-for-session", "deny", "answer", "stop"] {
        let refused = decide(&world, "", id, json!({ "decision": decision })).await;
        assert_refused(&refused, 403, "forbidden");
    }
    for path in ["/api/approvals", &format!("/api/approvals/{id}")] {
        assert_refused(&get(&world, "", path).await, 401, "unauthorized");
    }
    let told = events.next_of("approval").await;
    assert_eq!(
        (&told["id"], &told["mayDecide"]),
        (&json!(id), &json!(false))
    );
    // A signed-in person who did not write the message may not decide either.
    let cid = decide(&world, "cid", id, json!({ "decision": "allow" })).await;
    assert_refused(&cid, 403, "not_yours");
    let ben = decide(&world, "ben", id, json!({ "decision": "deny" })).await;
    assert_eq!(ben.0, StatusCode::OK);
    assert!(matches!(verdict.await, Ok(Verdict::Denied { .. })));
    turn.reply("not made");
}

#[tokio::test]
async fn what_is_asked_in_a_closed_room_is_nothing_to_others() {
    let (world, mut script) = with_people().await;
    let as_cid = world.request(Method::GET, "/api/stream");
    let mut cid = crate::events::Events::open(as_cid.bearer_auth("token of cid"))
        .await
        .ready()
        .await;
    let turn = turn(&world, &mut script, "ada", "staff").await;
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    let path = format!("/api/approvals/{id}");
    assert_refused(&get(&world, "cid", &path).await, 404, "not_found");
    for decision in ["allow", "stop"] {
        let refused = decide(&world, "cid", id, json!({ "decision": decision })).await;
        assert_refused(&refused, 404, "not_found");
    }
    let (_, list) = get(&world, "cid", "/api/approvals").await;
    assert_eq!(list["approvals"], json!([]));
    assert_eq!(get(&world, "ben", &path).await.0, StatusCode::OK);
    decide(&world, "ada", id, json!({ "decision": "allow" })).await;
    assert_eq!(verdict.await.unwrap(), Verdict::Allowed);
    let said = json!({ "text": "after it", "entity": "worker" });
    request(&world, "cid", Method::POST, "/api/comments", Some(said)).await;
    let (kind, event, _) = cid.next().await.unwrap();
    assert_eq!(
        (kind.as_str(), &event["text"]),
        ("comment", &json!("after it"))
    );
    turn.reply("made");
}

#[tokio::test]
async fn on_loopback_everybody_is_the_operator() {
    let (world, mut script) = world(|_| {}).await;
    let turn = turn(&world, &mut script, "", "main").await;
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    let done = decide(&world, "", id, json!({ "decision": "allow" })).await;
    assert_eq!(done.1["approval"]["outcome"], "Allowed by the operator");
    assert_eq!(verdict.await.unwrap(), Verdict::Allowed);
    turn.reply("made");
}
