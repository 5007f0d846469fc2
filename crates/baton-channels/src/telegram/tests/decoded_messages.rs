use baton_chat::connector::PlatformTime;
use serde_json::json;

use super::*;

#[test]
fn a_message_keeps_its_place_author_and_time() {
    let message = readable(json!({ "text": "hello" }));
    assert_eq!(message.chat.as_str(), GROUP.to_string());
    assert_eq!(message.id.space(), GROUP.to_string());
    assert_eq!((message.id.as_str(), message.position.as_str()), ("5", "5"));
    assert_eq!(message.sender.author.id.as_str(), "77");
    assert_eq!(message.sender.author.name, "Ann Lee");
    assert!(!message.sender.is_bot && !message.sender.is_us && message.is_from_person);
    assert!(!message.mentions_us && !message.is_silent && !message.is_direct);
    assert_eq!(message.text, "hello");
    assert_eq!(message.sent_at, Some(PlatformTime(1_700_000_000_000)));
    assert_eq!((message.edited_at, message.reply_to), (None, None));
}

#[test]
fn the_number_of_the_update_and_the_chat_are_shown() {
    let update = decode(&json!({ "update_id": 12, "message": message(5, json!({ "text": "x" })) }));
    assert_eq!(update.id, Some(12));
    let chat = update.chat.unwrap();
    assert_eq!(chat.address.to_string(), GROUP.to_string());
    assert!(chat.is_forum);
    assert_eq!(chat.title.as_deref(), Some("Team"));
}

#[test]
fn only_a_topic_message_is_in_a_topic() {
    let topic = readable(json!({ "text": "x", "message_thread_id": 7, "is_topic_message": true }));
    assert_eq!(topic.chat.as_str(), format!("{GROUP}/7"));
    // All topics of a chat share the numbers of messages.
    assert_eq!(topic.id.space(), GROUP.to_string());
    let chain = readable(json!({ "text": "x", "message_thread_id": 7 }));
    assert_eq!(chain.chat.as_str(), GROUP.to_string());
    let general =
        readable(json!({ "text": "x", "message_thread_id": 1, "is_topic_message": true }));
    assert_eq!(general.chat.as_str(), GROUP.to_string());
}

#[test]
fn a_private_chat_is_direct_with_and_without_a_topic() {
    let chat = json!({ "id": ANN, "type": "private", "first_name": "Ann" });
    let message = readable(json!({ "text": "x", "chat": chat }));
    assert!(message.is_direct);
    assert_eq!(message.chat.as_str(), "77");
    let message = readable(json!({
        "text": "x", "chat": chat, "message_thread_id": 9, "is_topic_message": true,
    }));
    assert!(message.is_direct);
    assert_eq!(message.chat.as_str(), "77/9");
}

#[test]
fn a_reply_to_the_bot_calls_the_bot() {
    let reply = |from, number| {
        readable(json!({
            "text": "and this?", "message_thread_id": 7, "is_topic_message": true,
            "reply_to_message": { "message_id": number, "date": 1, "chat": group(), "from": from },
        }))
    };
    let message = reply(bot(), 4);
    assert!(message.mentions_us);
    assert_eq!(message.reply_to.unwrap().as_str(), "4");
    let message = reply(ann(), 4);
    assert!(!message.mentions_us);
    assert_eq!(message.reply_to.unwrap().as_str(), "4");
}

#[test]
fn a_message_in_a_topic_of_the_bot_is_no_reply_to_the_bot() {
    // Telegram shows the notice about the creation as the answered message.
    for notice in [
        json!({ "forum_topic_created": { "name": "a", "icon_color": 1 } }),
        json!({}),
    ] {
        let mut root = json!({ "message_id": 7, "date": 1, "chat": group(), "from": bot() });
        root.as_object_mut()
            .unwrap()
            .extend(notice.as_object().unwrap().clone());
        let message = readable(json!({
            "text": "x", "message_thread_id": 7, "is_topic_message": true, "reply_to_message": root,
        }));
        assert!(!message.mentions_us);
        assert_eq!(message.reply_to, None);
    }
}

#[test]
fn an_edited_message_has_the_time_of_the_edit() {
    let edited = message(5, json!({ "text": "new", "edit_date": 1_700_000_060 }));
    let TelegramEvent::Edit(decoded) = event("edited_message", edited) else {
        panic!("no edit");
    };
    let message = decoded.message.into_readable().unwrap();
    assert_eq!(message.edited_at, Some(PlatformTime(1_700_000_060_000)));
    assert_eq!((message.id.as_str(), message.text.as_str()), ("5", "new"));
}

#[test]
fn messages_of_business_accounts_and_guests_are_ignored() {
    let business = json!({ "text": "x", "business_connection_id": "b" });
    assert_eq!(ignored(business), "a message of a business account");
    for kind in [
        "business_message",
        "guest_message",
        "channel_post",
        "edited_channel_post",
        "new",
    ] {
        let event = event(kind, message(5, json!({ "text": "x" })));
        assert!(matches!(event, TelegramEvent::Ignored(_)), "{kind}");
    }
}

#[test]
fn a_message_sent_with_the_help_of_another_bot_is_the_authors() {
    let gif = json!({ "id": 9, "is_bot": true, "first_name": "gif" });
    let message = readable(json!({ "text": "x", "via_bot": gif }));
    assert_eq!(message.sender.author.id.as_str(), "77");
    assert!(!message.sender.is_bot);
}

#[test]
fn a_message_that_only_one_person_sees_is_answered_only_as_a_command() {
    let ephemeral = |text| json!({ "message_id": 0, "ephemeral_message_id": 3, "text": text });
    assert!(ignored(ephemeral("hello")).contains("ephemeral"));
    let TelegramEvent::Command(command) = event("message", message(0, ephemeral("/status"))) else {
        panic!("no command");
    };
    assert_eq!(command.ephemeral, Some(3));
    assert_eq!(command.message.id.as_str(), "ephemeral-77-3");
}
