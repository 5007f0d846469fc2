//! Permission requests of an agent.

use baton_agents::AcpSettings;
use baton_agents::policy::PolicySettings;
use baton_core::activity::ActivityState;
use baton_core::approval::{Verdict, Wants};
use baton_testkit::agent_run::{AgentRun, turn};
use serde_json::json;

use super::{agent, settings, told};

fn denied() -> Verdict {
    Verdict::Denied {
        reason: "Denied by ann".to_owned(),
    }
}

#[tokio::test]
async fn people_see_what_it_wants_to_do() {
    let mut run = told("", "/ask a rm -rf build\n/answers");
    let (question, decide) = run.asked().await;
    assert_eq!(question.tool, "execute");
    assert!(
        question.title.ends_with(": `rm -rf build`"),
        "{}",
        question.title
    );
    assert_eq!(question.input, json!({"command": "rm -rf build"}));
    assert_eq!(run.activities()[0].state, ActivityState::Running);
    decide.send(Verdict::Allowed).unwrap();
    run.said("]").await;
    assert!(run.has_effects(), "kept before it is told that it may");
    run.end().await.unwrap();
}

#[tokio::test]
async fn a_decision_becomes_the_option_of_its_kind() {
    for (asks, verdict, answer) in [
        ("/ask", Verdict::Allowed, "option-allow_once"),
        ("/ask", denied(), "option-reject_once"),
        ("/ask-once", Verdict::Allowed, "option-allow_once"),
        ("/ask-once", denied(), "option-reject_once"),
        ("/ask-always", Verdict::Allowed, "option-allow_always"),
        ("/ask-always", denied(), "option-reject_always"),
    ] {
        let mut run = told("", &format!("{asks} a make\n/answers"));
        let (_, decide) = run.asked().await;
        decide.send(verdict).unwrap();
        let reply = run.end().await.unwrap();
        assert_eq!(reply.text, format!("[a: {answer}]"), "{asks}");
    }
}

#[tokio::test]
async fn a_session_is_granted_this_command_and_only_where_the_agent_knows_of_that() {
    for (asks, grant) in [("/ask", Some("execute(make)")), ("/ask-once", None)] {
        let mut run = told("", &format!("{asks} a make\n/answers"));
        let (question, decide) = run.asked().await;
        let grant = grant.map(str::to_owned);
        assert_eq!(question.wants, Wants::Permission { grant });
        decide.send(Verdict::Allowed).unwrap();
        run.end().await.unwrap();
    }
    let mut run = told("", "/ask-always a make\n/answers");
    let (question, _) = run.asked().await;
    assert!(question.title.contains("does not ask again"));
    run.stop();
    run.end().await.unwrap();
}

#[tokio::test]
async fn what_was_denied_is_shown_as_that() {
    let mut run = told("", "/ask a make\n/answers\n/failed a no\n/say .\n/wait");
    let (_, decide) = run.asked().await;
    decide.send(denied()).unwrap();
    run.said(".").await;
    assert_eq!(run.activities()[0].state, ActivityState::Denied);
    run.stop();
    run.end().await.unwrap();
}

#[tokio::test]
async fn several_questions_are_open_at_once() {
    let mut run = told("", "/ask a first\n/ask b second\n/answers");
    let (first, decide_first) = run.asked().await;
    let (second, decide_second) = run.asked().await;
    assert_eq!(first.input["command"], "first");
    assert_eq!(second.input["command"], "second");
    decide_second.send(denied()).unwrap();
    decide_first.send(Verdict::Allowed).unwrap();
    let reply = run.end().await.unwrap();
    let said = "[a: option-allow_once][b: option-reject_once]";
    assert_eq!(reply.text, said);
}

#[tokio::test]
async fn more_questions_than_can_be_open_wait_their_turn() {
    use std::fmt::Write;
    let mut does = String::new();
    for number in 0..100 {
        writeln!(does, "/ask {number} step {number}").unwrap();
    }
    let mut run = told("", &format!("{does}/answers"));
    for number in 0..100 {
        let (question, decide) = run.asked().await;
        assert_eq!(question.input["command"], format!("step {number}"));
        decide.send(Verdict::Allowed).unwrap();
    }
    let reply = run.end().await.unwrap();
    assert!(reply.text.ends_with("[99: option-allow_once]"));
}

#[tokio::test]
async fn a_stop_cancels_what_is_asked() {
    let mut run = told("", "/ask a first\n/ask b second\n/answers\n/wait");
    let (_, first) = run.asked().await;
    let (_, _second) = run.asked().await;
    run.stop();
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "[a: cancelled][b: cancelled]");
    // A late verdict has no effect.
    assert!(first.send(Verdict::Allowed).is_err());
}

#[tokio::test]
async fn what_an_agent_takes_back_nobody_need_decide() {
    let mut run = told(
        "",
        "/ask a first\n/ask b second\n/take-back a\n/answers\n/say .",
    );
    let (first, mut of_first) = run.asked().await;
    let (_, of_second) = run.asked().await;
    assert_eq!(first.input["command"], "first");
    run.meanwhile(of_first.closed()).await;
    of_second.send(Verdict::Allowed).unwrap();
    let reply = run.end().await.unwrap();
    assert!(reply.text.contains("cancel"), "{}", reply.text);
    assert!(
        reply.text.ends_with("[b: option-allow_once]."),
        "{}",
        reply.text
    );
}

