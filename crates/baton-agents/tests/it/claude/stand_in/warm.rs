//! Children kept for the next turn.

use std::sync::Arc;
use std::time::Duration;

use baton_agents::ClaudeSettings;
use baton_core::agent::{Agent, Turn};
use baton_core::clock::{Clock, SystemClock};
use baton_core::id::ConversationId;
use baton_testkit::agent_run::{AgentRun, turn, within};
use baton_testkit::clock::SimClock;
use baton_testkit::lifeline::Lifeline;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{StandIn, agent, begins, ends, idle};

const LIMIT: Duration = Duration::from_mins(5);

/// A program that holds the lifeline, and answers three messages with its process id.
fn stays(line: &Lifeline) -> StandIn {
    let mut lines = vec![format!("! exec 5>{}; echo up >&5", line.path().display())];
    for _ in 0..3 {
        lines.extend([begins(), ends("PID"), idle(), "< \"user\"".to_owned()]);
    }
    // The shell replaces the reply with its own process id.
    let pid = |line: String| {
        if line.contains("PID") {
            format!("! printf '%s\\n' '{}'", line.replace("PID", "'$$'"))
        } else {
            line
        }
    };
    StandIn::new(&lines.into_iter().map(pid).collect::<Vec<_>>())
}

fn keeping(standing: &StandIn, at_most: usize, clock: Arc<dyn Clock>) -> Arc<dyn Agent> {
    let settings = ClaudeSettings {
        keep_warm: LIMIT,
        warm_at_most: at_most,
        ..standing.settings()
    };
    agent(settings, clock)
}

/// A turn of this conversation, in the program's session.
fn turn_of(conversation: i64) -> Turn {
    let mut turn = turn("hello");
    turn.claim.conversation = ConversationId(conversation);
    turn.claim.session = Some("s-1".into());
    turn
}

/// The process id of the child that answered.
async fn answered(agent: &Arc<dyn Agent>, turn: Turn) -> String {
    AgentRun::start(agent, turn).end().await.unwrap().text
}

#[tokio::test]
async fn the_next_turn_of_a_conversation_is_answered_by_the_same_child() {
    let line = Lifeline::new();
    let standing = stays(&line);
    let agent = keeping(&standing, 4, SystemClock::shared());
    let mut first = turn_of(1);
    first.claim.session = None;
    let first = answered(&agent, first).await;
    assert_eq!(answered(&agent, turn_of(1)).await, first);
    // A child never answers for another conversation.
    assert_ne!(answered(&agent, turn_of(2)).await, first);
    assert_eq!(answered(&agent, turn_of(1)).await, first);
}

#[tokio::test]
async fn a_turn_that_differs_ends_it_and_has_a_child_of_its_own() {
    let differ: [fn(&mut Turn); 6] = [
        // After a reset.
        |turn| turn.claim.session = None,
        |turn| turn.claim.session = Some("s-2".into()),
        |turn| turn.claim.model = Some("large".to_owned()),
        |turn| turn.persona.system_prompt = Some("You are Ada.".to_owned()),
        |turn| turn.claim.attempt = 2,
        |turn| turn.persona.directory = Some("/".into()),
    ];
    for differs in differ {
        let mut line = Lifeline::new();
        let standing = stays(&line);
        let agent = keeping(&standing, 4, SystemClock::shared());
        let first = answered(&agent, turn_of(1)).await;
        line.held(1).await;
        let mut other = turn_of(1);
        differs(&mut other);
        assert_ne!(answered(&agent, other).await, first);
        line.held(1).await;
        drop(agent);
        line.let_go().await;
    }
}

#[tokio::test]
async fn it_ends_when_nobody_asked_it_for_long_enough() {
    let mut line = Lifeline::new();
    let standing = stays(&line);
    let clock = SimClock::shared();
    let agent = keeping(&standing, 4, clock.clone());
    let first = answered(&agent, turn_of(1)).await;
    line.held(1).await;
    within("it is kept", clock.someone_sleeps(LIMIT)).await;
    clock.advance(LIMIT);
    line.let_go().await;
    assert_ne!(answered(&agent, turn_of(1)).await, first);
}

