use super::*;

fn entity(kind: &str, offset: usize, length: usize) -> Value {
    json!({ "type": kind, "offset": offset, "length": length })
}

#[test]
fn a_mention_of_the_bot_is_removed_and_calls_the_bot() {
    for (text, offset, expected) in [
        ("@baton_bot look", 0, "look"),
        ("🦉 hey @Baton_Bot, look", 7, "🦉 hey , look"),
        ("hey @BATON_BOT look", 4, "hey look"),
    ] {
        let message =
            readable(json!({ "text": text, "entities": [entity("mention", offset, 10)] }));
        assert!(message.mentions_us, "{text}");
        assert_eq!(message.text, expected);
    }
}

#[test]
fn a_mention_in_a_caption_counts() {
    let message = readable(json!({
        "caption": "@baton_bot look", "caption_entities": [entity("mention", 0, 10)],
        "document": { "file_id": "f" },
    }));
    assert!(message.mentions_us);
    assert_eq!(message.text, "look");
}

#[test]
fn other_names_and_unmarked_words_do_not_call_the_bot() {
    let other = json!({ "text": "@baton_bot2 hi", "entities": [entity("mention", 0, 11)] });
    for fields in [other, json!({ "text": "@baton_bot hi" })] {
        let message = readable(fields.clone());
        assert!(!message.mentions_us);
        assert_eq!(message.text, fields["text"].as_str().unwrap());
    }
}

#[test]
fn people_without_a_public_name_get_their_names() {
    let mut ours = entity("text_mention", 0, 4);
    ours["user"] = bot();
    let mut theirs = entity("text_mention", 9, 2);
    theirs["user"] = ann();
    let message = readable(json!({ "text": "Bot, ask 🦉 now", "entities": [ours, theirs] }));
    assert!(message.mentions_us);
    assert_eq!(message.text, "ask @Ann Lee now");
}

#[test]
fn a_bare_mention_is_a_message() {
    let message = readable(json!({ "text": "@baton_bot", "entities": [entity("mention", 0, 10)] }));
    assert!(message.mentions_us);
    assert_eq!(message.text, "@baton_bot");
}

#[test]
fn the_address_of_a_link_stays_readable() {
    let mut link = entity("text_link", 9, 4);
    link["url"] = json!("https://example.org/");
    let entities = [link, entity("bold", 0, 3)];
    let message = readable(json!({ "text": "see 🦉🦉 page!", "entities": entities }));
    assert_eq!(message.text, "see 🦉🦉 page (https://example.org/)!");
}

#[test]
fn entities_outside_the_text_cost_only_themselves() {
    let broken = [
        entity("mention", 0, 100),
        entity("mention", usize::MAX, 2),
        // Half of a character.
        entity("mention", 1, 11),
        json!({ "type": "mention", "offset": -1, "length": 3 }),
        json!({ "type": 7 }),
        json!(null),
        entity("mention", 3, 10),
    ];
    let message = readable(json!({ "text": "🦉 @baton_bot", "entities": broken }));
    assert_eq!(message.text, "🦉");
    assert!(message.mentions_us);
}

#[test]
fn overlapping_entities_change_a_part_once() {
    let mut link = entity("text_link", 0, 10);
    link["url"] = json!("https://example.org/");
    let message =
        readable(json!({ "text": "@baton_bot x", "entities": [entity("mention", 0, 10), link] }));
    assert!(message.mentions_us);
    assert_eq!(message.text, "x");
}

