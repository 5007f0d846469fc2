//! Received files and output files.

use baton_core::agent::ErrorClass;
use baton_core::files::Received;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::messages_api::Answer;
use serde_json::json;

use super::{Bed, agent, answer, next_turn};
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
        is_heard: false,
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
    // A text that looks like a file name stays plain text, with or without images.
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

/// `talk` relies on this: a refused image does no harm later.
#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn an_image_that_the_model_s_server_refuses_costs_only_itself() {
    let bed = Bed::new().await;
    let kept = tempfile::tempdir().unwrap();
    bed.api.always(|asked| {
        if asked.body["messages"].to_string().contains("\"image\"") {
            Answer::status(400, "messages.0.content.0.image: Could not process image")
        } else {
            Answer::text("no picture")
        }
    });
    let mut first = turn("what is it?");
    first.files.received = vec![image(&kept, "dot.png")];
    let reply = answer(&bed.agent(), first).await;
    assert_eq!(reply.text, "no picture");
    let asked = bed.api.asked();
    assert!(asked.last().unwrap().mentions("what is it?"));
    let reply = answer(&bed.agent(), next_turn("and now?", &reply)).await;
    assert_eq!(reply.text, "no picture");
    assert_eq!(bed.api.asked().len(), asked.len() + 1);
}

#[tokio::test]
#[ignore = "needs the Claude CLI, which ./test brings"]
async fn a_conversation_whose_images_are_too_much_together_goes_on_with_the_next_try() {
    let bed = Bed::new().await;
    let kept = tempfile::tempdir().unwrap();
    bed.api.next(Answer::text("a dot"));
    let mut first = turn("what is it?");
    first.files.received = vec![image(&kept, "dot.png")];
    let reply = answer(&bed.agent(), first).await;
    bed.api.always(|asked| {
        let images = asked.body["messages"].to_string();
        if images.matches("\"type\":\"image\"").count() > 1 {
            Answer::status(413, "Request exceeds the maximum size")
        } else {
            Answer::text("another dot")
        }
    });
    let again = || {
        let mut again = next_turn("and this?", &reply);
        again.files.received = vec![image(&kept, "dot.png")];
        again
    };
    let error = AgentRun::start(&bed.agent(), again()).end().await;
    let error = error.unwrap_err();
    assert_eq!(error.class, ErrorClass::Failed, "{error:?}");
    let reply = answer(&bed.agent(), again()).await;
    assert_eq!(reply.text, "another dot");
}
