//! A message of a person, with all its parts.

use std::sync::LazyLock;

use axum::body::Bytes;
use regex::Regex;
use serde_json::{Value, json};

use super::Telegram;
use super::chat_objects::{Message, SentFile};
use super::rules::units;
use super::world::{ANONYMOUS, CHANNEL_POSTS, World};

/// A message in preparation, until [`send`](Self::send).
#[must_use]
pub struct Saying<'a> {
    telegram: &'a Telegram,
    message: Message,
    /// The files: field, name, media type, size, content.
    files: Vec<(String, String, Option<String>, usize, Bytes)>,
    finds_entities: bool,
    albums: Option<String>,
}

/// The parts that Telegram finds in a text: commands, user names, links.
static ENTITIES: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?P<bot_command>/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{4,32})?)|(?P<mention>@[A-Za-z0-9_]{4,32})|(?P<url>https?://\S+)";
    Regex::new(pattern).expect("the pattern is valid")
});

impl Telegram {
    /// A person writes a text in General, or in a chat without topics. Returns the number of the message.
    pub fn say(&self, chat: i64, person: i64, text: &str) -> i64 {
        self.saying(chat, person).text(text).send()
    }

    /// A person writes a text in a topic.
    pub fn say_in(&self, chat: i64, topic: i64, person: i64, text: &str) -> i64 {
        self.saying(chat, person).topic(topic).text(text).send()
    }

    /// Begins a message of a person.
    pub fn saying(&self, chat: i64, person: i64) -> Saying<'_> {
        let message = Message {
            chat,
            author: Some(person),
            ..Message::default()
        };
        Saying {
            telegram: self,
            message,
            files: Vec::new(),
            finds_entities: true,
            albums: None,
        }
    }

    /// Posts in a channel. Channel posts have no author.
    pub fn post(&self, channel: i64, text: &str) -> i64 {
        let mut saying = self.saying(channel, 0).text(text);
        saying.message.author = None;
        saying.message.sender_chat = Some(channel);
        saying.send()
    }
}

