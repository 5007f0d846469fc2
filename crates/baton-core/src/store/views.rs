//! The results of read methods. Each result shows one consistent state.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::activity::Activity;
use crate::clock::Wall;
use crate::delivery::DeliveryState;
use crate::id::{
    ApprovalId, ConversationId, DeliveryId, Fence, Generation, MessageId, Seq, TurnId,
};
use crate::message::{Attachment, MessageState};
use crate::name::{
    AccountName, AgentName, ChannelName, ExternalId, PersonId, PersonaName, SessionId, WorkerId,
};
use crate::place::Place;
use crate::turn::{Tries, TurnState, Usage};

/// An entry of the timeline: a message, or a sent delivery.
#[derive(Clone, Debug, Serialize)]
pub struct Post {
    /// The position in the store's order.
    pub seq: Seq,
    /// The public id. For a message, the platform's id. For delivery number N, `reply-N`, or the id that its
    /// author gave.
    pub id: String,
    /// The kind of the post.
    pub kind: PostKind,
    /// The place of the post.
    pub place: Place,
    /// The conversation of the post.
    pub conversation: ConversationId,
    /// The persona of the conversation.
    pub persona: PersonaName,
    /// A person's stable id; `None` for a delivery.
    pub author: Option<PersonId>,
    /// The visible name of the author.
    pub author_name: String,
    /// The text, possibly shortened.
    pub text: String,
    /// Whether the text is only the beginning of a longer one.
    /// [`TimelineViews::post`](super::TimelineViews::post) returns the whole text.
    pub shortened: bool,
    /// The public id of the post that this post replies to.
    pub reply_to: Option<ExternalId>,
    /// The time of the post.
    pub at: Wall,
    /// The priority of a message, 0 to 99; `None` for other posts.
    pub priority: Option<u8>,
    /// The state of a message; `None` for other posts.
    pub state: Option<MessageState>,
    /// The reason for the state of a message or a delivery, if the state alone does not explain it.
    pub reason: Option<String>,
    /// The number of turns with a message, or the number of tries of a delivery.
    pub attempts: u32,
    /// The number of a message; `None` for other posts.
    pub message: Option<MessageId>,
    /// The number of an approval; `None` for other posts.
    pub approval: Option<ApprovalId>,
    /// The files of a message or a reply.
    pub files: Vec<Attachment>,
    /// For a reply, the activities of the agent; for a notice, the partial reply of the failed turn.
    pub activities: Vec<Activity>,
    /// The channel's own fields.
    pub extra: serde_json::Value,
}

/// The kind of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PostKind {
    /// A message of a person.
    Message,
    /// A reply of a persona.
    Reply,
    /// A notice of Baton.
    Notice,
    /// A question of an approval, see [`Post::approval`].
    Question,
}

/// A filter for posts.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// The channel.
    pub channel: ChannelName,
    /// The account.
    pub account: AccountName,
    /// Only posts from places with these addresses; `None` for all.
    pub addresses: Option<Vec<String>>,
    /// No posts from these places.
    pub not_in: Vec<Place>,
    /// The starting point, and the direction.
    pub direction: Direction,
    /// Only the first post with this wall-clock time or a later one, and every post after it in the store's
    /// order. So a jump of the clock hides nothing.
    pub since: Option<Wall>,
    /// Only posts whose text contains this string. Upper and lower case of ASCII letters are equal.
    pub search: Option<String>,
    /// Only posts of these kinds.
    pub kinds: Option<Vec<PostKind>>,
    /// Only posts with this name of the author.
    pub author_name: Option<String>,
    /// The maximum number of posts.
    pub limit: usize,
    /// The size limit of the page in bytes. The page holds at least one post.
    pub bytes: usize,
    /// The most bytes of one text; a longer text is cut. Steps of the agent then come without their details.
    pub longest: usize,
    /// The maximum number of messages, and of deliveries, to examine for a filter by text, kind or name. The
    /// page ends at this limit.
    pub reach: usize,
    /// The maximum total size of texts to examine for a filter by text, in bytes. The page ends at this
    /// limit.
    pub reach_bytes: usize,
}

/// A set of places of one account.
#[derive(Clone, Debug)]
pub struct Places {
    /// The channel.
    pub channel: ChannelName,
    /// The account.
    pub account: AccountName,
    /// Only places with these addresses; `None` for all.
    pub addresses: Option<Vec<String>>,
    /// Except these places.
    pub not_in: Vec<Place>,
}

/// The starting point of a page, and its direction. Posts are always sorted oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The first posts after this number.
    After(Seq),
    /// The last posts before this number.
    Before(Seq),
    /// The newest posts.
    Last,
}

/// A page of the timeline.
#[derive(Clone, Debug)]
pub struct TimelinePage {
    /// The posts, oldest first.
    pub posts: Vec<Post>,
    /// Whether more posts may follow in this direction.
    pub more: bool,
    /// The end of the examined posts, for the request of the next page. If the last examined posts did not
    /// match the filter, this number lies beyond the last post of the page.
    pub reached: Seq,
}

