use super::*;
use crate::telegram::updates::album_gathering::{AlbumGathering, GatheredUpdates};

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

fn messages(gathered: &GatheredUpdates) -> Vec<&ReadableMessage> {
    let events = gathered.updates.iter().map(|update| &update.event);
    let messages = events.filter_map(|event| match event {
        TelegramEvent::Message(decoded) => match &decoded.message {
            IncomingMessage::Readable(message) => Some(&**message),
            IncomingMessage::Unreadable(_) => None,
        },
        _ => None,
    });
    messages.collect()
}

fn ids(gathered: &GatheredUpdates) -> Vec<i64> {
    gathered
        .updates
        .iter()
        .filter_map(|update| update.id)
        .collect()
}

#[test]
fn an_album_becomes_one_message() {
    let mut gathering = AlbumGathering::default();
    let poll = vec![
        photo(1, "a", &json!({})),
        photo(2, "a", &json!({ "caption": "look" })),
        photo(3, "b", &json!({})),
        photo(4, "a", &json!({ "caption": "and here" })),
        text(5, "x", 1),
    ];
    let gathered = gathering.gather_poll(poll);
    assert_eq!((gathered.open_since, gathered.next_offset), (None, Some(6)));
    let messages = messages(&gathered);
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
    let mut gathering = AlbumGathering::default();
    let other = json!({ "id": 78, "is_bot": false, "first_name": "Bo" });
    let poll = vec![
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
    assert_eq!(messages(&gathering.gather_poll(poll)).len(), 5);
}

#[test]
fn an_album_at_the_end_waits_for_one_more_poll() {
    let mut gathering = AlbumGathering::default();
    let first = vec![
        private(1),
        text(2, "x", 1),
        photo(3, "a", &json!({})),
        private(4),
    ];
    let gathered = gathering.gather_poll(first.clone());
    assert_eq!(
        (gathered.open_since, gathered.next_offset),
        (Some(2), Some(3))
    );
    assert_eq!(
        ids(&gathered),
        [1, 2, 4],
        "messages of other chats are never held"
    );
    // Telegram sends the updates from the offset again, with a further part.
    let second = vec![
        first[2].clone(),
        first[3].clone(),
        photo(5, "a", &json!({})),
    ];
    let gathered = gathering.gather_poll(second.clone());
    assert_eq!(
        (gathered.open_since, gathered.next_offset),
        (Some(0), Some(3))
    );
    assert!(
        gathered.updates.is_empty(),
        "the private message was given out before"
    );
    let mut third = second;
    third.push(private(6));
    let gathered = gathering.gather_poll(third);
    assert_eq!((gathered.open_since, gathered.next_offset), (None, Some(7)));
    assert_eq!(ids(&gathered), [3, 6]);
    assert_eq!(messages(&gathered)[0].files.len(), 2);
    // Nothing is left over.
    let gathered = gathering.gather_poll(vec![private(7)]);
    assert_eq!(ids(&gathered), [7]);
}

#[test]
fn two_chats_can_wait_at_the_same_time() {
    let mut gathering = AlbumGathering::default();
    let chat = json!({ "id": ANN, "type": "private" });
    let (ours, theirs) = (
        photo(1, "a", &json!({})),
        photo(2, "b", &json!({ "chat": chat })),
    );
    let gathered = gathering.gather_poll(vec![ours.clone(), theirs.clone()]);
    assert_eq!((gathered.open_since, gathered.updates.len()), (Some(0), 0));
    // Only the second album grows.
    let more = photo(3, "b", &json!({ "chat": chat }));
    let gathered = gathering.gather_poll(vec![ours.clone(), theirs.clone(), more.clone()]);
    assert_eq!(
        (gathered.open_since, gathered.next_offset),
        (Some(1), Some(2))
    );
    assert_eq!(ids(&gathered), [1]);
    let gathered = gathering.gather_poll(vec![theirs, more]);
    assert_eq!((ids(&gathered), gathered.next_offset), (vec![2], Some(4)));
}

#[test]
fn a_full_album_does_not_wait() {
    let poll: Vec<_> = (1..=10)
        .map(|number| photo(number, "a", &json!({})))
        .collect();
    let gathered = AlbumGathering::default().gather_poll(poll);
    assert_eq!(gathered.open_since, None);
    assert_eq!(messages(&gathered)[0].files.len(), 10);
}

#[test]
fn a_split_text_becomes_one_message() {
    let mut gathering = AlbumGathering::default();
    let full = "a".repeat(4_096);
    let cut = "🦉".repeat(LONG / 2);
    let mentioned = json!({
        "text": "@baton_bot go", "date": 12, "entities": [{ "type": "mention", "offset": 0, "length": 10 }],
    });
    let poll = vec![
        text(1, &full, 10),
        text(2, &cut, 11),
        update(3, mentioned),
        text(4, "next", 12),
    ];
    let gathered = gathering.gather_poll(poll);
    let messages = messages(&gathered);
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].text, format!("{full}{cut}\ngo"));
    assert!(messages[0].mentions_us);
    assert_eq!(
        (messages[0].id.as_str(), messages[0].position.as_str()),
        ("1", "3")
    );
    assert_eq!(messages[1].text, "next");
    assert_eq!(gathered.open_since, None);
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
        let poll = vec![first, second, text(3, "end", 99)];
        let gathered = AlbumGathering::default().gather_poll(poll);
        assert_eq!(messages(&gathered).len(), 3);
    }
}