#[test]
fn a_forwarded_message_is_a_quote_of_its_author() {
    for (origin, name) in [
        (
            json!({ "type": "user", "date": 1, "sender_user": ann() }),
            "Ann Lee",
        ),
        (
            json!({ "type": "hidden_user", "date": 1, "sender_user_name": "Bo" }),
            "Bo",
        ),
        (
            json!({ "type": "chat", "date": 1, "sender_chat": group() }),
            "Team",
        ),
        (
            json!({ "type": "channel", "date": 1, "chat": group(), "message_id": 1 }),
            "Team",
        ),
        (json!({ "type": "new" }), "somebody"),
    ] {
        let message = readable(json!({
            "text": "@baton_bot\nbroken", "entities": [entity("mention", 0, 10)],
            "forward_origin": origin,
        }));
        assert_eq!(
            message.text,
            format!("Forwarded from {name}:\n> @baton_bot\n> broken")
        );
        assert!(!message.mentions_us, "somebody else wrote the mention");
    }
}

#[test]
fn a_quoted_part_stands_before_the_text() {
    let message = readable(json!({
        "text": "why?", "quote": { "text": "it is\nbroken", "position": 0 },
    }));
    assert_eq!(message.text, "> it is\n> broken\n\nwhy?");
}

#[test]
fn a_message_of_another_chat_is_named() {
    let origin = json!({ "type": "hidden_user", "date": 1, "sender_user_name": "Bo" });
    let message = readable(json!({
        "text": "why?",
        "external_reply": { "origin": origin, "document": { "file_id": "f", "file_name": "a.log" } },
        "quote": { "text": "see the log", "position": 0 },
    }));
    assert_eq!(
        message.text,
        "In reply to a message of Bo in another chat:\n> see the log\n> \n> [a document: a.log]\n\nwhy?"
    );
    assert!(message.files.is_empty());
    let message =
        readable(json!({ "text": "why?", "external_reply": { "origin": 7, "photo": [{}] } }));
    assert_eq!(
        message.text,
        "In reply to a message of somebody in another chat:\n> [a photo]\n\nwhy?"
    );
}

#[test]
fn content_besides_text_becomes_words() {
    for (fields, expected) in [
        (
            json!({ "sticker": { "emoji": "👋", "set_name": "Owls" } }),
            "[a sticker: 👋 of Owls]",
        ),
        (json!({ "sticker": {} }), "[a sticker]"),
        (
            json!({ "poll": { "question": "When?", "options": [{ "text": "now" }, 7, { "text": "later" }] } }),
            "Poll: When?\n- now\n- later",
        ),
        (
            json!({ "location": { "latitude": 48.5, "longitude": 2 } }),
            "[a location: 48.5, 2]",
        ),
        (
            json!({ "location": { "latitude": 1.5, "longitude": 2, "live_period": 60 } }),
            "[a live location: 1.5, 2]",
        ),
        (
            json!({
                "location": { "latitude": 1, "longitude": 2 },
                "venue": { "title": "Café", "address": "Main St 1", "location": { "latitude": 1, "longitude": 2 } },
            }),
            "[a place: Café, Main St 1, 1, 2]",
        ),
        (
            json!({ "contact": { "first_name": "Bo", "phone_number": "+123" } }),
            "[a contact: Bo, +123]",
        ),
        (
            json!({ "dice": { "emoji": "🎲", "value": 5 } }),
            "[a dice: 🎲 5]",
        ),
        (json!({ "game": { "title": "Chess" } }), "[a game: Chess]"),
        (
            json!({ "invoice": { "title": "Tea" } }),
            "[an invoice: Tea]",
        ),
        (json!({ "story": { "id": 1 } }), "[a story]"),
        (json!({ "paid_media": {} }), "[paid media]"),
        (
            json!({ "checklist": { "title": "Todo", "tasks": [
                { "id": 1, "text": "a", "completion_date": 5 }, { "id": 2, "text": "b" },
            ] } }),
            "Checklist: Todo\n- [x] a\n- [ ] b",
        ),
        (
            json!({ "rich_message": { "blocks": [{ "type": "paragraph", "text": ["a", { "type": "bold", "text": "b" }] }] } }),
            "ab",
        ),
    ] {
        let message = readable(fields);
        assert_eq!(message.text, expected);
        assert!(message.is_from_person);
    }
}
