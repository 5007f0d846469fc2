//! What a person said.

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::id::{ConversationId, MessageId, TurnId};
use crate::name::{ExternalId, PersonId, PersonaName};
use crate::place::{Place, Route};
use crate::words::words;

/// Who wrote a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Stable on the platform; what permissions are given to.
    pub id: PersonId,
    /// What people see; its owner may change it at any time.
    pub name: String,
}

/// A file that came with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The name its author gave it; not safe as a path.
    pub name: String,
    /// Where [`Files`](crate::files::Files) keeps it, below its folder.
    pub location: String,
    /// In bytes.
    pub size: u64,
}

impl Attachment {
    /// What names it among the files of its conversation.
    pub fn id(&self) -> &str {
        self.location.rsplit('/').next().unwrap_or_default()
    }
}

/// Who goes first: 0 to 99, the greater first; messages of equal priority in order of arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Priority(u8);

impl Priority {
    /// The greatest.
    pub const MAX: u8 = 99;
}

impl Default for Priority {
    fn default() -> Self {
        Self(5)
    }
}

/// A priority above 99.
#[derive(Debug, thiserror::Error)]
#[error("priority {0} is out of range: use 0 to 99, the greater goes first")]
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

/// A message as its channel hands it in.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// The platform's id; handing the same one in again changes nothing.
    pub external_id: ExternalId,
    /// Which conversation it belongs to.
    pub route: Route,
    /// Who wrote it.
    pub author: Author,
    /// What was said, as it was said.
    pub text: String,
    /// The files that came with it.
    pub attachments: Vec<Attachment>,
    /// The message that this one replies to.
    pub reply_to: Option<ExternalId>,
    /// The channel's own address for replies, frozen here: nothing looks it up again later.
    pub reply_route: serde_json::Value,
    /// The channel's own fields, kept and handed back as they are.
    pub extra: serde_json::Value,
    /// Who goes first.
    pub priority: Priority,
}

/// A stored message. Immutable but for its state, and for its text while it waits.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// Its number, and its place in the store's order.
    pub id: MessageId,
    /// Whose turn order it is in.
    pub conversation: ConversationId,
    /// Where it was written.
    pub place: Place,
    /// Who is to answer.
    pub persona: PersonaName,
    /// The platform's id.
    pub external_id: ExternalId,
    /// Who wrote it.
    pub author: Author,
    /// What was said.
    pub text: String,
    /// The files that came with it.
    pub attachments: Vec<Attachment>,
    /// The message that it replies to.
    pub reply_to: Option<ExternalId>,
    /// The channel's own address for replies.
    pub reply_route: serde_json::Value,
    /// The channel's own fields.
    pub extra: serde_json::Value,
    /// Who goes first.
    pub priority: Priority,
    /// When it was stored.
    pub at: Wall,
    /// What became of it.
    pub state: MessageState,
    /// Why it is in that state, where that is not plain.
    pub reason: Option<String>,
    /// How many turns it has been given to.
    pub attempts: u32,
    /// How many of these found the agent unavailable.
    pub unavailable: u32,
    /// The last of them.
    pub turn: Option<TurnId>,
}

/// What became of a message. At every moment, received = the sum of all six.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MessageState {
    /// Its turn has not come.
    Waiting,
    /// A turn is answering it.
    Running,
    /// A turn has answered it.
    Answered,
    /// Given up, with a reason; it can be replayed.
    Dead,
    /// Not taken, with a reason; its author was told, unless nobody could read who that is.
    Refused,
    /// Taken back: stopped by a person, or outdated by a newer message.
    Withdrawn,
}

words!(MessageState {
    Waiting: "waiting",
    Running: "running",
    Answered: "answered",
    Dead: "dead",
    Refused: "refused",
    Withdrawn: "withdrawn",
});
