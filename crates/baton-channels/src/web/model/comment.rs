//! The JSON of a post: the comment. Existing pages and workers use these field names.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_core::authority::Right;
use baton_core::id::MessageId;
use baton_core::inbox::Inbox;
use baton_core::message::{Message, MessageState};
use baton_core::store::{Post, PostKind, Queued, Store, StoreError, WaitingQuery};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::activity_view::ActivityView;
use super::approval_view::ApprovalView;
use super::client_fields::StoredFields;
use super::file_view::FileView;
use super::html_cache::HtmlCache;
use super::public_id::public_id;
use crate::web::http::authentication::WebCaller;
use crate::web::room_place::{account_name, channel_name};

/// Maximum number of waiting messages that are read for the positions.
const POSITIONS_COUNTED: usize = 200;

/// The sources of a comment besides its post.
pub(crate) struct CommentSources {
    /// Holds approvals, the queue and the personas.
    inbox: Inbox,
    html_cache: HtmlCache,
}

impl CommentSources {
    pub(crate) fn new(inbox: Inbox) -> Self {
        Self {
            inbox,
            html_cache: HtmlCache::default(),
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        self.inbox.store()
    }
}

/// A comment: one post of the timeline.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Comment {
    /// The public id.
    pub(crate) id: String,
    /// The sequence of the comment, for cursors. 0 for a reply that is not sent yet.
    pub(crate) seq: i64,
    /// The text; only its beginning if `shortened` is true.
    pub(crate) text: String,
    /// Whether `text` and `html` hold only the beginning of a long comment, as in lists and streams. `GET
    /// /api/comments/{id}` returns the whole comment.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) shortened: bool,
    /// The text rendered as safe HTML.
    #[schema(value_type = String)]
    pub(crate) html: Arc<str>,
    /// The shown name of the author.
    pub(crate) username: String,
    /// The room.
    pub(crate) domain: String,
    /// The kind of author.
    #[serde(rename = "message-type")]
    pub(crate) message_type: MessageType,
    /// The id of the comment that this comment replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reply_to: Option<String>,
    /// The persona that is asked or that answers.
    pub(crate) entity: String,
    /// The priority of a person's message, 0 to 99. Greater goes first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) priority: Option<u8>,
    /// The time of the comment, in milliseconds since 1970.
    pub(crate) timestamp: i64,
    /// The state of a person's message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MessageStateSchema>)]
    pub(crate) state: Option<MessageState>,
    /// The reason for the state, where the state needs one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    /// Number of turns that a person's message was given to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) attempts: Option<u32>,
    /// The position of a waiting message in its conversation; 1 is next. Only for the first 200 messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) position: Option<u32>,
    /// The files of the comment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<FileView>,
    /// The number of a person's message, for traces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message_id: Option<i64>,
    /// The approval of a question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) approval: Option<ApprovalView>,
    /// For a reply, the steps of the agent, in the order in which they began. For a notice, the partial reply of
    /// the failed turn.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) activities: Vec<ActivityView>,
    #[serde(flatten)]
    pub(crate) fields: StoredFields,
}

/// The kind of author of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub(crate) enum MessageType {
    /// A person.
    #[serde(rename = "human")]
    Human,
    /// A persona.
    #[serde(rename = "AI", alias = "ai")]
    Ai,
    /// Baton itself.
    #[serde(rename = "notice")]
    Notice,
    /// A persona with an approval.
    #[serde(rename = "question")]
    Question,
}

/// The state of a message.
#[expect(
    dead_code,
    reason = "describes `MessageState`, whose crate knows no OpenAPI"
)]
#[derive(ToSchema)]
#[schema(as = State, rename_all = "lowercase")]
pub(crate) enum MessageStateSchema {
    Waiting,
    Running,
    Answered,
    Dead,
    Refused,
    Withdrawn,
}

impl MessageType {
    /// Parses a type in any case, because clients write `AI` and `ai`.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "human" => Some(Self::Human),
            "ai" => Some(Self::Ai),
            "notice" => Some(Self::Notice),
            "question" => Some(Self::Question),
            _ => None,
        }
    }

    pub(crate) fn post_kind(self) -> PostKind {
        match self {
            Self::Human => PostKind::Message,
            Self::Ai => PostKind::Reply,
            Self::Notice => PostKind::Notice,
            Self::Question => PostKind::Question,
        }
    }
}

impl From<PostKind> for MessageType {
    fn from(kind: PostKind) -> Self {
        match kind {
            PostKind::Message => Self::Human,
            PostKind::Reply => Self::Ai,
            PostKind::Notice => Self::Notice,
            PostKind::Question => Self::Question,
        }
    }
}

impl Comment {
    /// The comments for these posts, for all readers and without the details of activities, which may be
    /// long. Needs one read if messages wait, and one for each approval.
    pub(crate) async fn of_posts(
        sources: &CommentSources,
        posts: Vec<Post>,
    ) -> Result<Vec<Self>, StoreError> {
        let mut comments = Self::of_whole_posts(sources, posts).await?;
        for comment in &mut comments {
            comment.fields.context.clear();
            for activity in &mut comment.activities {
                *activity = activity.without_detail();
            }
        }
        Ok(comments)
    }

