//! Commands of people to Baton.

use baton_core::agent::AgentError;
use baton_testkit::scripted_agent::{answering, scripted};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Setup, World, answer, assert_refused};

async fn tell(world: &World, who: &str, body: Value) -> (StatusCode, Value) {
    let mut request = world.request(Method::POST, "/api/commands").json(&body);
    if !who.is_empty() {
        request = request.bearer_auth(format!("token of {who}"));
    }
    answer(request).await
}

#[tokio::test]
async fn a_command_is_answered_to_who_gave_it_and_is_no_message() {
    let (agent, mut script) = scripted();
    let world = Setup::default().agent("slow", agent).start().await;
    world
        .say(json!({ "text": "one", "entity": "slow", "id": "one", "domain": "lab" }))
        .await;
    let turn = script.next_turn().await;
    let about = |command: &str| json!({ "command": command, "entity": "slow", "domain": "lab" });
    let (status, told) = tell(&world, "", about("/status")).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    assert!(told["text"].as_str().unwrap().starts_with("**slow**"));
    let html = told["html"].as_str().unwrap();
    assert!(html.contains("<strong>slow</strong>"), "{html}");
    let (_, stopped) = tell(&world, "", about("/STOP")).await;
    assert_eq!(stopped["text"], "Stopped.");
    turn.gone().await;
    world.until_state("one", "withdrawn").await;
    let human = world.read("/api/comments?type=human").await;
    assert_eq!(human["comments"].as_array().unwrap().len(), 1);
    let refused = |command: &'static str| tell(&world, "", about(command));
    assert_refused(&refused("/reset all").await, 400, "invalid_command");
    assert_refused(&refused("/dance").await, 400, "unknown_command");
    assert_refused(&refused("reset").await, 400, "unknown_command");
    assert_refused(&refused("").await, 400, "invalid_text");
    let nobody = json!({ "command": "/status", "entity": "nobody" });
    assert_refused(&tell(&world, "", nobody).await, 400, "unknown_entity");
    let nothing = json!({ "command": "/status", "entity": "slow" });
    assert_refused(&tell(&world, "", nothing).await, 404, "not_found");
}

#[tokio::test]
async fn what_became_of_a_message_is_told_where_it_was_written() {
    let world = World::start().await;
    world
        .say(json!({ "text": "one", "entity": "worker", "id": "one", "domain": "lab" }))
        .await;
    let number = world.read("/api/comments/one").await["messageId"].clone();
    let trace = format!("/trace {number}");
    // The persona of the request does not matter, because the command names the message.
    let in_lab = json!({ "command": trace, "entity": "echo", "domain": "lab" });
    let (status, told) = tell(&world, "", in_lab).await;
    assert_eq!(status, StatusCode::OK, "{told}");
    let text = told["text"].as_str().unwrap();
    assert!(text.ends_with("- now waiting"), "{text}");
    let elsewhere = json!({ "command": trace, "domain": "main" });
    assert_refused(&tell(&world, "", elsewhere).await, 404, "not_found");
    let unnumbered = json!({ "command": "/trace one", "domain": "lab" });
    let (_, refused) = tell(&world, "", unnumbered).await;
    let told = refused["message"].as_str();
    assert_eq!(told, Some("write it as: /trace NUMBER"), "{refused}");
}

#[tokio::test]
async fn whoever_may_not_write_in_a_room_tells_nothing_there() {
    let world = Setup::default()
        .settings(crate::access::people)
        .settings(|settings| {
            settings.public = true;
            let members = ["ben".into()].into();
            settings.rooms.insert("staff".to_owned(), members);
        })
        .start()
        .await;
    world
        .say(json!({ "text": "one", "entity": "worker" }))
        .await;
    let status = json!({ "command": "/status", "entity": "worker" });
    assert_refused(&tell(&world, "", status.clone()).await, 401, "unauthorized");
    assert_eq!(tell(&world, "ada", status).await.0, StatusCode::OK);
    let staff = json!({ "command": "/status", "entity": "worker", "domain": "staff" });
    assert_refused(&tell(&world, "ada", staff).await, 404, "not_found");
}

#[tokio::test]
async fn only_operators_are_told_the_details_of_a_failure() {
    let (agent, _) =
        answering(|_| Err(AgentError::rejected("it broke").with_detail("key.pem: hunter2, `*`")));
    let world = Setup::default()
        .settings(crate::access::people)
        .settings(|settings| settings.public = true)
        .agent("leaky", agent)
        .start()
        .await;
    let mut events = world.events("").await.ready().await;
    let said = world.say(json!({ "text": "one", "entity": "leaky", "id": "one" }));
    let number = said.await["messageId"].clone();
    let trace = format!("/trace {number}");
    let trace = json!({ "command": trace, "entity": "leaky" });
    let notice = loop {
        let (kind, event, _) = events.next().await.unwrap();
        assert!(!event.to_string().contains("hunter2"), "{kind}: {event}");
        if event["message-type"] == "notice" {
            break event;
        }
    };
    let told = notice["text"].as_str().unwrap();
    assert!(told.contains("it broke"), "{told}");
    assert!(told.ends_with(&format!("(message {number})")), "{told}");
    for path in [
        "/",
        "/api/comments",
        "/api/comments/one",
        "/api/queue/pending",
    ] {
        let page = world.request(Method::GET, path).send().await.unwrap();
        let page = page.text().await.unwrap();
        assert!(!page.contains("hunter2"), "{path}: {page}");
    }
    let (_, member) = tell(&world, "ada", trace.clone()).await;
    assert!(member.to_string().contains("it broke"), "{member}");
    assert!(!member.to_string().contains("hunter2"), "{member}");
    let (_, operator) = tell(&world, "ben", trace).await;
    let told = operator["text"].as_str().unwrap();
    assert!(told.contains("it broke: `key.pem: hunter2,  * `"), "{told}");
}
