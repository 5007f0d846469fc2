//! The effects of a persona's settings: on messages during a turn, on the agent's input, and on the published
//! text.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::{AgentError, Reply};
use baton_core::channel::Step;
use baton_core::message::MessageState;
use baton_core::persona::Filters;
use baton_core::place::QueueMode;
use baton_testkit::baton::Setup;
use baton_testkit::scripted_agent::{Abilities, answering, scripted, scripted_with};

#[tokio::test]
async fn interrupt_stops_the_running_turn_for_the_newest_message() {
    let (agent, mut script) = scripted();
    let setup = Setup::new(agent).bob(|bob| bob.mode = QueueMode::Interrupt);
    let baton = setup.start().await;
    baton.say("room", "one").await;
    let running = script.next_turn().await;
    running.say("so far").await;
    baton.say("room", "two").await;
    running.stopped().await;
    let next = script.next_turn().await;
    assert_eq!(next.texts(), ["two"]);
    next.reply("answer to two");
    let shown = baton.platform.until_shown("room", 2).await;
    assert!(shown[0].starts_with("so far"), "{shown:?}");
    assert_eq!(shown[1], "answer to two");
    assert_eq!(baton.find("one").await.state, MessageState::Withdrawn);
}

#[tokio::test]
async fn steer_hands_a_message_into_the_running_turn_which_answers_both() {
    let (agent, mut script) = scripted_with(Abilities {
        can_steer: true,
        ..Abilities::default()
    });
    let setup = Setup::new(agent).bob(|bob| bob.mode = QueueMode::Steer);
    let baton = setup.start().await;
    baton.say("room", "one").await;
    let running = script.next_turn().await;
    baton.say("room", "two").await;
    assert_eq!(running.next_steered().await.text, "two");
    running.reply("answer to both");
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room"), ["answer to both"]);
    for text in ["one", "two"] {
        assert_eq!(baton.find(text).await.state, MessageState::Answered);
    }
    assert!(script.begun().is_none());
}

#[tokio::test]
async fn a_steered_message_that_the_agent_did_not_take_is_answered_next() {
    let (agent, mut script) = scripted_with(Abilities {
        can_steer: true,
        ..Abilities::default()
    });
    let setup = Setup::new(agent).bob(|bob| bob.mode = QueueMode::Steer);
    let baton = setup.start().await;
    baton.say("room", "one").await;
    let running = script.next_turn().await;
    baton.say("room", "two").await;
    running.reply("answer to one");
    let next = script.next_turn().await;
    assert_eq!(next.texts(), ["two"]);
    next.reply("answer to two");
    let shown = baton.platform.until_shown("room", 2).await;
    assert_eq!(shown, ["answer to one", "answer to two"]);
}

#[tokio::test]
async fn an_agent_that_wants_history_is_shown_as_much_as_its_persona_says() {
    let (agent, mut script) = scripted_with(Abilities {
        wants_history: true,
        ..Abilities::default()
    });
    let setup = Setup::new(agent).bob(|bob| bob.context_messages = 3);
    let baton = setup.start().await;
    for (text, seen) in [
        ("1", vec![]),
        ("2", vec!["1", "to 1"]),
        ("3", vec!["to 1", "2", "to 2"]),
    ] {
        baton.say("room", text).await;
        let turn = script.next_turn().await;
        let history: Vec<_> = turn.turn.history.iter().map(|post| &post.text).collect();
        assert_eq!(history, seen);
        turn.reply(format!("to {text}"));
        baton.settled().await;
    }
}

#[tokio::test]
async fn what_a_filter_hides_is_shown_at_no_time() {
    let (agent, _) = answering(|_| Ok(Reply::text("  well, 42\nUser: and then?")));
    let setup = Setup::new(agent).bob(|bob| {
        bob.filters = Filters {
            filter_out: vec!["well, ".to_owned()],
            trim_after: vec!["\nUser:".to_owned()],
            trim_whitespace: true,
        };
    });
    let baton = setup.start().await;
    baton.say("room", "what is it?").await;
    assert_eq!(baton.platform.until_shown("room", 1).await, ["42"]);
    let progress = baton.platform.progress();
    let wrote = |step: &Step| matches!(step, Step::Text(_));
    assert!(!progress.iter().any(|progress| wrote(&progress.step)));
}

