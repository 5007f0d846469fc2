//! Scenarios A: sessions. Each conversation has its own session, and nobody else writes to that session.

use baton_agents::ClaudeSettings;
use baton_agents::claude::SessionInUse;
use baton_core::commands::Command;
use baton_core::message::MessageState;
use baton_core::persona::Persona;
use baton_core::place::Place;
use baton_testkit::baton::{AGENT, BOB, speaker, update};
use baton_testkit::messages_api::Answer;
use baton_testkit::platform::{account, channel_name, writer};

use super::{Bed, setup, state};
use crate::with_claude::Talk;

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s10_a_message_during_a_reset_is_answered_by_the_new_session() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let first = baton.say("room", "the word is tea").await;
    baton.settled().await;
    let (reset, ()) = tokio::join!(baton.store().reset(first.conversation), async {
        baton.platform.post(update(BOB, "room", "two"));
    });
    reset.unwrap();
    baton.platform.until_acknowledged(2).await;
    baton.settled().await;
    baton.say("room", "three").await;
    baton.settled().await;
    assert_eq!(
        baton.platform.texts_in("room"),
        ["the word is tea", "two", "three"]
    );
    // The reset and the second message race. In either order the old session is not stored again.
    let asked = bed.api.asked();
    assert_ne!(asked[2].session, asked[0].session);
    assert!(!asked[2].mentions("the word is tea"));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s12_a_session_that_is_gone_is_replaced_and_people_are_told() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    baton.say("room", "one").await;
    baton.settled().await;
    // Removes all sessions of the CLI.
    std::fs::remove_dir_all(bed.cli.home().join(".claude/projects")).unwrap();
    baton.say("room", "two").await;
    baton.settled().await;
    let shown = baton.platform.texts_in("room");
    assert!(shown[1].contains("A new session begins"), "{shown:?}");
    assert_eq!(shown[2], "two");
    baton.say("room", "three").await;
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room")[3..], ["three"]);
    let asked = bed.api.asked();
    assert_ne!(asked[1].session, asked[0].session);
    assert_eq!(asked[2].session, asked[1].session);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s13_a_new_thread_resumes_no_other_threads_session() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    baton.say("thread-1", "the word is tea").await;
    baton.platform.until_shown("thread-1", 1).await;
    baton.say("thread-2", "what is the word?").await;
    baton.platform.until_shown("thread-2", 1).await;
    let asked = bed.api.asked();
    assert_ne!(asked[1].session, asked[0].session);
    assert!(!asked[1].mentions("the word is tea"));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s14_a_session_that_is_open_elsewhere_is_copied() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    baton.say("room", "the word is tea").await;
    baton.settled().await;
    let session = bed.api.asked()[0].session.clone().unwrap();
    let mut terminal = Talk::start(&bed.cli, &bed.api, &["--resume", &session]);
    terminal.say("at the terminal").await;
    terminal.result().await;
    baton.say("room", "go on").await;
    baton.settled().await;
    let shown = baton.platform.texts_in("room");
    assert!(shown[1].contains("in a copy of the session"), "{shown:?}");
    assert_eq!(shown[2], "go on");
    let copy = bed.api.asked().pop().unwrap();
    assert_ne!(copy.session, Some(session));
    assert!(copy.mentions("the word is tea"));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s14_a_session_that_is_open_elsewhere_is_left_alone() {
    let bed = Bed::new().await;
    let refuses = ClaudeSettings {
        session_in_use: SessionInUse::Refuse,
        ..bed.settings()
    };
    let baton = setup(refuses).start().await;
    baton.say("room", "the word is tea").await;
    baton.settled().await;
    let session = bed.api.asked()[0].session.clone().unwrap();
    let mut terminal = Talk::start(&bed.cli, &bed.api, &["--resume", &session]);
    terminal.say("at the terminal").await;
    terminal.result().await;
    baton.say("room", "go on").await;
    baton.settled().await;
    let shown = baton.platform.texts_in("room");
    assert!(shown[1].contains("open in another terminal"), "{shown:?}");
    assert_eq!(state(&baton, "go on").await, MessageState::Dead);
    assert_eq!(bed.api.asked().len(), 2);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s15_a_reset_during_a_turn_is_not_undone() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let (answer, mut pen) = Answer::driven();
    bed.api.next(answer);
    let first = baton.say("room", "the word is tea").await;
    bed.api.until_asked(1).await;
    baton.store().reset(first.conversation).await.unwrap();
    pen.say("1");
    pen.finish();
    baton.settled().await;
    baton.say("room", "two").await;
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room"), ["1", "two"]);
    let asked = bed.api.asked();
    assert_ne!(asked[1].session, asked[0].session);
    assert!(!asked[1].mentions("the word is tea"));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s15_a_model_chosen_during_a_turn_is_the_next_ones() {
    let bed = Bed::new().await;
    let baton = bed.start().await;
    let (answer, mut pen) = Answer::driven();
    bed.api.next(answer);
    baton.say("room", "the word is tea").await;
    bed.api.until_asked(1).await;
    let place = Place {
        channel: channel_name(),
        account: account(),
        address: "room".to_owned(),
    };
    let model = Command::parse("/model claude-small").unwrap().unwrap();
    let inbox = baton.inbox();
    let told = inbox
        .command(&place, &BOB.into(), &speaker(writer()), model)
        .await;
    assert!(told.unwrap().contains("`claude-small`"));
    pen.say("1");
    pen.finish();
    baton.settled().await;
    baton.say("room", "two").await;
    baton.settled().await;
    let asked = bed.api.asked();
    assert_ne!(asked[0].body["model"], "claude-small");
    assert_eq!(asked[1].body["model"], "claude-small");
    // The session survives the change of the model.
    assert_eq!(asked[1].session, asked[0].session);
    assert!(asked[1].mentions("the word is tea"));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s16_two_conversations_in_one_directory_never_share_a_session() {
    let bed = Bed::new().await;
    let mut setup = bed.setup();
    // Both personas use the same agent, and so the same project directory.
    setup.personas.push(Persona::new("eve", AGENT));
    let baton = setup.start().await;
    for (persona, text) in [
        (BOB, "the word is tea"),
        ("eve", "the word is milk"),
        (BOB, "what do I drink?"),
        ("eve", "what do I take?"),
    ] {
        baton.say_to(persona, "room", text).await;
    }
    baton.settled().await;
    let asked = bed.api.asked();
    let of = |text: &str| {
        let found = asked.iter().find(|asked| asked.last_said() == text);
        found.unwrap_or_else(|| panic!("{text} was not asked"))
    };
    let (bob, eve) = (of("what do I drink?"), of("what do I take?"));
    assert!(bob.mentions("the word is tea") && !bob.mentions("the word is milk"));
    assert!(eve.mentions("the word is milk") && !eve.mentions("the word is tea"));
    assert_eq!(bob.session, of("the word is tea").session);
    assert_eq!(eve.session, of("the word is milk").session);
    assert_ne!(bob.session, eve.session);
}
