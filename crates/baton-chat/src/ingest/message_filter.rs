//! Decides whether a message is addressed to Baton, and whether its author may talk to Baton.

use baton_core::authority::Right;
use baton_core::inbox::Inbox;
use baton_core::message::{Message, NewMessage, Priority};
use baton_core::store::{NOT_NOW, StoreError};
use serde_json::{Value, json};

use crate::ChatLayer;
use crate::chat_settings::{Answering, People, Trigger};
use crate::connector::{
    ChatInfo, ChatKind, ConnectorError, ReadableMessage, RequestFailure, RoleId, Sender,
    WorkspaceId,
};
use crate::reply_route::ReplyRoute;

/// A message for Baton, without its files.
pub(super) struct AddressedMessage {
    pub(super) message: NewMessage,
    /// Whether the message is in a direct chat.
    pub(super) is_direct: bool,
}

/// Converts a message for Baton, without its files; returns `None` for other messages.
pub(super) async fn filter_message(
    layer: &ChatLayer,
    inbox: &Inbox,
    message: &ReadableMessage,
) -> Result<Option<AddressedMessage>, ConnectorError> {
    if message.sender.is_us || !message.is_from_person {
        return Ok(None);
    }
    let chat = &message.chat;
    let known = layer.find_chat(chat).await?;
    let thread_place = layer.find_thread_place(inbox, chat).await;
    let thread_place = thread_place.map_err(|error| store_error(&error))?;
    let known = if thread_place.is_some() {
        known.into_own_thread()
    } else {
        known
    };
    let Some(answering) = layer.places.answer_settings(chat, &known) else {
        return Ok(None);
    };
    if !matches_trigger(&answering, &known, message.mentions_us) {
        return Ok(None);
    }
    let roles = match &answering.speakers {
        Some(speakers) => {
            let workspace = message.workspace.as_ref().or(known.workspace.as_ref());
            fetch_roles(layer, speakers, workspace, &message.sender).await?
        }
        None => Vec::new(),
    };
    let author = message.sender.author.clone();
    let sender = answering.describe_person(author, message.sender.is_bot, &roles);
    if !sender.has_right(Right::Speak) {
        return Ok(None);
    }
    if message.text.is_empty() && message.files.is_empty() {
        tracing::warn!(external_id = %message.id, %chat, "a message has no readable content, and is passed over");
        return Ok(None);
    }
    let route = ReplyRoute {
        chat: chat.clone(),
        message: message.id.clone(),
        thread: layer.makes_thread(&answering, chat, &known),
        moved_from: None,
    };
    let new_place = || layer.place_of(&route.address(&*layer.connector));
    let place = thread_place.unwrap_or_else(new_place);
    let Some(to) = inbox.route(place, &answering.persona) else {
        let (persona, channel) = (&answering.persona, layer.connector.channel());
        tracing::error!(%persona, %channel, "the persona of a place does not exist");
        return Ok(None);
    };
    let new = NewMessage {
        external_id: message.id.clone(),
        part_ids: message.part_ids.clone(),
        route: to,
        author: sender.author,
        text: message.text.clone(),
        attachments: Vec::new(),
        reply_to: message.reply_to.clone(),
        reply_route: route.to_value(),
        extra: stored_facts(message),
        priority: Priority::default(),
    };
    Ok(Some(AddressedMessage {
        message: new,
        is_direct: known.kind == ChatKind::Direct,
    }))
}

/// The key of [`ReadableMessage::is_joined`] in the stored message.
const IS_JOINED: &str = "is_joined";

/// The facts about a message that a later edit needs.
fn stored_facts(message: &ReadableMessage) -> Value {
    if message.is_joined {
        json!({ IS_JOINED: true })
    } else {
        Value::Null
    }
}

/// Whether a stored message came in several messages of the platform.
pub(super) fn is_joined(stored: &Message) -> bool {
    stored.extra.get(IS_JOINED).is_some_and(|it| it == true)
}

/// The error of a check that needs the store.
pub(super) fn store_error(error: &StoreError) -> ConnectorError {
    tracing::error!(%error, "the conversation of a thread cannot be read yet");
    ConnectorError::new(RequestFailure::NotTaken { after: None }, NOT_NOW)
}

/// Whether a message is for Baton, by the configured trigger. `is_mentioned` tells whether the message mentions
/// Baton.
pub(super) fn matches_trigger(answering: &Answering, known: &ChatInfo, is_mentioned: bool) -> bool {
    match answering.trigger {
        _ if known.kind == ChatKind::Direct => true,
        Trigger::Every => true,
        Trigger::Threads => known.is_own_thread() || is_mentioned,
        Trigger::Mention => is_mentioned,
    }
}

/// The roles of the author, if roles matter. A message from the history may have no roles.
async fn fetch_roles(
    layer: &ChatLayer,
    people: &People,
    workspace: Option<&WorkspaceId>,
    sender: &Sender,
) -> Result<Vec<RoleId>, ConnectorError> {
    if let Some(roles) = &sender.roles {
        return Ok(roles.clone());
    }
    let workspace = workspace.filter(|_| !people.roles.is_empty());
    let (Some(workspace), Some(roles)) = (workspace, layer.connector.roles()) else {
        return Ok(Vec::new());
    };
    match roles.fetch_roles(workspace, &sender.author.id).await {
        // The author has left the workspace.
        Err(error) if error.is_refused() => Ok(Vec::new()),
        told => told,
    }
}
