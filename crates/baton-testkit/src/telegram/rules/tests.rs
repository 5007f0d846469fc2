use serde_json::json;

use super::*;

fn answers(method: &str, body: &Value) -> Vec<String> {
    let all = broken_rules(method, body.as_object().unwrap(), &[], 0);
    all.into_iter().map(|rule| rule.answer).collect()
}

#[test]
fn the_length_of_a_text_is_counted_in_units() {
    let none: [String; 0] = [];
    assert_eq!(
        answers("sendMessage", &json!({"text": "🦀".repeat(2048)})),
        none
    );
    assert_eq!(
        answers("sendMessage", &json!({"text": "🦀".repeat(2049)})),
        ["message is too long"]
    );
    assert_eq!(
        answers("sendMessage", &json!({"text": " \u{200b}"})),
        ["text must be non-empty"]
    );
}

#[test]
fn an_entity_splits_no_character() {
    let none: [String; 0] = [];
    let body = |offset: u64, length: u64| json!({"text": "a🦀b", "entities": [{"type": "bold", "offset": offset, "length": length}]});
    assert_eq!(answers("sendMessage", &body(1, 2)), none);
    for (offset, length) in [(1, 1), (2, 1), (3, 2), (0, 0)] {
        assert_eq!(
            answers("sendMessage", &body(offset, length)).len(),
            1,
            "{offset} {length}"
        );
    }
}

#[test]
fn buttons_have_short_data_and_one_action() {
    let body = |data: &str| json!({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a", "callback_data": data}]]}});
    assert!(answers("sendMessage", &body(&"x".repeat(64))).is_empty());
    assert_eq!(
        answers("sendMessage", &body(&"x".repeat(65))),
        ["BUTTON_DATA_INVALID"]
    );
    let body = json!({"text": "x", "reply_markup": {"inline_keyboard": [[{"text": "a"}]]}});
    assert_eq!(answers("sendMessage", &body).len(), 1);
}
