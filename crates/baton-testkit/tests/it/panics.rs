//! s89: a task of Baton panics. Its work counts as failed or unknown, people are told, and all other work
//! goes on.

use std::time::Duration;

use baton_core::agent::Reply;
use baton_core::message::MessageState;
use baton_testkit::agent_run::within;
use baton_testkit::baton::{Baton, Setup};
use baton_testkit::crash::faults::Plant;
use baton_testkit::platform::Fault;
use baton_testkit::scripted_agent::{answering, scripted};

/// The first pause after a failure.
const PAUSE: Duration = Duration::from_secs(1);

/// Lets the next pause pass.
async fn pass(baton: &Baton, pause: Duration) {
    within("it waits", baton.clock.pass_pause(pause)).await;
}

#[tokio::test]
async fn s89_a_turn_whose_own_task_panics_is_a_failed_try() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    script.panic_before_turns(1);
    baton.say("room", "hello").await;
    let told = baton.platform.until_shown("room", 1).await;
    assert!(told[0].starts_with("Not answered yet: "), "{told:?}");
    assert!(!told[0].contains("the script says so"), "{told:?}");
    pass(&baton, PAUSE).await;
    let turn = script.next_turn().await;
    assert_eq!(turn.turn.claim.attempt, 2);
    turn.reply("hi");
    let told = baton.platform.until_shown("room", 2).await;
    assert_eq!(told[1], "hi");
}

#[tokio::test]
async fn s89_a_message_whose_every_turn_panics_is_dead_and_the_next_is_answered() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    // This also panics while the dispatcher handles the end of a turn.
    script.panic_about_files(usize::MAX);
    baton.say("room", "poison").await;
    baton.say("room", "next").await;
    pass(&baton, PAUSE).await;
    pass(&baton, 2 * PAUSE).await;
    let told = baton.platform.until_shown("room", 2).await;
    assert!(told[1].contains("after 3 tries"), "{told:?}");
    assert_eq!(baton.find("poison").await.state, MessageState::Dead);
    script.panic_about_files(0);
    pass(&baton, PAUSE).await;
    script.next_turn().await.reply("answer");
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room").last().unwrap(), "answer");
}

#[tokio::test]
async fn s89_the_agent_of_a_turn_whose_own_task_panicked_is_gone_before_the_next_turn() {
    let (agent, mut script) = scripted();
    let setup = Setup {
        plant: Plant::panics_at_effects(),
        ..Setup::new(agent)
    };
    let baton = setup.start().await;
    baton.say("room", "hello").await;
    let turn = script.next_turn().await;
    turn.ignore_stop();
    turn.begin_effects().await.unwrap_err();
    turn.gone().await;
    pass(&baton, PAUSE).await;
    script.next_turn().await.reply("hi");
    baton.settled().await;
    assert_eq!(script.record().most_at_once(), 1);
}

#[tokio::test]
async fn s89_a_channel_that_panics_where_it_shows_a_turn_harms_no_turn() {
    let (agent, record) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let baton = Setup::new(agent).start().await;
    baton.platform.panic_showing();
    baton.say("room", "hello").await;
    assert_eq!(baton.platform.until_shown("room", 1).await, ["hello"]);
    baton.settled().await;
    assert_eq!(record.begun().len(), 1, "one try");
}

#[tokio::test]
async fn s89_a_delivery_that_panics_has_an_unknown_outcome_and_is_sent_again() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let baton = Setup::new(agent).start().await;
    baton.platform.fail_next(Fault::Panic);
    baton.say("room", "one").await;
    baton.say("room", "two").await;
    pass(&baton, PAUSE).await;
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room"), ["one", "two"]);
}

#[tokio::test]
async fn s89_a_channel_that_panics_where_it_receives_is_begun_again() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut baton = Setup::new(agent).start().await;
    baton.say("room", "one").await;
    for number in 0..3 {
        baton.platform.panic_waiting();
        pass(&baton, PAUSE * (1 << number)).await;
    }
    baton.say("room", "two").await;
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room"), ["one", "two"]);
    // A channel in its pause before a restart does not delay the shutdown.
    baton.platform.panic_waiting();
    baton.clock.someone_sleeps(8 * PAUSE).await;
    baton.shut_down().await;
}

/// Lets pauses pass until `what` has finished.
async fn while_pauses_pass<T>(baton: &Baton, what: impl Future<Output = T>) -> T {
    let pauses = async {
        loop {
            pass(baton, PAUSE).await;
        }
    };
    tokio::select! {
        done = what => done,
        never = pauses => never,
    }
}

#[tokio::test]
async fn s89_where_the_store_panics_once_all_is_stored_all_the_same() {
    // The first attempt fails, so a pause must end through the timekeeper, which also panics at its start.
    let (agent, mut script) = scripted();
    let setup = Setup {
        plant: Plant::panics_once(),
        ..Setup::new(agent)
    };
    let baton = setup.start().await;
    baton.say("room", "hello").await;
    script.next_turn().await.fail("not now");
    let turn = while_pauses_pass(&baton, script.next_turn()).await;
    turn.reply("hi");
    let told = while_pauses_pass(&baton, baton.platform.until_shown("room", 2)).await;
    assert_eq!(told[1], "hi");
    while_pauses_pass(&baton, baton.settled()).await;
    assert_eq!(baton.platform.texts_in("room"), told);
}
