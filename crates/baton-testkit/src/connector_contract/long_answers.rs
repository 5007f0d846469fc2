//! The long texts of the agent.

use baton_chat::text::chunks::LengthLimit;

/// The message that the agent answers with a long text. The agent repeats every other message.
pub(super) const ASKS_FOR_LENGTH: &str = "long";

/// The message that the agent answers with the texts of [`three_texts`].
pub(super) const ASKS_FOR_THREE: &str = "three";

/// The answer to a message, on a platform with this limit.
pub(super) fn answer_message(message: String, limit: LengthLimit) -> String {
    match &*message {
        ASKS_FOR_LENGTH => long_text(limit),
        ASKS_FOR_THREE => three_texts(limit).join("\n\n"),
        _ => message,
    }
}

/// A text of three messages or more, with characters of several lengths.
fn long_text(limit: LengthLimit) -> String {
    let mut text = String::new();
    for number in 1.. {
        if limit.measure_text(&text) > limit.size * 5 / 2 {
            break;
        }
        let line = format!("line {number}: emoji 🦉, שלום, and some words to fill the line\n\n");
        text.push_str(&line);
    }
    text.trim_end().to_owned()
}

/// Three texts, each of one message. Two of them do not fit into one message.
pub(super) fn three_texts(limit: LengthLimit) -> [String; 3] {
    let length = limit.size - limit.size / 10;
    ["one", "two", "three"].map(|word| format!("{word} {}", "x".repeat(length)))
}
