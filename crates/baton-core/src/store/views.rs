//! What is read: each view is of one consistent state.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::activity::Activity;
use crate::clock::Wall;
use crate::delivery::DeliveryState;
use crate::id::{ApprovalId, ConversationId, Fence, MessageId, Seq, TurnId};
use crate::message::{Attachment, MessageState};
use crate::name::{
    AccountName, AgentName, ChannelName, ExternalId, PersonId, PersonaName, SessionId, WorkerId,
};
use crate::place::Place;
use crate::turn::{Tries, TurnState, Usage};

/// Something that was said in a place, by a person or by us: a message, or a delivery that was sent.
#[derive(Clone, Debug, Serialize)]
pub struct Post {
    /// Its place in the store's order.
    pub seq: Seq,
    /// Its public id: the platform's for a message, `reply-N` for delivery number N unless its
    /// author gave it one.
    pub id: String,
    /// Who says it.
    pub kind: PostKind,
    /// Where.
    pub place: Place,
    /// The conversation that it belongs to.
    pub conversation: ConversationId,
    /// The persona of that conversation: who is asked, or who says it.
    pub persona: PersonaName,
    /// A person's stable id; `None` for what we say.
    pub author: Option<PersonId>,
    /// The name that people see.
    pub author_name: String,
    /// As it was said.
    pub text: String,
    /// Whether the text is only the beginning of a longer one. [`Store::post`](super::Store::post) returns
    /// the whole text.
    pub shortened: bool,
    /// The public id of the post that it replies to.
    pub reply_to: Option<ExternalId>,
    /// When.
    pub at: Wall,
    /// 0 to 99, of a message.
    pub priority: Option<u8>,
    /// What became of it, of a message.
    pub state: Option<MessageState>,
    /// Why, where that is not plain.
    pub reason: Option<String>,
    /// How many turns it has been given to, of a message.
    pub attempts: u32,
    /// The message's number, of a message.
    pub message: Option<MessageId>,
    /// What is to be decided, of a question.
    pub approval: Option<ApprovalId>,
    /// The files that came with a message, or are sent with a reply.
    pub files: Vec<Attachment>,
    /// For a reply, the steps of the agent; for a notice, the partial reply of the failed turn.
    pub activities: Vec<Activity>,
    /// The channel's own fields.
    pub extra: serde_json::Value,
}

/// Who says a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PostKind {
    /// A person.
    Message,
    /// A persona.
    Reply,
    /// Baton itself.
    Notice,
    /// A persona that waits for a decision; [`Post::approval`] says for which.
    Question,
}

/// Which posts.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// Of which channel.
    pub channel: ChannelName,
    /// Of which account.
    pub account: AccountName,
    /// Only in these places; `None` for all.
    pub addresses: Option<Vec<String>>,
    /// Not in these places.
    pub not_in: Vec<Place>,
    /// From where, and which way.
    pub direction: Direction,
    /// Only what was said at this wall time or later, and all that was stored after the first such
    /// post, whatever its own time: a clock that jumps hides nothing.
    pub since: Option<Wall>,
    /// Only what holds this text; upper and lower case alike, of the letters of ASCII.
    pub search: Option<String>,
    /// Only what is said by one of these.
    pub kinds: Option<Vec<PostKind>>,
    /// Only what is said under this name.
    pub author_name: Option<String>,
    /// At most this many.
    pub limit: usize,
    /// The size limit of the page in bytes. The page holds at least one post.
    pub bytes: usize,
    /// The most bytes of one text; a longer text is cut. Steps of the agent then come without their
    /// details.
    pub longest: usize,
    /// Where they are picked by text, kind or name: the page ends where so many messages, or so many
    /// deliveries, were looked at.
    pub reach: usize,
    /// Where they are picked by text: the page ends where so many bytes of texts were looked at.
    pub reach_bytes: usize,
}

/// Places of an account.
#[derive(Clone, Debug)]
pub struct Places {
    /// Of which channel.
    pub channel: ChannelName,
    /// Of which account.
    pub account: AccountName,
    /// Only these; `None` for all.
    pub addresses: Option<Vec<String>>,
    /// But for these.
    pub not_in: Vec<Place>,
}

/// From where, and which way. The posts come oldest first either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The first ones after this.
    After(Seq),
    /// The last ones before this.
    Before(Seq),
    /// The last ones of all.
    Last,
}

/// Some posts.
#[derive(Clone, Debug)]
pub struct TimelinePage {
    /// Oldest first.
    pub posts: Vec<Post>,
    /// There may be more that way.
    pub more: bool,
    /// How far that is: the next page is what is after this, or before it. It may be beyond the last
    /// post, where those that were looked at are not what was asked for.
    pub reached: Seq,
}

