//! Checks of the events in the stream.

use std::collections::BTreeMap;

use serde_json::Value;

/// Part of a comment that is a reply.
pub(crate) const REPLY: &str = r#""message-type":"AI""#;
/// Part of a comment that is a notice.
pub(crate) const NOTICE: &str = r#""message-type":"notice""#;

/// Fails unless the stream contains the given number of messages, each with one answer, in order in each
/// room.
#[track_caller]
pub(crate) fn each_answered_once_and_in_order(told: &str, messages: usize) {
    let mut asked = BTreeMap::<String, Vec<String>>::new();
    let mut answered = asked.clone();
    for line in told.lines().filter_map(|line| line.strip_prefix("data:")) {
        let Ok(comment) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let word = |key: &str| comment[key].as_str().unwrap_or_default().to_owned();
        let (lines, id) = match comment["message-type"].as_str() {
            Some("AI") => (&mut answered, word("replyTo")),
            Some("human") => (&mut asked, word("id")),
            _ => continue,
        };
        lines.entry(word("domain")).or_default().push(id);
    }
    assert_eq!(asked.values().map(Vec::len).sum::<usize>(), messages);
    assert_eq!(answered, asked, "each once, and in order in each room");
}
