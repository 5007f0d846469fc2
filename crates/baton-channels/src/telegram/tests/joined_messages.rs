use super::*;
use crate::telegram::updates::message_joining::{JoinedUpdates, join_updates};

const LONG: usize = 4_000;

/// An update with a message that has the same number.
fn update(number: i64, fields: Value) -> TelegramUpdate {
    decode(&json!({ "update_id": number, "message": message(number, fields) }))
}

fn photo(number: i64, album: &str, fields: &Value) -> TelegramUpdate {
    let mut photo = json!({
        "media_group_id": album, "photo": [{ "file_id": format!("f{number}") }],
    });
    photo
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    update(number, photo)
}

fn text(number: i64, text: &str, date: i64) -> TelegramUpdate {
    update(number, json!({ "text": text, "date": date }))
}

fn private(number: i64) -> TelegramUpdate {
    update(
        number,
        json!({ "text": "x", "chat": { "id": ANN, "type": "private" } }),
    )
}

/// Joins updates after which further parts may come.
fn join_open(updates: &[TelegramUpdate]) -> JoinedUpdates {
    join_updates(updates.to_vec(), |_| false)
}

/// Joins updates after which no further part comes.
fn join_settled(updates: &[TelegramUpdate]) -> JoinedUpdates {
    join_updates(updates.to_vec(), |_| true)
}

fn messages(joined: &JoinedUpdates) -> Vec<&ReadableMessage> {
    let events = joined.ready.iter().map(|update| &update.event);
    let messages = events.filter_map(|event| match event {
        TelegramEvent::Message(decoded) => match &decoded.message {
            IncomingMessage::Readable(message) => Some(&**message),
            IncomingMessage::Unreadable(_) => None,
        },
        _ => None,
    });
    messages.collect()
}

fn ids(joined: &JoinedUpdates) -> Vec<i64> {
    joined.ready.iter().filter_map(|update| update.id).collect()
}

/// The places of the held updates.
fn held(joined: &JoinedUpdates) -> Vec<usize> {
    let places = joined.is_held.iter().enumerate();
    places
        .filter(|(_, held)| **held)
        .map(|(place, _)| place)
        .collect()
}

#[test]
fn an_album_becomes_one_message() {
    let updates = [
        photo(1, "a", &json!({})),
        photo(2, "a", &json!({ "caption": "look" })),
        photo(3, "b", &json!({})),
        photo(4, "a", &json!({ "caption": "and here" })),
        text(5, "x", 1),
    ];
    let joined = join_open(&updates);
    assert!(held(&joined).is_empty());
    let messages = messages(&joined);
    assert_eq!(messages.len(), 3);
    let album = messages[0];
    assert_eq!((album.id.as_str(), album.position.as_str()), ("1", "4"));
    assert_eq!(album.text, "look\n\nand here");
    let files: Vec<_> = album
        .files
        .iter()
        .map(|file| file.reference.as_str())
        .collect();
    assert_eq!(files, ["f1", "f2", "f4"]);
    assert_eq!(messages[1].id.as_str(), "3");
}

#[test]
fn albums_of_other_people_and_chats_stay_apart() {
    let other = json!({ "id": 78, "is_bot": false, "first_name": "Bo" });
    let updates = [
        photo(1, "a", &json!({})),
        photo(2, "a", &json!({ "from": other })),
        photo(
            3,
            "a",
            &json!({ "message_thread_id": 7, "is_topic_message": true }),
        ),
        text(4, "x", 1),
        update(
            5,
            json!({ "text": "x", "message_thread_id": 7, "is_topic_message": true }),
        ),
    ];
    assert_eq!(messages(&join_open(&updates)).len(), 5);
}

#[test]
fn an_album_at_the_end_waits_and_holds_no_other_chat() {
    let first = [
        private(1),
        text(2, "x", 1),
        photo(3, "a", &json!({})),
        private(4),
    ];
    let joined = join_open(&first);
    assert_eq!((ids(&joined), held(&joined)), (vec![1, 2, 4], vec![2]));
    let second = [first[2].clone(), photo(5, "a", &json!({})), private(6)];
    let joined = join_open(&second);
    assert_eq!((ids(&joined), held(&joined)), (vec![6], vec![0, 1]));
    let joined = join_settled(&second[..2]);
    assert_eq!(ids(&joined), [3]);
    assert_eq!(messages(&joined)[0].files.len(), 2);
}

