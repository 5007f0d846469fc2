//! Scenarios A: turns in one conversation.

use std::time::Duration;

use baton_core::channel::{Progress, Step};
use baton_core::message::MessageState;
use baton_core::store::WaitingQuery;
use baton_testkit::baton::{BOB, ada, update};
use baton_testkit::messages_api::Answer;

use super::{Bed, said, state};

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s01_second_message_waits_its_turn() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let (answer, mut pen) = Answer::driven();
    bed.api.next(answer);
    baton.say("room", "one").await;
    bed.api.until_asked(1).await;
    baton.clock.advance(Duration::from_secs(2));
    let second = baton.say("room", "two").await;
    assert_eq!(second.state, MessageState::Waiting);
    let queue = WaitingQuery::at_most(10);
    let queue = baton.store().waiting(queue, usize::MAX).await.unwrap();
    let queue: Vec<_> = queue.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(queue, ["one", "two"]);
    assert_eq!(bed.api.asked().len(), 1);
    pen.say("answer to one");
    pen.finish();
    let shown = baton.platform.until_shown("room", 2).await;
    assert_eq!(shown, ["answer to one", "two"]);
    // The second turn knows the answer of the first.
    let asked = bed.api.asked();
    assert!(asked[1].mentions("answer to one"));
    assert_eq!(asked[0].session, asked[1].session);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s02_another_conversation_starts_at_once() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let (answer, mut pen) = Answer::driven();
    bed.api.next(answer);
    baton.say("long", "takes an hour").await;
    bed.api.until_asked(1).await;
    baton.say("quick", "hello").await;
    assert_eq!(baton.platform.until_shown("quick", 1).await, ["hello"]);
    assert_eq!(state(&baton, "takes an hour").await, MessageState::Running);
    pen.say("done at last");
    pen.finish();
    assert_eq!(
        baton.platform.until_shown("long", 1).await,
        ["done at last"]
    );
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s04_two_at_the_very_same_instant() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let (answer, mut pen) = Answer::driven();
    bed.api.next(answer);
    let both = [update(BOB, "room", "one"), update(BOB, "room", "two")];
    baton.platform.post_all(both);
    baton.platform.until_acknowledged(2).await;
    bed.api.until_asked(1).await;
    assert_eq!(state(&baton, "two").await, MessageState::Waiting);
    assert_eq!(bed.api.asked().len(), 1);
    pen.say("1");
    pen.finish();
    assert_eq!(baton.platform.until_shown("room", 2).await, ["1", "two"]);
    assert_eq!(said(&bed.api.asked()), ["one", "two"]);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s05_housekeeping_makes_no_second_holder() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let texts = ["one", "two", "three", "four"];
    for (at, text) in texts.into_iter().enumerate() {
        baton.platform.post(update(BOB, "room", text));
        // `expire` also hands out work, here while turns end and begin.
        baton.store().expire().await.unwrap();
        bed.api.until_asked(at).await;
    }
    baton.platform.until_acknowledged(texts.len()).await;
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room"), texts);
    // Each request contains all earlier answers, so no two turns of the conversation overlapped.
    for (at, asked) in bed.api.asked().iter().enumerate() {
        let answered = texts[..at].iter();
        let whole = |text: &&&str| {
            let said = asked.messages();
            said.contains(&("assistant", (**text).to_string()))
        };
        assert_eq!(answered.filter(whole).count(), at, "{:?}", asked.messages());
    }
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s06_stop_reaches_the_turn_that_runs() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let (answer, mut pen) = Answer::driven();
    bed.api.next(answer);
    bed.api.next(Answer::nothing());
    let first = baton.say("room", "one").await;
    let second = baton.say("room", "two").await;
    pen.say("answer to one");
    pen.finish();
    bed.api.until_asked(2).await;
    assert!(baton.inbox().stop_conversation(first.conversation, &ada()));
    baton.settled().await;
    assert_eq!(state(&baton, "one").await, MessageState::Answered);
    let second = baton.store().message(second.id).await.unwrap().unwrap();
    assert_eq!(second.state, MessageState::Withdrawn);
    assert_eq!(second.reason.as_deref(), Some("stopped by person-1"));
    assert_eq!(baton.platform.texts_in("room"), ["answer to one"]);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s07_stop_waits_in_no_queue() {
    let bed = Bed::new().await;
    let baton = bed.setup().limits(|limits| limits.turns = 1).start().await;
    let (answer, mut pen) = Answer::driven();
    bed.api.next(answer);
    let busy = baton.say("room", "busy").await;
    baton.say("room", "behind it").await;
    baton.say("other", "behind the limit").await;
    pen.say("so far");
    let writes = |progress: &[Progress]| {
        let text = Step::Text("so far".to_owned());
        progress.iter().any(|progress| progress.step == text)
    };
    baton.platform.until_progress("it writes", writes).await;
    // Only the stop ends the turn: the simulated clock does not move.
    baton.stop(&busy).await;
    let shown = baton.platform.until_shown("room", 1).await;
    assert!(shown[0].starts_with("so far"), "{shown:?}");
    assert_eq!(state(&baton, "busy").await, MessageState::Withdrawn);
    bed.api.until_hung_up(1).await;
    assert_eq!(baton.platform.until_shown("room", 2).await[1], "behind it");
    baton.platform.until_shown("other", 1).await;
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s09_the_same_message_again_changes_nothing() {
    let bed = Bed::new().await;
    let mut baton = bed.start().await;
    let again = update(BOB, "room", "once");
    baton.platform.post_all([again.clone(), again.clone()]);
    baton.platform.until_shown("room", 1).await;
    baton.platform.post(again.clone());
    baton.platform.until_acknowledged(3).await;
    baton.settled().await;
    baton.kill().await;
    baton.restart().await;
    baton.platform.post(again);
    baton.platform.until_acknowledged(4).await;
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room"), ["once"]);
    assert_eq!(bed.api.asked().len(), 1);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s11_a_message_while_busy_is_queued() {
    const QUEUED: usize = 5;
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let (answer, mut pen) = Answer::driven();
    bed.api.next(answer);
    baton.say("room", "busy").await;
    bed.api.until_asked(1).await;
    for n in 0..QUEUED {
        let kept = baton.say("room", &format!("queued {n}")).await;
        assert_eq!(kept.state, MessageState::Waiting);
    }
    assert_eq!(baton.platform.shown(), []);
    pen.say("done");
    pen.finish();
    let shown = baton.platform.until_shown("room", 1 + QUEUED).await;
    let expected = (0..QUEUED).map(|n| format!("queued {n}"));
    assert_eq!(shown[1..], expected.collect::<Vec<_>>());
}
