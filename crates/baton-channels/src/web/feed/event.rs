//! What those who read along are told, each as much as they may know.

use baton_core::approval::Approval;
use baton_core::id::Seq;
use baton_core::name::PersonId;
use baton_core::store::Queued;
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::access::Caller;
use crate::web::activity::Activity;
use crate::web::approval::Asked;
use crate::web::comment::Comment;
use crate::web::writing::WritingEvent;

/// Something new, spelled out once for all.
pub(crate) struct Event {
    pub(crate) kind: Kind,
    /// Where.
    pub(crate) room: String,
    /// What, in JSON.
    json: String,
    /// What some are told instead.
    more: Option<(Audience, String)>,
}

/// Who is told more than others.
enum Audience {
    /// Whoever has signed in.
    Members,
    /// Those who may decide, and operators.
    Deciders(Vec<PersonId>),
}

/// What kind of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A comment, and where it stands in the stream.
    Comment(Seq),
    /// What became of a message.
    Status,
    /// A persona writes, or does something.
    Writing,
    /// A persona writes no more.
    Done,
    /// Something is to be decided, or was.
    Approval,
    /// Something was missed: all come back with their cursors.
    Gap,
}

/// What became of a message, or where it waits.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StatusEvent {
    /// The comment's id.
    id: String,
    /// The message's number.
    message_id: i64,
    /// What it is now: `waiting`, `running`, `answered`, `dead`, `refused` or `withdrawn`.
    state: &'static str,
    /// Why, where that is not plain.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// How many turns it has been given to.
    attempts: u32,
    /// 1 is next; while it waits, and only for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<u32>,
    /// The room.
    domain: String,
    /// The persona that is to answer.
    entity: String,
}

impl Event {
    pub(crate) fn new(kind: Kind, room: impl Into<String>, body: &impl Serialize) -> Self {
        Self {
            kind,
            room: room.into(),
            json: spell(body),
            more: None,
        }
    }

    /// The same, but for these, who are told more.
    fn but_to(mut self, audience: Audience, body: &impl Serialize) -> Self {
        self.more = Some((audience, spell(body)));
        self
    }

    /// How much it takes, in bytes.
    pub(crate) fn size(&self) -> usize {
        let more = self.more.as_ref().map_or(0, |(_, json)| json.len());
        size_of::<Self>() + self.room.len() + self.json.len() + more
    }

    /// What this caller is told, in JSON.
    pub(crate) fn told(&self, caller: &Caller) -> &str {
        let fits = |audience: &Audience| match audience {
            Audience::Members => !caller.is_guest(),
            Audience::Deciders(deciders) => caller.decides(deciders),
        };
        match &self.more {
            Some((audience, json)) if fits(audience) => json,
            _ => &self.json,
        }
    }

    pub(crate) fn comment(comment: &Comment) -> Self {
        let kind = Kind::Comment(Seq(comment.seq));
        let event = |comment: &Comment| Self::new(kind, &comment.domain, comment);
        if let Some((deciders, asked)) = comment.approval.as_ref().and_then(Asked::for_deciders) {
            let theirs = Comment {
                approval: Some(asked),
                ..comment.clone()
            };
            return event(comment).but_to(Audience::Deciders(deciders), &theirs);
        }
        if comment.activities.iter().any(Activity::has_detail) {
            let guests = comment.clone().for_guests();
            return event(&guests).but_to(Audience::Members, comment);
        }
        event(comment)
    }

    /// Something is to be decided, or was.
    pub(crate) fn approval(approval: &Approval) -> Self {
        let asked = Asked::new(approval);
        let event = Self::new(Kind::Approval, &approval.place.address, &asked);
        match asked.for_deciders() {
            Some((deciders, theirs)) => event.but_to(Audience::Deciders(deciders), &theirs),
            None => event,
        }
    }

    pub(crate) fn status(message: &Queued, position: Option<u32>) -> Self {
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
        Self::new(Kind::Status, &message.place.address, &status)
    }

    pub(crate) fn writing(writing: &WritingEvent) -> Self {
        let event = |writing: &WritingEvent| Self::new(Kind::Writing, writing.room(), writing);
        match writing.for_guests() {
            Some(guests) => event(&guests).but_to(Audience::Members, writing),
            None => event(writing),
        }
    }
}

fn spell(body: &impl Serialize) -> String {
    serde_json::to_string(body).expect("plain fields are always JSON")
}
