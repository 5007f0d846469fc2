//! Scenarios A: turns in one conversation.

use std::sync::Arc;
use std::time::Duration;

use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::{AgentError, Reply};
use baton_core::message::MessageState;
use baton_core::name::SessionId;
use baton_core::persona::Persona;
use baton_core::store::WaitingQuery;
use baton_core::turn::SessionChange;
use baton_testkit::baton::{AGENT, BOB, Baton, Setup, ada, update};
use baton_testkit::scripted_agent::{ScriptedTurn, answering, scripted};

async fn state(baton: &Baton, text: &str) -> MessageState {
    baton.find(text).await.state
}

/// Ends a turn with a reply that sets the session.
fn reply_in_session(turn: ScriptedTurn, text: &str, session: &str) {
    turn.end(Ok(Reply {
        session: SessionChange::Set(SessionId::from(session)),
        ..Reply::text(text)
    }));
}

#[tokio::test]
async fn s01_second_message_waits_its_turn() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "one").await;
    let first = script.next_turn().await;
    baton.clock.advance(Duration::from_secs(2));
    let second = baton.say("room", "two").await;
    // People can see the waiting message and its position.
    assert_eq!(second.state, MessageState::Waiting);
    let queue = WaitingQuery::at_most(10);
    let queue = baton.store().waiting(queue, usize::MAX).await.unwrap();
    let queue: Vec<_> = queue.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(queue, ["one", "two"]);
    assert!(script.begun().is_none());
    first.reply("answer to one");
    script.next_turn().await.reply("answer to two");
    let shown = baton.platform.until_shown("room", 2).await;
    assert_eq!(shown, ["answer to one", "answer to two"]);
    assert_eq!(script.record().most_at_once(), 1);
}

#[tokio::test]
async fn s02_another_conversation_starts_at_once() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("long", "takes an hour").await;
    let long = script.next_turn().await;
    baton.say("quick", "hello").await;
    script.next_turn().await.reply("hi");
    assert_eq!(baton.platform.until_shown("quick", 1).await, ["hi"]);
    assert_eq!(state(&baton, "takes an hour").await, MessageState::Running);
    long.reply("done at last");
    baton.platform.until_shown("long", 1).await;
}

#[tokio::test]
async fn s03_after_a_failure_the_next_message_runs() {
    let (agent, mut script) = scripted();
    let limit = Duration::from_mins(1);
    let setup = Setup::new(agent).bob(|bob| bob.turn_limit = limit);
    let baton = setup
        .limits(|limits| limits.retry.attempts = 1)
        .start()
        .await;

    baton.say("room", "errs").await;
    baton.say("room", "panics").await;
    baton.say("room", "times out").await;
    baton.say("room", "is fine").await;
    script.next_turn().await.fail("the model stumbled");
    script.next_turn().await.panic();
    let slow = script.next_turn().await;
    assert_eq!(slow.texts(), ["times out"]);
    baton.clock.someone_sleeps(limit).await;
    baton.clock.advance(limit);
    script.next_turn().await.reply("fine");
    let shown = baton.platform.until_shown("room", 4).await;
    assert_eq!(shown[3], "fine");
    // A notice tells people about each failure, with its reason.
    assert!(shown[0].contains("the model stumbled"), "{shown:?}");
    assert!(shown[1].contains("the agent died"), "{shown:?}");
    assert!(shown[2].contains("no answer within 60 s"), "{shown:?}");
    for text in ["errs", "panics", "times out"] {
        assert_eq!(state(&baton, text).await, MessageState::Dead);
    }
}

#[tokio::test]
async fn s103_what_is_not_ready_is_waited_for_outside_the_turns_limit() {
    let (agent, mut script) = scripted();
    let (limit, at_most) = (Duration::from_mins(1), Duration::from_mins(15));
    let setup = Setup::new(agent).bob(|bob| bob.turn_limit = limit);
    let baton = setup.start().await;
    baton.say("room", "one").await;
    let turn = script.next_turn().await;
    turn.waits(at_most);
    baton.clock.someone_sleeps(limit + at_most).await;
    baton.clock.advance(Duration::from_mins(10));
    turn.goes_on();
    baton.clock.someone_sleeps(limit).await;
    assert!(!turn.is_stopped());
    // After the wait, the turn limit counts again.
    baton.clock.advance(limit);
    turn.stopped().await;

    baton.say("elsewhere", "two").await;
    let turn = script.next_turn().await;
    turn.waits(at_most);
    baton.clock.someone_sleeps(limit + at_most).await;
    baton.clock.advance(limit + at_most);
    turn.stopped().await;
}

#[tokio::test]
async fn s04_two_at_the_very_same_instant() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    let both = [update(BOB, "room", "one"), update(BOB, "room", "two")];
    baton.platform.post_all(both);
    let first = script.next_turn().await;
    baton.platform.until_acknowledged(2).await;
    assert!(script.begun().is_none());
    assert_eq!(state(&baton, "two").await, MessageState::Waiting);
    first.reply("1");
    script.next_turn().await.reply("2");
    assert_eq!(baton.platform.until_shown("room", 2).await, ["1", "2"]);
    assert_eq!(script.record().most_at_once(), 1);
}

