//! The limit of posts from one address.

use std::num::NonZeroU32;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::world::{Setup, World, assert_refused};

async fn limited(trusted: &'static str) -> World {
    Setup::default()
        .settings(move |settings| {
            settings.posts_per_minute = NonZeroU32::new(10);
            settings.public = !trusted.is_empty();
            settings.trusted_proxies = trusted
                .split_whitespace()
                .map(|net| net.parse().unwrap())
                .collect();
        })
        .start()
        .await
}

async fn post_for(world: &World, address: &str, room: &str) -> reqwest::Response {
    world
        .request(Method::POST, "/api/comments")
        .header("x-forwarded-for", address)
        .json(&json!({ "text": "hi", "domain": room }))
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn s33_many_posts_from_one_address_are_refused_and_forging_does_not_help() {
    let world = limited("").await;
    for n in 0..10 {
        world.say(json!({ "text": format!("post {n}") })).await;
    }
    for n in 0..20 {
        let refused = post_for(&world, &format!("9.9.9.{n}"), &format!("room {n}")).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        let wait: u64 = refused.headers()["retry-after"]
            .to_str()
            .unwrap()
            .parse()
            .unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    let refused = world.post("/api/comments", json!({ "text": "post" })).await;
    assert_refused(&refused, 429, "too_many_posts");
    // Reading does not count, and a worker's reply does not count.
    world.read("/api/comments").await;
    world
        .say(json!({ "text": "!", "message-type": "AI" }))
        .await;
    // After the announced wait, a post is accepted.
    let refused = post_for(&world, "9.9.9.9", "main").await;
    let wait: u64 = refused.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    world.clock.advance(Duration::from_secs(wait));
    world.say(json!({ "text": "post" })).await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_its_own_share() {
    let world = limited("127.0.0.0/8").await;
    for n in 0..11 {
        // Entries written by the client are further left.
        let one = post_for(&world, &format!("9.9.9.{n}, 1.1.1.1"), "main").await;
        let expected = if n < 10 { 201 } else { 429 };
        assert_eq!(one.status().as_u16(), expected);
    }
    let other = post_for(&world, "2.2.2.2", "main").await;
    assert_eq!(other.status(), StatusCode::CREATED);
}
