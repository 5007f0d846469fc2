//! Long replies: lists and streams hold the beginning, pages end by bytes, and no reply is missed.

use baton_core::agent::Reply;
use baton_testkit::scripted_agent::answering;
use reqwest::Method;
use serde_json::{Value, json};

use crate::searching::remember_in;
use crate::world::{Setup, World, assert_refused, field, replies};

/// The agent's reply to each message: one line, repeated.
fn said(to: &str, bytes: usize) -> String {
    format!("{to} *again*\n").repeat(bytes / (to.len() + 9) + 1)
}

/// A Baton with an agent that writes long replies, after this number of replies of this length in bytes.
async fn answered(messages: usize, bytes: usize) -> World {
    let (agent, _) = answering(move |turn| Ok(Reply::text(said(&turn.prompt(), bytes))));
    let world = Setup::default().agent("long", agent).start().await;
    for n in 0..messages {
        let id = format!("m{n}");
        world
            .say(json!({ "text": format!("ask {n}"), "entity": "long", "id": id }))
            .await;
        world.until_state(&id, "answered").await;
    }
    world.until_replies(messages).await;
    world
}

/// The length in bytes and the content of a page.
async fn page(world: &World, path: &str) -> (usize, Value) {
    let answer = world.request(Method::GET, path).send().await.unwrap();
    let body = answer.bytes().await.unwrap();
    (body.len(), serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn s38_a_long_reply_is_listed_by_its_beginning_and_read_whole_by_its_id() {
    let world = answered(1, 500_000).await;
    let whole = said("ask 0", 500_000);
    let all = world.all().await;
    let listed = replies(&all).next().unwrap();
    let streamed = world.events("?cursor=0").await.comments(2).await;
    for shown in [listed, &streamed[1]] {
        let text = shown["text"].as_str().unwrap();
        assert!(text.len() > 30_000 && text.len() < 70_000, "{}", text.len());
        assert!(whole.starts_with(text));
        assert_eq!(shown["shortened"], true);
        let html = shown["html"].as_str().unwrap();
        assert!(html.contains("<em>again</em>") && html.len() < 200_000);
    }
    let id = listed["id"].as_str().unwrap();
    let alone = world.read(&format!("/api/comments/{id}")).await;
    assert_eq!(alone["text"], whole);
    assert_eq!(alone["shortened"], Value::Null);
    assert!(alone["html"].as_str().unwrap().len() > 500_000);
    // Messages of people are never so long.
    assert_eq!(all[0]["shortened"], Value::Null);
}

#[tokio::test]
async fn s38_a_page_of_long_replies_ends_early_and_the_next_goes_on() {
    let world = answered(30, 60_000).await;
    let (bytes, latest) = page(&world, "/api/comments?before=latest&limit=200&type=AI").await;
    assert!(bytes < 3_000_000, "{bytes}");
    assert_eq!(latest["hasMore"], true);
    let mut ids = field(latest["comments"].as_array().unwrap(), "id");
    assert!(ids.len() < 30);
    let mut before = latest["before"].as_i64();
    while let Some(earlier) = before {
        let path = format!("/api/comments?before={earlier}&limit=200&type=AI");
        let (_, page) = page(&world, &path).await;
        ids.splice(0..0, field(page["comments"].as_array().unwrap(), "id"));
        before = page["before"].as_i64();
    }
    let all = world.all().await;
    assert_eq!(ids, field(replies(&all), "id"));
    assert_eq!(ids.len(), 30);
    // A reader of the stream from the beginning gets all comments too.
    let heard = world.events("?cursor=0").await.comments(60).await;
    assert_eq!(field(&heard, "id"), field(&all, "id"));
}

#[tokio::test]
async fn s38_a_list_of_long_messages_that_wait_ends_early() {
    let world = World::start().await;
    let extra = json!({ "context": ["c".repeat(60 * 1024)] });
    let texts = std::iter::repeat_n("😀".repeat(16_000), 100);
    remember_in(&world, "main", texts, &extra).await;
    let (bytes, waiting) = page(&world, "/api/queue/pending?limit=200").await;
    assert!(bytes < 8_000_000, "{bytes}");
    assert_eq!(waiting["pending"], waiting["messages"]);
    let ids = field(waiting["messages"].as_array().unwrap(), "id");
    assert!(!ids.is_empty() && ids.len() < 100, "{ids:?}");
    assert_eq!(ids[0], "main-0");
    // Positions count the whole queue.
    let last = world.read("/api/comments/main-99").await;
    assert_eq!(last["position"], 100);
    for list in ["queue/pending", "approvals", "dead"] {
        for limit in ["0", "201", "1000"] {
            let refused = world.get(&format!("/api/{list}?limit={limit}")).await;
            assert_refused(&refused, 400, "invalid_limit");
        }
    }
}
