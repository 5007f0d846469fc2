use baton_chat::connector::UnreadableMessage;

use super::*;

fn unreadable(update: &Value) -> UnreadableMessage {
    match decode(update).event {
        TelegramEvent::Unreadable(message) => *message,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_unreadable_message_keeps_its_readable_parts() {
    for (field, value) in [
        ("text", json!(7)),
        ("from", json!({ "id": ANN })),
        ("is_topic_message", json!("yes")),
    ] {
        let mut update =
            json!({ "update_id": 9, "message": message(5, json!({ "text": "a secret" })) });
        update["message"][field] = value;
        assert_eq!(decode(&update).id, Some(9));
        let message = unreadable(&update);
        assert_eq!(message.id.unwrap().as_str(), "5", "{field}");
        assert_eq!(message.position.unwrap().as_str(), "5");
        assert_eq!(message.chat.unwrap().as_str(), GROUP.to_string());
        assert!(message.may_be_from_person && !message.may_mention_us);
        assert!(!message.reason.contains("secret"), "{}", message.reason);
        assert!(message.raw.contains(&GROUP.to_string()));
        let sender = message.sender.map(|sender| sender.author.id.to_string());
        assert_eq!(sender.is_some(), field != "from");
        assert_eq!(message.text.is_some(), field != "text");
    }
}

#[test]
fn an_unreadable_chat_leaves_the_message_without_a_place() {
    let message =
        unreadable(&json!({ "message": message(5, json!({ "text": "x", "chat": "?" })) }));
    assert!(message.chat.is_none() && message.id.is_none());
    assert!(message.may_be_from_person);
}

#[test]
fn a_message_that_may_call_the_bot_says_so() {
    for text in ["@Baton_Bot", "tg://user?id=4242"] {
        let update = json!({ "message": message(5, json!({ "text": text, "caption": 7 })) });
        assert!(unreadable(&update).may_mention_us, "{text}");
    }
}

#[test]
fn content_that_cannot_be_read_is_refused_and_not_passed_over() {
    for fields in [
        json!({ "photo": 7 }),
        json!({ "voice": "?" }),
        json!({ "poll": 7 }),
    ] {
        let message = unreadable(&json!({ "message": message(5, fields) }));
        assert!(message.may_be_from_person);
        assert_eq!(message.reason, "the content cannot be read");
    }
}

#[test]
fn an_unreadable_optional_field_costs_only_itself() {
    let message = readable(json!({
        "text": "hello", "entities": 7, "date": "now", "reply_to_message": [], "quote": 7,
        "external_reply": null, "media_group_id": {}, "via_bot": 3, "edit_date": "x",
        "photo": "?", "forward_origin": null, "author_signature": 4,
    }));
    assert_eq!(message.text, "hello");
    assert_eq!((message.sent_at, message.reply_to), (None, None));
}

#[test]
fn a_message_without_an_author_or_a_number_is_refused() {
    let update = json!({ "message": message(0, json!({ "text": "x" })) });
    assert_eq!(
        unreadable(&update).reason,
        "the number of the message is missing"
    );
    let update = json!({ "message": message(5, json!({ "text": "x", "from": null })) });
    assert_eq!(unreadable(&update).reason, "the author is missing");
}

#[test]
fn a_notice_that_cannot_be_read_is_from_nobody() {
    let update = json!({ "message": message(5, json!({ "from": 7, "new_chat_title": "x" })) });
    assert!(!unreadable(&update).may_be_from_person);
}

#[test]
fn an_unreadable_edit_stays_an_edit() {
    let edited = event("edited_message", message(5, json!({ "text": 7 })));
    let TelegramEvent::Edit(edited) = edited else {
        panic!("{edited:?}");
    };
    assert_eq!(edited.message.id().unwrap().as_str(), "5");
    assert!(edited.message.into_readable().is_none());
}

#[test]
fn updates_of_any_form_are_decoded() {
    for update in [json!(7), json!([["lost"]]), json!(null)] {
        let message = unreadable(&update);
        assert!(message.may_be_from_person && message.chat.is_none());
    }
    for update in [
        json!({}),
        json!({ "update_id": 3 }),
        json!({ "update_id": "x", "poll": {} }),
    ] {
        assert!(matches!(decode(&update).event, TelegramEvent::Ignored(_)));
    }
}

#[test]
fn a_long_unreadable_message_keeps_only_its_beginning() {
    let update =
        json!({ "message": message(5, json!({ "text": "é".repeat(9_000), "caption": 7 })) });
    assert!(unreadable(&update).raw.len() <= 4 * 1024);
}
