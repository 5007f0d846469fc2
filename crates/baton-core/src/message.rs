//! Messages of people.

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::id::{ConversationId, MessageId, TurnId};
use crate::name::{ExternalId, PersonId, PersonaName};
use crate::place::{Place, Route};
use crate::state_words::state_words;

/// The author of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The platform's stable id of the person. Permissions refer to this id.
    pub id: PersonId,
    /// The visible name. Its owner may change the name at any time.
    pub name: String,
}

/// A file of a message or a reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The name from the author of the file. Not safe as a path.
    pub name: String,
    /// The path of the file below the folder of [`Files`](crate::files::Files).
    pub location: String,
    /// The size in bytes.
    pub size: u64,
    /// The words of a recording, once a transcriber has written them down. The text of the message ends with
    /// these words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
}

impl Attachment {
    /// The file's id among the files of its conversation: the last part of the location.
    pub fn id(&self) -> &str {
        self.location.rsplit('/').next().unwrap_or_default()
    }
}

/// The rank of a message among waiting messages, 0 to 99. A greater priority goes first; equal priorities go
/// in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Priority(u8);

impl Priority {
    /// The greatest priority.
    pub const MAX: u8 = 99;
}

impl Default for Priority {
    fn default() -> Self {
        Self(5)
    }
}

/// A priority above 99.
#[derive(Debug, thiserror::Error)]
#[error("priority {0} is out of range; use 0 to 99, where the greater number goes first")]
pub struct PriorityOutOfRange(pub u8);

impl TryFrom<u8> for Priority {
    type Error = PriorityOutOfRange;

    fn try_from(value: u8) -> Result<Self, Self::Error> {
        if value <= Self::MAX {
            Ok(Self(value))
        } else {
            Err(PriorityOutOfRange(value))
        }
    }
}

impl From<Priority> for u8 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}

/// A message from a channel, before the store has numbered it.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The platform's id of the message. Storing the same id again changes nothing.
    pub external_id: ExternalId,
    /// The ids of the further messages of the platform that the channel joined into this message. An edit or a reply can
    /// name each of them.
    pub part_ids: Vec<ExternalId>,
    /// The conversation of the message.
    pub route: Route,
    /// The author.
    pub author: Author,
    /// The text, unchanged.
    pub text: String,
    /// The files of the message.
    pub attachments: Vec<Attachment>,
    /// The platform's id of the message to which this message replies.
    pub reply_to: Option<ExternalId>,
    /// The channel's own address for replies. It is fixed at this moment, and never looked up again.
    pub reply_route: serde_json::Value,
    /// The channel's own fields. The store returns them unchanged.
    pub extra: serde_json::Value,
    /// The rank among waiting messages.
    pub priority: Priority,
}

/// A stored message. Only its state and counts change, and its text while it waits.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// The number of the message, and its position in the store's order.
    pub id: MessageId,
    /// The conversation of the message.
    pub conversation: ConversationId,
    /// The place of the message.
    pub place: Place,
    /// The persona that should answer.
    pub persona: PersonaName,
    /// The platform's id of the message.
    pub external_id: ExternalId,
    /// The author.
    pub author: Author,
    /// The text.
    pub text: String,
    /// The files of the message.
    pub attachments: Vec<Attachment>,
    /// The platform's id of the message to which this message replies.
    pub reply_to: Option<ExternalId>,
    /// The channel's own address for replies.
    pub reply_route: serde_json::Value,
    /// The channel's own fields.
    pub extra: serde_json::Value,
    /// The rank among waiting messages.
    pub priority: Priority,
    /// The time when the store recorded the message.
    pub at: Wall,
    /// The current state.
    pub state: MessageState,
    /// The reason for the state, if the state alone does not explain it.
    pub reason: Option<String>,
    /// The number of turns with this message.
    pub attempts: u32,
    /// The number of these turns that found the agent unavailable.
    pub unavailable: u32,
    /// The last turn with this message.
    pub turn: Option<TurnId>,
}

impl Message {
    /// The text as its author wrote it, without the words of the recordings.
    pub fn written_text(&self) -> &str {
        let spoken = spoken_text(&self.attachments);
        match self.text.strip_suffix(&spoken) {
            Some(written) if !spoken.is_empty() => {
                written.strip_suffix(PARAGRAPH).unwrap_or(written)
            }
            _ => &self.text,
        }
    }
}

/// The separator between the text of a message and the words of its recordings.
const PARAGRAPH: &str = "\n\n";

/// A written text, followed by the words of the recordings.
pub fn whole_text(written: &str, attachments: &[Attachment]) -> String {
    let spoken = spoken_text(attachments);
    let parts = [written, &spoken];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(PARAGRAPH)
}

fn spoken_text(attachments: &[Attachment]) -> String {
    let spoken = attachments.iter();
    let spoken = spoken.filter_map(|attachment| attachment.transcript.as_deref());
    spoken.collect::<Vec<_>>().join(PARAGRAPH)
}

/// The state of a message. The counts of all six states always add up to the number of received messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    /// The message waits for a turn.
    Waiting,
    /// A turn is answering the message.
    Running,
    /// A turn has answered the message.
    Answered,
    /// Baton gave up the message, with a reason. People can replay it.
    Dead,
    /// Baton stored the message but cannot give it to an agent, with a reason. The author got a notice,
    /// unless the author was unreadable.
    Refused,
    /// A person stopped, deleted or dropped the message, or a newer message replaced it.
    Withdrawn,
}

state_words!(MessageState {
    Waiting: "waiting",
    Running: "running",
    Answered: "answered",
    Dead: "dead",
    Refused: "refused",
    Withdrawn: "withdrawn",
});

#[cfg(test)]
mod tests {
    use super::*;

    fn spoken(words: Option<&str>) -> Attachment {
        Attachment {
            name: "voice-message.ogg".to_owned(),
            location: "a/kept/1".to_owned(),
            size: 3,
            transcript: words.map(str::to_owned),
        }
    }

    #[test]
    fn the_words_of_recordings_follow_the_written_text() {
        let files = [spoken(Some("one")), spoken(None), spoken(Some("two"))];
        assert_eq!(whole_text("hello", &files), "hello\n\none\n\ntwo");
        assert_eq!(whole_text("", &files), "one\n\ntwo");
        assert_eq!(whole_text("hello", &files[1..2]), "hello");
    }
}
