use baton_chat::connector::ChatInfo;

use super::*;
use crate::telegram::conversion::telegram_update::{
    ButtonPress, OwnMembership, TopicChange, TopicChanger,
};
use crate::telegram::telegram_wire::MemberStatus;

fn press(fields: &Value) -> ButtonPress {
    let mut query = json!({ "id": "q", "from": ann(), "chat_instance": "c", "data": "allow:1" });
    query
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    match event("callback_query", query) {
        TelegramEvent::Press(press) => *press,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_press_names_the_button_the_person_and_the_topic() {
    let press = press(&json!({ "message": {
        "message_id": 8, "date": 5, "chat": group(), "message_thread_id": 7, "is_topic_message": true,
    } }));
    assert_eq!(press.callback_id, "q");
    let action = press.action.unwrap();
    assert_eq!(action.kind, ActionKind::Press("allow:1".to_owned()));
    assert_eq!(action.chat.as_str(), format!("{GROUP}/7"));
    assert_eq!(action.actor.author.name, "Ann Lee");
    assert_eq!(
        action.info.unwrap().parent().unwrap().as_str(),
        GROUP.to_string()
    );
    let message = press.message.unwrap();
    assert!(message.is_accessible);
    assert_eq!(message.id.unwrap().as_str(), "8");
}

#[test]
fn a_press_on_an_inaccessible_message_has_no_topic() {
    let press = press(&json!({ "message": { "message_id": 8, "date": 0, "chat": group() } }));
    let action = press.action.unwrap();
    assert_eq!(
        (action.chat.as_str(), action.info),
        (GROUP.to_string().as_str(), None)
    );
    assert!(!press.message.unwrap().is_accessible);
}

#[test]
fn a_press_without_a_readable_part_is_still_answered() {
    let unknown = [
        json!({}),
        json!({ "message": 7 }),
        json!({ "message": { "message_id": 8, "date": 5, "chat": group(), "is_topic_message": 1 } }),
        json!({ "from": {} }),
        json!({ "data": ["x"], "message": { "message_id": 8, "date": 5, "chat": group() } }),
    ];
    for fields in unknown {
        let press = press(&fields);
        assert_eq!(press.callback_id, "q");
        assert!(press.action.is_none());
    }
    let no_data =
        press(&json!({ "data": null, "message": { "message_id": 8, "date": 5, "chat": group() } }));
    assert_eq!(no_data.action.unwrap().kind, ActionKind::Unknown);
    assert!(matches!(
        event("callback_query", json!({})),
        TelegramEvent::Lost(_)
    ));
}

#[test]
fn a_press_on_an_ephemeral_message_keeps_its_number() {
    let press = press(&json!({ "message": {
        "message_id": 0, "ephemeral_message_id": 3, "date": 5, "chat": group(),
    } }));
    let message = press.message.unwrap();
    assert_eq!((message.id, message.ephemeral), (None, Some(3)));
    assert!(press.action.is_some());
}

#[test]
fn only_new_reactions_count() {
    let emoji = |emoji: &str| json!({ "type": "emoji", "emoji": emoji });
    let change = |old: Value, new: Value, fields: Value| {
        let mut update = json!({
            "chat": group(), "message_id": 8, "date": 1, "user": ann(),
            "old_reaction": old, "new_reaction": new,
        });
        update
            .as_object_mut()
            .unwrap()
            .extend(fields.as_object().unwrap().clone());
        event("message_reaction", update)
    };
    let paid = json!({ "type": "paid" });
    let custom = json!({ "type": "custom_emoji", "custom_emoji_id": "9" });
    let added = change(
        json!([emoji("👍")]),
        json!([emoji("👍"), emoji("🔥"), paid, custom]),
        json!({}),
    );
    let TelegramEvent::Reactions(added) = added else {
        panic!("{added:?}");
    };
    assert_eq!(added.len(), 1);
    assert_eq!(
        (added[0].emoji.as_str(), added[0].message.as_str()),
        ("🔥", "8")
    );
    assert_eq!(added[0].actor.author.id.as_str(), "77");
    for none in [
        change(json!([emoji("👍")]), json!([]), json!({})),
        change(json!("?"), json!([emoji("👍")]), json!({})),
        change(json!([]), json!([emoji("👍")]), json!({ "user": null })),
        change(json!([]), json!([emoji("👍")]), json!({ "actor_chat": 7 })),
        change(json!([]), json!([emoji("👍")]), json!({ "message_id": 0 })),
    ] {
        let is_nothing = matches!(none, TelegramEvent::Ignored(_) | TelegramEvent::Lost(_));
        assert!(is_nothing, "{none:?}");
    }
    let anonymous = change(
        json!([]),
        json!([emoji("👍")]),
        json!({ "actor_chat": group() }),
    );
    let TelegramEvent::Reactions(anonymous) = anonymous else {
        panic!("{anonymous:?}");
    };
    assert!(anonymous[0].actor.is_bot);
}

#[test]
fn the_bot_knows_when_it_is_in_a_chat() {
    let change = |member: Value| {
        let update =
            json!({ "chat": group(), "from": ann(), "date": 1, "new_chat_member": member });
        event("my_chat_member", update)
    };
    for gone in [
        json!({ "status": "left" }),
        json!({ "status": "kicked", "until_date": 0 }),
        json!({ "status": "restricted", "is_member": false }),
    ] {
        let TelegramEvent::ChatGone(chat) = change(gone) else {
            panic!("still there");
        };
        assert_eq!(chat.chat, GROUP);
    }
    let TelegramEvent::MemberChange(OwnMembership {
        status,
        can_send,
        can_manage_topics,
        ..
    }) = change(json!({ "status": "administrator", "can_manage_topics": true }))
    else {
        panic!("no change");
    };
    assert_eq!(status, MemberStatus::Administrator);
    assert_eq!((can_send, can_manage_topics), (true, Some(true)));
    let TelegramEvent::MemberChange(OwnMembership { can_send, .. }) =
        change(json!({ "status": "restricted", "is_member": true, "can_send_messages": false }))
    else {
        panic!("no change");
    };
    assert!(!can_send);
    for unreadable in [
        json!({}),
        json!({ "status": "restricted", "is_member": "yes" }),
        json!(7),
    ] {
        assert!(matches!(change(unreadable), TelegramEvent::Lost(_)));
    }
}

#[test]
fn topics_are_created_renamed_closed_and_reopened() {
    let notice = |fields: Value| event("message", message(7, fields));
    let TelegramEvent::TopicCreated(TopicChange { address, name, by }) = notice(json!({
        "from": bot(), "message_thread_id": 7, "is_topic_message": true,
        "forum_topic_created": { "name": "Plan", "icon_color": 7_322_096 },
    })) else {
        panic!("no topic");
    };
    assert_eq!(
        (address.to_string(), name.as_str(), by),
        (format!("{GROUP}/7"), "Plan", TopicChanger::Us)
    );
    let created = notice(json!({ "forum_topic_created": { "name": [] } }));
    let TelegramEvent::TopicCreated(created) = created else {
        panic!("{created:?}");
    };
    assert_eq!(
        (created.address.topic, created.name.as_str(), created.by),
        (Some(7), "", TopicChanger::Person)
    );
    let invented = json!({ "name": "New Thread", "icon_color": 1, "is_name_implicit": true });
    let TelegramEvent::TopicCreated(created) = notice(json!({ "forum_topic_created": invented }))
    else {
        panic!("no topic");
    };
    assert_eq!(created.by, TopicChanger::PersonWithoutName);
    let edited = |edited: Value| {
        notice(
            json!({ "message_thread_id": 3, "is_topic_message": true, "forum_topic_edited": edited }),
        )
    };
    let renamed = edited(json!({ "name": "New" }));
    assert!(
        matches!(&renamed, TelegramEvent::TopicRenamed(it) if it.name == "New" && it.address.topic == Some(3))
    );
    assert!(matches!(
        edited(json!({ "icon_custom_emoji_id": "1" })),
        TelegramEvent::Ignored(_)
    ));
    let closed = notice(json!({ "message_thread_id": 3, "forum_topic_closed": {} }));
    assert!(matches!(&closed, TelegramEvent::TopicClosed(it) if it.address.topic == Some(3)));
    // The General topic has no number.
    let closed = notice(json!({ "forum_topic_closed": {} }));
    assert!(matches!(&closed, TelegramEvent::TopicClosed(it) if it.address.topic.is_none()));
    let reopened = notice(json!({ "message_thread_id": 3, "forum_topic_reopened": {} }));
    assert!(matches!(&reopened, TelegramEvent::TopicReopened(it) if it.address.topic == Some(3)));
}

#[test]
fn a_group_that_becomes_a_supergroup_moves() {
    let old = json!({ "id": -5, "type": "group", "title": "Team" });
    let moved = event(
        "message",
        message(7, json!({ "chat": old, "migrate_to_chat_id": GROUP })),
    );
    assert!(
        matches!(
            moved,
            TelegramEvent::Moved {
                from: -5,
                to: GROUP
            }
        ),
        "{moved:?}"
    );
    let moved = event("message", message(7, json!({ "migrate_from_chat_id": -5 })));
    assert!(
        matches!(
            moved,
            TelegramEvent::Moved {
                from: -5,
                to: GROUP
            }
        ),
        "{moved:?}"
    );
}

#[test]
fn other_notices_are_from_nobody() {
    for notice in [
        json!({ "pinned_message": { "message_id": 1 } }),
        json!({ "new_chat_members": [ann()] }),
        json!({ "new_chat_title": "x" }),
        json!({ "general_forum_topic_hidden": {} }),
        json!({ "a_notice_of_next_year": {} }),
        json!({}),
    ] {
        assert_eq!(ignored(notice), "a notice of the platform");
    }
}

#[test]
fn a_stopped_draft_names_its_number_and_topic() {
    let chat = json!({ "id": ANN, "type": "private" });
    let stopped = json!({ "chat": chat, "message_thread_id": 9, "draft_id": 31 });
    let TelegramEvent::GenerationStopped { chat, draft } =
        event("stopped_message_generation", stopped)
    else {
        panic!("no stop");
    };
    assert_eq!((chat.to_string().as_str(), draft), ("77/9", 31));
    let update =
        decode(&json!({ "update_id": 1, "stopped_message_generation": { "chat": { "id": ANN } } }));
    assert_eq!(update.chat.unwrap().to_info(false), ChatInfo::DIRECT);
}
