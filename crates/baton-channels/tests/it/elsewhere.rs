//! Workers also answer messages from other channels.

use baton_channels::web::PersonAccount;
use baton_core::id::MessageId;
use baton_core::message::{Attachment, Author, MessageState, NewMessage, Priority};
use baton_core::place::{Place, QueueMode, Route};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::worker::{ask, assert_nothing_claimed, assert_ok, claim, complete, next, pending};
use crate::world::{Setup, World, answer, assert_refused, field};

fn place() -> Place {
    Place {
        channel: "elsewhere".into(),
        account: "default".into(),
        address: "channel 5".to_owned(),
    }
}

/// A person writes to `worker` on another platform. The platform gives the message this id.
async fn say_elsewhere(world: &World, id: &str) {
    say_with(world, id, "worker", Vec::new()).await;
}

async fn say_with(world: &World, id: &str, persona: &str, attachments: Vec<Attachment>) {
    let message = NewMessage {
        external_id: id.into(),
        part_ids: Vec::new(),
        route: Route {
            place: place(),
            persona: persona.into(),
            agent: "workers".into(),
            mode: QueueMode::Queue,
            waiting_limit: 10,
        },
        author: Author {
            id: "bo".into(),
            name: "Bo".to_owned(),
        },
        text: "from elsewhere".to_owned(),
        attachments,
        reply_to: None,
        reply_route: Value::Null,
        extra: Value::Null,
        priority: Priority::default(),
    };
    world.store.ingest(message.into()).await.unwrap();
}

#[tokio::test]
async fn what_came_by_another_channel_is_claimed_kept_and_answered() {
    let world = World::start().await;
    say_elsewhere(&world, "a").await;
    // Two platforms may use the same id.
    ask(&world, "a").await;
    let ids = pending(&world).await;
    let [elsewhere, here] = &ids[..] else {
        panic!("two messages wait: {ids:?}");
    };
    assert!(elsewhere.starts_with('#') && here == "a", "{ids:?}");
    let claimed = next(&world, "w").await.unwrap();
    assert_eq!(claimed["message"]["id"], *elsewhere);
    assert_eq!(claimed["message"]["text"], "from elsewhere");
    let beat = json!({ "messageId": elsewhere, "workerId": "w" });
    assert_ok(&world.post("/api/queue/heartbeat", beat).await);
    let ended = complete(&world, elsewhere, "w", "an answer").await;
    assert_ok(&ended);
    assert_eq!(ended.1["messageId"], *elsewhere);
    assert_ok(&complete(&world, elsewhere, "w", "an answer").await);
    assert_eq!(pending(&world).await, ["a"], "the other one still waits");
    let number = claimed["message"]["messageId"].as_i64().unwrap();
    let message = world.store.message(MessageId(number)).await.unwrap();
    assert_eq!(message.unwrap().state, MessageState::Answered);
}

#[tokio::test]
async fn what_came_by_another_channel_is_claimed_by_its_id_and_given_back() {
    let world = World::start().await;
    say_elsewhere(&world, "a").await;
    let id = pending(&world).await.remove(0);
    assert_ok(&claim(&world, &id, "w").await);
    let fail = json!({ "messageId": id, "workerId": "w", "error": "no idea" });
    let failed = world.post("/api/queue/fail", fail).await;
    assert_ok(&failed);
    assert_eq!(failed.1["messageId"], id);
}

#[tokio::test]
async fn what_came_by_another_channel_is_for_operators_alone() {
    let person = |id: &str, operator| PersonAccount {
        id: id.into(),
        name: id.to_uppercase(),
        token: id.to_owned().into(),
        operator,
    };
    let people = vec![person("ada", false), person("ben", true)];
    let setup = Setup::default().settings(move |settings| settings.people = people);
    let world = setup.start().await;
    say_elsewhere(&world, "a").await;
    let ask = async |who: &str, method, path: &str, body: Value| {
        answer(world.request(method, path).bearer_auth(who).json(&body)).await
    };
    let pending = async |who: &str| {
        let (_, body) = ask(who, Method::GET, "/api/queue/pending", Value::Null).await;
        field(body["messages"].as_array().unwrap(), "id")
    };
    assert_eq!(pending("ada").await, [""; 0]);
    let [id] = &pending("ben").await[..] else {
        panic!("one message waits");
    };
    let next = json!({ "workerId": "w" });
    let nothing = ask("ada", Method::POST, "/api/queue/claim-next", next.clone()).await;
    assert_nothing_claimed(&nothing);
    let this = json!({ "workerId": "w", "messageId": id });
    let refused = ask("ada", Method::POST, "/api/queue/claim", this).await;
    assert_refused(&refused, 404, "not_found");
    let claimed = ask("ben", Method::POST, "/api/queue/claim-next", next).await;
    assert_ok(&claimed);
}

#[tokio::test]
async fn a_worker_reads_the_files_of_what_came_by_another_channel() {
    let world = World::start().await;
    let files = world.files();
    let mut file = files
        .begin(&place(), &"worker".into(), "plan.txt")
        .await
        .unwrap();
    file.write(b"the plan").await.unwrap();
    let file = file.finish().await.unwrap();
    say_with(&world, "a", "worker", vec![file.clone()]).await;
    let claimed = next(&world, "w").await.unwrap();
    let url = claimed["message"]["files"][0]["url"].as_str().unwrap();
    let read = world.request(Method::GET, url).send().await.unwrap();
    assert_eq!(read.text().await.unwrap(), "the plan");
    // A worker may not read files of messages for other agents.
    say_with(&world, "b", "echo", vec![file]).await;
    let number = claimed["message"]["messageId"].as_i64().unwrap();
    for number in number + 1..number + 4 {
        let refused = world.request(Method::GET, &format!("/api/files/%23{number}/0"));
        assert_eq!(
            refused.send().await.unwrap().status(),
            StatusCode::NOT_FOUND
        );
    }
}

#[tokio::test]
async fn a_number_names_only_what_came_by_another_channel() {
    let world = World::start().await;
    let said = ask(&world, "a").await;
    let number = &said["messageId"];
    for id in [format!("#{number}"), "#0".to_owned(), "#x".to_owned()] {
        let refused = claim(&world, &id, "w").await;
        assert_refused(&refused, 404, "not_found");
    }
    let comment = json!({ "text": "x", "id": "#7" });
    let (status, _) = world.post("/api/comments", comment).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