#[test]
fn two_chats_can_wait_at_the_same_time() {
    let chat = json!({ "id": ANN, "type": "private" });
    let theirs = |number| photo(number, "b", &json!({ "chat": chat }));
    let updates = [photo(1, "a", &json!({})), theirs(2), theirs(3)];
    assert_eq!(held(&join_open(&updates)), [0, 1, 2]);
    // Only the second album can still grow.
    let joined = join_updates(updates.to_vec(), |place| place == 0);
    assert_eq!((ids(&joined), held(&joined)), (vec![1], vec![1, 2]));
}

#[test]
fn a_full_album_does_not_wait() {
    let updates = (1..=10).map(|number| photo(number, "a", &json!({})));
    let updates: Vec<_> = updates.collect();
    assert_eq!(messages(&join_open(&updates))[0].files.len(), 10);
}

#[test]
fn a_split_text_becomes_one_message() {
    let full = "a".repeat(4_096);
    let cut = "🦉".repeat(LONG / 2);
    let mentioned = json!({
        "text": "@baton_bot go", "date": 12, "entities": [{ "type": "mention", "offset": 0, "length": 10 }],
    });
    let updates = [
        text(1, &full, 10),
        text(2, &cut, 11),
        update(3, mentioned),
        text(4, "next", 12),
    ];
    let joined = join_open(&updates);
    let messages = messages(&joined);
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].text, format!("{full}{cut}\ngo"));
    assert!(messages[0].mentions_us);
    assert_eq!(
        (messages[0].id.as_str(), messages[0].position.as_str()),
        ("1", "3")
    );
    assert_eq!(messages[1].text, "next");
    assert!(held(&joined).is_empty());
}

#[test]
fn other_messages_do_not_continue_a_text() {
    let long = "a".repeat(LONG);
    let origin = json!({ "type": "hidden_user", "date": 1, "sender_user_name": "Bo" });
    let other = json!({ "id": 78, "is_bot": false, "first_name": "Bo" });
    let reply = json!({ "message_id": 1, "date": 1, "chat": group(), "from": ann() });
    let short = "a".repeat(LONG - 1);
    for (first, second) in [
        (text(1, &long, 10), text(2, "late", 12)),
        (text(1, &short, 10), text(2, "x", 10)),
        (
            text(1, &long, 10),
            update(2, json!({ "text": "x", "date": 10, "from": other })),
        ),
        (
            text(1, &long, 10),
            update(
                2,
                json!({ "text": "x", "date": 10, "reply_to_message": reply }),
            ),
        ),
        (
            text(1, &long, 10),
            update(
                2,
                json!({ "text": "x", "date": 10, "forward_origin": origin }),
            ),
        ),
        (
            update(
                1,
                json!({ "text": long, "date": 10, "forward_origin": origin }),
            ),
            text(2, "x", 10),
        ),
        (text(1, &long, 10), photo(2, "a", &json!({ "date": 10 }))),
    ] {
        let joined = join_open(&[first, second, text(3, "end", 99)]);
        assert_eq!(messages(&joined).len(), 3);
    }
}

#[test]
fn a_command_ends_a_text_and_is_not_held() {
    let joined = join_open(&[
        text(1, &"a".repeat(LONG), 10),
        text(2, "/stop", 10),
        text(3, "x", 10),
    ]);
    assert_eq!(ids(&joined), [1, 2, 3]);
}

#[test]
fn a_long_text_at_the_end_waits_while_presses_go_on() {
    let long = text(1, &"a".repeat(LONG), 10);
    let query = json!({ "id": "q", "from": ann(), "data": "x",
        "message": { "message_id": 8, "date": 5, "chat": group() } });
    let press = decode(&json!({ "update_id": 2, "callback_query": query }));
    let joined = join_open(&[long, press]);
    assert_eq!((ids(&joined), held(&joined)), (vec![2], vec![0]));
}

#[test]
fn an_edit_waits_behind_its_message() {
    let edited = message(
        1,
        json!({ "caption": "new", "photo": [{ "file_id": "f1" }], "edit_date": 2 }),
    );
    let edit = decode(&json!({ "update_id": 2, "edited_message": edited }));
    let updates = [photo(1, "a", &json!({})), edit];
    assert!(join_open(&updates).ready.is_empty());
    assert_eq!(ids(&join_settled(&updates)), [1, 2]);
}
