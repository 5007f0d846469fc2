//! Scenarios A, D and E: turns that fail.

use std::time::Duration;

use baton_core::channel::{Progress, Step};
use baton_core::message::MessageState;
use baton_core::store::Subject;
use baton_testkit::baton::ada;
use baton_testkit::lifeline::Lifeline;
use baton_testkit::messages_api::Answer;
use nix::sys::signal::Signal;
use serde_json::json;

use super::{Bed, setup, state};

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s03_after_a_failure_the_next_message_runs_and_nothing_is_left() {
    let (bed, limit) = (Bed::new().await, Duration::from_mins(1));
    let setup = setup(bed.runs_commands())
        .bob(|bob| bob.turn_limit = limit)
        .limits(|limits| limits.retry.attempts = 1);
    let baton = setup.start().await;

    bed.api
        .always(|_| Answer::status(400, "the model stumbled"));
    baton.say("room", "errs").await;
    baton.platform.until_shown("room", 1).await;
    bed.api.always(|asked| Answer::text(&asked.last_said()));

    let mut line = Lifeline::new();
    bed.next_holds(&line);
    baton.say("room", "dies").await;
    line.held(1).await;
    bed.signal(Signal::SIGKILL);
    line.let_go().await;
    baton.platform.until_shown("room", 2).await;

    let mut line = Lifeline::new();
    bed.next_holds(&line);
    baton.say("room", "times out").await;
    line.held(1).await;
    baton.clock.someone_sleeps(limit).await;
    baton.clock.advance(limit);
    line.let_go().await;

    baton.say("room", "is fine").await;
    let shown = baton.platform.until_shown("room", 4).await;
    // A notice tells people about each failure, with its reason.
    assert!(
        shown[0].contains("refused the request of Claude"),
        "{shown:?}"
    );
    assert!(shown[1].contains("was ended by signal 9"), "{shown:?}");
    assert!(shown[2].contains("no answer within 60 s"), "{shown:?}");
    assert_eq!(shown[3], "is fine");
    for text in ["errs", "dies", "times out"] {
        assert_eq!(state(&baton, text).await, MessageState::Dead);
    }
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s08_a_cli_that_hangs_ends_at_its_limit() {
    let (bed, limit) = (Bed::new().await, Duration::from_mins(10));
    let setup = bed.setup().bob(|bob| bob.turn_limit = limit);
    let baton = setup.start().await;
    bed.api.next(Answer::nothing());
    baton.say("room", "hangs").await;
    baton.say("room", "next").await;
    bed.api.until_asked(1).await;
    // A stopped process handles no signal except SIGKILL.
    bed.signal(Signal::SIGSTOP);
    baton.clock.someone_sleeps(limit).await;
    baton.clock.advance(limit);
    let shown = baton.platform.until_shown("room", 2).await;
    assert!(shown[0].contains("no answer within 600 s"), "{shown:?}");
    assert_eq!(shown[1], "next");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s75_nobody_seems_to_write_after_a_turn_failed() {
    let bed = Bed::new().await;
    let setup = bed.setup().limits(|limits| limits.retry.attempts = 1);
    let baton = setup.start().await;
    bed.api
        .next(Answer::tool("Read", json!({"file_path": bed.file("none")})));
    bed.api
        .always(|_| Answer::status(400, "the model stumbled"));
    baton.say("room", "?").await;
    let shown = baton.platform.until_shown("room", 1).await;
    assert!(
        shown[0].contains("refused the request of Claude"),
        "{shown:?}"
    );
    let over = |progress: &[Progress]| {
        let last = progress.last();
        last.is_some_and(|progress| progress.step == Step::Ended)
    };
    baton.platform.until_progress("it is over", over).await;
    let steps = baton.platform.progress();
    let acted = |progress: &Progress| matches!(progress.step, Step::Did(_));
    assert!(steps.iter().any(acted), "{steps:?}");
    let ends = steps.iter().filter(|progress| progress.step == Step::Ended);
    assert_eq!(ends.count(), 1, "{steps:?}");
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s86_a_poison_message_is_given_up_and_the_conversation_goes_on() {
    let bed = Bed::new().await;
    let baton = setup(bed.runs_commands()).start().await;
    bed.api.always(|asked| match asked.last_said() {
        // This command kills the CLI.
        said if said.ends_with("poison") => {
            Answer::tool("Bash", json!({"command": "kill -9 $PPID"}))
        }
        said => Answer::text(&said),
    });
    let poison = baton.say("room", "poison").await;
    baton.say("room", "next").await;
    baton.settled().await;
    assert_eq!(state(&baton, "poison").await, MessageState::Dead);
    let shown = baton.platform.texts_in("room");
    assert!(
        shown.iter().any(|text| text.contains("3 tries")),
        "{shown:?}"
    );
    assert_eq!(shown.last().unwrap(), "next");
    assert_eq!(bed.api.asked().len(), 4, "three tries, and the next");
    // The dead letter holds the message, and the trace tells the reason.
    let letters = baton.store().dead(10).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].id, poison.id.into());
    let trace = baton.store().trace(poison.id.into()).await.unwrap();
    assert!(
        trace.iter().any(|line| line.what.contains("signal 9")),
        "{trace:?}"
    );
    // Once the cause is removed, an operator can replay the dead letter.
    bed.api.always(|_| Answer::text("no poison any more"));
    let replayed = baton.inbox().replay(letters[0].id, &ada()).await.unwrap();
    assert_eq!(replayed, Subject::Message);
    baton.settled().await;
    let shown = baton.platform.texts_in("room");
    assert_eq!(shown.last().unwrap(), "no poison any more");
}
