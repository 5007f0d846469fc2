//! After any end of a turn, the next turn continues from there.

use baton_core::name::SessionId;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::lifeline::Lifeline;
use baton_testkit::messages_api::Answer;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use super::{Bed, agent, answer, next_turn, session};
use crate::failed;

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_stopped_turn_returns_what_it_said_and_the_next_goes_on() {
    let bed = Bed::new().await;
    bed.api.next(Answer::silent_after("Once upon a time, "));
    let mut run = AgentRun::start(&bed.agent(), turn("a long story"));
    run.said("Once upon a time, ").await;
    run.stop();
    let stopped = run.end().await.unwrap();
    assert_eq!(stopped.text, "Once upon a time, ");
    bed.api.until_hung_up(1).await;
    answer(&bed.agent(), next_turn("and then?", &stopped)).await;
    let asked = bed.api.asked();
    assert!(
        asked[1].mentions("a long story"),
        "{:?}",
        asked[1].messages()
    );
    assert!(
        asked[1].mentions("Once upon a time, "),
        "{:?}",
        asked[1].messages()
    );
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s03_no_command_outlives_a_stop() {
    let bed = Bed::new().await;
    let mut line = Lifeline::new();
    let command = format!(
        "exec 3>{}; echo up >&3; trap '' TERM INT HUP; while :; do sleep 1000; done",
        line.path().display()
    );
    bed.api
        .next(Answer::tool("Bash", json!({"command": command})));
    let settings = baton_agents::ClaudeSettings {
        allowed_tools: vec!["Bash".to_owned()],
        ..bed.settings()
    };
    let mut run = AgentRun::start(&agent(settings), turn("go"));
    run.meanwhile(line.held(1)).await;
    run.stop();
    run.end().await.unwrap();
    line.let_go().await;
}

/// The process id of the CLI, from its own session file.
fn pid(bed: &Bed) -> Pid {
    let sessions = bed.cli.home().join(".claude/sessions");
    let files = std::fs::read_dir(sessions).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut pids = names.filter_map(|name| name.strip_suffix(".json")?.parse().ok());
    Pid::from_raw(pids.next().unwrap())
}

/// A turn with a running command that holds the lifeline.
async fn acting(bed: &Bed, line: &mut Lifeline) -> AgentRun {
    let command = format!("exec 3>{}; echo up >&3; sleep 1000", line.path().display());
    bed.api
        .next(Answer::tool("Bash", json!({"command": command})));
    let settings = baton_agents::ClaudeSettings {
        allowed_tools: vec!["Bash".to_owned()],
        ..bed.settings()
    };
    let mut run = AgentRun::start(&agent(settings), turn("do it"));
    run.meanwhile(line.held(1)).await;
    run
}

/// The next attempt, in the recorded session.
async fn again(bed: &Bed, kept: &SessionId) {
    let mut again = turn("do it");
    again.claim.session = Some(kept.clone());
    again.claim.attempt = 2;
    again.claim.interrupted = true;
    let reply = answer(&bed.agent(), again).await;
    assert_eq!(reply.notes, [] as [&str; 0]);
    assert_eq!(session(&reply), *kept);
    let asked = &bed.api.asked()[1];
    let said = asked.messages();
    let told = said
        .iter()
        .filter(|(role, said)| *role == "user" && said.contains("do it"));
    assert_eq!(told.count(), 2, "{said:?}");
    assert!(
        asked
            .last_said()
            .contains("Check the finished work before you act again")
    );
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_killed_cli_is_a_failure_and_the_next_try_goes_on_in_its_session() {
    let (bed, mut line) = (Bed::new().await, Lifeline::new());
    let run = acting(&bed, &mut line).await;
    let kept = run.session().cloned();
    kill(pid(&bed), Signal::SIGKILL).unwrap();
    let reason = failed(run.end().await);
    assert!(reason.ends_with("was ended by signal 9"), "{reason}");
    line.let_go().await;
    again(&bed, &kept.expect("kept before it acted")).await;
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_turn_that_was_dropped_is_gone_on_from() {
    let (bed, mut line) = (Bed::new().await, Lifeline::new());
    let run = acting(&bed, &mut line).await;
    let kept = run.session().cloned();
    run.abandon().await;
    line.let_go().await;
    again(&bed, &kept.expect("kept before it acted")).await;
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_cli_killed_before_it_acted_leaves_nothing() {
    let bed = Bed::new().await;
    bed.api.next(Answer::silent_after("Once "));
    let mut run = AgentRun::start(&bed.agent(), turn("a story"));
    run.said("Once ").await;
    kill(pid(&bed), Signal::SIGKILL).unwrap();
    assert_eq!(run.session(), None);
    run.end().await.unwrap_err();
}
