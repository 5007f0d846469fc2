//! Files that come with a message, and files that are sent.

use baton_core::files::Received;
use baton_testkit::agent_run::turn;
use baton_testkit::messages_api::Answer;
use serde_json::json;

use super::{Bed, agent, answer};

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn it_reads_what_came_and_sends_what_it_puts_into_the_outbox() {
    let bed = Bed::new().await;
    let kept = tempfile::tempdir().unwrap();
    let outbox = tempfile::tempdir().unwrap();
    let path = kept.path().join("1-note.txt");
    std::fs::write(&path, "tea at five").unwrap();
    let mut turn = turn("when is tea?");
    turn.files.received.push(Received {
        path: path.clone(),
        name: "note.txt".to_owned(),
        size: 11,
    });
    turn.files.outbox = Some(outbox.path().to_owned());
    bed.api
        .next(Answer::tool("Read", json!({"file_path": path})));
    let command = "echo five > \"$BATON_OUTBOX/answer\"";
    bed.api
        .next(Answer::tool("Bash", json!({"command": command})));
    let settings = baton_agents::ClaudeSettings {
        allowed_tools: vec!["Bash".to_owned()],
        ..bed.settings()
    };
    answer(&agent(settings), turn).await;
    let asked = bed.api.asked();
    assert!(
        asked[0]
            .last_said()
            .contains("[attached file note.txt, 11 bytes: ")
    );
    assert!(asked[0].system().contains("$BATON_OUTBOX"));
    assert!(asked[1].tool_results()[0].1.contains("tea at five"));
    let sent = std::fs::read_to_string(outbox.path().join("answer")).unwrap();
    assert_eq!(sent, "five\n");
}
