//! With `keep_warm`, the next turn of a conversation uses the same CLI process.

use std::time::Duration;

use baton_agents::ClaudeSettings;
use baton_testkit::baton::Baton;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Bed, setup};
use crate::with_claude::Talk;

async fn start(bed: &Bed) -> Baton {
    let kept = ClaudeSettings {
        keep_warm: Duration::from_hours(1),
        ..bed.settings()
    };
    setup(kept).start().await
}

async fn answered(baton: &Baton, text: &str) {
    baton.say("room", text).await;
    baton.settled().await;
    assert_eq!(baton.platform.texts_in("room").last().unwrap(), text);
}

fn lives(pid: Pid) -> bool {
    kill(pid, None).is_ok()
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s15_the_same_process_answers_again_but_not_after_a_reset() {
    let bed = Bed::new().await;
    let baton = start(&bed).await;
    answered(&baton, "the word is tea").await;
    let first = bed.running();
    answered(&baton, "what is the word?").await;
    assert_eq!(bed.running(), first);
    let asked = bed.api.asked();
    assert!(asked[1].mentions("the word is tea"));
    assert_eq!(asked[1].session, asked[0].session);

    let conversation = baton.find("the word is tea").await.conversation;
    baton.store().reset(conversation).await.unwrap();
    answered(&baton, "and now?").await;
    let second = bed.running();
    assert_ne!(second, first);
    assert!(!lives(first));
    let asked = bed.api.asked();
    assert!(!asked[2].mentions("the word is tea"));

    // A new process replaces a dead one and resumes its session.
    kill(second, Signal::SIGKILL).unwrap();
    answered(&baton, "still there?").await;
    assert_ne!(bed.running(), second);
    let asked = bed.api.asked();
    assert_eq!(asked[3].session, asked[2].session);
    assert!(asked[3].mentions("and now?"));
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn s14_a_session_that_was_opened_elsewhere_meanwhile_is_copied() {
    let bed = Bed::new().await;
    let baton = start(&bed).await;
    answered(&baton, "the word is tea").await;
    let first = bed.running();
    let session = bed.api.asked()[0].session.clone().unwrap();
    let mut terminal = Talk::start(&bed.cli, &bed.api, &["--resume", &session]);
    terminal.say("at the terminal").await;
    terminal.result().await;
    answered(&baton, "go on").await;
    assert!(!lives(first), "two never write one transcript");
    let shown = baton.platform.texts_in("room");
    assert!(shown[1].contains("in a copy of the session"), "{shown:?}");
}
