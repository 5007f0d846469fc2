use super::*;

#[test]
fn a_known_command_is_an_action() {
    let (action, name, options) = command(json!({ "text": "/Status" }));
    assert_eq!((name.as_str(), options.len()), ("status", 0));
    assert_eq!(action.chat.as_str(), GROUP.to_string());
    assert_eq!(action.actor.author.id.as_str(), "77");
    assert!(!action.actor.is_moderator);
    assert_eq!(command(json!({ "text": "/help" })).1, "help");
}

#[test]
fn the_words_after_a_command_are_its_options_in_order() {
    let option = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    for (text, expected) in [
        ("/model  opus 4 ", vec![option("name", "opus 4")]),
        ("/model", vec![]),
        ("/trace@Baton_Bot 12", vec![option("number", "12")]),
        (
            "/add_project https://example.org/a.git my project",
            vec![
                option("name", "my project"),
                option("url", "https://example.org/a.git"),
            ],
        ),
        (
            "/add_project https://example.org/a.git",
            vec![option("url", "https://example.org/a.git")],
        ),
        ("/stop at once", vec![]),
    ] {
        assert_eq!(command(json!({ "text": text })).2, expected, "{text}");
    }
    assert_eq!(
        command(json!({ "text": "/add_project x" })).1,
        "add-project"
    );
}

#[test]
fn a_command_in_a_caption_counts_and_keeps_its_file() {
    let fields = json!({ "caption": "/status", "voice": { "file_id": "f" } });
    let TelegramEvent::Command(command) = event("message", message(5, fields)) else {
        panic!("no command");
    };
    assert_eq!(command.message.files.len(), 1);
    assert_eq!(command.message.text, "/status");
}

#[test]
fn a_command_for_another_bot_is_neither_a_command_nor_a_text() {
    for text in ["/status@other_bot", "/weather@other_bot Paris"] {
        assert_eq!(
            ignored(json!({ "text": text })),
            "a command for another bot"
        );
    }
}

#[test]
fn an_unknown_command_is_ordinary_text() {
    let message = readable(json!({ "text": "/explain this" }));
    assert_eq!(message.text, "/explain this");
    assert!(!message.mentions_us);
    let message = readable(json!({ "text": "/explain@baton_bot this" }));
    assert_eq!(message.text, "/explain this");
    assert!(message.mentions_us);
    for text in [
        "/usr/bin/env is there",
        "/",
        "/ status",
        "//status",
        "/status@",
        " /status x@y",
    ] {
        assert_eq!(readable(json!({ "text": text })).text, text.trim());
    }
}

#[test]
fn forwarded_and_edited_words_are_no_commands() {
    let origin = json!({ "type": "hidden_user", "date": 1, "sender_user_name": "Bo" });
    for text in ["/stop", "/stop@other_bot"] {
        let message = readable(json!({ "text": text, "forward_origin": origin }));
        assert_eq!(message.text, format!("Forwarded from Bo:\n> {text}"));
    }
    for text in ["/stop", "/stop@other_bot", "/stop@baton_bot"] {
        let event = event(
            "edited_message",
            message(5, json!({ "text": text, "edit_date": 2 })),
        );
        let TelegramEvent::Edit(edit) = event else {
            panic!("{text} is no edit")
        };
        let edited = edit.message.into_readable().unwrap();
        assert_eq!(edited.text, text);
        // Otherwise, the edit of a command would be a message for the agent.
        assert!(!edited.mentions_us, "{text}");
    }
}

#[test]
fn everybody_moderates_a_private_chat_but_no_chat_moderates_a_group() {
    let chat = json!({ "id": ANN, "type": "private" });
    let (action, ..) = command(json!({ "text": "/reset", "chat": chat }));
    assert!(action.actor.is_moderator);
    assert_eq!(action.info, Some(baton_chat::connector::ChatInfo::DIRECT));
    let (action, ..) = command(json!({ "text": "/reset", "sender_chat": group() }));
    assert!(action.actor.is_bot && !action.actor.is_moderator);
}
