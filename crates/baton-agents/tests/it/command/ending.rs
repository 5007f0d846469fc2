//! After the end of a turn, no process of the turn is left.

use std::sync::Arc;

use baton_agents::{CommandAgent, CommandSettings};
use baton_core::agent::Agent;
use baton_testkit::agent_run::{AgentRun, turn, within};
use baton_testkit::clock::SimClock;
use baton_testkit::lifeline::Lifeline;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::sys::stat::Mode;
use nix::unistd::{Pid, mkfifo};
use tokio::net::unix::pipe;

use super::{agent, script};
use crate::failed;

/// A script that prints its own process id. The grandchild holds the lifeline.
fn holding(line: &Lifeline, before: &str, after: &str) -> CommandSettings {
    holding_as(line, "", before, after)
}

/// Like [`holding`], with the grandchild started by `how`.
fn holding_as(line: &Lifeline, how: &str, before: &str, after: &str) -> CommandSettings {
    let line = line.path().display();
    script(&format!(
        "{before} {how} sh -c 'echo up; exec sleep 1000' >{line} & exec 3>{line}; echo $$ up; \
         {after}"
    ))
}

/// The process id in a script's output.
fn pid(said: &str) -> Pid {
    Pid::from_raw(said.split(' ').next().unwrap().parse().unwrap())
}

/// Waits until the process is gone, even as a zombie.
async fn reaped(pid: Pid) {
    let gone = async {
        while kill(pid, None) != Err(Errno::ESRCH) {
            tokio::task::yield_now().await;
        }
    };
    within("the child is reaped", gone).await;
}

/// Begins a turn of a program that waits for its own child.
async fn begun(line: &mut Lifeline, agent: &Arc<dyn Agent>) -> (AgentRun, Pid) {
    let mut run = AgentRun::start(agent, turn("go"));
    run.said(" up\n").await;
    line.held(1).await;
    let pid = pid(run.so_far());
    (run, pid)
}

#[tokio::test]
async fn s03_child_and_grandchild_are_gone_after_a_stop() {
    let mut line = Lifeline::new();
    let settings = holding(&line, "", "wait");
    let (run, pid) = begun(&mut line, &agent(settings)).await;
    run.stop();
    let said = run.end().await.unwrap().text;
    assert!(
        said.ends_with(" up\n"),
        "a stopped turn has what it said: {said:?}"
    );
    assert_eq!(
        kill(pid, None),
        Err(Errno::ESRCH),
        "reaped when the turn is over"
    );
    line.let_go().await;
}

#[tokio::test]
async fn s03_child_and_grandchild_are_gone_when_the_turn_is_dropped() {
    let mut line = Lifeline::new();
    let settings = holding(&line, "", "wait");
    let (run, pid) = begun(&mut line, &agent(settings)).await;
    run.abandon().await;
    line.let_go().await;
    reaped(pid).await;
}

#[tokio::test]
async fn s08_a_hanging_program_that_minds_no_signal_is_killed_when_it_had_its_pause() {
    let mut line = Lifeline::new();
    let clock = SimClock::shared();
    let settings = holding(&line, "trap '' TERM;", "while :; do wait; done");
    let pause = settings.stop_pause;
    let agent: Arc<dyn Agent> = Arc::new(CommandAgent::new(settings, clock.clone()));
    let (run, pid) = begun(&mut line, &agent).await;
    run.stop();
    within("it has its pause", clock.someone_sleeps(pause)).await;
    assert!(!run.is_over());
    clock.advance(pause);
    run.end().await.unwrap();
    assert_eq!(kill(pid, None), Err(Errno::ESRCH));
    line.let_go().await;
}

#[tokio::test]
async fn s08_a_hanging_program_is_killed_when_its_turn_is_dropped_in_its_pause() {
    let mut line = Lifeline::new();
    let settings = holding(&line, "trap '' TERM;", "while :; do wait; done");
    let (run, pid) = begun(&mut line, &agent(settings)).await;
    // The dispatcher does the same at the time limit: stop, and drop a turn that does not return.
    run.stop();
    run.abandon().await;
    line.let_go().await;
    reaped(pid).await;
}

#[tokio::test]
async fn s03_what_a_program_leaves_running_ends_with_it() {
    let mut line = Lifeline::new();
    // The grandchild holds the output open, but the turn spends no time waiting.
    let agent: Arc<dyn Agent> = Arc::new(CommandAgent::new(
        holding(&line, "", "exit 0"),
        SimClock::shared(),
    ));
    let said = AgentRun::start(&agent, turn("go")).end().await;
    assert_eq!(kill(pid(&said.unwrap().text), None), Err(Errno::ESRCH));
    line.let_go().await;
}