#[tokio::test]
async fn a_persona_that_answers_by_chance_may_say_nothing() {
    let (agent, record) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let setup = Setup::new(agent).bob(|bob| bob.response_chance = 0.0);
    let baton = setup.start().await;
    baton.say("room", "hello").await;
    baton.settled().await;
    assert_eq!(baton.find("hello").await.state, MessageState::Answered);
    assert_eq!(baton.platform.shown(), []);
    assert_eq!(record.begun(), []);
}

#[tokio::test]
async fn whether_a_message_is_answered_is_drawn_once_and_not_again_at_a_retry() {
    const MESSAGES: usize = 64;
    let (agent, record) = answering(|turn| match turn.claim.attempt {
        1 | 2 => Err(AgentError::failed("not now")),
        _ => Ok(Reply::text(turn.prompt())),
    });
    let setup = Setup::new(agent).bob(|bob| bob.response_chance = 0.5);
    let baton = setup.start().await;
    for number in 0..MESSAGES {
        let room = format!("room {number}");
        baton.say(&room, &format!("message {number}")).await;
    }
    baton.settled().await;
    let tried = |attempt| {
        let begun = record.begun().into_iter();
        let begun = begun.filter(|turn| turn.attempt == attempt);
        begun.flat_map(|turn| turn.texts).collect::<BTreeSet<_>>()
    };
    // If each retry drew again, the sets would be equal only with a chance of about one in 10¹².
    assert!(!tried(1).is_empty());
    assert_eq!(tried(1), tried(2));
    assert_eq!(tried(1), tried(3));
}

#[tokio::test]
async fn what_a_stopped_turn_leaves_is_filtered_as_well() {
    let (agent, mut script) = scripted();
    let setup = Setup::new(agent).bob(|bob| {
        bob.filters = Filters {
            filter_out: vec!["well, ".to_owned()],
            trim_after: vec!["\nUser:".to_owned()],
            trim_whitespace: true,
        };
    });
    let baton = setup.start().await;
    let message = baton.say("room", "what is it?").await;
    let turn = script.next_turn().await;
    turn.say("well, 42 or\nUser: what?").await;
    turn.show(Activity {
        id: "thinking".to_owned(),
        title: "Thinking".to_owned(),
        detail: "well, I wonder".to_owned(),
        state: ActivityState::Running,
        within: None,
    })
    .await;
    baton.stop(&message).await;
    let shown = baton.platform.until_shown("room", 1).await;
    let progress = baton.platform.progress();
    let details = progress.iter().filter_map(|progress| match &progress.step {
        Step::Did(activity) => Some(activity.detail.as_str()),
        _ => None,
    });
    assert_eq!(details.collect::<Vec<_>>(), ["I wonder"]);
    assert!(shown[0].starts_with("42 or"), "{shown:?}");
    for hidden in ["well", "User"] {
        assert!(!shown[0].contains(hidden), "{shown:?}");
    }
    assert_eq!(
        baton.find("what is it?").await.state,
        MessageState::Withdrawn
    );
}

#[tokio::test]
async fn a_conversation_rests_after_a_reply() {
    let (agent, mut script) = scripted();
    let pause = Duration::from_secs(30);
    let setup = Setup::new(agent).bob(|bob| bob.minimum_pause = pause);
    let baton = setup.start().await;
    baton.say("room", "one").await;
    script.next_turn().await.reply("answer to one");
    baton.platform.until_shown("room", 1).await;
    let second = baton.say("room", "two").await;
    assert_eq!(second.state, MessageState::Waiting);
    baton.clock.someone_sleeps(pause).await;
    assert!(script.begun().is_none());
    baton.clock.advance(pause);
    assert_eq!(script.next_turn().await.texts(), ["two"]);
}
