//! Requests of the CLI, in any order.

use baton_agents::ClaudeSettings;
use baton_agents::policy::PolicySettings;
use baton_core::approval::{Verdict, Wants};
use baton_core::clock::SystemClock;
use baton_testkit::agent_run::{AgentRun, turn, within};
use serde_json::json;

use super::{StandIn, agent, begins, ends, idle, may, may_in, uses};

fn denied(reason: &str) -> Verdict {
    Verdict::Denied {
        reason: reason.to_owned(),
    }
}

#[tokio::test]
async fn several_questions_are_open_at_once() {
    let standing = StandIn::new(&[
        begins(),
        may("r-1", "Write", &json!({"file_path": "one"})),
        may("r-2", "Write", &json!({"file_path": "two"})),
        "< r-2".to_owned(),
        "< r-1".to_owned(),
        ends("done"),
        idle(),
    ]);
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    let (first, decide_first) = run.asked().await;
    let (second, decide_second) = run.asked().await;
    assert_eq!(first.input["file_path"], "one");
    assert_eq!(second.input["file_path"], "two");
    decide_second.send(denied("Denied by Ann: later")).unwrap();
    let told = async {
        while !standing.told().contains("r-2") {
            tokio::task::yield_now().await;
        }
    };
    within("the second is answered", run.meanwhile(told)).await;
    decide_first.send(Verdict::Allowed).unwrap();
    assert_eq!(run.end().await.unwrap().text, "done");
    let told = standing.told();
    assert!(told.contains("Denied by Ann: later"), "{told}");
    assert!(
        told.contains(r#"{"behavior":"allow","updatedInput":{"file_path":"one"}}"#),
        "{told}"
    );
}

#[tokio::test]
async fn a_question_that_is_withdrawn_is_not_answered() {
    let withdrawn = json!({"type": "control_cancel_request", "request_id": "r-1"});
    let standing = StandIn::new(&[
        begins(),
        may("r-1", "Write", &json!({"file_path": "one"})),
        "! until [ -e go ]; do sleep 0.02; done".to_owned(),
        withdrawn.to_string(),
        ends("never mind"),
        idle(),
        "< nothing more".to_owned(),
    ]);
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    let (_, decide) = run.asked().await;
    std::fs::write(standing.path("go"), "").unwrap();
    assert_eq!(run.end().await.unwrap().text, "never mind");
    assert!(decide.is_closed());
    assert!(!standing.told().contains("r-1"), "{}", standing.told());
}

#[tokio::test]
async fn a_path_is_judged_from_where_the_cli_is() {
    let folder = tempfile::tempdir().unwrap();
    let project = folder.path().canonicalize().unwrap();
    let file = json!({"file_path": "src/a", "content": "written"});
    let src = project.join("src").display().to_string();
    let project = project.display().to_string();
    let mut lines = vec![begins()];
    // The path is allowed relative to the project. Relative to `src`, the same path is another file, and
    // denied.
    lines.extend(may_in("r-1", &project, "Write", &file));
    lines.push("< r-1".to_owned());
    lines.extend(may_in("r-2", &src, "Write", &file));
    lines.push("< r-2".to_owned());
    // In another folder, no rule applies to the path.
    lines.extend(may_in("r-3", "/elsewhere", "Write", &file));
    lines.push("< r-3".to_owned());
    // The current directory is unknown.
    lines.push(may("r-4", "Write", &file));
    lines.extend(["< r-4".to_owned(), ends("done"), idle()]);
    let standing = StandIn::new(&lines);
    let settings = ClaudeSettings {
        directory: Some(project.into()),
        policy: PolicySettings {
            allow: vec!["Write(src/*)".to_owned()],
            deny: vec!["Write(src/src/**)".to_owned()],
            ..PolicySettings::default()
        },
        ..standing.settings()
    };
    let mut run = AgentRun::start(&agent(settings, SystemClock::shared()), turn("go"));
    for _ in ["r-3", "r-4"] {
        let (_, decide) = run.asked().await;
        decide.send(denied("Denied by Ann: where?")).unwrap();
    }
    run.end().await.unwrap();
    let told = standing.told();
    let answer = |request: &str| {
        let id = format!(r#""request_id":"{request}""#);
        let mut lines = told.lines().filter(|line| line.contains(&id));
        lines.next().unwrap_or_default()
    };
    assert!(answer("r-1").contains(r#""behavior":"allow""#), "{told}");
    let rule = "the rule `Write(src/src/**)` denies it";
    assert!(answer("hook-r-2").contains(rule), "{told}");
    assert!(answer("r-2").contains(rule), "{told}");
    assert!(answer("r-3").contains("where?"), "{told}");
    assert!(answer("r-4").contains("where?"), "{told}");
}

#[tokio::test]
async fn what_is_not_known_is_refused_and_not_left_waiting() {
    let standing = StandIn::new(&[
        begins(),
        json!({"type": "control_request", "request_id": "r-1", "request": {"subtype": "new"}})
            .to_string(),
        "< r-1".to_owned(),
        ends("I see"),
        idle(),
    ]);
    let run = AgentRun::start(&standing.agent(), turn("go"));
    assert_eq!(run.end().await.unwrap().text, "I see");
    assert!(
        standing.told().contains(r#""subtype":"error""#),
        "{}",
        standing.told()
    );
}

#[tokio::test]
async fn nothing_is_allowed_that_cannot_be_kept() {
    let input = json!({"command": "touch a"});
    let hook = json!({"subtype": "hook_callback", "callback_id": "before",
                      "input": {"tool_name": "Bash", "tool_input": input}});
    let standing = StandIn::new(&[
        json!({"type": "control_request", "request_id": "r-1", "request": hook}).to_string(),
        "< r-1".to_owned(),
        may("r-2", "Bash", &input),
        "< r-2".to_owned(),
        "! exit".to_owned(),
    ]);
    // Without a listener, the side effects cannot be recorded.
    let run = AgentRun::start(&standing.agent(), turn("go"));
    run.end_unheard().await.unwrap_err();
    let told = standing.told();
    assert!(told.contains(r#""permissionDecision":"deny""#), "{told}");
    assert!(told.contains(r#""behavior":"deny""#), "{told}");
}

#[tokio::test]
async fn a_tool_of_old_that_asks_nobody_begins_effects_all_the_same() {
    let standing = StandIn::new(&[
        begins(),
        uses("t-1", "Bash", &json!({"command": "true"})),
        ends("done"),
        idle(),
    ]);
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    while run.activities().is_empty() {
        run.meanwhile(tokio::task::yield_now()).await;
    }
    assert!(run.has_effects());
    assert_eq!(run.session().unwrap().as_str(), "s-1");
    run.end().await.unwrap();
}

#[tokio::test]
async fn what_may_be_allowed_once_only_has_no_grant() {
    let mut once = serde_json::from_str(&may("r-1", "Write", &json!({}))).unwrap();
    let asked: &mut serde_json::Value = &mut once;
    asked["request"]["suppress_always_allow_rule"] = true.into();
    let lines = [
        begins(),
        once.to_string(),
        "< r-1".to_owned(),
        ends("done"),
        idle(),
    ];
    let standing = StandIn::new(&lines);
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    let (question, decide) = run.asked().await;
    assert_eq!(question.wants, Wants::Permission { grant: None });
    decide.send(Verdict::Allowed).unwrap();
    run.end().await.unwrap();
}