#[tokio::test]
async fn an_agent_that_ends_its_turn_for_a_no_has_answered() {
    let mut run = told("", "/ask a make\n/answers\n/end cancelled");
    let (_, decide) = run.asked().await;
    decide.send(denied()).unwrap();
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "[a: option-reject_once]");
    assert_eq!(reply.notes, [""; 0]);
}

#[tokio::test]
async fn what_looks_like_a_secret_is_not_in_the_title() {
    let mut run = told("", "/ask-kind a edit {}\n/answers");
    let (question, _) = run.asked().await;
    assert!(question.title.contains("Edit with"), "{}", question.title);
    assert!(!question.title.contains("aaaa"), "{}", question.title);
    run.stop();
    run.end().await.unwrap();
}

#[tokio::test]
async fn how_a_command_is_run_is_a_part_of_what_is_granted() {
    for (input, grant) in [
        (
            r#"{"command": "make", "description": "x", "timeout": 5}"#,
            Some("execute(make)"),
        ),
        (
            r#"{"command": "make", "directory": "/"}"#,
            Some(r#"execute({"command":"make","directory":"/"})"#),
        ),
        (r#"{"argv": ["make"]}"#, None),
    ] {
        let mut run = told("", &format!("/ask-kind a execute {input}\n/answers"));
        let (question, _) = run.asked().await;
        let grant = grant.map(str::to_owned);
        assert_eq!(question.wants, Wants::Permission { grant }, "{input}");
        run.stop();
        run.end().await.unwrap();
    }
}

/// The outcome of a question under these rules: the answer to the agent, or a question to people.
async fn judged(deny: &[&str], allow: &[&str], asks: &str) -> String {
    let rules = |rules: &[&str]| rules.iter().map(|&rule| rule.to_owned()).collect();
    let agent = agent(AcpSettings {
        policy: PolicySettings {
            deny: rules(deny),
            allow: rules(allow),
            ..PolicySettings::default()
        },
        directory: Some("/tmp".into()),
        ..settings("")
    });
    let mut run = AgentRun::start(&agent, turn(&format!("{asks}\n/answers")));
    if deny.is_empty() && allow.is_empty() {
        run.asked().await;
        run.stop();
        run.end().await.unwrap();
        return "asked".to_owned();
    }
    run.end().await.unwrap().text
}

#[tokio::test]
async fn rules_answer_before_people_do() {
    let (allowed, denied) = ("[a: option-allow_once]", "[a: option-reject_once]");
    for (deny, allow, asks, answer) in [
        (&[][..], &["Bash(make *)"][..], "/ask a make all", allowed),
        (
            &["Bash(git push *)"],
            &[],
            "/ask a make && git push -f",
            denied,
        ),
        (
            &["Edit(src/**)"],
            &[],
            r#"/ask-kind a edit {"file_path": "src/a"}"#,
            denied,
        ),
        (
            &[],
            &["Edit(src/**)"],
            r#"/ask-kind a edit {"file_path": "/tmp/src/a"}"#,
            allowed,
        ),
        (
            &[],
            &["Edit(src/**)"],
            r#"/ask-kind a delete {"path": "src/a"}"#,
            allowed,
        ),
        (
            &["Read(.env)"],
            &[],
            r#"/ask-kind a read {"absolute_path": "/tmp/.env"}"#,
            denied,
        ),
        (
            &[],
            &["Read(docs/**)"],
            r#"/ask-kind a search {"path": "docs"}"#,
            allowed,
        ),
        (
            &[],
            &["Read(**)"],
            r#"/ask-kind a search {"pattern": "x"}"#,
            allowed,
        ),
        (
            &["WebFetch(domain:example.com)"],
            &[],
            r#"/ask-kind a fetch {"url": "https://example.com/x"}"#,
            denied,
        ),
    ] {
        assert_eq!(judged(deny, allow, asks).await, answer, "{asks}");
    }
    assert_eq!(judged(&[], &[], "/ask a make").await, "asked");
}

#[tokio::test]
async fn what_the_rules_do_not_say_or_cannot_tell_people_do() {
    let rules = PolicySettings {
        deny: vec!["Bash(git push *)".to_owned(), "Edit(.env)".to_owned()],
        allow: ["Bash(make *)", "Edit(src/**)", "Read(**)"]
            .map(str::to_owned)
            .to_vec(),
        ..PolicySettings::default()
    };
    let agent = agent(AcpSettings {
        policy: rules,
        directory: Some("/tmp".into()),
        ..settings("")
    });
    for asks in [
        "/ask a make; rm -rf build",
        r#"/ask-kind a execute {"argv": ["make"]}"#,
        "/ask-kind a edit {}",
        r#"/ask-kind a move {"file_path": "src/a", "path": "/etc/a"}"#,
        // The target of the move has no known name.
        r#"/ask-kind a move {"path": "src/a", "destination": "/etc/a"}"#,
        r#"/ask-kind a search {"pattern": "x", "path": "/etc"}"#,
        r#"/ask-kind a search {"pattern": "/etc/*"}"#,
        r#"/ask-kind a search {"pattern": "x", "directory": "/etc"}"#,
        "/ask-kind a search {}",
        "/ask-kind a fetch {}",
        "/ask-kind a other {}",
        // A rule allows a single use, not all later uses.
        "/ask-always a make",
    ] {
        let mut run = AgentRun::start(&agent, turn(&format!("{asks}\n/answers")));
        run.asked().await;
        run.stop();
        run.end().await.unwrap();
    }
}
