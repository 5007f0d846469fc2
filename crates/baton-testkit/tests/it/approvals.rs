//! Scenarios C: agents ask, and people decide.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::approval::{Approval, ApprovalState, Decision, Question, Verdict, Wants};
use baton_core::authority::Forbidden;
use baton_core::id::ApprovalId;
use baton_core::message::{Author, MessageState};
use baton_core::store::{ApprovalsQuery, DecideError};
use baton_testkit::agent_run::within;
use baton_testkit::baton::{Baton, Setup, operator, speaker};
use baton_testkit::platform::writer;
use baton_testkit::scripted_agent::scripted;
use tokio::sync::Notify;

mod bounds;
mod limits;
mod steered;
mod text;
mod withdrawn;

/// The time limit of a question.
const OPEN: Duration = Duration::from_mins(5);

fn may_i(command: &str) -> Question {
    Question {
        tool: "shell".to_owned(),
        title: format!("Run `{command}`"),
        input: serde_json::json!({ "command": command }),
        wants: Wants::Permission {
            grant: Some(format!("shell({command})")),
        },
    }
}

fn deny(reason: &str) -> Decision {
    Decision::Deny {
        reason: Some(reason.to_owned()),
    }
}

/// An operator of this Baton.
fn grace() -> Author {
    Author {
        id: "person-2".into(),
        name: "Grace".to_owned(),
    }
}

/// The open approvals, read once people see `shown` posts in the room.
async fn open(baton: &Baton, shown: usize) -> Vec<Approval> {
    baton.platform.until_shown("room", shown).await;
    let query = ApprovalsQuery {
        only_open: true,
        limit: 10,
        bytes: usize::MAX,
        ..ApprovalsQuery::default()
    };
    baton.store().approvals(query).await.unwrap()
}

/// The only open approval, read once people see `shown` posts in the room.
async fn one_open(baton: &Baton, shown: usize) -> Approval {
    let open = open(baton, shown).await;
    let [asked] = &open[..] else {
        panic!("one question is open, not {open:?}");
    };
    asked.clone()
}

async fn kept(baton: &Baton, asked: &Approval) -> Approval {
    baton.store().approval(asked.id).await.unwrap().unwrap()
}

/// The author of the message decides.
async fn decide(
    baton: &Baton,
    asked: &Approval,
    decision: Decision,
) -> Result<Approval, DecideError> {
    baton
        .inbox()
        .decide(asked.id, decision, speaker(writer()))
        .await
}

fn over(asked: &Approval, outcome: &str) -> Result<Approval, DecideError> {
    Err(DecideError::Over {
        id: asked.id,
        outcome: outcome.to_owned(),
    })
}

fn not_named(id: ApprovalId) -> Result<Approval, DecideError> {
    let why = Forbidden::NotNamed;
    Err(DecideError::NotYours { id, why })
}

/// The number of questions shown in the room.
fn questions(baton: &Baton) -> usize {
    let shown = baton.platform.shown_in("room");
    shown
        .iter()
        .filter(|shown| shown.kind == "question")
        .count()
}

#[tokio::test]
async fn s52_the_first_decision_counts_and_the_second_person_is_told_who_decided() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let verdict = turn.ask(may_i("rm -rf build"));
    let asked = &one_open(&baton, 1).await;
    decide(&baton, asked, Decision::Allow).await.unwrap();
    assert!(matches!(verdict.await, Ok(Verdict::Allowed)));
    // A second press by the same person is refused.
    let twice = decide(&baton, asked, Decision::Allow).await;
    assert_eq!(twice, over(asked, "Allowed by Ada"));
    // A second decision by an operator is refused, with the name of the first decider.
    let inbox = baton.inbox();
    let second = inbox.decide(asked.id, deny("no"), operator(grace())).await;
    assert_eq!(second, over(asked, "Allowed by Ada"));
    assert_eq!(kept(&baton, asked).await.state, ApprovalState::Allowed);

    // Of two simultaneous decisions only one counts, and the turn gets that one.
    let verdict = turn.ask(may_i("rm -rf dist"));
    let asked = &one_open(&baton, 3).await;
    let (first, second) = tokio::join!(
        decide(&baton, asked, Decision::Allow),
        inbox.decide(asked.id, deny("not that"), operator(grace())),
    );
    let (won, lost) = match (first, second) {
        (Ok(won), Err(lost)) | (Err(lost), Ok(won)) => (won, lost),
        both => panic!("one of two decisions counts: {both:?}"),
    };
    assert_eq!(
        Err(lost),
        over(asked, &won.outcome().unwrap()),
        "whoever was second is told of the first"
    );
    assert_eq!(Some(verdict.await.unwrap()), won.verdict());
    turn.reply("done");
    baton.platform.until_shown("room", 5).await;
}

