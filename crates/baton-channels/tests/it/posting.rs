//! Posting messages and replies.

use std::collections::BTreeSet;

use baton_channels::web::TEXT_LIMIT;
use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Setup, World, answer, assert_refused, field, replies};

#[tokio::test]
async fn a_message_is_kept_whole_and_answered() {
    let world = World::start().await;
    let said = world
        .say(json!({
            "text": "hello *you*", "username": " Ada ", "color": "#0AF", "domain": "lab",
            "message-type": "human", "entity": "echo", "priority": 7, "id": "a-1",
            "something": "else",
        }))
        .await;
    for (name, value) in [
        ("status", json!("success")),
        ("id", json!("a-1")),
        ("text", json!("hello *you*")),
        ("html", json!("<p>hello <em>you</em></p>\n")),
        ("username", json!("Ada")),
        ("color", json!("#0af")),
        ("domain", json!("lab")),
        ("message-type", json!("human")),
        ("entity", json!("echo")),
        ("priority", json!(7)),
    ] {
        assert_eq!(said[name], value, "{name} in {said}");
    }
    assert!(said["seq"].as_i64().unwrap() > 0);
    assert_eq!(said["timestamp"], json!(1_750_000_000_000_i64));
    let all = world.until_replies(1).await;
    let reply = replies(&all).next().unwrap();
    assert_eq!(reply["text"], "hello *you*");
    assert_eq!(reply["replyTo"], "a-1");
    assert_eq!(reply["domain"], "lab");
    assert_eq!(reply["username"], "echo");
    assert!(reply.get("state").is_none());
    let message = world.read("/api/comments/a-1").await;
    assert_eq!(message["state"], "answered");
    assert_eq!(message["attempts"], 1);
    assert!(message.get("position").is_none());
}

