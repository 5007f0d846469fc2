use super::*;

fn channel() -> Value {
    json!({ "id": -100_555, "type": "channel", "title": "News" })
}

fn service(id: i64) -> Value {
    json!({ "id": id, "is_bot": id != 777_000, "first_name": "Group" })
}

#[test]
fn an_anonymous_administrator_is_no_person() {
    let message = readable(json!({
        "text": "x", "from": service(1_087_968_824), "sender_chat": group(),
        "author_signature": "boss",
    }));
    let author = &message.sender.author;
    assert_eq!(author.id.as_str(), format!("chat:{GROUP}"));
    assert_eq!(author.name, "Team (boss)");
    assert!(message.sender.is_bot && !message.sender.is_us);
}

#[test]
fn a_post_of_a_channel_is_from_no_person() {
    let message = readable(json!({
        "text": "x", "from": service(777_000), "sender_chat": channel(),
        "is_automatic_forward": true,
    }));
    assert_eq!(message.sender.author.id.as_str(), "chat:-100555");
    assert!(message.sender.is_bot && !message.is_from_person);
    let command = readable(json!({
        "text": "/status", "from": service(777_000), "sender_chat": channel(),
        "is_automatic_forward": true,
    }));
    assert!(!command.is_from_person);
}

#[test]
fn a_service_account_alone_matches_no_list_of_people() {
    for id in [777_000, 1_087_968_824, 136_817_688] {
        let message = readable(json!({ "text": "x", "from": service(id) }));
        assert!(message.sender.is_bot, "{id}");
        assert!(
            message.sender.author.id.as_str().parse::<i64>().is_err(),
            "{id}"
        );
    }
}

#[test]
fn an_unreadable_chat_as_the_author_does_not_leave_a_person() {
    let fields = json!({ "text": "x", "from": ann(), "sender_chat": { "id": "?" } });
    let TelegramEvent::Unreadable(message) = event("message", message(5, fields)) else {
        panic!("readable");
    };
    assert!(message.sender.is_none());
}

#[test]
fn another_program_and_the_bot_itself_are_known() {
    let other = json!({ "id": 9, "is_bot": true, "first_name": "Other" });
    let message = readable(json!({ "text": "x", "from": other }));
    assert!(message.sender.is_bot && !message.sender.is_us);
    let message = readable(json!({ "text": "x", "from": bot() }));
    assert!(message.sender.is_us);
}

#[test]
fn an_account_without_a_name_has_its_number() {
    let nobody = json!({ "id": 8, "is_bot": false, "first_name": "" });
    let message = readable(json!({ "text": "x", "from": nobody }));
    assert_eq!(message.sender.author.name, "8");
}
