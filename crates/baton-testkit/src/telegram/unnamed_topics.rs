//! Topics of private chats that a person begins with a message alone, without a name.

use serde_json::json;

use super::Telegram;

/// The name that the fake gives such a topic, in place of Telegram's own.
const IMPLICIT_NAME: &str = "New Thread";

impl Telegram {
    /// A person begins a topic without a name, and Telegram invents one. Returns its id.
    pub fn create_unnamed_topic(&self, chat: i64, person: i64) -> i64 {
        let event = json!({
            "name": IMPLICIT_NAME, "icon_color": 7_322_096, "is_name_implicit": true,
        });
        self.shared
            .change(|world| world.begin_topic_with(chat, person, event))
    }
}
