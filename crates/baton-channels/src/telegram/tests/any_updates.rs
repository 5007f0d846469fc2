use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::telegram::updates::message_joining::join_updates;

/// The names of the fields that the decoder reads.
const FIELDS: [&str; 44] = [
    "update_id",
    "message",
    "edited_message",
    "callback_query",
    "message_reaction",
    "my_chat_member",
    "stopped_message_generation",
    "message_id",
    "message_thread_id",
    "is_topic_message",
    "from",
    "sender_chat",
    "chat",
    "id",
    "is_bot",
    "first_name",
    "type",
    "date",
    "text",
    "entities",
    "offset",
    "length",
    "caption",
    "reply_to_message",
    "external_reply",
    "origin",
    "quote",
    "forward_origin",
    "media_group_id",
    "photo",
    "file_id",
    "document",
    "voice",
    "poll",
    "options",
    "rich_message",
    "blocks",
    "forum_topic_created",
    "name",
    "new_chat_member",
    "status",
    "new_reaction",
    "emoji",
    "data",
];

/// Words that mean something to the decoder.
const WORDS: [&str; 8] = [
    "@baton_bot 🦉",
    "/stop",
    "/x@baton_bot y",
    "mention",
    "text_link",
    "kicked",
    "",
    "🔥",
];

/// A value of any kind, with the words and numbers that mean something.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-5..20_i64).prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(&WORDS[..]).prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        Just(group()),
        Just(ann()),
        Just(message(5, json!({ "text": "hello @baton_bot" }))),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        let fields = vec((select(&FIELDS[..]), inner.clone()), 0..8);
        let object = fields.prop_map(|fields| {
            let fields = fields.into_iter();
            Value::Object(
                fields
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            )
        });
        prop_oneof![object, vec(inner, 0..4).prop_map(Value::from)]
    })
}

/// A message with some fields of any value.
fn almost_a_message() -> impl Strategy<Value = Value> {
    let fields = vec((select(&FIELDS[..]), any_value()), 0..4);
    (fields, select(&["message", "edited_message"][..])).prop_map(|(fields, kind)| {
        let mut message = message(5, json!({ "text": "hello" }));
        for (name, value) in fields {
            message[name] = value;
        }
        json!({ "update_id": 3, kind: message })
    })
}

/// A message that may be a part of an album or of a split text.
fn part(number: i64) -> impl Strategy<Value = TelegramUpdate> {
    let chat = select(vec![group(), json!({ "id": ANN, "type": "private" })]);
    let content = prop_oneof![
        select(&["a", "b"][..]).prop_map(|album| json!({
            "media_group_id": album, "photo": [{ "file_id": "f" }],
        })),
        select(&[1_usize, 4_000, 4_096][..]).prop_map(|long| json!({ "text": "a".repeat(long) })),
        Just(json!({ "text": "/stop" })),
        Just(json!({ "text": 7 })),
    ];
    (chat, content).prop_map(move |(chat, content)| {
        let mut message = message(number, content);
        message["chat"] = chat;
        decode(&json!({ "update_id": number, "message": message }))
    })
}

/// The number of messages in the updates: each file of an album and each letter of a text counts.
fn weigh(updates: &[TelegramUpdate]) -> usize {
    let weights = updates.iter().map(|update| match &update.event {
        TelegramEvent::Message(decoded) => match &decoded.message {
            IncomingMessage::Readable(message) => {
                message.files.len() + message.text.chars().filter(|letter| *letter == 'a').count()
            }
            IncomingMessage::Unreadable(_) => 1,
        },
        _ => 1,
    });
    weights.sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_update_is_too_strange(update in prop_oneof![any_value(), almost_a_message()]) {
        match decode(&update).event {
            TelegramEvent::Unreadable(message) => prop_assert!(!message.reason.contains("failed")),
            TelegramEvent::Ignored(reason) | TelegramEvent::Lost(reason) => prop_assert!(!reason.contains("failed")),
            TelegramEvent::Message(message) | TelegramEvent::Edit(message) => {
                if let IncomingMessage::Unreadable(message) = message.message {
                    prop_assert!(!message.reason.contains("failed"));
                }
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_part_is_given_out_once(
        all in (1..14_i64).prop_flat_map(|most| (1..=most).map(part).collect::<Vec<_>>()),
        cut in 0..14_usize,
    ) {
        let (mut weight, mut held) = (0, Vec::new());
        // The later updates arrive after the first ones. Then no further part can come.
        let (first, later) = all.split_at(cut.min(all.len()));
        for (arrived, is_settled) in [(first, false), (later, false), (&[][..], true)] {
            held.extend_from_slice(arrived);
            let joined = join_updates(held.clone(), |_| is_settled);
            weight += weigh(&joined.ready);
            let mut stays = joined.is_held.iter();
            held.retain(|_| *stays.next().unwrap());
        }
        prop_assert!(held.is_empty());
        prop_assert_eq!(weight, weigh(&all));
    }
}