#[test]
fn a_command_ends_a_text_and_is_not_held() {
    let poll = vec![
        text(1, &"a".repeat(LONG), 10),
        text(2, "/stop", 10),
        text(3, "x", 10),
    ];
    let gathered = AlbumGathering::default().gather_poll(poll);
    assert_eq!((ids(&gathered), gathered.open_since), (vec![1, 2, 3], None));
}

#[test]
fn a_long_text_at_the_end_waits_while_presses_go_on() {
    let mut gathering = AlbumGathering::default();
    let long = text(1, &"a".repeat(LONG), 10);
    let query = json!({ "id": "q", "from": ann(), "data": "x",
        "message": { "message_id": 8, "date": 5, "chat": group() } });
    let press = decode(&json!({ "update_id": 2, "callback_query": query }));
    let gathered = gathering.gather_poll(vec![long.clone(), press.clone()]);
    assert_eq!((ids(&gathered), gathered.open_since), (vec![2], Some(0)));
    let gathered = gathering.gather_poll(vec![long, press]);
    assert_eq!((ids(&gathered), gathered.next_offset), (vec![1], Some(3)));
}

#[test]
fn an_edit_waits_behind_its_message() {
    let mut gathering = AlbumGathering::default();
    let edited = message(
        1,
        json!({ "caption": "new", "photo": [{ "file_id": "f1" }], "edit_date": 2 }),
    );
    let edit = decode(&json!({ "update_id": 2, "edited_message": edited }));
    let poll = vec![photo(1, "a", &json!({})), edit];
    let gathered = gathering.gather_poll(poll.clone());
    assert_eq!((gathered.updates.len(), gathered.open_since), (0, Some(0)));
    assert_eq!(ids(&gathering.gather_poll(poll)), [1, 2]);
}

#[test]
fn updates_without_a_number_do_not_stop_the_poll() {
    let mut gathering = AlbumGathering::default();
    let mut broken = photo(2, "a", &json!({}));
    broken.id = None;
    let gathered = gathering.gather_poll(vec![private(1), broken]);
    assert_eq!((gathered.updates.len(), gathered.open_since), (2, None));
    assert_eq!(gathered.next_offset, Some(3));
    let gathered = gathering.gather_poll(Vec::new());
    assert_eq!((gathered.next_offset, gathered.updates.len()), (None, 0));
}