#[tokio::test]
async fn s53_what_is_decided_after_the_end_allows_nothing() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let verdict = turn.ask(may_i("rm -rf build"));
    let asked = &one_open(&baton, 1).await;
    baton.clock.someone_sleeps(OPEN).await;
    baton.clock.advance(OPEN);
    let reason = "Expired: nobody decided within 5 min";
    let expected = Verdict::Denied {
        reason: reason.to_owned(),
    };
    assert_eq!(verdict.await.unwrap(), expected);
    // The expiry is shown at the question's place.
    let shown = baton.platform.until_shown("room", 2).await;
    assert!(shown[1].contains(reason), "{shown:?}");
    let late = decide(&baton, asked, Decision::Allow).await;
    assert_eq!(late, over(asked, reason));
    assert_eq!(kept(&baton, asked).await.state, ApprovalState::Expired);
    turn.reply("not done");
    assert_eq!(
        baton.platform.until_shown("room", 3).await[2],
        "not done",
        "the agent goes on without it"
    );
}

#[tokio::test]
async fn s54_a_question_outlives_a_restart_and_is_not_asked_again() {
    let (agent, mut script) = scripted();
    let mut baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let unheard = turn.ask(may_i("rm -rf build"));
    let asked = &one_open(&baton, 1).await;
    drop(unheard);
    baton.kill().await;
    baton.restart().await;
    // The turn runs again and asks the same question, so people decide the question already shown.
    let turn = script.next_turn().await;
    let verdict = turn.ask(may_i("rm -rf build"));
    // The decision must wait until the new turn has taken over the approval.
    decide_when_taken_over(&baton, asked).await;
    assert!(matches!(verdict.await, Ok(Verdict::Allowed)));
    turn.reply("done");
    baton.settled().await;
    assert_eq!(questions(&baton), 1);
}

#[tokio::test]
async fn s54_what_a_turn_has_heard_allows_nothing_to_the_turn_in_its_place() {
    let (agent, mut script) = scripted();
    let mut baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let verdict = turn.ask(may_i("rm -rf build"));
    let [asked] = &open(&baton, 1).await[..] else {
        panic!("one question is open");
    };
    decide(&baton, asked, Decision::Allow).await.unwrap();
    assert_eq!(verdict.await.unwrap(), Verdict::Allowed);
    baton.kill().await;
    baton.restart().await;
    let turn = script.next_turn().await;
    let verdict = turn.ask(may_i("rm -rf build"));
    let [again] = &open(&baton, 3).await[..] else {
        panic!("it is asked again");
    };
    assert_ne!(again.id, asked.id);
    decide(&baton, again, deny("once is enough")).await.unwrap();
    assert!(matches!(verdict.await, Ok(Verdict::Denied { .. })));
    turn.reply("done");
}

/// Waits until the repeated turn has asked again, and allows the approval.
async fn decide_when_taken_over(baton: &Baton, asked: &Approval) {
    let mut progress = baton.world().progress();
    within("the question is asked again", async {
        while kept(baton, asked).await.turn == asked.turn {
            let _ = progress.changed().await;
        }
    })
    .await;
    decide(baton, asked, Decision::Allow).await.unwrap();
}

#[tokio::test]
async fn s54_what_is_decided_before_the_turn_asks_again_is_its_answer() {
    let (agent, mut script) = scripted();
    let mut baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let unheard = script.next_turn().await.ask(may_i("rm -rf build"));
    let asked = &one_open(&baton, 1).await;
    drop(unheard);
    baton.kill().await;
    baton.restart().await;
    let turn = script.next_turn().await;
    decide(&baton, asked, deny("keep it")).await.unwrap();
    let denied = turn.ask(may_i("rm -rf build")).await.unwrap();
    let reason = "Denied by Ada: keep it".to_owned();
    assert_eq!(denied, Verdict::Denied { reason });
    turn.reply("kept");
    baton.settled().await;
    assert_eq!(questions(&baton), 1);
}

#[tokio::test]
async fn s55_an_answer_to_an_earlier_question_never_decides_the_next() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let first = turn.ask(may_i("ls"));
    let listing = &one_open(&baton, 1).await;
    decide(&baton, listing, Decision::Allow).await.unwrap();
    first.await.unwrap();
    let second = turn.ask(may_i("rm -rf /"));
    let removing = &one_open(&baton, 3).await;
    // A late press for the first question arrives now.
    let late = decide(&baton, listing, Decision::Allow).await;
    assert_eq!(late, over(listing, "Allowed by Ada"));
    assert_eq!(kept(&baton, removing).await.state, ApprovalState::Open);
    decide(&baton, removing, deny("never")).await.unwrap();
    assert!(matches!(second.await, Ok(Verdict::Denied { .. })));
    turn.reply("done");
}

