//! The stored form of a message that waits for its files.
//!
//! An earlier version of Baton may have written the form, and a later version may read it. So a name in
//! the form keeps its meaning, also if a type of the connector gets another name. Each new field has a default.

use baton_core::message::Author;
use baton_core::name::ExternalId;
use serde::{Deserialize, Serialize};

use crate::connector::{
    IncomingFile, IncomingMessage, PlatformTime, ReadableMessage, Sender, UnreadableMessage,
};

/// Writes the stored form of a message.
pub(super) fn write_message(message: &IncomingMessage) -> Result<String, serde_json::Error> {
    serde_json::to_string(&StoredMessage::from(message))
}

/// Reads the stored form of a message.
pub(super) fn read_message(stored: &str) -> Result<IncomingMessage, serde_json::Error> {
    serde_json::from_str::<StoredMessage>(stored).map(IncomingMessage::from)
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum StoredMessage {
    Readable(StoredReadable),
    Unreadable(StoredUnreadable),
}

#[derive(Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the message"
)]
struct StoredReadable {
    id: StoredId,
    chat: String,
    position: String,
    #[serde(default)]
    workspace: Option<String>,
    is_direct: bool,
    sender: StoredSender,
    is_from_person: bool,
    mentions_us: bool,
    is_silent: bool,
    text: String,
    #[serde(default)]
    button_names: Vec<String>,
    #[serde(default)]
    files: Vec<StoredFile>,
    #[serde(default)]
    reply_to: Option<StoredId>,
    #[serde(default)]
    sent_at_ms: Option<i64>,
    #[serde(default)]
    edited_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    part_ids: Vec<StoredId>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    is_joined: bool,
}

#[derive(Serialize, Deserialize)]
struct StoredUnreadable {
    #[serde(default)]
    id: Option<StoredId>,
    #[serde(default)]
    position: Option<String>,
    #[serde(default)]
    chat: Option<String>,
    #[serde(default)]
    workspace: Option<String>,
    #[serde(default)]
    sender: Option<StoredSender>,
    may_be_from_person: bool,
    may_mention_us: bool,
    #[serde(default)]
    text: Option<String>,
    raw: String,
    reason: String,
}

#[derive(Serialize, Deserialize)]
struct StoredId {
    /// The chat in which the id is unique; empty if the id is unique in the whole account.
    space: String,
    id: String,
}

#[derive(Serialize, Deserialize)]
struct StoredSender {
    person: String,
    name: String,
    is_us: bool,
    is_bot: bool,
    #[serde(default)]
    roles: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize)]
struct StoredFile {
    name: String,
    size: u64,
    reference: String,
}

impl From<&IncomingMessage> for StoredMessage {
    fn from(message: &IncomingMessage) -> Self {
        match message {
            IncomingMessage::Readable(message) => Self::Readable(StoredReadable {
                id: StoredId::from(&message.id),
                chat: message.chat.to_string(),
                position: message.position.to_string(),
                workspace: message.workspace.as_ref().map(ToString::to_string),
                is_direct: message.is_direct,
                sender: StoredSender::from(&message.sender),
                is_from_person: message.is_from_person,
                mentions_us: message.mentions_us,
                is_silent: message.is_silent,
                text: message.text.clone(),
                button_names: message.button_names.clone(),
                files: message.files.iter().map(StoredFile::from).collect(),
                reply_to: message.reply_to.as_ref().map(StoredId::from),
                sent_at_ms: message.sent_at.map(|time| time.0),
                edited_at_ms: message.edited_at.map(|time| time.0),
                part_ids: message.part_ids.iter().map(StoredId::from).collect(),
                is_joined: message.is_joined,
            }),
            IncomingMessage::Unreadable(message) => Self::Unreadable(StoredUnreadable {
                id: message.id.as_ref().map(StoredId::from),
                position: message.position.as_ref().map(ToString::to_string),
                chat: message.chat.as_ref().map(ToString::to_string),
                workspace: message.workspace.as_ref().map(ToString::to_string),
                sender: message.sender.as_ref().map(StoredSender::from),
                may_be_from_person: message.may_be_from_person,
                may_mention_us: message.may_mention_us,
                text: message.text.clone(),
                raw: message.raw.clone(),
                reason: message.reason.clone(),
            }),
        }
    }
}

