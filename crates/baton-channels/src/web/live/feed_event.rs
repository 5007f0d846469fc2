//! The events of the stream, with a different text for readers with more rights.

use baton_core::approval::Approval;
use baton_core::authority::Right;
use baton_core::id::Seq;
use baton_core::name::PersonId;
use baton_core::store::Queued;
use serde::Serialize;
use utoipa::ToSchema;

use super::live_turns::WritingEvent;
use crate::web::http::authentication::WebCaller;
use crate::web::model::activity_view::ActivityView;
use crate::web::model::approval_view::ApprovalView;
use crate::web::model::comment::Comment;

/// An event, serialized once for all readers.
pub(crate) struct FeedEvent {
    pub(crate) kind: FeedEventKind,
    /// The room.
    pub(crate) room: String,
    /// The event for all readers, as JSON.
    json: String,
    /// A detailed event for one audience, as JSON.
    more: Option<(EventAudience, String)>,
}

/// The readers who get the detailed event.
enum EventAudience {
    /// All signed-in people.
    Members,
    /// The people who may decide, and operators.
    Deciders(Vec<PersonId>),
}

/// The type of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeedEventKind {
    /// A comment with this sequence.
    Comment(Seq),
    /// A new state or position of a message.
    Status,
    /// New text or steps of a turn.
    Writing,
    /// The end of a turn.
    Done,
    /// A new or changed approval.
    Approval,
    /// Events were lost. All readers must reconnect with their cursors.
    Gap,
}

/// The state and the position of a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusEvent {
    /// The id of the comment.
    id: String,
    /// The number of the message.
    message_id: i64,
    /// `waiting`, `running`, `answered`, `dead`, `refused` or `withdrawn`.
    state: &'static str,
    /// The reason for the state, where the state needs one.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// Number of turns that the message was given to.
    attempts: u32,
    /// The position of a waiting message in its conversation; 1 is next. Only for the first 20 messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u32>,
    /// The room.
    domain: String,
    /// The persona that is asked.
    entity: String,
}

impl FeedEvent {
    pub(crate) fn new(kind: FeedEventKind, room: impl Into<String>, body: &impl Serialize) -> Self {
        Self {
            kind,
            room: room.into(),
            json: serialize_body(body),
            more: None,
        }
    }

    /// Adds a detailed body for one audience.
    fn with_detail_for(mut self, audience: EventAudience, body: &impl Serialize) -> Self {
        self.more = Some((audience, serialize_body(body)));
        self
    }

    /// The memory used by the event, in bytes.
    pub(crate) fn size(&self) -> usize {
        let more = self.more.as_ref().map_or(0, |(_, json)| json.len());
        size_of::<Self>() + self.room.len() + self.json.len() + more
    }

    /// The JSON for this caller.
    pub(crate) fn json_for(&self, caller: &WebCaller) -> &str {
        let fits = |audience: &EventAudience| match audience {
            EventAudience::Members => caller.has_right(Right::ActUnderOwnId),
            EventAudience::Deciders(deciders) => caller.has_right(Right::Decide(deciders)),
        };
        match &self.more {
            Some((audience, json)) if fits(audience) => json,
            _ => &self.json,
        }
    }

    pub(crate) fn of_comment(comment: &Comment) -> Self {
        let kind = FeedEventKind::Comment(Seq(comment.seq));
        let event = |comment: &Comment| Self::new(kind, &comment.domain, comment);
        if let Some((deciders, approval_view)) = comment
            .approval
            .as_ref()
            .and_then(ApprovalView::for_deciders)
        {
            let theirs = Comment {
                approval: Some(approval_view),
                ..comment.clone()
            };
            return event(comment).with_detail_for(EventAudience::Deciders(deciders), &theirs);
        }
        if comment.activities.iter().any(ActivityView::has_detail) {
            let guests = comment.clone().for_guests();
            return event(&guests).with_detail_for(EventAudience::Members, comment);
        }
        event(comment)
    }

    /// The event for a new or changed approval.
    pub(crate) fn of_approval(approval: &Approval) -> Self {
        let approval_view = ApprovalView::new(approval);
        let event = Self::new(
            FeedEventKind::Approval,
            &approval.place.address,
            &approval_view,
        );
        match approval_view.for_deciders() {
            Some((deciders, theirs)) => {
                event.with_detail_for(EventAudience::Deciders(deciders), &theirs)
            }
            None => event,
        }
    }

    pub(crate) fn of_status(message: &Queued, position: Option<u32>) -> Self {
        let status = StatusEvent {
            id: message.external_id.to_string(),
            message_id: message.id.0,
            state: message.state.as_str(),
            reason: message.reason.clone(),
            attempts: message.attempts,
            position,
            domain: message.place.address.clone(),
            entity: message.persona.to_string(),
        };
        Self::new(FeedEventKind::Status, &message.place.address, &status)
    }

    pub(crate) fn of_turn(writing: &WritingEvent) -> Self {
        let event =
            |writing: &WritingEvent| Self::new(FeedEventKind::Writing, writing.room(), writing);
        match writing.for_guests() {
            Some(guests) => event(&guests).with_detail_for(EventAudience::Members, writing),
            None => event(writing),
        }
    }
}

fn serialize_body(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("plain fields are always JSON")
}