/// A conversation for display.
#[derive(Clone, Debug, Serialize)]
pub struct ConversationView {
    /// The number of the conversation.
    pub id: ConversationId,
    /// The agent of the persona.
    pub agent: AgentName,
    /// The agent's own id of the session, if a turn set one.
    pub session: Option<SessionId>,
    /// The number of the session. Each reset begins a new session.
    pub generation: Generation,
    /// The model that people chose; `None` for the agent's own.
    pub model: Option<String>,
    /// The running turn.
    pub running: Option<TurnView>,
    /// The number of waiting messages.
    pub waiting: u32,
    /// Whether the messages of the conversation come without a notification.
    pub is_muted: bool,
    /// The total usage of all turns in the current session.
    pub usage: Usage,
    /// The last message that was given up, stopped or refused, if no message was answered later. A retry
    /// would replay this message.
    pub retry: Option<MessageId>,
}

/// A turn for display.
#[derive(Clone, Debug, Serialize)]
pub struct TurnView {
    /// The number of the turn.
    pub id: TurnId,
    /// The current state.
    pub state: TurnState,
    /// The outside worker that holds or held the turn; `None` for a turn of Baton itself.
    pub worker: Option<WorkerId>,
    /// The fence of the turn's claim.
    pub fence: Fence,
    /// The number of the session with which the turn began.
    pub generation: Generation,
    /// The number of the try; 1 for the first.
    pub attempt: u32,
    /// The number of earlier tries that found the agent unavailable.
    pub unavailable: u32,
    /// The number of turns of outside workers with this message, this turn included. A replay does not reset
    /// this number.
    pub claims: u32,
    /// The time when the turn began.
    pub started_at: Wall,
    /// The messages of the turn; empty after its end.
    pub messages: Vec<MessageId>,
}

impl TurnView {
    /// The number of this try, and of earlier tries that found the agent unavailable.
    pub fn tries(&self) -> Tries {
        Tries {
            number: self.attempt,
            unavailable: self.unavailable,
        }
    }
}

/// The stored text of an ended turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnSaid {
    /// No text.
    Nothing,
    /// This text was stored with the end of the turn.
    Words(String),
    /// The worker posted the reply separately, so the end of the turn brought no text.
    Beside,
}

/// The number of messages and deliveries in each state. `received` is the sum of the messages in all states.
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
    /// Messages of all places that wait for their files. They are not received yet.
    pub incomplete: u64,
}

impl Counts {
    /// The number of messages in this state.
    pub fn messages_in(&self, state: MessageState) -> u64 {
        self.messages
            .get(state.as_str())
            .copied()
            .unwrap_or_default()
    }

    /// The number of deliveries in this state.
    pub fn deliveries_in(&self, state: DeliveryState) -> u64 {
        self.deliveries
            .get(state.as_str())
            .copied()
            .unwrap_or_default()
    }
}

/// An event of a message or delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TraceLine {
    /// The time of the event.
    pub at: Wall,
    /// The event, in words for everybody who may read the message.
    pub what: String,
    /// Details for operators only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A message or delivery that Baton gave up.
#[derive(Clone, Debug, Serialize)]
pub struct DeadLetter {
    /// Whether this is a message or a delivery.
    pub subject: Subject,
    /// The number, for `replay` and `drop`.
    pub id: Seq,
    /// The place.
    pub place: Place,
    /// The persona that should answer, or that speaks.
    pub persona: PersonaName,
    /// The text of the message or delivery.
    pub text: String,
    /// The reason for giving up.
    pub reason: Option<String>,
    /// The time when the message or delivery was stored.
    pub at: Wall,
    /// The number of tries.
    pub attempts: u32,
}

/// The kind of row that a number names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// A message.
    Message,
    /// A delivery.
    Delivery,
}

/// A change by a commit.
#[derive(Clone, Debug)]
pub enum Change {
    /// A new post in the timeline of a place.
    Posted {
        /// The place.
        place: Place,
        /// The position of the post in the store's order.
        seq: Seq,
    },
    /// A message changed its state, or its position in the queue.
    Moved {
        /// The place of the message.
        place: Place,
        /// The persona that should answer.
        persona: PersonaName,
        /// The message.
        message: MessageId,
        /// The new state.
        state: MessageState,
    },
    /// An approval is new, or has ended.
    Asked {
        /// The place of the approval.
        place: Place,
        /// The approval.
        approval: ApprovalId,
    },
    /// A delivery is dead: nobody tries again to send it, until an operator replays it.
    Undelivered {
        /// The delivery.
        delivery: DeliveryId,
    },
    /// A conversation's next message became claimable for outside workers. Turns that this process receives
    /// itself are not announced.
    Claimable {
        /// The place of the message.
        place: Place,
        /// The persona that should answer.
        persona: PersonaName,
        /// The agent of the persona.
        agent: AgentName,
    },
}

/// The facts for the removal of old files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesInUse {
    /// The files of waiting or running messages and of unsent deliveries, each as its
    /// [`Attachment::location`](crate::message::Attachment::location).
    pub locations: BTreeSet<String>,
    /// The wall-clock time of the newest message, turn or delivery; `None` if there is none.
    pub newest: Option<Wall>,
}
