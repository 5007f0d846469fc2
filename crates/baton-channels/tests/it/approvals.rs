//! Approvals and their decisions.

use std::time::Duration;

use baton_channels::web::{PersonAccount, WebSettings};
use baton_core::approval::{Choice, ChoiceOption, Question, Verdict, Wants};
use baton_testkit::scripted_agent::{Script, ScriptedTurn, scripted};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Setup, World, answer, assert_refused};

mod deciders;

const WITHIN: Duration = Duration::from_mins(5);

/// Ada and Cid write, Ben is an operator. Only Ada may enter `staff`.
fn people(settings: &mut WebSettings) {
    let person = |id: &str, operator| PersonAccount {
        id: id.into(),
        name: id.to_uppercase(),
        token: format!("token of {id}").into(),
        operator,
    };
    settings.people = vec![
        person("ada", false),
        person("ben", true),
        person("cid", false),
    ];
    settings
        .rooms
        .insert("staff".to_owned(), ["ada".into()].into());
}

async fn world(change: impl FnOnce(&mut WebSettings) + 'static) -> (World, Script) {
    let (agent, script) = scripted();
    let setup = Setup::default().agent("maker", agent).settings(change);
    (setup.start().await, script)
}

async fn with_people() -> (World, Script) {
    world(people).await
}

fn may_i(command: &str) -> Question {
    Question {
        tool: "Bash".to_owned(),
        title: format!("Run `{command}`"),
        input: json!({ "command": command, "why": "x".repeat(1_000) }),
        wants: Wants::Permission {
            grant: Some(format!("Bash({command})")),
        },
    }
}

fn which_colour() -> Question {
    let option = |label: &str| ChoiceOption {
        label: label.to_owned(),
        description: String::new(),
    };
    Question {
        tool: "AskUserQuestion".to_owned(),
        title: "Wants to know".to_owned(),
        input: json!({}),
        wants: Wants::Answers {
            choices: vec![Choice {
                header: "Colour".to_owned(),
                text: "Which colour?".to_owned(),
                options: vec![option("red"), option("blue")],
                several: false,
            }],
        },
    }
}

