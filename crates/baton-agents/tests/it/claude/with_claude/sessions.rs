//! Each conversation has its own session, with a single writer.

use std::process::Stdio;

use baton_agents::ClaudeSettings;
use baton_agents::claude::SessionInUse;
use baton_agents::claude::events::{Event, StreamReader};
use baton_agents::claude::outgoing;
use baton_core::name::SessionId;
use baton_testkit::agent_run::{AgentRun, turn, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

use super::{Bed, agent, answer, next_turn, session};
use crate::rejected;

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s12_a_session_that_is_gone_is_replaced_and_people_are_told() {
    let bed = Bed::new().await;
    for gone in [
        "0b1c0000-0000-4000-8000-000000000000",
        "a session of another agent",
    ] {
        let mut turn = turn("hello");
        turn.claim.session = Some(gone.into());
        let reply = answer(&bed.agent(), turn).await;
        assert_eq!(reply.text, "hello");
        let [note] = &reply.notes[..] else {
            panic!("{:?}", reply.notes);
        };
        assert!(note.contains("A new session begins"), "{note}");
        assert_ne!(session(&reply), SessionId::from(gone));
        let next = answer(&bed.agent(), next_turn("again", &reply)).await;
        assert_eq!(next.notes, [] as [&str; 0]);
    }
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s13_s16_two_conversations_in_one_folder_never_share_a_session() {
    let bed = Bed::new().await;
    let one = answer(&bed.agent(), turn("the word is tea")).await;
    let other = answer(&bed.agent(), turn("what is the word?")).await;
    assert_ne!(session(&one), session(&other));
    let again = answer(&bed.agent(), next_turn("say it", &other)).await;
    assert_eq!(session(&again), session(&other));
    let asked = bed.api.asked();
    assert!(
        asked[1..]
            .iter()
            .all(|asked| !asked.mentions("the word is tea"))
    );
}

/// A CLI in another terminal with an open session.
async fn terminal(bed: &Bed, session: &SessionId) -> Child {
    let words = "-p --input-format stream-json --output-format stream-json --verbose --resume";
    let mut child = Command::new(bed.cli.program())
        .args(words.split(' '))
        .arg(session.as_str())
        .env_clear()
        .envs(bed.cli.env(&bed.api))
        .current_dir(bed.cli.work())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let stdin = child.stdin.as_mut().unwrap();
    let hello = outgoing::user_message("at the terminal", None);
    stdin.write_all(hello.as_bytes()).await.unwrap();
    let mut reader = StreamReader::default();
    let stdout = child.stdout.as_mut().unwrap();
    let answered = async {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = stdout.read(&mut buffer).await.unwrap();
            assert_ne!(read, 0, "it ended");
            let events = reader.push(&buffer[..read]);
            if events
                .iter()
                .any(|event| matches!(event, Event::Finished(_)))
            {
                return;
            }
        }
    };
    within("the other terminal answers", answered).await;
    child
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s14_a_session_that_is_open_elsewhere_is_copied_or_refused() {
    let bed = Bed::new().await;
    let first = answer(&bed.agent(), turn("the word is tea")).await;
    let mut other = terminal(&bed, &session(&first)).await;

    let refuses = agent(ClaudeSettings {
        session_in_use: SessionInUse::Refuse,
        ..bed.settings()
    });
    let before = bed.api.asked().len();
    let run = AgentRun::start(&refuses, next_turn("go on", &first));
    let reason = rejected(run.end().await);
    assert!(reason.contains("open in another terminal"), "{reason}");
    assert_eq!(bed.api.asked().len(), before);

    let copy = answer(&bed.agent(), next_turn("go on", &first)).await;
    assert!(
        copy.notes[0].contains("in a copy of the session"),
        "{:?}",
        copy.notes
    );
    assert_ne!(session(&copy), session(&first));
    let asked = bed.api.asked();
    assert!(asked.last().unwrap().mentions("the word is tea"));
    // People see the note once, because the conversation then owns the copy.
    let next = answer(&bed.agent(), next_turn("and on", &copy)).await;
    assert_eq!(next.notes, [] as [&str; 0]);

    // A killed CLI leaves its file behind, but does not hold the session.
    other.kill().await.unwrap();
    let back = answer(&refuses, next_turn("back", &first)).await;
    assert_eq!(session(&back), session(&first));
}
