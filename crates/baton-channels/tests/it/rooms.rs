//! Private rooms. To other people, a private room looks like a room without posts.

use baton_channels::web::PersonAccount;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::events::Events;
use crate::worker::assert_nothing_claimed;
use crate::world::{Setup, World, answer, assert_refused, field};

/// `ada` is a member of the room `staff`, `cid` is not a member, and `ben` is an operator.
async fn with_staff() -> World {
    let person = |id: &str, operator| PersonAccount {
        id: id.into(),
        name: id.to_uppercase(),
        token: id.to_owned().into(),
        operator,
    };
    let people = vec![
        person("ada", false),
        person("ben", true),
        person("cid", false),
    ];
    let setup = Setup::default().settings(move |settings| {
        settings.people = people;
        let members = ["ada".into()].into();
        settings.rooms = [("staff".to_owned(), members)].into();
    });
    setup.start().await
}

async fn get(world: &World, who: &str, path: &str) -> (StatusCode, Value) {
    answer(world.request(Method::GET, path).bearer_auth(who)).await
}

async fn read(world: &World, who: &str, path: &str) -> Value {
    let (status, body) = get(world, who, path).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

async fn post(world: &World, who: &str, path: &str, body: Value) -> (StatusCode, Value) {
    answer(
        world
            .request(Method::POST, path)
            .bearer_auth(who)
            .json(&body),
    )
    .await
}

/// Posts a message for the workers, where it stays waiting.
async fn say(world: &World, who: &str, room: &str, id: &str) {
    let comment =
        json!({ "text": format!("text of {id}"), "domain": room, "id": id, "entity": "worker" });
    let (status, body) = post(world, who, "/api/comments", comment).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
}

fn ids(page: &Value, list: &str) -> Vec<String> {
    field(page[list].as_array().unwrap(), "id")
}

#[tokio::test]
async fn a_room_for_some_is_not_there_for_others() {
    let world = with_staff().await;
    say(&world, "ada", "staff", "secret").await;
    say(&world, "ada", "main", "open").await;
    for who in ["ada", "ben"] {
        for path in ["/api/comments", "/api/comments?search=text"] {
            let seen = read(&world, who, path).await;
            assert_eq!(ids(&seen, "comments"), ["secret", "open"], "{who} {path}");
        }
        let seen = read(&world, who, "/api/comments?domain=staff").await;
        assert_eq!(ids(&seen, "comments"), ["secret"]);
        read(&world, who, "/api/comments/secret").await;
        assert_eq!(read(&world, who, "/api/stats").await["received"], 2);
        assert_eq!(get_page(&world, who, "/r/staff").await.0, StatusCode::OK);
    }
    for path in [
        "/api/comments",
        "/api/comments?search=text",
        "/api/comments?before=latest",
        "/api/comments?since=0",
        "/api/comments?user=ADA&type=human",
    ] {
        let seen = read(&world, "cid", path).await;
        assert_eq!(ids(&seen, "comments"), ["open"], "{path}");
    }
    // A private room reads like an unused room.
    for path in [
        "/api/comments?domain=ROOM",
        "/api/comments?domain=ROOM&before=latest",
        "/api/comments?domain=ROOM&search=text",
    ] {
        let closed = read(&world, "cid", &path.replace("ROOM", "staff")).await;
        assert_eq!(ids(&closed, "comments"), Vec::<String>::new());
        assert_eq!(
            closed,
            read(&world, "cid", &path.replace("ROOM", "never")).await
        );
    }
    let request = world.request(Method::GET, "/api/stream?domain=staff&cursor=0");
    let mut events = Events::open(request.bearer_auth("cid")).await;
    assert_eq!(events.next().await.unwrap().0, "ready");
    let counted = read(&world, "cid", "/api/stats").await;
    assert_eq!(counted["received"], 1);
    assert_eq!(counted["conversations"], 1);
    let (closed, never) = (
        get_page(&world, "cid", "/r/staff").await,
        get_page(&world, "cid", "/r/never").await,
    );
    assert_eq!(closed.0, StatusCode::OK);
    assert_eq!(closed.1.replace("staff", "never"), never.1);
}

async fn get_page(world: &World, who: &str, path: &str) -> (StatusCode, String) {
    let request = world.request(Method::GET, path).bearer_auth(who);
    let response = request.send().await.unwrap();
    (response.status(), response.text().await.unwrap())
}

#[tokio::test]
async fn what_is_said_there_answers_others_like_what_was_never_said() {
    let world = with_staff().await;
    say(&world, "ada", "staff", "secret").await;
    for (method, path) in [
        (Method::GET, "/api/comments/ID"),
        (Method::POST, "/api/comments/ID/stop"),
        (Method::POST, "/api/comments/ID/retry"),
        (Method::POST, "/api/queue/claim"),
        (Method::POST, "/api/queue/heartbeat"),
        (Method::POST, "/api/queue/complete"),
        (Method::POST, "/api/queue/fail"),
        (Method::POST, "/api/comments"),
    ] {
        let ask = async |id: &str| {
            let request = world.request(method.clone(), &path.replace("ID", id));
            let request = request.bearer_auth("cid").json(&json!({
                "messageId": id, "workerId": "w", "error": "e",
                "text": "t", "message-type": "AI", "replyTo": id,
            }));
            let (status, body) = answer(request).await;
            (status, body.to_string().replace(id, "ID"))
        };
        let secret = ask("secret").await;
        assert_eq!(secret.0, StatusCode::NOT_FOUND, "{path}: {}", secret.1);
        assert_eq!(secret, ask("never-said").await, "{path}");
    }
    // A reply to an invisible message is handled like a reply to an unknown message.
    let said = async |id: &str| {
        let comment = json!({ "text": "t", "replyTo": id, "entity": "worker" });
        post(&world, "cid", "/api/comments", comment).await.0
    };
    assert_eq!(said("secret").await, said("never-said").await);
    // Other people cannot post in the room.
    for comment in [
        json!({ "text": "t", "domain": "staff" }),
        json!({ "text": "t", "domain": "staff", "message-type": "AI" }),
    ] {
        let refused = post(&world, "cid", "/api/comments", comment).await;
        assert_refused(&refused, 404, "not_found");
    }
    let seen = read(&world, "ada", "/api/comments?domain=staff").await;
    assert_eq!(ids(&seen, "comments"), ["secret"]);
}

#[tokio::test]
async fn a_worker_gets_nothing_from_a_room_that_is_closed_to_it() {
    let world = with_staff().await;
    say(&world, "ada", "staff", "secret").await;
    let pending = read(&world, "cid", "/api/queue/pending").await;
    assert!(ids(&pending, "messages").is_empty());
    let next = || json!({ "workerId": "w" });
    assert_nothing_claimed(&post(&world, "cid", "/api/queue/claim-next", next()).await);
    say(&world, "ada", "main", "open").await;
    let (_, claimed) = post(&world, "cid", "/api/queue/claim-next", next()).await;
    assert_eq!(claimed["message"]["id"], "open");
    let pending = read(&world, "ada", "/api/queue/pending").await;
    assert_eq!(ids(&pending, "messages"), ["secret"]);
    let (_, claimed) = post(&world, "ada", "/api/queue/claim-next", next()).await;
    assert_eq!(claimed["message"]["id"], "secret");
}

#[tokio::test]
async fn the_stream_tells_others_nothing_of_it() {
    let world = with_staff().await;
    say(&world, "ada", "staff", "before").await;
    let events = |who: &str, query: &str| {
        let path = format!("/api/stream{query}");
        Events::open(world.request(Method::GET, &path).bearer_auth(who))
    };
    // A new connection gets the waiting messages. A reconnecting client gets the earlier comments.
    let mut told = Vec::new();
    let mut cid = events("cid", "?cursor=0").await;
    loop {
        let (kind, event, _) = cid.next().await.unwrap();
        if kind == "ready" {
            break;
        }
        told.push(event);
    }
    assert!(told.is_empty(), "{told:?}");
    let mut ada = events("ada", "?cursor=0").await;
    assert_eq!(ada.next_of("comment").await["id"], "before");
    assert_eq!(ada.next_of("status").await["id"], "before");

    // Members get the events of the room: messages, progress, and replies.
    let comment = json!({ "text": "secret", "domain": "staff" });
    let (status, _) = post(&world, "ada", "/api/comments", comment).await;
    assert_eq!(status, StatusCode::CREATED);
    loop {
        if ada.next_of("comment").await["message-type"] == "AI" {
            break;
        }
    }
    say(&world, "ada", "main", "open").await;
    let (kind, event, _) = cid.next().await.unwrap();
    assert_eq!((kind.as_str(), &event["id"]), ("comment", &json!("open")));
}

#[tokio::test]
async fn no_number_tells_that_something_was_said_in_a_closed_room() {
    let world = with_staff().await;
    say(&world, "ada", "main", "open").await;
    let mark = async |who: &str| {
        let request = world
            .request(Method::GET, "/api/heartbeat")
            .bearer_auth(who);
        let mark = request.send().await.unwrap().text().await.unwrap();
        mark.parse::<i64>().unwrap()
    };
    let ready = async |who: &str| {
        let request = world.request(Method::GET, "/api/stream").bearer_auth(who);
        let mut events = Events::open(request).await;
        events.next_of("ready").await["cursor"].as_i64().unwrap()
    };
    let ahead = async |who: &str, by: i64| {
        let path = format!("/api/comments?cursor={}", mark("cid").await + by);
        get(&world, who, &path).await
    };
    let before = mark("cid").await;
    assert_eq!(ready("cid").await, before);
    assert_eq!(mark("ada").await, before);
    say(&world, "ada", "staff", "secret").await;
    assert_eq!(mark("cid").await, before);
    assert_eq!(ready("cid").await, before);
    for by in 1..20 {
        assert_refused(&ahead("cid", by).await, 400, "invalid_cursor");
    }
    // A member sees the changes.
    assert!(mark("ada").await > before);
    assert_eq!(ready("ada").await, mark("ada").await);
    assert_eq!(ahead("ada", 1).await.0, StatusCode::OK);
    say(&world, "ben", "lab", "news").await;
    assert!(mark("cid").await > before);
    assert_eq!(mark("cid").await, mark("ben").await);
}
