//! Images for models with vision.

use baton_agents::OpenAiSettings;
use baton_core::files::Received;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::model_server::{Answer, ModelServer};
use serde_json::{Value, json};

use super::{agent, settings};
use crate::images::{PNG, file, image, sized};

/// The request for a message with these files, and the notes for people.
async fn asked(text: &str, window: usize, received: Vec<Received>) -> (Value, Vec<String>) {
    let server = ModelServer::start().await;
    server.next(Answer::text("I see."));
    let settings = OpenAiSettings {
        images: true,
        context_tokens: window,
        ..settings(&server)
    };
    let mut turn = turn(text);
    turn.files.received = received;
    let reply = AgentRun::start(&agent(settings), turn).end().await.unwrap();
    let mut body = server.asked().pop().unwrap().body;
    (body["messages"][0]["content"].take(), reply.notes)
}

fn shown() -> Value {
    json!({"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{PNG}")}})
}

#[tokio::test]
async fn images_are_shown_with_the_message_they_came_with() {
    let folder = tempfile::tempdir().unwrap();
    // The content decides the type of a file, not the name.
    let files = vec![image(&folder, "dot.png"), image(&folder, "dot.txt")];
    let (content, notes) = asked("which colour?", 4096, files).await;
    let text = json!({"type": "text", "text": "which colour?"});
    assert_eq!(content, json!([text, shown(), shown()]));
    assert!(notes.is_empty(), "{notes:?}");
    let (content, _) = asked("", 4096, vec![image(&folder, "dot.png")]).await;
    assert_eq!(content, json!([shown()]));
}

#[tokio::test]
async fn people_are_told_of_what_it_cannot_be_shown() {
    let folder = tempfile::tempdir().unwrap();
    let linked = image(&folder, "linked.png");
    std::fs::rename(&linked.path, folder.path().join("elsewhere")).unwrap();
    std::os::unix::fs::symlink("elsewhere", &linked.path).unwrap();
    let large = sized(&folder, "large.png", 5_000, 1);
    let large = std::fs::read(large.path).unwrap();
    let cut = file(&folder, "cut.png", &large[..large.len() - 1]);
    let files = vec![
        image(&folder, "dot.png"),
        cut,
        file(&folder, "notes.txt", b"tea at five"),
        file(&folder, "broken.png", b"\x89PNG"),
        sized(&folder, "wide.png", 8_001, 1),
        sized(&folder, "none.png", 0, 1),
        file(&folder, "long.png", &[0; 5 * 1024 * 1024]),
        linked,
    ];
    let (content, notes) = asked("and?", 4096, files).await;
    assert_eq!(content[1], shown());
    assert_eq!(content.as_array().unwrap().len(), 2);
    let told = "Answered without these files, which baton cannot open: cut.png, notes.txt, broken.png, \
                wide.png, none.png, \
                long.png, linked.png.";
    assert_eq!(notes, [told]);
}

#[tokio::test]
async fn what_no_room_is_left_for_is_told_too() {
    let folder = tempfile::tempdir().unwrap();
    let large = |name| sized(&folder, name, 2_000, 2_000);
    let files = vec![
        large("one.png"),
        large("two.png"),
        image(&folder, "dot.png"),
    ];
    let (content, notes) = asked("and?", 4096, files).await;
    assert_eq!(content.as_array().unwrap().len(), 3);
    assert_eq!(content[2], shown());
    assert_eq!(
        notes,
        ["Answered without these files, which baton cannot open: two.png."]
    );
}

#[tokio::test]
async fn a_message_is_answered_without_the_image_that_its_server_refuses() {
    let folder = tempfile::tempdir().unwrap();
    for status in [400, 413, 500] {
        let server = ModelServer::start().await;
        server.next(Answer::status(status, "cannot load image"));
        server.next(Answer::text("I see nothing."));
        let settings = OpenAiSettings {
            images: true,
            ..settings(&server)
        };
        let mut turn = turn("which colour?");
        turn.files.received = vec![image(&folder, "dot.png")];
        let reply = AgentRun::start(&agent(settings), turn).end().await.unwrap();
        assert_eq!(reply.text, "I see nothing.");
        let told = "Answered without these files, which baton cannot open: dot.png.";
        assert_eq!(reply.notes, [told]);
        let asked = server.asked();
        assert_eq!(asked.len(), 2);
        let said = "which colour?\n\n[the image dot.png cannot be shown to you]";
        assert_eq!(asked[1].body["messages"][0]["content"], said);
    }
}

#[tokio::test]
async fn it_is_not_tried_without_images_where_they_are_not_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    for (status, received) in [
        (400, Vec::new()),
        (401, vec![image(&folder, "dot.png")]),
        (503, vec![image(&folder, "dot.png")]),
    ] {
        let server = ModelServer::start().await;
        server.always(move |_| Answer::status(status, "no"));
        let settings = OpenAiSettings {
            images: true,
            ..settings(&server)
        };
        let mut turn = turn("which colour?");
        turn.files.received = received;
        let end = AgentRun::start(&agent(settings), turn).end().await;
        end.unwrap_err();
        assert_eq!(server.asked().len(), 1, "{status}");
    }
}
