//! Commands of people to Baton itself.

use std::time::Duration;

use baton_core::agent::{AgentError, Reply};
use baton_core::commands::{Command, CommandError};
use baton_core::message::MessageState;
use baton_core::place::Place;
use baton_core::turn::{SessionChange, Usage};
use baton_testkit::baton::{BOB, Baton, HAL, Setup, speaker};
use baton_testkit::platform::{account, channel_name, writer};
use baton_testkit::scripted_agent::scripted;

async fn try_to_tell(baton: &Baton, persona: &str, text: &str) -> Result<String, CommandError> {
    let command = Command::parse(text).expect("it is a command")?;
    let place = Place {
        channel: channel_name(),
        account: account(),
        address: "room".to_owned(),
    };
    let inbox = baton.inbox();
    inbox
        .command(&place, &persona.into(), &speaker(writer()), command)
        .await
}

async fn tell(baton: &Baton, text: &str) -> String {
    try_to_tell(baton, BOB, text).await.unwrap()
}

fn in_session(text: &str, session: &str) -> Reply {
    Reply {
        session: SessionChange::Set(session.into()),
        usage: Usage {
            input_tokens: Some(1_200),
            cost_micros: Some(34_000),
            ..Usage::default()
        },
        ..Reply::text(text)
    }
}

#[tokio::test]
async fn s15_a_reset_during_a_turn_begins_anew_after_it() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "one").await;
    script.next_turn().await.end(Ok(in_session("1", "old")));
    baton.platform.until_shown("room", 1).await;
    baton.say("room", "two").await;
    let during = script.next_turn().await;
    assert_eq!(during.turn.claim.session, Some("old".into()));
    let told = tell(&baton, "/reset").await;
    assert!(told.contains("The running turn continues"), "{told}");
    during.end(Ok(in_session("2", "old")));
    baton.say("room", "three").await;
    let after = script.next_turn().await;
    assert_eq!(after.turn.claim.session, None);
}

#[tokio::test]
async fn s15_a_model_chosen_during_a_turn_is_the_next_ones() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "one").await;
    let during = script.next_turn().await;
    assert_eq!(during.turn.claim.model, None);
    assert!(tell(&baton, "/model opus").await.contains("`opus`"));
    during.end(Ok(in_session("1", "s")));
    baton.say("room", "two").await;
    let after = script.next_turn().await;
    assert_eq!(after.turn.claim.model.as_deref(), Some("opus"));
    assert_eq!(
        after.turn.claim.session,
        Some("s".into()),
        "nothing is forgotten"
    );
    after.reply("2");
    assert!(tell(&baton, "/model").await.contains("`opus`"));
    tell(&baton, "/model default").await;
    baton.say("room", "three").await;
    assert_eq!(script.next_turn().await.turn.claim.model, None);
}

#[tokio::test]
async fn what_runs_and_waits_is_told() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    let nobody = try_to_tell(&baton, BOB, "/status").await;
    assert_eq!(nobody, Err(CommandError::Nothing(BOB.into())));
    baton.say("room", "zero").await;
    script.next_turn().await.end(Ok(in_session("0", "s-1")));
    baton.platform.until_shown("room", 1).await;
    let one = baton.say("room", "one").await;
    baton.say("room", "two").await;
    baton.say("room", "three").await;
    let first = script.next_turn().await;
    baton.clock.advance(Duration::from_secs(34));
    let status = tell(&baton, "/status").await;
    for part in [
        format!("answering message {} for 34 s, try 1", one.id).as_str(),
        "2 messages wait",
        "session `s-1`",
        "1200 tokens in, 0.03 $",
    ] {
        assert!(status.contains(part), "{part} is not in\n{status}");
    }
    let queue = tell(&baton, "/queue").await;
    let lines: Vec<_> = queue.lines().collect();
    assert_eq!(
        lines,
        ["- now: Ada: `one`", "- 1: Ada: `two`", "- 2: Ada: `three`"]
    );
    // The other persona of the place has its own conversation.
    let other = try_to_tell(&baton, HAL, "/queue").await;
    assert_eq!(other, Err(CommandError::Nothing(HAL.into())));
    first.reply("1");
    script.next_turn().await.reply("2");
    script.next_turn().await.reply("3");
    baton.platform.until_shown("room", 4).await;
    assert_eq!(tell(&baton, "/queue").await, "Nothing waits here.");
}

#[tokio::test]
async fn what_a_turn_used_that_failed_is_told() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    let cost = |cost_micros| Usage {
        cost_micros: Some(cost_micros),
        ..Usage::default()
    };
    baton.say("room", "one").await;
    let turn = script.next_turn().await;
    turn.used(cost(10_000));
    turn.used(cost(20_000));
    turn.end(Err(AgentError::rejected("no")));
    baton.platform.until_shown("room", 1).await;
    // The kind of failure makes no difference.
    baton.say("room", "two").await;
    let turn = script.next_turn().await;
    turn.used(cost(100_000));
    turn.panic();
    baton.platform.until_shown("room", 2).await;
    let status = tell(&baton, "/status").await;
    assert!(status.contains("0.12 $"), "{status}");
}

#[tokio::test]
async fn s07_stop_reaches_what_runs_and_retry_brings_it_back() {
    let (agent, mut script) = scripted();
    let setup = Setup::new(agent).limits(|limits| limits.turns = 1);
    let baton = setup.start().await;
    let one = baton.say("room", "one").await;
    let running = script.next_turn().await;
    baton.say("room", "two").await;
    assert_eq!(
        tell(&baton, "/stop").await,
        "Stopped. 1 message waits next."
    );
    running.stopped().await;
    let next = script.next_turn().await;
    assert_eq!(baton.find("one").await.state, MessageState::Withdrawn);
    next.reply("2");
    baton.platform.until_shown("room", 1).await;
    assert_eq!(tell(&baton, "/stop").await, "Nothing runs here.");
    // A later message was answered, so no message is left to retry.
    assert!(
        tell(&baton, "/retry")
            .await
            .contains("Nothing was given up")
    );
    baton.say("room", "three").await;
    let turn = script.next_turn().await;
    turn.end(Err(AgentError::rejected("no")));
    baton.platform.until_shown("room", 2).await;
    let told = tell(&baton, "/retry").await;
    assert!(told.contains("is tried again"), "{told}");
    let again = script.next_turn().await;
    assert_eq!(again.texts(), ["three"]);
    assert!(again.turn.claim.messages[0].id > one.id);
}
