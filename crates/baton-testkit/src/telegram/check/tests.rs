use serde_json::json;

use super::*;

fn faults(method: &str, body: &Value) -> Vec<String> {
    let (_, shape) = DESCRIPTION.find(method).unwrap();
    DESCRIPTION.request_faults(shape, body.as_object().unwrap(), &|name| name == "there")
}

#[test]
fn every_named_type_is_described() {
    for name in DESCRIPTION.all_type_names() {
        let mut base = name.as_str();
        while let Some(item) = base.strip_prefix("Array of ") {
            base = item;
        }
        let simple = ["Integer", "String", "Boolean", "True", "False"].contains(&base);
        let literal = base.starts_with('"')
            || base.parse::<i64>().is_ok()
            || base.starts_with("Exclude<keyof");
        assert!(simple || literal || DESCRIPTION.has_type(base), "{name}");
    }
}

#[test]
fn faults_are_found_at_every_depth() {
    let none: [String; 0] = [];
    assert_eq!(
        faults("sendMessage", &json!({"chat_id": 1, "text": "x"})),
        none
    );
    assert_eq!(
        faults("sendMessage", &json!({"text": "x"})),
        ["chat_id is missing"]
    );
    assert_eq!(
        faults(
            "sendMessage",
            &json!({"chat_id": 1, "text": "x", "thread_id": 1})
        ),
        ["thread_id is not a known parameter"]
    );
    assert_eq!(
        faults("sendMessage", &json!({"chat_id": 1, "text": 5})),
        ["text is not String: 5"]
    );
    let row = json!([{"text": "a", "callback_data": "b", "color": "red"}]);
    let body = json!({"chat_id": 1, "text": "x", "reply_markup": {"inline_keyboard": [row]}});
    assert_eq!(
        faults("sendMessage", &body).len(),
        1,
        "{:?}",
        faults("sendMessage", &body)
    );
    let body =
        json!({"chat_id": 1, "message_id": 1, "reaction": [{"type": "emoji", "emoji": "👍"}]});
    assert_eq!(faults("setMessageReaction", &body), none);
    let body =
        json!({"chat_id": 1, "message_id": 1, "reaction": [{"type": "emoji", "emoji": "✅"}]});
    assert_eq!(faults("setMessageReaction", &body).len(), 1);
}

#[test]
fn files_are_references_to_parts_of_the_request() {
    let none: [String; 0] = [];
    assert_eq!(
        faults(
            "sendDocument",
            &json!({"chat_id": 1, "document": "attach://there"})
        ),
        none
    );
    assert_eq!(
        faults(
            "sendDocument",
            &json!({"chat_id": 1, "document": "a-file-id"})
        ),
        none
    );
    assert_eq!(
        faults(
            "sendDocument",
            &json!({"chat_id": 1, "document": "attach://gone"})
        )
        .len(),
        1
    );
    let media = json!([{"type": "photo", "media": "attach://there"}, {"type": "photo", "media": "attach://gone"}]);
    assert_eq!(
        faults("sendMediaGroup", &json!({"chat_id": 1, "media": media})).len(),
        1
    );
}
