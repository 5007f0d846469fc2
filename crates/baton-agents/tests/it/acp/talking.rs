//! The part of a turn that people see.

use std::collections::BTreeMap;

use baton_agents::AcpSettings;
use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::Reply;
use baton_testkit::agent_run::{AgentRun, turn};

use super::{agent, next, real, settings, told};
use crate::answer;
use crate::images::{PNG, image};

/// The reply to this script, the activities, and whether the turn has side effects.
async fn watched(does: &str) -> (Reply, Vec<Activity>, bool) {
    let mut run = told("", &format!("{does}\n/say .\n/wait"));
    run.said(".").await;
    let (seen, acts) = (run.activities().to_vec(), run.has_effects());
    run.stop();
    (run.end().await.unwrap(), seen, acts)
}

#[tokio::test]
async fn pieces_are_shown_as_they_come() {
    let mut run = told("", "/say Once \n/say upon a time\n/wait");
    run.said("Once ").await;
    run.said("Once upon a time").await;
    assert!(!run.is_over());
    run.stop();
    assert_eq!(run.end().await.unwrap().text, "Once upon a time");
}

#[tokio::test]
async fn what_is_said_around_a_tool_stands_apart() {
    let does = "/say I look.\n/tool a read Reading\n/done a\n/say Found \n/say it.\n\
                /message 1 First.\n/message 1  Still.\n/message 2 Second.";
    let (end, said) = told("", does).end_and_said().await;
    let reply = end.unwrap();
    assert_eq!(reply.text, "I look.\n\nFound it.First. Still.\n\nSecond.");
    assert_eq!(said, reply.text);
}

#[tokio::test]
async fn thoughts_and_what_is_not_known_are_no_part_of_the_reply() {
    let does = "/think hm\n/unknown\n/of-another-session no\n/say yes\n/picture";
    let reply = told("", does).end().await.unwrap();
    assert_eq!(reply.text, "yes*(an image, which cannot be shown here)*");
}

#[tokio::test]
async fn tools_are_shown_with_their_state() {
    let does = "/tool a edit Writing `note`\n/runs a\n/tool b execute `make`\n/failed b no rule\n\
                /done a 2 lines";
    let (_, seen, _) = watched(does).await;
    let [a, b] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert_eq!((&*a.id, &*a.title), ("a", "Writing `note`"));
    assert_eq!(a.state, ActivityState::Done);
    assert_eq!(a.detail, "file: a\ntext:\none\ntwo\n\n2 lines");
    assert_eq!((&*b.title, b.state), ("`make`", ActivityState::Failed));
    assert!(b.detail.ends_with("no rule"), "{}", b.detail);

    let (_, seen, _) = watched("/tool a edit Writing\n/runs a").await;
    assert_eq!(seen[0].state, ActivityState::Running);
}

#[tokio::test]
async fn a_tool_that_was_never_begun_is_shown_by_what_is_known_of_it() {
    let (_, seen, acts) = watched("/failed a not there").await;
    assert_eq!((&*seen[0].title, &*seen[0].detail), ("tool", "not there"));
    assert_eq!(seen[0].state, ActivityState::Failed);
    assert!(acts, "what it did is not known");
}

#[tokio::test]
async fn only_what_changes_something_counts_as_acting() {
    for (kind, acts) in [
        ("read", false),
        ("search", false),
        ("fetch", false),
        ("think", false),
        ("edit", true),
        ("delete", true),
        ("move", true),
        ("execute", true),
        ("other", true),
        ("of_a_kind_to_come", true),
    ] {
        let (_, _, seen) = watched(&format!("/tool a {kind} Something")).await;
        assert_eq!(seen, acts, "{kind}");
    }
}

#[tokio::test]
async fn a_plan_is_one_activity() {
    let (_, seen, acts) = watched("/plan >--\n/plan x>-").await;
    let [plan] = &seen[..] else {
        panic!("{seen:?}");
    };
    assert_eq!(plan.title, "Plan, 1 of 3 done: step 2");
    assert_eq!(plan.detail, "[x] step 1\n[>] step 2\n[ ] step 3");
    assert_eq!(plan.state, ActivityState::Running);
    assert!(!acts);
    let (_, seen, _) = watched("/plan xx").await;
    assert_eq!(seen[0].state, ActivityState::Done);
}

