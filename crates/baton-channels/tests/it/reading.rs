//! Reading comments, one page at a time.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::world::{World, assert_refused, field};

async fn three(world: &World) -> Vec<i64> {
    let mut seqs = Vec::new();
    for (text, name) in [
        ("Apple", "ada"),
        ("apple pie", "ben"),
        ("100% pear_", "ada"),
    ] {
        let comment = json!({ "text": text, "username": name, "entity": "worker" });
        let said = world.say(comment).await;
        seqs.push(said["seq"].as_i64().unwrap());
    }
    seqs
}

async fn texts(world: &World, query: &str) -> Vec<String> {
    let page = world.read(&format!("/api/comments{query}")).await;
    field(page["comments"].as_array().unwrap(), "text")
}

#[tokio::test]
async fn pages_go_both_ways() {
    let world = World::start().await;
    assert_eq!(
        world.read("/api/comments").await,
        json!({ "comments": [], "hasMore": false, "cursor": 0 })
    );
    let seqs = three(&world).await;
    let page = world.read("/api/comments?limit=2&cursor=0").await;
    assert_eq!(page["hasMore"], true);
    assert_eq!(page["cursor"], seqs[1]);
    let next = world
        .read(&format!("/api/comments?cursor={}", seqs[1]))
        .await;
    assert_eq!(next["hasMore"], false);
    assert_eq!(next["cursor"], seqs[2]);
    let end = world
        .read(&format!("/api/comments?cursor={}", seqs[2]))
        .await;
    assert_eq!(end["comments"], json!([]));
    assert_eq!(end["cursor"], seqs[2]);
    assert_eq!(
        texts(&world, "?before=latest&limit=2").await,
        ["apple pie", "100% pear_"]
    );
    let before = format!("?before={}&limit=1", seqs[2]);
    assert_eq!(texts(&world, &before).await, ["apple pie"]);
}

#[tokio::test]
async fn filters_pick_by_word_kind_person_and_room() {
    let world = World::start().await;
    three(&world).await;
    world
        .say(json!({ "text": "apple", "domain": "lab", "id": "lab" }))
        .await;
    world.until_state("lab", "answered").await;
    world.until_replies(1).await;
    assert_eq!(
        texts(&world, "?search=APPLE&domain=main").await,
        ["Apple", "apple pie"]
    );
    assert_eq!(texts(&world, "?search=0%25%20pear_").await, ["100% pear_"]);
    assert!(texts(&world, "?search=_____________").await.is_empty());
    assert_eq!(texts(&world, "?user=ada").await, ["Apple", "100% pear_"]);
    assert_eq!(texts(&world, "?type=AI").await, ["apple"]);
    assert_eq!(texts(&world, "?type=human&domain=lab").await, ["apple"]);
    assert_eq!(texts(&world, "?domain=lab").await, ["apple", "apple"]);
    assert!(texts(&world, "?domain=nowhere").await.is_empty());
}

#[tokio::test]
async fn s31_a_broken_cursor_is_refused_and_never_everything() {
    let world = World::start().await;
    let newest = *three(&world).await.last().unwrap();
    let ahead = (newest + 1).to_string();
    for cursor in [
        "abc",
        "",
        "-1",
        "%2B1",
        "1e3",
        "1.0",
        "0x1",
        "99999999999999999999",
        &ahead,
    ] {
        let refused = world.get(&format!("/api/comments?cursor={cursor}")).await;
        assert_refused(&refused, 400, "invalid_cursor");
        let refused = world.get(&format!("/api/stream?cursor={cursor}")).await;
        assert_refused(&refused, 400, "invalid_cursor");
    }
    for (query, word) in [
        ("before=first", "invalid_cursor"),
        ("before=", "invalid_cursor"),
        ("cursor=0&before=latest", "invalid_cursor"),
        ("limit=0", "invalid_limit"),
        ("limit=1001", "invalid_limit"),
        ("limit=ten", "invalid_limit"),
        ("limit=", "invalid_limit"),
        ("since=yesterday", "invalid_time"),
        ("after=-5", "invalid_time"),
        ("type=robot", "invalid_type"),
        ("domain=", "invalid_domain"),
    ] {
        let refused = world.get(&format!("/api/comments?{query}")).await;
        assert_refused(&refused, 400, word);
    }
    let (status, _) = world.get("/api/comments/nothing").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn s23_who_follows_the_stream_skips_nothing_whatever_the_clocks_say() {
    let world = World::start().await;
    let begin = 1_750_000_000_000_i64;
    let mut said = Vec::new();
    let mut seen: Vec<Value> = Vec::new();
    let mut cursor = 0;
    // Ids that sort backwards, times that stand still, and times that jump both ways.
    let jumps = [0, 0, -3_600_000, 0, 7_200_000, -1, 0, -86_400_000, 0, 5];
    for (n, jump) in jumps.into_iter().enumerate() {
        world.clock.jump(jump);
        let id = format!("{:03}", 999 - n);
        world
            .say(json!({ "text": "t", "id": &id, "entity": "worker" }))
            .await;
        said.push(id);
        if n % 3 == 0 {
            let page = world.read(&format!("/api/comments?cursor={cursor}")).await;
            seen.extend(page["comments"].as_array().unwrap().iter().cloned());
            cursor = page["cursor"].as_i64().unwrap();
        }
    }
    let page = world.read(&format!("/api/comments?cursor={cursor}")).await;
    seen.extend(page["comments"].as_array().unwrap().iter().cloned());
    assert_eq!(field(&seen, "id"), said);
    // The older pages read from a time on: everything stored after the first comment of this time.
    for (since, expected) in [(begin, &said[..]), (begin + 1_000_000, &said[4..])] {
        let page = world.read(&format!("/api/comments?since={since}")).await;
        assert_eq!(field(page["comments"].as_array().unwrap(), "id"), expected);
        let list = world
            .read(&format!("/api/comments?after={}", since - 1))
            .await;
        assert_eq!(field(list.as_array().unwrap(), "id"), expected);
    }
}