#[tokio::test]
async fn what_is_left_out_has_a_default() {
    let world = World::start().await;
    let said = world.say(json!({ "text": "hi" })).await;
    assert_eq!(said["username"], "anonymous");
    assert_eq!(said["domain"], "main");
    assert_eq!(said["entity"], "echo");
    assert_eq!(said["priority"], 5);
    assert_eq!(said["message-type"], "human");
    assert_eq!(said["id"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn the_same_id_again_changes_nothing() {
    let world = World::start().await;
    let first = world.say(json!({ "text": "one", "id": "same" })).await;
    let again = json!({ "text": "two", "id": "same" });
    let (status, body) = world.post("/api/comments", again).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body["status"], "duplicate");
    assert_eq!(body["text"], "one");
    assert_eq!(body["seq"], first["seq"]);
    let elsewhere = json!({ "text": "two", "id": "same", "domain": "elsewhere" });
    assert_refused(
        &world.post("/api/comments", elsewhere).await,
        409,
        "conflict",
    );
    let all = world.until_replies(1).await;
    assert_eq!(field(&all, "text"), ["one", "one"]);
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_by_name() {
    let world = World::start().await;
    for (comment, word) in [
        (json!({ "text": "a", "domain": "" }), "invalid_domain"),
        (
            json!({ "text": "a", "domain": "x".repeat(65) }),
            "invalid_domain",
        ),
        (json!({ "text": "a", "domain": "a\u{7}" }), "invalid_domain"),
        (json!({ "text": "a", "entity": "nobody" }), "unknown_entity"),
        (json!({ "text": "a", "priority": 100 }), "invalid_priority"),
        (json!({ "text": "a", "priority": -1 }), "invalid_priority"),
        (json!({ "text": "a", "priority": 1.5 }), "invalid_json"),
        (json!({ "text": "a", "color": "red" }), "invalid_color"),
        (
            json!({ "text": "a", "username": "x".repeat(65) }),
            "invalid_username",
        ),
        (json!({ "text": "a", "id": "" }), "invalid_id"),
        (json!({ "text": "a", "id": "with space" }), "invalid_id"),
        (json!({ "text": "a", "id": "reply-7" }), "invalid_id"),
        (json!({ "text": "a", "id": "x".repeat(129) }), "invalid_id"),
        (
            json!({ "text": "a", "message-type": "notice" }),
            "invalid_type",
        ),
        (
            json!({ "text": "a", "message-type": "robot" }),
            "invalid_json",
        ),
        (json!({ "username": "Ada" }), "invalid_json"),
        (json!(["text"]), "invalid_json"),
    ] {
        let refused = world.post("/api/comments", comment.clone()).await;
        assert_refused(&refused, 400, word);
    }
    let named = world
        .post("/api/comments", json!({ "text": "a", "entity": "nobody" }))
        .await;
    let message = named.1["message"].as_str().unwrap();
    assert!(message.contains("echo, other, worker"), "{message}");
    assert!(world.all().await.is_empty());
}

#[tokio::test]
async fn s20_a_hundred_posts_at_once_are_stored_listed_and_answered() {
    let world = World::start().await;
    let posts = (0..100).map(|n| {
        let comment = json!({ "text": format!("text {n}"), "domain": format!("room {}", n % 7) });
        world.say(comment)
    });
    let said = join_all(posts).await;
    let all = world.until_replies(100).await;
    assert_eq!(all.len(), 200);
    let ids: BTreeSet<_> = field(&said, "id").into_iter().collect();
    assert_eq!(ids.len(), 100);
    let answered: Vec<_> = field(replies(&all), "replyTo");
    assert_eq!(answered.len(), 100);
    assert_eq!(answered.into_iter().collect::<BTreeSet<_>>(), ids);
    let stats = world.read("/api/stats").await;
    assert_eq!(stats["received"], 100);
    assert_eq!(stats["messages"]["answered"], 100);
    assert_eq!(stats["conversations"], 7);
}

#[tokio::test]
async fn s32_a_text_is_stored_whole_or_refused() {
    let world = World::start().await;
    let four_bytes = "🦀".repeat(TEXT_LIMIT);
    let one_byte = "a".repeat(TEXT_LIMIT);
    for text in [
        four_bytes.as_str(),
        &one_byte,
        "e\u{301} \u{202e}rtl\u{202c} 👩‍👩‍👧\u{200b}",
        "line\n\tand line",
        "<script>alert(1)</script>",
    ] {
        let said = world.say(json!({ "text": text })).await;
        let id = said["id"].as_str().unwrap();
        let kept = world.read(&format!("/api/comments/{id}")).await;
        assert!(kept["text"] == text, "kept otherwise: {kept:.200}");
    }
    let said = world.say(json!({ "text": "a\r\nb\rc" })).await;
    assert_eq!(said["text"], "a\nb\nc");
    for text in [
        String::new(),
        "   ".to_owned(),
        "\n\t\u{3000}".to_owned(),
        "a\0b".to_owned(),
        "\u{1b}[31m".to_owned(),
        "a\u{7f}".to_owned(),
        "🦀".repeat(TEXT_LIMIT + 1),
        "a".repeat(TEXT_LIMIT + 1),
    ] {
        let refused = world.post("/api/comments", json!({ "text": text })).await;
        assert_refused(&refused, 400, "invalid_text");
    }
    for lone in [
        r#"{"text": "\ud800"}"#,
        r#"{"text": "\udc00 a"}"#,
        r#"{"text": "\ud83e "}"#,
    ] {
        assert_refused(&raw(&world, lone.as_bytes()).await, 400, "invalid_json");
    }
    let not_utf8 = [b"{\"text\": \"", &[0xff, 0xfe][..], b"\"}"].concat();
    assert_refused(&raw(&world, &not_utf8).await, 400, "invalid_json");
    assert_refused(&raw(&world, b"{\"text\":").await, 400, "invalid_json");
    let escaped = r"\ud83e\udd80".repeat(TEXT_LIMIT);
    let (status, body) = raw(&world, format!("{{\"text\": \"{escaped}\"}}").as_bytes()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert!(body["text"] == four_bytes.as_str());
    let too_large = json!({ "text": "a", "padding": "x".repeat(256 * 1024) });
    assert_refused(
        &world.post("/api/comments", too_large).await,
        413,
        "too_large",
    );
}

async fn raw(world: &World, body: &[u8]) -> (StatusCode, Value) {
    let request = world.request(Method::POST, "/api/comments");
    answer(
        request
            .header("content-type", "application/json")
            .body(body.to_vec()),
    )
    .await
}

#[tokio::test]
async fn a_conversation_that_is_full_says_so() {
    let world = Setup::default().waiting_limit(2).start().await;
    let comment = |id: &str| json!({ "text": "hi", "entity": "worker", "id": id });
    world.say(comment("1")).await;
    world.say(comment("2")).await;
    let (status, body) = world.post("/api/comments", comment("3")).await;
    assert_refused(&(status, body), 429, "too_many_waiting");
    // A repeated post gets the same answer, because the refusal is stored.
    let again = world
        .request(Method::POST, "/api/comments")
        .json(&comment("3"))
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(again.headers().contains_key("retry-after"));
    assert_eq!(world.read("/api/comments/3").await["state"], "refused");
    let elsewhere = json!({ "text": "hi", "entity": "other" });
    world.say(elsewhere).await;
}

#[tokio::test]
async fn a_reply_that_is_written_outside_is_shown_where_its_message_was_said() {
    let world = World::start().await;
    let question = json!({ "text": "?", "entity": "worker", "domain": "lab", "id": "q" });
    world.say(question).await;
    let reply = json!({
        "text": "!", "message-type": "AI", "replyTo": "q", "domain": "elsewhere", "color": "#fff",
    });
    let said = world.say(reply.clone()).await;
    assert_eq!(said["message-type"], "AI");
    let all = world.until_replies(1).await;
    let shown = replies(&all).next().unwrap();
    assert_eq!(shown["domain"], "lab");
    assert_eq!(shown["entity"], "worker");
    assert_eq!(shown["replyTo"], "q");
    assert_eq!(shown["color"], "#fff");
    let (status, again) = world.post("/api/comments", reply).await;
    assert_eq!(
        (status, &again["status"]),
        (StatusCode::OK, &json!("duplicate"))
    );
    assert_eq!(again["id"], shown["id"]);
    let nowhere = json!({ "text": "!", "message-type": "AI", "replyTo": "nothing" });
    assert_refused(
        &world.post("/api/comments", nowhere).await,
        404,
        "not_found",
    );
    let taken = json!({ "text": "!", "message-type": "AI", "id": "q" });
    assert_refused(&world.post("/api/comments", taken).await, 409, "conflict");
}
