//! Steering: a message during a turn is handed to Claude.

use baton_core::message::MessageState;
use baton_core::place::QueueMode;
use baton_testkit::baton::{Baton, ada};
use baton_testkit::lifeline::Lifeline;
use baton_testkit::messages_api::{Answer, Asked};
use nix::sys::signal::Signal;
use serde_json::json;

use super::{Bed, setup, state};

async fn start(bed: &Bed) -> Baton {
    let setup = setup(bed.runs_commands()).bob(|bob| bob.mode = QueueMode::Steer);
    setup.start().await
}

/// Whether a request contains a text anywhere. A steered message is among the CLI's own text.
fn holds(asked: &Asked, text: &str) -> bool {
    asked.body.to_string().contains(text)
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_message_that_comes_while_a_tool_runs_is_part_of_the_next_step() {
    let bed = Bed::new().await;
    // Claude works in steps until the second message arrives.
    bed.api.always(|asked| {
        if holds(asked, "with milk") {
            Answer::text("tea with milk")
        } else {
            Answer::tool("Bash", json!({"command": "true"}))
        }
    });
    let baton = start(&bed).await;
    baton.say("room", "make tea").await;
    bed.api.until_asked(1).await;
    baton.say("room", "with milk").await;
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room"), ["tea with milk"]);
    for text in ["make tea", "with milk"] {
        assert_eq!(state(&baton, text).await, MessageState::Answered);
    }
    let asked = bed.api.asked();
    assert!(asked.iter().all(|it| it.session == asked[0].session));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_message_that_is_not_taken_up_any_more_is_answered_behind_the_first() {
    let bed = Bed::new().await;
    let (answer, mut pen) = Answer::driven();
    bed.api.next(answer);
    let baton = start(&bed).await;
    baton.say("room", "make tea").await;
    pen.say("Here is ");
    bed.api.until_asked(1).await;
    let second = baton.say("room", "with milk").await;
    assert_eq!(second.state, MessageState::Running);
    pen.say("tea.");
    pen.finish();
    baton.settled().await;
    // The second message may arrive too late for the first turn. In both cases no message is lost or answered
    // twice.
    let shown = baton.platform.texts_in("room").join("\n\n");
    assert_eq!(shown, "Here is tea.\n\nwith milk");
    for text in ["make tea", "with milk"] {
        assert_eq!(state(&baton, text).await, MessageState::Answered);
    }
    assert_eq!(bed.api.asked().len(), 2);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_message_that_the_cli_dies_with_is_answered_by_the_next() {
    let bed = Bed::new().await;
    let mut line = Lifeline::new();
    bed.next_holds(&line);
    let baton = start(&bed).await;
    baton.say("room", "make tea").await;
    line.held(1).await;
    baton.say("room", "with milk").await;
    bed.signal(Signal::SIGKILL);
    line.let_go().await;
    baton.settled().await;
    for text in ["make tea", "with milk"] {
        assert_eq!(state(&baton, text).await, MessageState::Answered);
    }
    let asked = bed.api.asked();
    assert!(holds(asked.last().unwrap(), "with milk"));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s07_a_stop_ends_what_was_handed_in_with_the_rest() {
    let bed = Bed::new().await;
    let mut line = Lifeline::new();
    let holds_the_line = format!("exec 3>{}; echo up >&3; sleep 1000", line.path().display());
    bed.api.always(move |asked| {
        let command = if holds(asked, "with milk") {
            &holds_the_line
        } else {
            "true"
        };
        Answer::tool("Bash", json!({"command": command}))
    });
    let baton = start(&bed).await;
    let first = baton.say("room", "make tea").await;
    bed.api.until_asked(1).await;
    baton.say("room", "with milk").await;
    line.held(1).await;
    assert!(baton.inbox().stop_conversation(first.conversation, &ada()));
    line.let_go().await;
    baton.settled().await;
    for text in ["make tea", "with milk"] {
        assert_eq!(state(&baton, text).await, MessageState::Withdrawn);
    }
}
