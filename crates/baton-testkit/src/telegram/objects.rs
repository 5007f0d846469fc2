//! Telegram's JSON of users, chats and messages.

use serde_json::{Map, Value, json};

use super::chat_objects::{ChatKind, Message, SentFile, Standing};
use super::rich::rich_json;
use super::world::{Chat, World};

impl World {
    pub(super) fn user_json(&self, id: i64) -> Value {
        let user = self
            .users
            .get(&id)
            .unwrap_or_else(|| panic!("there is no user {id}"));
        let mut json = json!({"id": user.id, "is_bot": user.bot, "first_name": user.name});
        if let Some(username) = &user.username {
            json["username"] = json!(username);
        }
        if let Some(language) = &user.language {
            json["language_code"] = json!(language);
        }
        json
    }

    pub(super) fn chat_json(&self, chat: &Chat) -> Value {
        match chat.kind {
            ChatKind::Private => {
                let mut json = json!({"id": chat.id, "type": "private", "first_name": chat.title});
                if let Some(username) = self
                    .users
                    .get(&chat.id)
                    .and_then(|user| user.username.as_ref())
                {
                    json["username"] = json!(username);
                }
                json
            }
            ChatKind::Group => json!({"id": chat.id, "type": "group", "title": chat.title}),
            ChatKind::Channel => json!({"id": chat.id, "type": "channel", "title": chat.title}),
            ChatKind::Supergroup => {
                let mut json = json!({"id": chat.id, "type": "supergroup", "title": chat.title});
                if chat.is_forum {
                    json["is_forum"] = json!(true);
                }
                json
            }
        }
    }

    pub(super) fn member_json(&self, user: i64, standing: &Standing) -> Value {
        let mut json = json!({"user": self.user_json(user)});
        match standing {
            Standing::Owner => {
                json["status"] = json!("creator");
                json["is_anonymous"] = json!(false);
            }
            Standing::Administrator(rights) => {
                json["status"] = json!("administrator");
                for name in ADMINISTRATOR_FIELDS {
                    json[name] = json!(rights.contains(name));
                }
                json["can_manage_chat"] = json!(true);
            }
            Standing::Member => json["status"] = json!("member"),
            Standing::Left => json["status"] = json!("left"),
            Standing::Kicked => {
                json["status"] = json!("kicked");
                json["until_date"] = json!(0);
            }
        }
        json
    }

    /// The JSON of a message. The JSON of a reply includes the replied message.
    pub(super) fn message_json(&self, message: &Message) -> Value {
        let mut json = self.lone_message_json(message);
        let chat = self.chat(message.chat);
        // In a topic, a message without a reply replies to the message about the topic's creation.
        let creation = message.topic.filter(|_| message.author != Some(self.bot));
        let replied = message
            .reply_to
            .or(creation)
            .and_then(|id| chat.messages.get(&id));
        if let Some(replied) = replied.filter(|replied| replied.id != message.id) {
            let replied = self.lone_message_json(replied);
            json["reply_to_message"] = replied;
        }
        json
    }

    fn lone_message_json(&self, message: &Message) -> Value {
        let chat = self.chat(message.chat);
        let mut json =
            json!({"message_id": message.id, "date": message.date, "chat": self.chat_json(chat)});
        if let Some(author) = message.author {
            json["from"] = self.user_json(author);
        }
        if let Some(sender) = message.sender_chat {
            json["sender_chat"] = self.chat_json(self.chat(sender));
        }
        if let Some(person) = message.only_for {
            json["receiver_user"] = self.user_json(person);
            json["ephemeral_message_id"] = json!(message.id);
            json["message_id"] = json!(0);
        }
        if let Some(topic) = message.topic {
            json["message_thread_id"] = json!(topic);
            json["is_topic_message"] = json!(true);
        } else if let Some(chain) = message.chain {
            json["message_thread_id"] = json!(chain);
        }
        if let Some(date) = message.edit_date {
            json["edit_date"] = json!(date);
        }
        if let Some(album) = &message.album {
            json["media_group_id"] = json!(album);
        }
        let (text, entities) = if message.files.is_empty() {
            ("text", "entities")
        } else {
            ("caption", "caption_entities")
        };
        if let Some(rich) = &message.rich {
            json["rich_message"] = rich_json(rich);
        } else if !message.text.is_empty() {
            json[text] = json!(message.text);
            if !message.entities.is_empty() {
                json[entities] = json!(message.entities);
            }
        }
        for file in &message.files {
            json[&file.field] = file_field(file);
        }
        // Keyboards of other kinds are not part of a message's JSON.
        if let Some(markup) = message
            .markup
            .as_ref()
            .filter(|markup| !markup["inline_keyboard"].is_null())
        {
            json["reply_markup"] = markup.clone();
        }
        let fields: &Map<String, Value> = &message.more;
        for (name, value) in fields {
            json[name] = value.clone();
        }
        json
    }

    /// The JSON of the message below a pressed button: the message, or only its number.
    pub(super) fn pressed_json(&self, chat: i64, message: i64) -> Value {
        match self.chat(chat).messages.get(&message) {
            Some(message) => self.message_json(message),
            None => {
                json!({"chat": self.chat_json(self.chat(chat)), "message_id": message, "date": 0})
            }
        }
    }
}

const ADMINISTRATOR_FIELDS: [&str; 17] = [
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
    "can_manage_tags",
    "can_manage_direct_messages",
    "can_send_welcome_messages",
];

/// The description of a file in a message.
fn file_field(file: &SentFile) -> Value {
    let mut json = json!({
        "file_id": file.id, "file_unique_id": format!("u{}", file.id), "file_size": file.size,
    });
    let mut put = |fields: Value| {
        for (name, value) in fields.as_object().into_iter().flatten() {
            json[name] = value.clone();
        }
    };
    match file.field.as_str() {
        "photo" => {
            put(json!({"width": 1280, "height": 960}));
            // A photo comes in several sizes, the largest last.
            let mut small = json.clone();
            small["file_id"] = json!(format!("small-{}", file.id));
            small["file_unique_id"] = json!(format!("us{}", file.id));
            small["width"] = json!(90);
            small["height"] = json!(67);
            small["file_size"] = json!(file.size.min(1_000));
            return json!([small, json]);
        }
        "sticker" => put(json!({
            "type": "regular", "width": 512, "height": 512, "is_animated": false, "is_video": false, "emoji": "👍",
        })),
        "voice" => put(json!({"duration": 3})),
        "audio" => put(json!({"duration": 3, "file_name": file.name})),
        "video" => put(json!({"duration": 3, "width": 640, "height": 480, "file_name": file.name})),
        _ => put(json!({"file_name": file.name})),
    }
    if let (Some(media_type), true) = (&file.media_type, file.field != "sticker") {
        json["mime_type"] = json!(media_type);
    }
    json
}
