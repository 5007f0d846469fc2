//! Voice messages: their words become the message.

use std::sync::Arc;

use baton_core::agent::Agent;
use baton_core::message::{Author, Message, MessageState, NewMessage, Priority};
use baton_core::place::Place;
use baton_core::retry::RetryPolicy;
use baton_core::speech::{SpeechError, SpeechLimits};
use baton_testkit::baton::{AGENT, BOB, Baton, Setup};
use baton_testkit::platform::{account, channel_name};
use baton_testkit::scripted_agent::{Abilities, scripted, scripted_with};
use baton_testkit::scripted_transcriber::{TranscriberScript, scripted_speech};

/// Starts Baton with a transcriber, and an agent for one turn at once.
async fn start(agent: Arc<dyn Agent>, limits: SpeechLimits) -> (Baton, TranscriberScript) {
    let (speech, transcriber) = scripted_speech(limits);
    let mut setup = Setup::new(agent.clone());
    setup.agents = vec![(AGENT, agent, 1)];
    setup.speech = Some(speech);
    (setup.start().await, transcriber)
}

/// A person sends a voice message with this content.
async fn speak(baton: &Baton, address: &str, id: &str, content: &[u8]) -> Message {
    let place = Place {
        channel: channel_name(),
        account: account(),
        address: address.to_owned(),
    };
    let inbox = baton.inbox();
    let files = inbox.files().unwrap();
    let begun = files.begin(&place, &BOB.into(), "voice-message.ogg").await;
    let mut file = begun.unwrap();
    file.write(content).await.unwrap();
    let recording = file.finish().await.unwrap();
    let message = NewMessage {
        external_id: id.into(),
        part_ids: Vec::new(),
        route: inbox.route(place, &BOB.into()).unwrap(),
        author: Author {
            id: "ada".into(),
            name: "Ada".to_owned(),
        },
        text: String::new(),
        attachments: vec![recording],
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: Priority::default(),
    };
    let kept = inbox.ingest(message).await.unwrap();
    kept[0].message().clone()
}

#[tokio::test]
async fn the_words_become_the_message_and_are_written_down_once() {
    let (agent, mut script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let (baton, transcriber) = start(agent, SpeechLimits::default()).await;
    speak(&baton, "room", "1", b"OggS").await;
    let asked = transcriber.next_recording().await;
    assert_eq!(std::fs::read(&asked.recording.path).unwrap(), b"OggS");
    asked.answer(Ok(" buy some milk\n"));
    let turn = script.next_turn().await;
    assert_eq!(turn.texts(), ["buy some milk"]);
    let [recording] = &turn.turn.files.received[..] else {
        panic!("the recording stays: {:?}", turn.turn.files);
    };
    assert!(recording.is_heard);
    turn.fail("the model stumbled");
    let pause = RetryPolicy::default().first_pause;
    baton.clock.pass_pause(pause).await;
    let again = script.next_turn().await;
    assert_eq!(again.texts(), ["buy some milk"]);
    assert!(transcriber.is_idle().await);
    again.reply("done");
    baton.settled().await;
    assert_eq!(baton.find("1").await.text, "buy some milk");
}

#[tokio::test]
async fn a_slow_transcriber_holds_up_no_other_conversation() {
    let (agent, mut script) = scripted();
    let (baton, transcriber) = start(agent, SpeechLimits::default()).await;
    speak(&baton, "room", "1", b"OggS").await;
    let slow = transcriber.next_recording().await;
    // The agent runs one turn at once.
    baton.say("elsewhere", "hello").await;
    let other = script.next_turn().await;
    assert_eq!(other.texts(), ["hello"]);
    baton.say("elsewhere", "hello again").await;
    slow.answer(Ok("at last"));
    while baton.find("1").await.text.is_empty() {
        tokio::task::yield_now().await;
    }
    // No turn begins beside another turn.
    assert!(script.begun().is_none());
    other.reply("hi");
    // The stored words do not tell whether their turn waits for its slot already, so either turn may be next.
    let mut texts = Vec::new();
    for _ in 0..2 {
        let turn = script.next_turn().await;
        assert!(script.begun().is_none());
        texts.extend(turn.texts().into_iter().map(str::to_owned));
        turn.reply("heard");
    }
    texts.sort();
    assert_eq!(texts, ["at last", "hello again"]);
    baton.settled().await;
}

#[tokio::test]
async fn without_its_words_a_recording_is_answered_and_people_are_told() {
    let (agent, mut script) = scripted();
    let limits = SpeechLimits {
        size: 4,
        ..SpeechLimits::default()
    };
    let (baton, transcriber) = start(agent, limits).await;
    speak(&baton, "broken", "1", b"OggS").await;
    let asked = transcriber.next_recording().await;
    asked.answer(Err(SpeechError::new("the server is on fire")));
    let turn = script.next_turn().await;
    assert!(turn.texts()[0].contains("voice-message.ogg"));
    turn.reply("what did you say?");
    let shown = baton.platform.until_shown("broken", 2).await;
    assert!(
        shown
            .iter()
            .any(|text| text.contains("the server is on fire")),
        "{shown:?}"
    );

    speak(&baton, "slow", "2", b"OggS").await;
    let asked = transcriber.next_recording().await;
    baton.clock.someone_sleeps(limits.time).await;
    baton.clock.advance(limits.time);
    script.next_turn().await.reply("hm?");
    asked.abandoned().await;
    let shown = baton.platform.until_shown("slow", 2).await;
    assert!(
        shown.iter().any(|text| text.contains("within 300 s")),
        "{shown:?}"
    );

    speak(&baton, "large", "3", b"OggS!").await;
    script.next_turn().await.reply("too long");
    baton.platform.until_shown("large", 2).await;
    assert!(transcriber.is_idle().await);
    baton.settled().await;
}

#[tokio::test]
async fn a_stop_ends_the_transcription() {
    let (agent, _script) = scripted();
    let (baton, transcriber) = start(agent, SpeechLimits::default()).await;
    let message = speak(&baton, "room", "1", b"OggS").await;
    let asked = transcriber.next_recording().await;
    baton.stop(&message).await;
    asked.abandoned().await;
    baton.settled().await;
    assert_eq!(baton.find("1").await.state, MessageState::Withdrawn);
}

#[tokio::test]
async fn without_a_transcriber_people_are_told_once_for_each_place() {
    let (agent, mut script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let baton = Setup::new(agent).start().await;
    for (id, shown) in [("1", 2), ("2", 3)] {
        speak(&baton, "room", id, b"OggS").await;
        let turn = script.next_turn().await;
        assert_eq!(turn.turn.files.received.len(), 1);
        turn.reply("heard nothing");
        baton.platform.until_shown("room", shown).await;
    }
    baton.settled().await;
    let shown = baton.platform.texts_in("room");
    let told = shown.iter().filter(|text| text.contains("[speech]"));
    assert_eq!(told.count(), 1, "{shown:?}");
}