#[tokio::test]
async fn what_it_used_is_kept() {
    let reply = told("", "/usage").end().await.unwrap();
    assert_eq!(reply.usage.input_tokens, Some(5));
    assert_eq!(reply.usage.output_tokens, Some(7));
}

#[tokio::test]
async fn an_interrupted_turn_says_so_first() {
    let mut turn = turn("go on");
    turn.claim.interrupted = true;
    let said = AgentRun::start(&agent(settings("")), turn).end().await;
    let said = said.unwrap().text;
    assert!(said.starts_with("[An earlier try"), "{said}");
    assert!(said.ends_with("]\ngo on"), "{said}");
}

#[tokio::test]
async fn the_personas_prompt_begins_a_session() {
    let store = super::Store::new();
    let agent = agent(settings(&store.words()));
    let mut first = turn("hello");
    first.persona.system_prompt = Some("You are Ada.".to_owned());
    let persona = first.persona.clone();
    let reply = AgentRun::start(&agent, first).end().await.unwrap();
    assert_eq!(reply.text, "You are Ada.\nhello");
    let mut second = next("again", &reply);
    second.persona = persona;
    let reply = AgentRun::start(&agent, second).end().await.unwrap();
    assert_eq!(reply.text, "again");
}

#[tokio::test]
async fn the_folder_of_a_persona_goes_before() {
    let [own, project] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let agent = agent(AcpSettings {
        directory: Some(own.path().to_owned()),
        ..settings("")
    });
    let mut turn = turn("/directory");
    turn.persona.directory = Some(project.path().to_owned());
    let reply = AgentRun::start(&agent, turn).end().await.unwrap();
    let (told, is) = reply.text.split_once(' ').unwrap();
    assert_eq!(told, project.path().display().to_string());
    assert_eq!(is, real(&project).display().to_string());
}

#[tokio::test]
async fn it_works_where_and_with_what_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    let settings = AcpSettings {
        directory: Some(folder.path().to_owned()),
        env: BTreeMap::from([("GREETING".to_owned(), "good day".into())]),
        ..settings("")
    };
    let agent = agent(settings);
    let said = answer(&agent, "/directory").await.unwrap().text;
    let (told, is) = said.split_once(' ').unwrap();
    assert_eq!(told, folder.path().display().to_string());
    assert_eq!(is, real(&folder).display().to_string());
    let said = answer(&agent, "/variable GREETING").await.unwrap().text;
    assert_eq!(said, "good day");
    let said = answer(&agent, "/variable BATON_PERSONA")
        .await
        .unwrap()
        .text;
    assert_eq!(said, "baton");
    // The agent does not get cargo's variables from the test's environment.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    let said = answer(&agent, "/variable CARGO_MANIFEST_DIR").await;
    assert_eq!(said.unwrap().text, "");
}

#[tokio::test]
async fn what_it_was_not_offered_is_refused_and_it_goes_on() {
    let reply = told("", "/read-file /etc/passwd\n/say .").end().await;
    assert_eq!(reply.unwrap().text, "Method not found.");
}

#[tokio::test]
async fn a_message_is_answered_without_the_images_that_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut turn = turn("what is it?");
    turn.files.received = vec![image(&folder, "dot.png")];
    let settings = settings("--sees-nothing");
    let reply = AgentRun::start(&agent(settings), turn).end().await;
    let said = reply.unwrap().text;
    assert!(said.contains("what is it?"), "{said}");
    let told = "[these images cannot be shown to you: dot.png]";
    assert!(said.ends_with(told), "{said}");
}

#[tokio::test]
async fn an_agent_that_sees_is_shown_images_and_another_is_told_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let answered = async |words| {
        let mut turn = turn("what is it?");
        turn.files.received = vec![image(&folder, "dot.png")];
        let end = AgentRun::start(&agent(settings(words)), turn).end().await;
        end.unwrap().text
    };
    let seen = answered("--sees").await;
    assert!(seen.contains("what is it?"), "{seen}");
    assert!(seen.contains("[attached file dot.png, "), "{seen}");
    assert!(seen.ends_with(&format!("[image/png {PNG}]")), "{seen}");
    let told = answered("").await;
    assert!(told.contains("[attached file dot.png, "), "{told}");
    assert!(!told.contains("[image/png"), "{told}");
}