#[tokio::test]
async fn s03_what_a_failing_program_leaves_running_ends_with_it() {
    let mut line = Lifeline::new();
    let settings = holding(&line, "", "exit 1");
    let end = AgentRun::start(&agent(settings), turn("go")).end().await;
    assert!(end.unwrap().notes[0].contains("exit code 1"));
    line.let_go().await;
}

#[tokio::test]
async fn s03_a_program_that_writes_too_much_is_gone() {
    let mut line = Lifeline::new();
    let settings = CommandSettings {
        output_limit: 10_000,
        ..holding(&line, "", "yes")
    };
    failed(AgentRun::start(&agent(settings), turn("go")).end().await);
    line.let_go().await;
}

/// The Claude CLI starts its commands in this way.
const OUTSIDE: &str = "setsid";

#[tokio::test]
async fn s03_what_left_the_group_is_gone_after_a_stop() {
    let mut line = Lifeline::new();
    let settings = holding_as(&line, OUTSIDE, "", "wait");
    let (run, _) = begun(&mut line, &agent(settings)).await;
    run.stop();
    run.end().await.unwrap();
    line.let_go().await;
}

#[tokio::test]
async fn s03_what_left_the_group_is_gone_when_the_turn_is_dropped() {
    let mut line = Lifeline::new();
    let settings = holding_as(&line, OUTSIDE, "trap '' TERM;", "wait");
    let (run, pid) = begun(&mut line, &agent(settings)).await;
    run.abandon().await;
    line.let_go().await;
    reaped(pid).await;
}

#[tokio::test]
async fn s03_what_left_the_group_ends_with_the_program() {
    let mut line = Lifeline::new();
    // The process holds the output open, but the turn spends no time waiting.
    let agent: Arc<dyn Agent> = Arc::new(CommandAgent::new(
        holding_as(&line, OUTSIDE, "", "exit 0"),
        SimClock::shared(),
    ));
    AgentRun::start(&agent, turn("go")).end().await.unwrap();
    line.let_go().await;
}

/// During an exec, the environment of a process cannot be read.
#[tokio::test]
async fn s03_what_left_the_group_is_gone_while_it_becomes_another_program() {
    for _ in 0..20 {
        let mut line = Lifeline::new();
        let settings = script(&format!(
            "export AGAIN='exec sh -c \"$AGAIN\"'; \
             setsid sh -c 'echo up >&3; eval \"$AGAIN\"' 3>{} & echo .; wait",
            line.path().display()
        ));
        let mut run = AgentRun::start(&agent(settings), turn("go"));
        run.said(".").await;
        line.held(1).await;
        run.stop();
        run.end().await.unwrap();
        line.let_go().await;
    }
}

#[tokio::test]
async fn a_turn_ends_nothing_of_another_turn() {
    let (mut one, mut other) = (Lifeline::new(), Lifeline::new());
    let settings = holding_as(&one, OUTSIDE, "", "wait");
    let (first, _) = begun(&mut one, &agent(settings)).await;
    let settings = holding_as(&other, OUTSIDE, "", "read -r line");
    let second = AgentRun::start(&agent(settings), turn("go\n"));
    second.end().await.unwrap();
    other.let_go().await;
    assert!(!first.is_over());
    first.stop();
    first.end().await.unwrap();
    one.let_go().await;
}

#[tokio::test]
async fn a_process_that_was_let_go_on_purpose_does_not_hold_the_turn() {
    let directory = tempfile::tempdir().unwrap();
    let until = directory.path().join("until");
    for pipe in ["until", "left"] {
        mkfifo(&directory.path().join(pipe), Mode::S_IRWXU).unwrap();
    }
    // The process holds the output open until this test opens the pipe `until`.
    let settings = CommandSettings {
        directory: Some(directory.path().to_owned()),
        ..script(
            "env -u BATON_CHILD setsid sh -c 'echo >left; exec cat until' & read _ <left; echo done",
        )
    };
    let said = AgentRun::start(&agent(settings), turn("go")).end().await;
    assert_eq!(said.unwrap().text, "done\n");
    let write = || pipe::OpenOptions::new().open_sender(&until);
    let let_go = async {
        while write().is_err() {
            tokio::task::yield_now().await;
        }
    };
    within("the process that left reads", let_go).await;
}
