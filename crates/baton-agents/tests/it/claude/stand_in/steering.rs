//! Messages that arrive during a turn.

use baton_core::message::{Attachment, Message};
use baton_testkit::agent_run::{AgentRun, turn};
use serde_json::json;

use super::{StandIn, begins, ends, idle, says};

/// A message of people during the turn.
fn message(text: &str) -> Message {
    turn(text).claim.messages.remove(0)
}

/// A line in which the CLI reports this state for the last message. The message's name is random.
fn moved(state: &str) -> String {
    let line = json!({"type": "command_lifecycle", "command_uuid": "NAME", "state": state});
    let line = line.to_string().replace("NAME", "$name");
    format!(
        "! name=$(sed -n 's/.*\\(\"uuid\":\"[^\"]*\\).*/\\1/p' told | tail -n 1 | cut -d'\"' -f4); \
         printf '%s\\n' \"{}\"",
        line.replace('"', "\\\"")
    )
}

#[tokio::test]
async fn a_cli_that_does_not_tell_what_it_took_is_handed_nothing() {
    let lines = [
        begins(),
        says("I do "),
        "! until [ -e go ]; do sleep 0.02; done".to_owned(),
        ends("done"),
        idle(),
    ];
    let standing = StandIn::new(&lines);
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    run.steer(message("and then?"));
    run.said("I do ").await;
    std::fs::write(standing.path("go"), "").unwrap();
    run.heard_out().await;
    assert_eq!(run.taken(), []);
    assert!(!standing.told().contains("and then?"));
}

#[tokio::test]
async fn a_message_counts_as_taken_when_the_cli_is_done_with_it() {
    let standing = StandIn::new(&[
        moved("started"),
        begins(),
        "< and then?".to_owned(),
        moved("queued"),
        ends("one"),
        moved("started"),
        begins(),
        ends("two"),
        moved("completed"),
        idle(),
    ]);
    let further = message("and then?");
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    run.steer(further.clone());
    run.heard_out().await;
    assert_eq!(run.taken(), [further.id]);
    assert_eq!(run.end().await.unwrap().text, "one\n\ntwo");
}

#[tokio::test]
async fn a_message_that_the_cli_dies_with_is_not_taken() {
    for state in ["queued", "started", "discarded"] {
        let standing = StandIn::new(&[
            moved("started"),
            begins(),
            "< and then?".to_owned(),
            moved(state),
            ends("one"),
            "! exit 3".to_owned(),
        ]);
        let mut run = AgentRun::start(&standing.agent(), turn("go"));
        run.steer(message("and then?"));
        run.heard_out().await;
        assert_eq!(run.taken(), [], "{state}");
        assert_eq!(run.end().await.unwrap().text, "one");
    }
}

#[tokio::test]
async fn a_message_with_files_waits_and_so_does_what_comes_behind_it() {
    let standing = StandIn::new(&[
        moved("started"),
        begins(),
        "< first".to_owned(),
        moved("completed"),
        ends("one"),
        idle(),
    ]);
    let (first, mut files, behind) = (message("first"), message("files"), message("behind"));
    files.attachments.push(Attachment {
        name: "a".to_owned(),
        location: "a".to_owned(),
        size: 1,
        transcript: None,
    });
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    for further in [first.clone(), files, behind] {
        run.steer(further);
    }
    run.heard_out().await;
    assert_eq!(run.taken(), [first.id]);
    let told = standing.told();
    assert!(
        !told.contains("files") && !told.contains("behind"),
        "{told}"
    );
}

#[tokio::test]
async fn a_message_whose_answer_failed_is_not_taken() {
    let fails = json!({"type": "result", "subtype": "error_during_execution", "is_error": true});
    let standing = StandIn::new(&[
        moved("started"),
        begins(),
        "< and then?".to_owned(),
        ends("one"),
        moved("started"),
        begins(),
        fails.to_string(),
        moved("completed"),
        idle(),
    ]);
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    run.steer(message("and then?"));
    run.heard_out().await;
    assert_eq!(run.taken(), []);
    assert_eq!(run.end().await.unwrap().text, "one");
}