#[tokio::test]
async fn only_who_wrote_and_operators_decide() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let verdict = turn.ask(may_i("rm -rf build"));
    let asked = &one_open(&baton, 1).await;
    let inbox = baton.inbox();
    let stranger = inbox
        .decide(asked.id, Decision::Allow, speaker(grace()))
        .await;
    assert_eq!(stranger, not_named(asked.id));
    let by_operator = inbox
        .decide(asked.id, Decision::Allow, operator(grace()))
        .await;
    assert_eq!(
        by_operator.unwrap().outcome().as_deref(),
        Some("Allowed by Grace")
    );
    assert!(matches!(verdict.await, Ok(Verdict::Allowed)));
    turn.reply("done");
}

#[tokio::test]
async fn what_is_allowed_for_the_session_is_not_asked_again() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let verdict = turn.ask(may_i("ls"));
    let asked = &one_open(&baton, 1).await;
    decide(&baton, asked, Decision::AllowForSession)
        .await
        .unwrap();
    verdict.await.unwrap();
    assert!(matches!(turn.ask(may_i("ls")).await, Ok(Verdict::Allowed)));
    turn.reply("done");
    baton.settled().await;
    assert_eq!(questions(&baton), 1);
}

#[tokio::test]
async fn the_time_that_people_take_is_not_the_agents() {
    let (agent, mut script) = scripted();
    let limit = Duration::from_mins(1);
    let setup = Setup::new(agent).bob(|bob| bob.turn_limit = limit);
    let baton = setup.start().await;
    let message = baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    baton.clock.someone_sleeps(limit).await;
    let half = limit / 2;
    baton.clock.advance(half);
    let verdict = turn.ask(may_i("rm -rf build"));
    let asked = &one_open(&baton, 1).await;
    baton.clock.advance(3 * limit);
    decide(&baton, asked, Decision::Allow).await.unwrap();
    assert!(matches!(verdict.await, Ok(Verdict::Allowed)));
    // The wait for people does not count against the turn limit: the turn keeps its remaining time, but no
    // more.
    baton.clock.someone_sleeps(half).await;
    assert!(!turn.is_stopped());
    baton.clock.advance(half);
    turn.stopped().await;
    baton.settled().await;
    assert_eq!(
        baton.find(&message.text).await.state,
        MessageState::Dead,
        "it reached its limit"
    );
}

#[tokio::test]
async fn stop_ends_a_turn_that_waits_for_people() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    let message = baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let verdict = turn.ask(may_i("rm -rf build"));
    let asked = &one_open(&baton, 1).await;
    baton.stop(&message).await;
    turn.gone().await;
    assert!(verdict.await.is_err(), "nothing was allowed");
    baton.settled().await;
    assert_eq!(
        baton.find(&message.text).await.state,
        MessageState::Withdrawn
    );
    let late = decide(&baton, asked, Decision::Allow).await;
    assert_eq!(late, over(asked, "Expired: the turn is over"));
    let shown = baton.platform.texts_in("room");
    assert!(shown[1].contains("Expired: the turn is over"), "{shown:?}");
}

/// An agent that panics while waiting for a verdict.
struct Mortal(Arc<Notify>);

#[async_trait]
impl Agent for Mortal {
    async fn run(&self, _: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        tokio::select! {
            _ = io.ask(may_i("rm -rf build")) => Ok(Reply::text("allowed after death")),
            () = self.0.notified() => panic!("the test says so"),
        }
    }
}

#[tokio::test]
async fn the_question_of_a_dead_agent_is_closed() {
    let death = Arc::new(Notify::new());
    let setup = Setup::new(Arc::new(Mortal(Arc::clone(&death))));
    let baton = setup
        .limits(|limits| limits.retry.attempts = 1)
        .start()
        .await;
    let message = baton.say("room", "clean up").await;
    let asked = &one_open(&baton, 1).await;
    death.notify_one();
    baton.settled().await;
    assert_eq!(baton.find(&message.text).await.state, MessageState::Dead);
    assert_eq!(kept(&baton, asked).await.state, ApprovalState::Expired);
    let late = decide(&baton, asked, Decision::Allow).await;
    assert_eq!(late, over(asked, "Expired: the turn is over"));
}
