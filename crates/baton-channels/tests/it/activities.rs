//! The activities of an agent, as people see them.

use baton_core::activity::{Activity, ActivityState};
use baton_testkit::scripted_agent::scripted;
use reqwest::Method;
use serde_json::{Value, json};

use crate::events::Events;
use crate::world::{Setup, answer, replies};

fn did(id: &str, state: ActivityState, within: Option<&str>) -> Activity {
    Activity {
        id: id.to_owned(),
        title: format!("Reading `{id}`"),
        detail: format!("all of {id}"),
        state,
        within: within.map(str::to_owned),
    }
}

/// The published activities, up to activity `id` in this state.
async fn told(events: &mut Events, id: &str, state: &str) -> Vec<Value> {
    let mut told = Vec::new();
    loop {
        let event = events.next_of("writing").await;
        let Some(activities) = event["activities"].as_array() else {
            continue;
        };
        told.extend(activities.iter().cloned());
        if told
            .iter()
            .any(|one| one["id"] == id && one["state"] == state)
        {
            return told;
        }
    }
}

#[tokio::test]
async fn what_an_agent_does_is_seen_at_once_and_kept_with_the_reply() {
    let (agent, mut script) = scripted();
    let world = Setup::default().agent("maker", agent).start().await;
    let mut events = world.events("").await.ready().await;
    world.say(json!({ "text": "?", "entity": "maker" })).await;
    let turn = script.next_turn().await;
    turn.show(did("a", ActivityState::Running, None)).await;
    let first = told(&mut events, "a", "running").await;
    let expected = json!({
        "id": "a", "title": "Reading `a`", "detail": "all of a", "hasDetail": true, "state": "running",
    });
    assert_eq!(first, [expected]);
    turn.show(did("b", ActivityState::Running, Some("a"))).await;
    turn.show(did("a", ActivityState::Done, None)).await;
    let more = told(&mut events, "a", "done").await;
    assert!(more.iter().any(|one| one["within"] == "a"), "{more:?}");
    // A later reader gets all activities, and the start of the turn.
    let mut late = world.events("").await;
    let so_far = late.next_of("writing").await;
    let states = so_far["activities"].as_array().unwrap().iter();
    let states: Vec<_> = states.map(|one| one["state"].clone()).collect();
    assert_eq!(states, ["done", "running"]);
    assert!(so_far["since"].as_i64().unwrap() > 0);
    turn.reply("done");

    let all = world.until_replies(1).await;
    let reply = replies(&all).next().unwrap().clone();
    let kept = reply["activities"].as_array().unwrap();
    assert_eq!(kept.len(), 2);
    // Details may be long, so lists omit the details. A comment read by its id has the details.
    assert_eq!(kept[0]["detail"], Value::Null);
    assert_eq!(kept[0]["hasDetail"], true);
    assert_eq!(kept[1]["state"], "failed", "it never came to its end");
    let id = reply["id"].as_str().unwrap();
    let whole = world.read(&format!("/api/comments/{id}")).await;
    assert_eq!(whole["activities"][0]["detail"], "all of a");
}

#[tokio::test]
async fn guests_see_what_is_done_without_details() {
    let (agent, mut script) = scripted();
    let setup = Setup::default().agent("maker", agent);
    let world = setup
        .settings(|settings| settings.public = true)
        .settings(crate::access::people)
        .start()
        .await;
    let mut guest = world.events("").await.ready().await;
    let stream = world.request(Method::GET, "/api/stream");
    let mut ada = Events::open(stream.bearer_auth("token of ada"))
        .await
        .ready()
        .await;
    world.say(json!({ "text": "?", "entity": "maker" })).await;
    let turn = script.next_turn().await;
    turn.show(did("a", ActivityState::Done, None)).await;
    let seen = told(&mut guest, "a", "done").await;
    assert_eq!(seen[0]["detail"], Value::Null);
    assert_eq!(seen[0]["hasDetail"], false);
    let seen = told(&mut ada, "a", "done").await;
    assert_eq!(seen[0]["detail"], "all of a");
    turn.reply("done");
    for (events, has_detail) in [(&mut guest, false), (&mut ada, true)] {
        let reply = loop {
            let comment = events.next_of("comment").await;
            if comment["message-type"] == "AI" {
                break comment;
            }
        };
        assert_eq!(reply["activities"][0]["hasDetail"], has_detail);
        assert_eq!(reply["activities"][0]["detail"], Value::Null);
    }
    let all = world.until_replies(1).await;
    let id = replies(&all).next().unwrap()["id"].as_str().unwrap();
    let path = format!("/api/comments/{id}");
    let whole = world.read(&path).await;
    assert_eq!(whole["activities"][0]["detail"], Value::Null);
    let ada = world
        .request(Method::GET, &path)
        .bearer_auth("token of ada");
    let (_, whole) = answer(ada).await;
    assert_eq!(whole["activities"][0]["detail"], "all of a");
}

#[tokio::test]
async fn s75_nobody_seems_to_write_after_a_turn_failed() {
    let (agent, mut script) = scripted();
    let world = Setup::default().agent("maker", agent).start().await;
    let mut events = world.events("").await.ready().await;
    let said = world.say(json!({ "text": "?", "entity": "maker" })).await;
    let turn = script.next_turn().await;
    turn.show(did("a", ActivityState::Running, None)).await;
    let writing = events.next_of("writing").await;
    assert_eq!(writing["replyTo"], json!([said["id"]]));
    turn.fail("the model stumbled");
    let done = events.next_of("done").await;
    assert_eq!(done["turn"], writing["turn"]);
    // New readers get no `writing` event either.
    let mut late = world.events("").await;
    loop {
        let (kind, event, _) = late.next().await.unwrap();
        assert_ne!(kind, "writing", "{event}");
        if kind == "ready" {
            break;
        }
    }
}

#[tokio::test]
async fn s100_what_was_written_stays_readable_where_it_breaks_off() {
    let (agent, mut script) = scripted();
    let setup = Setup::default().agent("maker", agent);
    let world = setup
        .settings(|settings| settings.public = true)
        .settings(crate::access::people)
        .start()
        .await;
    let mut guest = world.events("").await.ready().await;
    world.say(json!({ "text": "?", "entity": "maker" })).await;
    let turn = script.next_turn().await;
    turn.say("Step one is done. Step two is ").await;
    turn.fail("the model stumbled");
    let notice = loop {
        let comment = guest.next_of("comment").await;
        if comment["message-type"] == "notice" {
            break comment;
        }
    };
    let text = notice["text"].as_str().unwrap();
    assert!(text.contains("the model stumbled"), "{text}");
    assert!(!text.contains("Step one"), "it is folded: {text}");
    assert_eq!(notice["activities"][0]["hasDetail"], true);
    // Guests may read the partial reply again, because guests saw the text being written.
    let id = notice["id"].as_str().unwrap();
    let whole = world.read(&format!("/api/comments/{id}")).await;
    let kept = whole["activities"].as_array().unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["detail"], "Step one is done. Step two is ");
    assert_eq!(kept[0]["state"], "failed");
}