impl From<StoredMessage> for IncomingMessage {
    fn from(stored: StoredMessage) -> Self {
        match stored {
            StoredMessage::Readable(stored) => Self::Readable(Box::new(ReadableMessage {
                id: stored.id.into(),
                chat: stored.chat.into(),
                position: stored.position.into(),
                workspace: stored.workspace.map(Into::into),
                is_direct: stored.is_direct,
                sender: stored.sender.into(),
                is_from_person: stored.is_from_person,
                mentions_us: stored.mentions_us,
                is_silent: stored.is_silent,
                text: stored.text,
                button_names: stored.button_names,
                files: stored.files.into_iter().map(Into::into).collect(),
                reply_to: stored.reply_to.map(Into::into),
                sent_at: stored.sent_at_ms.map(PlatformTime),
                edited_at: stored.edited_at_ms.map(PlatformTime),
                part_ids: stored.part_ids.into_iter().map(Into::into).collect(),
                is_joined: stored.is_joined,
            })),
            StoredMessage::Unreadable(stored) => Self::Unreadable(Box::new(UnreadableMessage {
                id: stored.id.map(Into::into),
                position: stored.position.map(Into::into),
                chat: stored.chat.map(Into::into),
                workspace: stored.workspace.map(Into::into),
                sender: stored.sender.map(Into::into),
                may_be_from_person: stored.may_be_from_person,
                may_mention_us: stored.may_mention_us,
                text: stored.text,
                raw: stored.raw,
                reason: stored.reason,
            })),
        }
    }
}

impl From<&ExternalId> for StoredId {
    fn from(id: &ExternalId) -> Self {
        Self {
            space: id.space().to_owned(),
            id: id.as_str().to_owned(),
        }
    }
}

impl From<StoredId> for ExternalId {
    fn from(stored: StoredId) -> Self {
        Self::within(&stored.space, &stored.id)
    }
}

impl From<&Sender> for StoredSender {
    fn from(sender: &Sender) -> Self {
        let roles = sender.roles.as_ref();
        Self {
            person: sender.author.id.to_string(),
            name: sender.author.name.clone(),
            is_us: sender.is_us,
            is_bot: sender.is_bot,
            roles: roles.map(|roles| roles.iter().map(ToString::to_string).collect()),
        }
    }
}

impl From<StoredSender> for Sender {
    fn from(stored: StoredSender) -> Self {
        let roles = stored.roles;
        Self {
            author: Author {
                id: stored.person.into(),
                name: stored.name,
            },
            is_us: stored.is_us,
            is_bot: stored.is_bot,
            roles: roles.map(|roles| roles.into_iter().map(Into::into).collect()),
        }
    }
}

impl From<&IncomingFile> for StoredFile {
    fn from(file: &IncomingFile) -> Self {
        Self {
            name: file.name.clone(),
            size: file.size,
            reference: file.reference.clone(),
        }
    }
}

impl From<StoredFile> for IncomingFile {
    fn from(stored: StoredFile) -> Self {
        Self {
            name: stored.name,
            size: stored.size,
            reference: stored.reference,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of the first version. Never change this text, because a store may still hold such rows.
    const FIRST_FORM: &str = r#"{"kind":"readable","id":{"space":"-100","id":"7"},"chat":"-100/3","position":"7","workspace":null,"is_direct":false,"sender":{"person":"1","name":"Ann","is_us":false,"is_bot":false,"roles":null},"is_from_person":true,"mentions_us":true,"is_silent":false,"text":"read this","button_names":[],"files":[{"name":"notes.txt","size":9,"reference":"file-1"}],"reply_to":{"space":"-100","id":"5"},"sent_at_ms":1000,"edited_at_ms":null}"#;

    #[test]
    fn a_stored_message_is_read_as_it_was_written() {
        let read = read_message(FIRST_FORM).expect("the stored form");
        assert_eq!(write_message(&read).expect("a form"), FIRST_FORM);
        let message = read.into_readable().expect("a readable message");
        assert_eq!(message.id, ExternalId::within("-100", "7"));
        assert_eq!(message.files[0].reference, "file-1");
        assert_eq!(message.sent_at, Some(PlatformTime(1_000)));
    }

    #[test]
    fn an_unreadable_message_keeps_its_raw_form() {
        let readable = read_message(FIRST_FORM).expect("the stored form");
        let readable = readable.into_readable().expect("a readable message");
        let message = UnreadableMessage::from_readable(&readable, "broken".to_owned());
        let message = IncomingMessage::Unreadable(Box::new(message));
        let stored = write_message(&message).expect("a form");
        let read = read_message(&stored).expect("the stored form");
        assert_eq!(format!("{read:?}"), format!("{message:?}"));
        assert!(read_message("{}").is_err());
    }
}
