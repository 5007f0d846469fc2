//! Short functions for messages, claims, ends and answers.

use std::time::Duration;

use baton_core::delivery::{NewDelivery, Operation};
use baton_core::message::{Author, Message, MessageState, NewMessage};
use baton_core::name::{AccountName, ChannelName, WorkerId};
use baton_core::place::{Place, QueueMode, Route};
use baton_core::store::{
    ClaimMessage, ClaimNext, Claimed, CursorMove, Finish, Ingested, LeaseError, Store,
};
use baton_core::turn::{Claim, SessionChange, TurnEnd, Usage};

use super::{ECHO, LEASE, WORKER_AGENT};

pub(in crate::conformance) fn web_channel() -> ChannelName {
    "web".into()
}

pub(in crate::conformance) fn default_account() -> AccountName {
    "default".into()
}

pub(in crate::conformance) fn web_place(address: &str) -> Place {
    Place {
        channel: web_channel(),
        account: default_account(),
        address: address.to_owned(),
    }
}

/// A route to the persona `bob`, with the agent `echo`.
pub(in crate::conformance) fn route_to_bob(address: &str) -> Route {
    Route {
        place: web_place(address),
        persona: "bob".into(),
        agent: ECHO.into(),
        mode: QueueMode::Queue,
        waiting_limit: 100,
    }
}

/// A message to the persona `bob` in this place, with the text `text of ID`.
pub(in crate::conformance) fn new_message(address: &str, id: &str) -> NewMessage {
    NewMessage {
        external_id: id.into(),
        part_ids: Vec::new(),
        route: route_to_bob(address),
        author: Author {
            id: "person-1".into(),
            name: "Ada".to_owned(),
        },
        text: format!("text of {id}"),
        attachments: Vec::new(),
        reply_to: None,
        reply_route: serde_json::Value::Null,
        extra: serde_json::Value::Null,
        priority: baton_core::message::Priority::default(),
    }
}

/// A message for an outside worker.
pub(in crate::conformance) fn worker_message(address: &str, id: &str) -> NewMessage {
    new_message(address, id).with_change(|message| {
        message.route.persona = "hal".into();
        message.route.agent = WORKER_AGENT.into();
    })
}

/// Changes a copy of a value in a test.
pub(in crate::conformance) trait WithChange: Sized {
    fn with_change(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl WithChange for NewMessage {}
impl WithChange for Finish {}
impl WithChange for ClaimNext {}
impl WithChange for ClaimMessage {}
impl WithChange for baton_core::store::Timeline {}

pub(in crate::conformance) fn priority_of(value: u8) -> baton_core::message::Priority {
    value.try_into().unwrap()
}

pub(in crate::conformance) fn cursor_move(reader: &str, position: &str) -> CursorMove {
    CursorMove {
        channel: web_channel(),
        account: default_account(),
        reader: reader.to_owned(),
        position: position.to_owned(),
    }
}

/// Stores one new message.
pub(in crate::conformance) async fn ingest_message(
    store: &dyn Store,
    message: NewMessage,
) -> Message {
    match store.ingest(message.into()).await.unwrap().remove(0) {
        Ingested::Stored(message) => message,
        other => panic!("it should be stored, not {other:?}"),
    }
}

/// The current row of a message.
pub(in crate::conformance) async fn read_message(store: &dyn Store, message: &Message) -> Message {
    store.message(message.id).await.unwrap().unwrap()
}

/// The current state of a message.
pub(in crate::conformance) async fn read_state(
    store: &dyn Store,
    message: &Message,
) -> MessageState {
    read_message(store, message).await.state
}

pub(in crate::conformance) fn claim_request(message: &Message, worker: &str) -> ClaimMessage {
    ClaimMessage {
        message: message.id,
        worker: worker.into(),
        lease: LEASE,
        agents: vec![WORKER_AGENT.into()],
    }
}

pub(in crate::conformance) fn claim_next_request(worker: &str) -> ClaimNext {
    ClaimNext {
        worker: WorkerId::from(worker),
        personas: Vec::new(),
        lease: LEASE,
        agents: vec![WORKER_AGENT.into()],
        of: None,
        not_in: Vec::new(),
    }
}

/// Claims a message for a worker; the claim must succeed.
pub(in crate::conformance) async fn claim_message(
    store: &dyn Store,
    message: &Message,
    worker: &str,
) -> Claim {
    let Claimed { claim, lease } = store.claim(claim_request(message, worker)).await.unwrap();
    assert_eq!(lease, LEASE);
    claim
}

/// Ends a turn without a reply.
pub(in crate::conformance) fn finish_with(claim: &Claim, end: TurnEnd) -> Finish {
    Finish {
        turn: claim.turn,
        fence: claim.fence,
        end,
        detail: None,
        taken: claim.messages.iter().map(|message| message.id).collect(),
        deliveries: Vec::new(),
        session: SessionChange::Keep,
        usage: Usage::default(),
        rest: Duration::ZERO,
    }
}

/// Ends a turn with a reply to its last message.
pub(in crate::conformance) fn finish_with_reply(claim: &Claim, text: &str) -> Finish {
    finish_with(claim, TurnEnd::Done)
        .with_change(|finish| finish.deliveries.push(reply_to(claim, text)))
}

/// A reply to the last message of the turn.
pub(in crate::conformance) fn reply_to(claim: &Claim, text: &str) -> NewDelivery {
    NewDelivery {
        operation: Operation::reply(text),
        message: claim.messages.last().unwrap().id,
    }
}

pub(in crate::conformance) fn retry_end(pause: Duration) -> TurnEnd {
    TurnEnd::Retry {
        reason: "the model stumbled".to_owned(),
        pause,
        unavailable: false,
    }
}

pub(in crate::conformance) fn dead_end() -> TurnEnd {
    TurnEnd::Dead {
        reason: "the model will not".to_owned(),
    }
}

pub(in crate::conformance) fn is_lost(result: &Result<(), LeaseError>) -> bool {
    matches!(result, Err(LeaseError::Lost(_)))
}

/// The external ids of a claim's messages.
pub(in crate::conformance) fn external_ids(claim: &Claim) -> Vec<&str> {
    let ids = claim
        .messages
        .iter()
        .map(|message| message.external_id.as_str());
    ids.collect()
}