/// A conversation, as people see it.
#[derive(Clone, Debug, Serialize)]
pub struct ConversationView {
    /// Its number.
    pub id: ConversationId,
    /// What answers there.
    pub agent: AgentName,
    /// The agent's own memory handle, where a turn left one.
    pub session: Option<SessionId>,
    /// The model that people chose; the agent's own where `None`.
    pub model: Option<String>,
    /// The turn that runs, and what it answers.
    pub running: Option<TurnView>,
    /// How many messages wait.
    pub waiting: u32,
    /// What the turns of its session used together.
    pub usage: Usage,
    /// The last message that was given up, stopped or refused, where nothing was answered since: what
    /// a retry would try again.
    pub retry: Option<MessageId>,
}

/// A turn, as it can be seen.
#[derive(Clone, Debug, Serialize)]
pub struct TurnView {
    /// Its number.
    pub id: TurnId,
    /// What it is.
    pub state: TurnState,
    /// The outside worker that holds or held it; `None` for this program.
    pub worker: Option<WorkerId>,
    /// Its claim.
    pub fence: Fence,
    /// What it was claimed with.
    pub generation: crate::id::Generation,
    /// 1 for the first try.
    pub attempt: u32,
    /// How many earlier tries found the agent unavailable.
    pub unavailable: u32,
    /// How many turns of outside workers its message has been given to, this one included. A replay
    /// begins the tries anew, and not this number.
    pub claims: u32,
    /// When it began.
    pub started_at: Wall,
    /// What it is answering; empty when it is over.
    pub messages: Vec<MessageId>,
}

impl TurnView {
    /// The number of this try, and of those before it.
    pub fn tries(&self) -> Tries {
        Tries {
            number: self.attempt,
            unavailable: self.unavailable,
        }
    }
}

/// What is known of what an ended turn said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnSaid {
    /// Nothing.
    Nothing,
    /// This, with its end.
    Words(String),
    /// Its reply was posted beside it, and nothing more was taken.
    Beside,
}

/// The number of messages and deliveries in each state. `received` is the sum of the messages in all
/// states.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// All messages ever stored. Counted separately, so that everybody can check the sum of the states.
    pub received: u64,
    /// Messages by state.
    pub messages: BTreeMap<&'static str, u64>,
    /// Deliveries by state.
    pub deliveries: BTreeMap<&'static str, u64>,
    /// Conversations.
    pub conversations: u64,
}

impl Counts {
    /// Messages in that state.
    pub fn messages_in(&self, state: MessageState) -> u64 {
        self.messages
            .get(state.as_str())
            .copied()
            .unwrap_or_default()
    }

    /// Deliveries in that state.
    pub fn deliveries_in(&self, state: DeliveryState) -> u64 {
        self.deliveries
            .get(state.as_str())
            .copied()
            .unwrap_or_default()
    }
}

/// One thing that happened to a message or delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceLine {
    /// When.
    pub at: Wall,
    /// The event, in words for everybody who may read the message.
    pub what: String,
    /// Details for operators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Something that was given up.
#[derive(Clone, Debug, Serialize)]
pub struct DeadLetter {
    /// What it is.
    pub subject: Subject,
    /// Its number, for `replay` and `drop`.
    pub id: Seq,
    /// Where.
    pub place: Place,
    /// Who was to answer, or to speak.
    pub persona: PersonaName,
    /// What was said, or was to be said.
    pub text: String,
    /// Why it was given up.
    pub reason: Option<String>,
    /// When it was stored.
    pub at: Wall,
    /// How often it was tried.
    pub attempts: u32,
}

/// What a number names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A message.
    Message,
    /// A delivery.
    Delivery,
}

/// Something that a commit changed.
#[derive(Clone, Debug)]
pub enum Change {
    /// A post was added to a place's timeline.
    Posted {
        /// Where.
        place: Place,
        /// Its place in the store's order.
        seq: Seq,
    },
    /// A message changed its state, or one behind it moved up.
    Moved {
        /// Where.
        place: Place,
        /// Who is to answer.
        persona: PersonaName,
        /// Which message.
        message: MessageId,
        /// What it is now.
        state: MessageState,
    },
    /// A question was asked, or decided.
    Asked {
        /// Where.
        place: Place,
        /// Which question.
        approval: ApprovalId,
    },
    /// A conversation's next message became claimable for outside workers. Turns that this process
    /// receives itself are not announced.
    Claimable {
        /// The place of the message.
        place: Place,
        /// The persona that should answer.
        persona: PersonaName,
        /// The agent of the persona.
        agent: AgentName,
    },
}

/// The facts that decide on the removal of files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesInUse {
    /// The files of waiting or running messages and of unsent deliveries, each as its
    /// [`Attachment::location`](crate::message::Attachment::location).
    pub locations: BTreeSet<String>,
    /// The wall-clock time of the newest message, turn or delivery; `None` if there is none.
    pub newest: Option<Wall>,
}