#[tokio::test]
async fn the_one_that_was_not_used_for_the_longest_makes_room() {
    let mut line = Lifeline::new();
    let standing = stays(&line);
    let agent = keeping(&standing, 1, SystemClock::shared());
    let first = answered(&agent, turn_of(1)).await;
    let second = answered(&agent, turn_of(2)).await;
    line.held(2).await;
    assert_eq!(answered(&agent, turn_of(2)).await, second);
    assert_ne!(answered(&agent, turn_of(1)).await, first);
    line.held(1).await;
    drop(agent);
    line.let_go().await;
}

#[tokio::test]
async fn one_that_died_or_began_something_by_itself_is_replaced() {
    let works = begins().replace('"', "\\\"");
    let works = format!("until [ -e go ]; do sleep 0.02; done; echo \"{works}\"");
    for by_itself in ["exit", &works] {
        let mut line = Lifeline::new();
        let standing = StandIn::new(&[
            format!("! exec 5>{}; echo up >&5", line.path().display()),
            begins(),
            ends("one"),
            idle(),
            // The second child does nothing by itself.
            format!("! if [ ! -e second ]; then touch second; {by_itself}; fi"),
            "< never".to_owned(),
        ]);
        let agent = keeping(&standing, 4, SystemClock::shared());
        answered(&agent, turn_of(1)).await;
        line.held(1).await;
        std::fs::write(standing.path("go"), "").unwrap();
        line.let_go().await;
        assert_eq!(answered(&agent, turn_of(1)).await, "one");
    }
}

#[tokio::test]
async fn none_is_kept_unless_that_is_wanted() {
    let mut line = Lifeline::new();
    let standing = stays(&line);
    let first = answered(&standing.agent(), turn_of(1)).await;
    line.held(1).await;
    line.let_go().await;
    assert_ne!(answered(&standing.agent(), turn_of(1)).await, first);
}

#[tokio::test]
async fn what_it_sends_is_sent_with_the_turn_that_it_answers() {
    let puts = "! echo $$ >\"$BATON_OUTBOX/file\"".to_owned();
    let mut lines = Vec::new();
    for _ in 0..2 {
        lines.extend([
            begins(),
            puts.clone(),
            ends("sent"),
            idle(),
            "< \"user\"".to_owned(),
        ]);
    }
    let standing = StandIn::new(&lines);
    let agent = keeping(&standing, 4, SystemClock::shared());
    let outbox = |name: &str| {
        let outbox = standing.path(name);
        std::fs::create_dir(&outbox).unwrap();
        outbox
    };
    let mut sent = Vec::new();
    for outbox in [outbox("first"), outbox("second")] {
        let mut turn = turn_of(1);
        turn.files.outbox = Some(outbox.clone());
        answered(&agent, turn).await;
        sent.push(std::fs::read_to_string(outbox.join("file")).unwrap());
        // As the collector of output files does.
        std::fs::remove_dir_all(outbox).unwrap();
    }
    assert_eq!(sent[0], sent[1], "by the same child");
}

#[tokio::test]
async fn one_that_hears_nothing_of_its_next_turn_is_replaced_within_seconds() {
    let line = Lifeline::new();
    let standing = stays(&line);
    let clock = SimClock::shared();
    let agent = keeping(&standing, 4, clock.clone());
    let mut first = turn_of(1);
    first.claim.session = None;
    let first = answered(&agent, first).await;
    let process = Pid::from_raw(first.trim().parse().unwrap());
    kill(process, Signal::SIGSTOP).unwrap();
    let run = AgentRun::start(&agent, turn_of(1));
    let hears = Duration::from_secs(10);
    within("it has its time", clock.someone_sleeps(hears)).await;
    clock.advance(hears);
    assert_ne!(run.end().await.unwrap().text, first);
}
