//! Decisions of the policy, without a question to people.

use baton_agents::ClaudeSettings;
use baton_agents::policy::{Otherwise, PolicySettings};
use baton_core::activity::ActivityState;
use baton_core::agent::Reply;
use baton_core::approval::Verdict;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::messages_api::Answer;
use serde_json::{Value, json};

use super::{Bed, agent};

fn rules(rules: &[&str]) -> Vec<String> {
    rules.iter().map(|&rule| rule.to_owned()).collect()
}

/// A turn with one use of a tool, and nobody to answer questions.
async fn uses(
    bed: &Bed,
    policy: PolicySettings,
    tool: &str,
    input: Value,
) -> (Reply, ActivityState) {
    bed.api.next(Answer::tool(tool, input));
    bed.api.next(Answer::text("so be it"));
    let settings = ClaudeSettings {
        policy,
        ..bed.settings()
    };
    let mut run = AgentRun::start(&agent(settings), turn("go"));
    run.said("so be it").await;
    let state = run.activities()[0].state;
    (run.end().await.unwrap(), state)
}

/// The model's view of the last result of a tool.
fn told(bed: &Bed) -> String {
    let asked = bed.api.asked();
    let (_, told, _) = asked.last().unwrap().tool_results().pop().unwrap();
    told
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn what_is_allowed_is_not_asked() {
    let bed = Bed::new().await;
    let policy = PolicySettings {
        allow: rules(&["Bash(touch *)", "Write"]),
        ..PolicySettings::default()
    };
    let command = format!("touch {}", bed.file("a").display());
    let input = json!({"command": command, "description": "Make a file"});
    let (_, state) = uses(&bed, policy, "Bash", input).await;
    assert_eq!(state, ActivityState::Done);
    assert!(bed.file("a").exists());
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s59_what_is_denied_is_not_done_whoever_else_allows_it() {
    let bed = Bed::new().await;
    std::fs::write(bed.file(".env"), "KEY=1234").unwrap();
    let policy = PolicySettings {
        deny: rules(&["Read(.env)", "Bash(rm *)"]),
        otherwise: Otherwise::Allow,
        ..PolicySettings::default()
    };
    // The CLI reads files in its folder without a request.
    let read = json!({"file_path": bed.file(".env")});
    let (_, state) = uses(&bed, policy.clone(), "Read", read).await;
    assert_eq!(state, ActivityState::Denied);
    assert!(
        told(&bed).contains("the rule `Read(.env)` denies it"),
        "{}",
        told(&bed)
    );
    assert!(!told(&bed).contains("1234"));
    let remove = format!("echo x; rm {}", bed.file(".env").display());
    let (_, state) = uses(&bed, policy, "Bash", json!({"command": remove})).await;
    assert_eq!(state, ActivityState::Denied);
    assert!(bed.file(".env").exists());
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn what_may_be_denied_is_asked_though_the_cli_would_not() {
    let bed = Bed::new().await;
    let settings = ClaudeSettings {
        allowed_tools: vec!["Bash".to_owned()],
        policy: PolicySettings {
            deny: rules(&["Bash(rm *)"]),
            otherwise: Otherwise::Allow,
            ..PolicySettings::default()
        },
        ..bed.settings()
    };
    bed.api.next(Answer::tool(
        "Bash",
        json!({"command": "x=rm; $x -f a; touch b"}),
    ));
    let mut run = AgentRun::start(&agent(settings), turn("go"));
    let (question, decided) = run.asked().await;
    assert_eq!(question.tool, "Bash");
    let reason = "no".to_owned();
    decided.send(Verdict::Denied { reason }).unwrap();
    run.end().await.unwrap();
    assert!(!bed.file("b").exists());
}