/// Sends a request as this person; `""` sends no token.
async fn request(
    world: &World,
    who: &str,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let mut request = world.request(method, path);
    if !who.is_empty() {
        request = request.bearer_auth(format!("token of {who}"));
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    answer(request).await
}

async fn get(world: &World, who: &str, path: &str) -> (StatusCode, Value) {
    request(world, who, Method::GET, path, None).await
}

async fn decide(world: &World, who: &str, id: i64, body: Value) -> (StatusCode, Value) {
    let path = format!("/api/approvals/{id}");
    request(world, who, Method::POST, &path, Some(body)).await
}

/// Posts a message for `maker`, and returns the turn.
async fn turn(world: &World, script: &mut Script, who: &str, room: &str) -> ScriptedTurn {
    let said = json!({ "text": "do it", "entity": "maker", "domain": room });
    let (status, body) = request(world, who, Method::POST, "/api/comments", Some(said)).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    script.next_turn().await
}

/// The number of the only open approval, once people can see the approval.
async fn open(world: &World) -> i64 {
    let mut changes = world.store.changes();
    loop {
        let query = baton_core::store::ApprovalsQuery {
            only_open: true,
            limit: 10,
            bytes: usize::MAX,
            ..Default::default()
        };
        let open = world.store.approvals(query).await.unwrap();
        if let [asked] = &open[..]
            && asked.expires_at.is_some()
        {
            return asked.id.0;
        }
        let _ = changes.recv().await;
    }
}

#[tokio::test]
async fn a_question_is_listed_read_and_decided() {
    let (world, mut script) = with_people().await;
    let turn = turn(&world, &mut script, "ada", "main").await;
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    let (_, list) = get(&world, "ada", "/api/approvals?open=true").await;
    let [asked] = &list["approvals"].as_array().unwrap()[..] else {
        panic!("one is open: {list}");
    };
    for (field, value) in [
        ("id", json!(id)),
        ("tool", json!("Bash")),
        ("title", json!("Run `make`")),
        ("state", json!("open")),
        ("wants", json!("permission")),
        ("grant", json!("Bash(make)")),
        ("mayDecide", json!(true)),
        ("domain", json!("main")),
        ("entity", json!("maker")),
        ("channel", json!("web")),
        ("outcome", Value::Null),
        ("deciders", Value::Null),
        // The input may be long, so only the call for one approval returns it.
        ("input", Value::Null),
    ] {
        assert_eq!(asked[field], value, "{field}");
    }
    let minutes = asked["expiresAt"].as_i64().unwrap() - asked["timestamp"].as_i64().unwrap();
    assert_eq!(minutes, 300_000);
    let (_, whole) = get(&world, "ada", &format!("/api/approvals/{id}")).await;
    assert_eq!(whole["input"]["command"], "make");
    assert_eq!(whole["mayDecide"], true);

    let (status, done) = decide(&world, "ada", id, json!({ "decision": "allow" })).await;
    assert_eq!(status, StatusCode::OK, "{done}");
    assert_eq!(done["approval"]["state"], "allowed");
    assert_eq!(done["approval"]["outcome"], "Allowed by ADA");
    assert_eq!(done["approval"]["mayDecide"], false);
    assert_eq!(verdict.await.unwrap(), Verdict::Allowed);
    let (_, list) = get(&world, "ada", "/api/approvals?open=true").await;
    assert_eq!(list["approvals"], json!([]));
    let (_, all) = get(&world, "ada", "/api/approvals?limit=1").await;
    assert_eq!(all["approvals"][0]["state"], "allowed");
    turn.reply("made");
}

#[tokio::test]
async fn the_agent_is_told_why_not() {
    let (world, mut script) = with_people().await;
    let turn = turn(&world, &mut script, "ada", "main").await;
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    let no = json!({ "decision": "deny", "reason": "not today" });
    decide(&world, "ben", id, no).await;
    let reason = "Denied by BEN: not today".to_owned();
    assert_eq!(verdict.await.unwrap(), Verdict::Denied { reason });
    let verdict = turn.ask(which_colour());
    let id = open(&world).await;
    let blue = json!({ "decision": "answer", "answers": ["blue"] });
    assert_eq!(decide(&world, "ada", id, blue).await.0, StatusCode::OK);
    let answers = vec!["blue".to_owned()];
    assert_eq!(verdict.await.unwrap(), Verdict::Answered(answers));
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    let session = json!({ "decision": "allow-for-session" });
    assert_eq!(decide(&world, "ada", id, session).await.0, StatusCode::OK);
    assert_eq!(verdict.await.unwrap(), Verdict::Allowed);
    let known = turn.ask(may_i("make")).await;
    assert_eq!(known.unwrap(), Verdict::Allowed, "not asked again");
}

#[tokio::test]
async fn s52_the_second_person_is_told_who_decided() {
    let (world, mut script) = with_people().await;
    let turn = turn(&world, &mut script, "ada", "main").await;
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    let first = decide(&world, "ada", id, json!({ "decision": "allow" })).await;
    assert_eq!(first.0, StatusCode::OK);
    for (who, decision) in [
        ("ada", "allow"),
        ("ben", "deny"),
        ("ben", "stop"),
        ("ada", "answer"),
    ] {
        let second = decide(&world, who, id, json!({ "decision": decision })).await;
        assert_refused(&second, 409, "over");
        let message = second.1["message"].as_str().unwrap();
        assert!(message.contains("Allowed by ADA"), "{message}");
    }
    assert_eq!(verdict.await.unwrap(), Verdict::Allowed);
    assert!(!turn.is_stopped(), "what is over stops nothing");
    turn.reply("made");
}

#[tokio::test]
async fn s53_what_expired_says_so() {
    let (world, mut script) = with_people().await;
    let turn = turn(&world, &mut script, "ada", "main").await;
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    world.clock.someone_sleeps(WITHIN).await;
    world.clock.advance(WITHIN);
    assert!(matches!(verdict.await, Ok(Verdict::Denied { .. })));
    let late = decide(&world, "ada", id, json!({ "decision": "allow" })).await;
    assert_refused(&late, 409, "over");
    assert!(late.1["message"].as_str().unwrap().contains("Expired"));
    let (_, asked) = get(&world, "ada", &format!("/api/approvals/{id}")).await;
    assert_eq!(asked["state"], "expired");
    assert_eq!(asked["outcome"], "Expired: nobody decided within 5 min");
    turn.reply("not made");
}

#[tokio::test]
async fn stop_ends_the_turn_that_asks() {
    let (world, mut script) = with_people().await;
    let turn = turn(&world, &mut script, "ada", "main").await;
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    let stop = decide(&world, "ada", id, json!({ "decision": "stop" })).await;
    assert_eq!(stop.0, StatusCode::OK, "{}", stop.1);
    turn.gone().await;
    assert!(verdict.await.is_err());
    let mut changes = world.store.changes();
    let path = format!("/api/approvals/{id}");
    loop {
        let (_, asked) = get(&world, "ada", &path).await;
        if asked["state"] != "open" {
            assert_eq!(asked["outcome"], "Expired: the turn is over");
            break;
        }
        let _ = changes.recv().await;
    }
}

#[tokio::test]
async fn a_question_stands_in_the_stream_and_says_what_came_of_it() {
    let (world, mut script) = with_people().await;
    let as_one = |who: &str, query: &str| {
        let request = world.request(Method::GET, &format!("/api/stream{query}"));
        crate::events::Events::open(request.bearer_auth(format!("token of {who}")))
    };
    let mut ada = as_one("ada", "").await.ready().await;
    let mut cid = as_one("cid", "").await.ready().await;
    let turn = turn(&world, &mut script, "ada", "main").await;
    let verdict = turn.ask(may_i("make"));
    let id = open(&world).await;
    // Each reader learns whether they may decide.
    for (events, may) in [(&mut ada, true), (&mut cid, false)] {
        // The events may come in either order: the approval is stored first, and then sent.
        let (mut asked, mut comment) = (None, None);
        while asked.is_none() || comment.is_none() {
            match events.next().await.expect("the stream goes on") {
                (kind, data, _) if kind == "approval" => asked = Some(data),
                (kind, data, _) if kind == "comment" && data["message-type"] == "question" => {
                    comment = Some(data);
                }
                _ => {}
            }
        }
        let (asked, comment) = (asked.unwrap(), comment.unwrap());
        assert_eq!(
            (&asked["id"], &asked["mayDecide"]),
            (&json!(id), &json!(may))
        );
        assert_eq!(comment["approval"]["id"], id);
        assert_eq!(comment["approval"]["mayDecide"], may);
        assert!(comment["html"].as_str().unwrap().contains("Run"));
    }
    // A new reader gets all open approvals.
    let mut late = as_one("cid", "").await;
    assert_eq!(late.next_of("approval").await["id"], id);
    let no = json!({ "decision": "deny", "reason": "no" });
    decide(&world, "ada", id, no).await;
    verdict.await.unwrap();
    for events in [&mut ada, &mut cid] {
        let decided = events.next_of("approval").await;
        assert_eq!(decided["outcome"], "Denied by ADA: no");
        assert_eq!(decided["mayDecide"], false);
    }
    let (_, page) = get(&world, "cid", "/api/comments?type=question").await;
    let [comment] = &page["comments"].as_array().unwrap()[..] else {
        panic!("one question: {page}");
    };
    assert_eq!(comment["approval"]["state"], "denied");
    assert_eq!(comment["approval"]["input"], Value::Null);
    turn.reply("not made");
}