#[tokio::test]
async fn s05_housekeeping_makes_no_second_holder() {
    let (agent, record) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let baton = Setup::new(agent).start().await;
    for n in 0..20 {
        baton.platform.post(update(BOB, "room", &n.to_string()));
        // `expire` also hands out work, here while turns end and begin.
        baton.store().expire().await.unwrap();
    }
    baton.platform.until_acknowledged(20).await;
    baton.settled().await;
    let expected: Vec<_> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(baton.platform.texts_in("room"), expected);
    assert_eq!(record.most_at_once(), 1);
}

#[tokio::test]
async fn s06_stop_reaches_the_turn_that_runs() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "one").await;
    let second = baton.say("room", "two").await;
    let first = script.next_turn().await;
    let conversation = first.turn.claim.conversation;
    first.reply("answer to one");
    let running = script.next_turn().await;
    assert_eq!(running.texts(), ["two"]);
    assert!(baton.inbox().stop_conversation(conversation, &ada()));
    running.stopped().await;
    baton.settled().await;
    assert_eq!(state(&baton, "one").await, MessageState::Answered);
    let second = baton.store().message(second.id).await.unwrap().unwrap();
    assert_eq!(second.state, MessageState::Withdrawn);
    assert_eq!(second.reason.as_deref(), Some("stopped by person-1"));
    assert_eq!(baton.platform.texts_in("room"), ["answer to one"]);
}

#[tokio::test]
async fn s07_stop_waits_in_no_queue() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent)
        .limits(|limits| limits.turns = 1)
        .start()
        .await;
    let busy = baton.say("room", "busy").await;
    baton.say("room", "behind it").await;
    baton.say("other", "behind the limit").await;
    let running = script.next_turn().await;
    running.say("so far").await;
    // Only the stop ends the turn: the clock does not move.
    baton.stop(&busy).await;
    running.stopped().await;
    let shown = baton.platform.until_shown("room", 1).await;
    assert!(shown[0].starts_with("so far"), "{shown:?}");
    assert_eq!(state(&baton, "busy").await, MessageState::Withdrawn);
    // Its slot goes to the other conversation, which has waited longest.
    let other = script.next_turn().await;
    assert_eq!(other.texts(), ["behind the limit"]);
    other.reply("answer");
    assert_eq!(script.next_turn().await.texts(), ["behind it"]);
}

#[tokio::test]
async fn s08_an_agent_that_hangs_ends_at_its_limit() {
    let (agent, mut script) = scripted();
    let limit = Duration::from_mins(10);
    let grace = Duration::from_millis(500);
    let setup = Setup::new(agent).bob(|bob| bob.turn_limit = limit);
    let baton = setup
        .limits(|limits| limits.stop_grace = grace)
        .start()
        .await;
    baton.say("room", "hangs").await;
    baton.say("room", "next").await;
    let hanging = script.next_turn().await;
    hanging.ignore_stop();
    baton.clock.someone_sleeps(limit).await;
    baton.clock.advance(limit);
    hanging.stopped().await;
    baton.clock.someone_sleeps(grace).await;
    baton.clock.advance(grace);
    hanging.gone().await;
    script.next_turn().await.reply("answer");
    let shown = baton.platform.until_shown("room", 2).await;
    assert!(shown[0].contains("no answer within 600 s"), "{shown:?}");
    assert_eq!(shown[1], "answer");
}

#[tokio::test]
async fn s09_the_same_message_again_changes_nothing() {
    let (agent, record) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut baton = Setup::new(agent).start().await;
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
    assert_eq!(record.begun().len(), 1);
}

#[tokio::test]
async fn s10_a_message_during_a_reset_is_answered_by_the_new_session() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    let first = baton.say("room", "one").await;
    reply_in_session(script.next_turn().await, "1", "old");
    baton.platform.until_shown("room", 1).await;
    let (reset, ()) = tokio::join!(baton.store().reset(first.conversation), async {
        baton.platform.post(update(BOB, "room", "two"));
    });
    reset.unwrap();
    baton.platform.until_acknowledged(2).await;
    let turn = script.next_turn().await;
    // The reset and the second message race. In either order the old session is not stored again, and the
    // message is answered.
    reply_in_session(turn, "2", "new");
    baton.say("room", "three").await;
    let turn = script.next_turn().await;
    assert_ne!(turn.turn.claim.session, Some("old".into()));
    turn.reply("3");
    assert_eq!(baton.platform.until_shown("room", 3).await, ["1", "2", "3"]);
}