impl Saying<'_> {
    /// Sets the text or caption. Commands, user names and links become entities, as on the real server.
    pub fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.message.text);
        self
    }

    /// Writes in a topic.
    pub fn topic(mut self, topic: i64) -> Self {
        self.message.topic = Some(topic);
        self
    }

    /// Gives the message a thread id that names no topic, as replies have in groups without topics.
    pub fn chain(mut self, first: i64) -> Self {
        self.message.chain = Some(first);
        self
    }

    /// Replies to a message.
    pub fn reply_to(mut self, message: i64) -> Self {
        self.message.reply_to = Some(message);
        self
    }

    /// Quotes a part of the answered message.
    pub fn quote(mut self, text: &str, position: usize) -> Self {
        let quote = json!({"text": text, "position": position, "is_manual": true});
        self.message.more.insert("quote".to_owned(), quote);
        self
    }

    /// Adds an entity, such as a `text_mention`.
    pub fn entity(mut self, entity: Value) -> Self {
        self.message.entities.push(entity);
        self
    }

    /// Finds no entities in the text.
    pub fn plain(mut self) -> Self {
        self.finds_entities = false;
        self
    }

    /// Forwards the text of another person.
    pub fn forwarded_from(mut self, name: &str) -> Self {
        let origin =
            json!({"type": "hidden_user", "date": 1_700_000_000, "sender_user_name": name});
        self.message
            .more
            .insert("forward_origin".to_owned(), origin);
        self
    }

    /// Writes as an anonymous administrator: in the name of the chat.
    pub fn anonymous(mut self) -> Self {
        self.message.author = Some(ANONYMOUS);
        self.message.sender_chat = Some(self.message.chat);
        self
    }

    /// Writes in the name of a channel, as posts of a linked channel arrive.
    pub fn via_channel(mut self, channel: i64) -> Self {
        self.message.author = Some(CHANNEL_POSTS);
        self.message.sender_chat = Some(channel);
        self
    }

    /// Adds a photo.
    pub fn photo(self, bytes: impl Into<Bytes>) -> Self {
        self.file("photo", "photo.jpg", Some("image/jpeg"), bytes)
    }

    /// Adds a document.
    pub fn document(self, name: &str, media_type: &str, bytes: impl Into<Bytes>) -> Self {
        self.file("document", name, Some(media_type), bytes)
    }

    /// Adds a voice message (OGG with OPUS).
    pub fn voice(self, bytes: impl Into<Bytes>) -> Self {
        self.file("voice", "voice.oga", Some("audio/ogg"), bytes)
    }

    /// Adds a sticker.
    pub fn sticker(self) -> Self {
        self.file("sticker", "sticker.webp", None, Bytes::from_static(b"RIFF"))
    }

    /// Adds a file in any field of a message.
    pub fn file(
        mut self,
        field: &str,
        name: &str,
        media_type: Option<&str>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        let bytes = bytes.into();
        let size = bytes.len();
        let media_type = media_type.map(str::to_owned);
        self.files
            .push((field.to_owned(), name.to_owned(), media_type, size, bytes));
        self
    }

    /// Reports another size of the last file, so that a test needs no large file.
    pub fn claimed_size(mut self, size: usize) -> Self {
        self.files.last_mut().expect("there is a file").3 = size;
        self
    }

    /// Makes the message a part of an album.
    pub fn album(mut self, id: &str) -> Self {
        self.albums = Some(id.to_owned());
        self
    }

    /// Adds a poll.
    pub fn poll(self, question: &str, options: &[&str]) -> Self {
        let options: Vec<Value> = options
            .iter()
            .enumerate()
            .map(|(index, text)| json!({"persistent_id": index.to_string(), "text": text, "voter_count": 0}))
            .collect();
        self.more("poll", json!({
            "id": "1", "question": question, "options": options, "total_voter_count": 0, "is_closed": false,
            "is_anonymous": true, "type": "regular", "allows_multiple_answers": false, "allows_revoting": true,
            "members_only": false,
        }))
    }

    /// Sets any other field of the message.
    pub fn more(mut self, field: &str, value: Value) -> Self {
        self.message.more.insert(field.to_owned(), value);
        self
    }

    /// Sends the message, and returns its number.
    pub fn send(self) -> i64 {
        let Self {
            telegram,
            mut message,
            files,
            finds_entities,
            albums,
        } = self;
        message.album = albums;
        if finds_entities {
            message.entities.extend(found_entities(&message.text));
            message
                .entities
                .sort_by_key(|entity| entity["offset"].as_u64());
        }
        telegram.shared.change(|world| {
            for (field, name, media_type, size, bytes) in files {
                let mut file = world.keep_file(&field, &name, media_type.as_deref(), bytes);
                if size != file.size {
                    file.size = size;
                    world.files.insert(file.id.clone(), file.clone());
                }
                message.files.push(file);
            }
            let chat = message.chat;
            let id = world.post(message);
            world.notify_of(chat, id);
            id
        })
    }
}

/// The entities that Telegram finds in a text. A command counts at the beginning of a word only.
pub(super) fn found_entities(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    for captures in ENTITIES.captures_iter(text) {
        for kind in ["bot_command", "mention", "url"] {
            let Some(part) = captures.name(kind) else {
                continue;
            };
            let before = text[..part.start()].chars().next_back();
            if before.is_none_or(char::is_whitespace) {
                found.push(json!({
                    "type": kind, "offset": units(&text[..part.start()]), "length": units(part.as_str()),
                }));
            }
        }
    }
    found
}

impl World {
    /// Stores a file under a new id.
    pub(super) fn keep_file(
        &mut self,
        field: &str,
        name: &str,
        media_type: Option<&str>,
        bytes: Bytes,
    ) -> SentFile {
        let id = format!("AgACAgIAAx{}", self.next_id());
        let file = SentFile {
            id: id.clone(),
            field: field.to_owned(),
            name: name.to_owned(),
            media_type: media_type.map(str::to_owned),
            size: bytes.len(),
            bytes,
        };
        self.files.insert(id, file.clone());
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telegram_finds_commands_names_and_links() {
        let found = found_entities("🦀 /new@baton_bot @anna_user a/b https://example.org");
        let kinds: Vec<_> = found
            .iter()
            .map(|entity| {
                (
                    entity["type"].as_str().unwrap(),
                    entity["offset"].as_u64().unwrap(),
                )
            })
            .collect();
        assert_eq!(kinds, [("bot_command", 3), ("mention", 18), ("url", 33)]);
    }
}
