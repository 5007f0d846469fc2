use super::*;
use crate::telegram::actions::prompt_mark::PromptMark;
use crate::telegram::conversion::telegram_update::DecodedFormAnswer;

/// A prompt of `from` for Ann, sealed with this token.
fn prompt(from: &Value, token: &str) -> Value {
    let mark = PromptMark {
        form: "q:12.34:reason".to_owned(),
        person: ANN,
    };
    let url = mark.to_address(&PromptKey::from_token(token));
    json!({
        "message_id": 8, "date": 5, "chat": group(), "from": from, "text": "\u{200b}Ann: Why not?",
        "entities": [{ "type": "text_link", "offset": 0, "length": 1, "url": url }],
    })
}

fn answer(fields: Value) -> DecodedFormAnswer {
    match event("message", message(9, fields)) {
        TelegramEvent::FormAnswer(answer) => *answer,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reply_to_a_prompt_is_a_sent_form() {
    let answer = answer(json!({
        "text": " too dangerous ", "reply_to_message": prompt(&bot(), TOKEN), "message_thread_id": 7,
        "is_topic_message": true,
    }));
    assert!(answer.is_from_asked);
    assert_eq!(answer.message, 9);
    assert_eq!(answer.action.chat.as_str(), format!("{GROUP}/7"));
    let form = ActionKind::Form {
        name: "q:12.34:reason".to_owned(),
        texts: vec!["too dangerous".to_owned()],
    };
    assert_eq!(answer.action.kind, form);
}

#[test]
fn the_reply_of_somebody_else_is_a_form_of_nobody() {
    let eve = json!({ "id": 78, "is_bot": false, "first_name": "Eve" });
    let replied = prompt(&bot(), TOKEN);
    let answer = answer(json!({ "text": "x", "from": eve, "reply_to_message": replied }));
    assert!(!answer.is_from_asked);
}

#[test]
fn only_the_bots_own_prompts_count() {
    for replied in [prompt(&ann(), TOKEN), prompt(&bot(), "4242:other")] {
        let message = readable(json!({ "text": "x", "reply_to_message": replied }));
        assert_eq!(message.text, "x");
    }
    let origin = json!({ "type": "hidden_user", "date": 5, "sender_user_name": "Eve" });
    let replied = prompt(&bot(), TOKEN);
    readable(json!({ "text": "x", "forward_origin": origin, "reply_to_message": replied }));
}

#[test]
fn a_command_in_a_reply_to_a_prompt_is_a_command() {
    let (_, name, _) =
        command(json!({ "text": "/stop", "reply_to_message": prompt(&bot(), TOKEN) }));
    assert_eq!(name, "stop");
    let edited = message(
        9,
        json!({ "text": "x", "reply_to_message": prompt(&bot(), TOKEN) }),
    );
    assert!(matches!(
        event("edited_message", edited),
        TelegramEvent::Ignored(_)
    ));
}
