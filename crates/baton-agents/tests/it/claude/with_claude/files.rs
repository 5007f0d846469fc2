//! Files that come with a message, and files that are sent.

use baton_core::files::Received;
use baton_testkit::agent_run::turn;
use baton_testkit::messages_api::Answer;
use serde_json::json;

use super::{Bed, agent, answer};
use crate::images::{PNG, image};

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
        root: kept.path().to_owned(),
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

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn it_is_shown_images_beside_their_files() {
    let bed = Bed::new().await;
    let kept = tempfile::tempdir().unwrap();
    // What looks like a name of a file is said as words, images or not.
    let mut turn = turn("is @dot red?");
    turn.files.received = vec![image(&kept, "dot.png")];
    bed.api.next(Answer::text("yes"));
    answer(&bed.agent(), turn).await;
    let asked = bed.api.asked();
    let messages = asked[0].body["messages"].as_array().unwrap();
    let said = messages.iter().find(|message| message["role"] == "user");
    let content = said.unwrap()["content"].as_array().unwrap();
    let mut images = content.iter().filter(|block| block["type"] == "image");
    let source = &images.next().unwrap()["source"];
    assert_eq!(source["media_type"], "image/png", "{source}");
    assert_eq!(source["data"], PNG, "{source}");
    assert!(images.next().is_none());
    let said = content.iter().any(|block| {
        let text = block["text"].as_str().unwrap_or_default();
        text.contains("is @dot red?") && text.contains("[attached file dot.png, ")
    });
    assert!(said, "{content:?}");
}