    async fn of_whole_posts(
        sources: &CommentSources,
        posts: Vec<Post>,
    ) -> Result<Vec<Self>, StoreError> {
        let positions = queue_positions(sources, &posts).await?;
        let mut comments = Vec::with_capacity(posts.len());
        for post in posts {
            let position = post.message.and_then(|message| positions.get(&message));
            comments.push(Self::with_position(sources, post, position.copied()).await?);
        }
        Ok(comments)
    }

    /// The comment for this post, with all details.
    pub(crate) async fn of_post(sources: &CommentSources, post: Post) -> Result<Self, StoreError> {
        let position = match post.message {
            Some(message) => queue_positions(sources, std::slice::from_ref(&post))
                .await?
                .remove(&message),
            None => None,
        };
        Self::with_position(sources, post, position).await
    }

    /// The comment as this caller may see it.
    pub(crate) fn seen_by(mut self, caller: &WebCaller) -> Self {
        self.approval = self.approval.map(|approval| approval.seen_by(caller));
        if !caller.has_right(Right::ActUnderOwnId) {
            self = self.for_guests();
        }
        self
    }

    /// The comment for guests. The partial reply in a notice stays, because guests saw it being written.
    pub(crate) fn for_guests(mut self) -> Self {
        if self.message_type == MessageType::Notice {
            return self;
        }
        for activity in &mut self.activities {
            *activity = activity.for_guests();
        }
        self
    }

    pub(crate) async fn of_message(
        sources: &CommentSources,
        message: Message,
    ) -> Result<Self, StoreError> {
        Self::of_post(sources, post_of_message(message)).await
    }

    /// The comments of these messages, with the `context` for the worker.
    pub(crate) async fn of_messages(
        sources: &CommentSources,
        messages: Vec<Message>,
    ) -> Result<Vec<Self>, StoreError> {
        Self::of_whole_posts(sources, messages.into_iter().map(post_of_message).collect()).await
    }

    async fn with_position(
        sources: &CommentSources,
        post: Post,
        position: Option<u32>,
    ) -> Result<Self, StoreError> {
        let mut fields = StoredFields::of_post(&post);
        let is_message = post.kind == PostKind::Message;
        if fields.color.is_none() && !is_message {
            let persona = sources.inbox.personas().get(&post.persona);
            fields.color = persona.and_then(|persona| persona.color.clone());
        }
        let files = FileView::of_post(&post);
        let approval = match post.approval {
            Some(approval) => sources.store().approval(approval).await?,
            None => None,
        };
        Ok(Self {
            html: sources.html_cache.render_post(&post).await,
            seq: post.seq.0,
            username: post.author_name,
            id: post.id,
            text: post.text,
            shortened: post.shortened,
            domain: post.place.address,
            message_type: post.kind.into(),
            reply_to: post.reply_to.map(|id| id.to_string()),
            entity: post.persona.to_string(),
            priority: post.priority,
            timestamp: post.at.0,
            state: post.state,
            reason: post.reason,
            attempts: is_message.then_some(post.attempts),
            position,
            files,
            message_id: post.message.map(|message| message.0),
            approval: approval.as_ref().map(ApprovalView::new),
            activities: post
                .activities
                .into_iter()
                .map(ActivityView::from)
                .collect(),
            fields,
        })
    }
}

/// The post of a message.
fn post_of_message(message: Message) -> Post {
    Post {
        seq: message.id.into(),
        id: public_id(&message),
        kind: PostKind::Message,
        place: message.place,
        conversation: message.conversation,
        persona: message.persona,
        author: Some(message.author.id),
        author_name: message.author.name,
        text: message.text,
        shortened: false,
        reply_to: message.reply_to,
        at: message.at,
        priority: Some(message.priority.into()),
        state: Some(message.state),
        reason: message.reason,
        attempts: message.attempts,
        message: Some(message.id),
        approval: None,
        files: message.attachments,
        activities: Vec::new(),
        extra: message.extra,
    }
}

/// The positions of the waiting messages.
async fn queue_positions(
    sources: &CommentSources,
    posts: &[Post],
) -> Result<BTreeMap<MessageId, u32>, StoreError> {
    let waiting = |post: &&Post| post.state == Some(MessageState::Waiting);
    let (mut rooms, mut personas): (Vec<_>, Vec<_>) = posts
        .iter()
        .filter(waiting)
        .map(|post| (post.place.address.clone(), post.persona.clone()))
        .unzip();
    if rooms.is_empty() {
        return Ok(BTreeMap::new());
    }
    rooms.sort();
    rooms.dedup();
    personas.sort();
    personas.dedup();
    let query = WaitingQuery {
        of: Some((channel_name(), account_name())),
        addresses: Some(rooms),
        personas,
        only_waiting: true,
        ..WaitingQuery::at_most(POSITIONS_COUNTED)
    };
    Ok(count_positions(&sources.store().queue(query).await?))
}

/// The position of each waiting message within its conversation; 1 is next. `queue` must be in order.
pub(crate) fn count_positions(queue: &[Queued]) -> BTreeMap<MessageId, u32> {
    let mut counted = BTreeMap::<_, u32>::new();
    queue
        .iter()
        .filter(|message| message.state == MessageState::Waiting)
        .map(|message| {
            let position = counted.entry(message.conversation).or_default();
            *position += 1;
            (message.id, *position)
        })
        .collect()
}
