//! What agents ask, and who decides.

use std::time::Duration;

use baton_channels::web::{PersonAccount, WebSettings};
use baton_core::approval::{Choice, ChoiceOption, Question, Verdict, Wants};
use baton_testkit::scripted_agent::{Script, ScriptedTurn, scripted};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::world::{Setup, World, answer, assert_refused};

const WITHIN: Duration = Duration::from_mins(5);

/// Ada and Cid write, ben runs this Baton; `staff` is for Ada alone.
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

/// As somebody; `""` is nobody.
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

/// Somebody asks `maker`, whose turn it is then.
async fn turn(world: &World, script: &mut Script, who: &str, room: &str) -> ScriptedTurn {
    let said = json!({ "text": "do it", "entity": "maker", "domain": room });
    let (status, body) = request(world, who, Method::POST, "/api/comments", Some(said)).await;
    assert_eq!(status, StatusCode::CREATED, "{body}");
    script.next_turn().await
}

/// The number of the only open question, once people can see it.
async fn open(world: &World) -> i64 {
    let mut changes = world.store.changes();
    loop {
        let query = baton_core::store::ApprovalsQuery {
            only_open: true,
            limit: 10,
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
        // Long, so only where it is asked for.
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
    // On a message that a guest wrote.
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
    // Nor does somebody who has signed in, but did not write it.
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
    // Each is told whether it is theirs to decide.
    for (events, may) in [(&mut ada, true), (&mut cid, false)] {
        let asked = events.next_of("approval").await;
        assert_eq!(
            (&asked["id"], &asked["mayDecide"]),
            (&json!(id), &json!(may))
        );
        let comment = loop {
            let comment = events.next_of("comment").await;
            if comment["message-type"] == "question" {
                break comment;
            }
        };
        assert_eq!(comment["approval"]["id"], id);
        assert_eq!(comment["approval"]["mayDecide"], may);
        assert!(comment["html"].as_str().unwrap().contains("Run"));
    }
    // Whoever comes in is told of what is open.
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