#[tokio::test]
async fn s11_a_message_while_busy_is_queued() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "busy").await;
    let running = script.next_turn().await;
    for n in 0..50 {
        let kept = baton.say("room", &format!("queued {n}")).await;
        assert_eq!(kept.state, MessageState::Waiting);
    }
    assert_eq!(baton.platform.shown(), []);
    running.reply("done");
    for n in 0..50 {
        let turn = script.next_turn().await;
        assert_eq!(turn.texts(), [format!("queued {n}")]);
        turn.reply(format!("answer {n}"));
    }
    let shown = baton.platform.until_shown("room", 51).await;
    assert_eq!(shown[50], "answer 49");
}

#[tokio::test]
async fn s12_a_session_that_the_agent_does_not_know() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("room", "one").await;
    reply_in_session(script.next_turn().await, "1", "lost");
    baton.say("room", "two").await;
    let turn = script.next_turn().await;
    assert_eq!(turn.turn.claim.session, Some("lost".into()));
    // As an agent does after losing its session: it starts a new one and tells people.
    reply_in_session(turn, "(a new session) 2", "fresh");
    baton.say("room", "three").await;
    let turn = script.next_turn().await;
    assert_eq!(turn.turn.claim.session, Some("fresh".into()));
    turn.reply("3");
    let shown = baton.platform.until_shown("room", 3).await;
    assert_eq!(shown, ["1", "(a new session) 2", "3"]);
}

#[tokio::test]
async fn s13_a_new_thread_resumes_no_other_threads_session() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    baton.say("thread-1", "one").await;
    reply_in_session(script.next_turn().await, "1", "of-thread-1");
    baton.platform.until_shown("thread-1", 1).await;
    baton.say("thread-2", "two").await;
    let turn = script.next_turn().await;
    assert_eq!(turn.turn.claim.session, None);
    turn.reply("2");
}

#[tokio::test]
async fn s15_a_reset_during_a_turn_is_not_undone() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    let first = baton.say("room", "one").await;
    let turn = script.next_turn().await;
    baton.store().reset(first.conversation).await.unwrap();
    reply_in_session(turn, "1", "old");
    baton.say("room", "two").await;
    let turn = script.next_turn().await;
    assert_eq!(turn.turn.claim.session, None);
    turn.reply("2");
    assert_eq!(baton.platform.until_shown("room", 2).await, ["1", "2"]);
}

#[tokio::test]
async fn s16_two_conversations_of_one_agent_never_share_a_session() {
    let (agent, mut script) = scripted();
    let mut setup = Setup::new(agent);
    // Both personas use the same agent, and so the same project directory.
    setup.personas.push(Persona::new("eve", AGENT));
    let baton = setup.start().await;
    for (persona, text) in [(BOB, "one"), ("eve", "two")] {
        baton.say_to(persona, "room", text).await;
        let turn = script.next_turn().await;
        assert_eq!(turn.turn.claim.session, None);
        reply_in_session(turn, text, &format!("of {persona}"));
    }
    baton.platform.until_shown("room", 2).await;
    for (persona, text) in [(BOB, "three"), ("eve", "four")] {
        baton.say_to(persona, "room", text).await;
        let turn = script.next_turn().await;
        let expected = format!("of {persona}");
        assert_eq!(turn.turn.claim.session, Some(expected.into()));
        turn.reply(text);
    }
}

#[tokio::test]
async fn an_agent_that_is_away_is_waited_for_and_the_people_are_told_once() {
    let down = Arc::new(std::sync::atomic::AtomicU32::new(5));
    let calls = Arc::clone(&down);
    let (agent, record) = answering(move |turn| {
        let left = calls.load(std::sync::atomic::Ordering::Relaxed);
        if left > 0 {
            calls.store(left - 1, std::sync::atomic::Ordering::Relaxed);
            return Err(AgentError::unavailable("the model server does not answer"));
        }
        Ok(Reply::text(turn.prompt()))
    });
    let baton = Setup::new(agent).start().await;
    baton.say("room", "hello").await;
    baton.settled().await;
    let shown = baton.platform.shown_in("room");
    let kinds: Vec<_> = shown.iter().map(|shown| shown.kind).collect();
    assert_eq!(kinds, ["notice", "reply"], "{shown:?}");
    assert_eq!(record.begun().len(), 6);
}

#[tokio::test]
async fn what_a_turn_did_is_shown_though_it_said_nothing() {
    let (agent, mut script) = scripted();
    let baton = Setup::new(agent).start().await;
    let message = baton.say("room", "clean up").await;
    let turn = script.next_turn().await;
    let activity = Activity {
        id: "tool-1".to_owned(),
        title: "Removing `build`".to_owned(),
        detail: String::new(),
        state: ActivityState::Done,
        within: None,
    };
    turn.show(activity.clone()).await;
    turn.reply("");
    let shown = baton.platform.until_shown("room", 1).await;
    assert_eq!(shown[0], "*(done, without text)*");
    baton.settled().await;
    let posts = baton
        .store()
        .history(&message.place, &message.persona, 10)
        .await
        .unwrap();
    assert_eq!(posts[1].activities, [activity]);
    // An empty reply is a valid answer.
    baton.say("room", "say nothing").await;
    script.next_turn().await.reply("");
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room").len(), 1);
}
