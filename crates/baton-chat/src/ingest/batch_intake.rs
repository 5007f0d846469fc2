//! Decides the form of the messages of a batch in the store. Nothing here waits long: a message that needs the platform
//! waits for its files in a table of its own, and the other chats go on.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use baton_core::inbox::Inbox;
use baton_core::panics::caught;
use baton_core::store::{NewIncompleteMessage, StoreError};
use tokio::task::JoinSet;
use tracing::{Instrument, info_span};

use super::incoming_files::note_unwanted_files;
use super::message_intake::{MessageIntake, TakenMessage};
use super::stored_message::write_message;
use crate::ChatLayer;
use crate::connector::{ChatId, IncomingMessage, ReadableMessage, UnreadableMessage};

/// The maximum time to choose the messages for Baton from one chat of a batch. Usually, no request is needed.
const PATIENCE: Duration = Duration::from_secs(5);

/// The forms of the messages of a batch in the store, in the platform's order.
#[derive(Debug, Default)]
pub(super) struct TakenBatch {
    pub(super) taken: Vec<TakenMessage>,
    /// The messages that wait for their files.
    pub(super) incomplete: Vec<IncompleteOfChat>,
}

/// A message that waits for its files, with the present id of its chat.
#[derive(Debug)]
pub(super) struct IncompleteOfChat {
    pub(super) chat: ChatId,
    pub(super) message: NewIncompleteMessage,
}

/// A decided message of a batch.
enum BatchMessage {
    Taken(TakenMessage),
    /// The message waits for its files, or the platform has not told yet whether the message is for Baton.
    Incomplete(IncomingMessage),
}

/// Decides the stored form of each message, in their order. The chats are handled in parallel.
pub(super) async fn take_messages(
    layer: &Arc<ChatLayer>,
    inbox: &Inbox,
    messages: Vec<(ChatId, IncomingMessage)>,
) -> Result<TakenBatch, StoreError> {
    let mut chats: BTreeMap<ChatId, Vec<(usize, IncomingMessage)>> = BTreeMap::new();
    for (number, (chat, message)) in messages.into_iter().enumerate() {
        chats.entry(chat).or_default().push((number, message));
    }
    // Dropped with this future, which ends all tasks.
    let mut tasks = JoinSet::new();
    for (chat, messages) in chats {
        let (layer, inbox) = (Arc::clone(layer), inbox.clone());
        let span = info_span!(parent: None, "chat", chat = chat.as_str());
        let work = async move {
            let intake = MessageIntake::new(&layer, &inbox, &chat);
            let decided = decide_messages(&intake, messages).await?;
            Ok::<_, StoreError>((chat, decided))
        };
        tasks.spawn(work.instrument(span));
    }
    let mut decided = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        match ended.map_err(tokio::task::JoinError::try_into_panic) {
            Ok(of_chat) => {
                let (chat, messages) = of_chat?;
                let messages = messages.into_iter();
                decided.extend(messages.map(|(number, it)| (number, chat.clone(), it)));
            }
            Err(Ok(panicked)) => std::panic::resume_unwind(panicked),
            // The runtime is shutting down, and this task ends too.
            Err(Err(_)) => std::future::pending().await,
        }
    }
    decided.sort_by_key(|(number, ..)| *number);
    let mut batch = TakenBatch::default();
    let mut waiting = layer.incomplete.copy_waiting();
    for (_, chat, message) in decided {
        let message = match message {
            BatchMessage::Taken(taken) => {
                batch.taken.push(taken);
                continue;
            }
            BatchMessage::Incomplete(message) => message,
        };
        if is_stored(layer, inbox, &message).await {
            // The platform has repeated the batch.
            continue;
        }
        let intake = MessageIntake::new(layer, inbox, &chat);
        let present = layer.places.moved.current_chat(&chat);
        let stored = stored_form(layer, &present, &message);
        let stored = stored.and_then(|stored| {
            let room = waiting.add_message(&present, stored.content.len());
            room.map(|()| stored).map_err(|error| error.to_string())
        });
        match stored {
            Ok(message) => batch.incomplete.push(IncompleteOfChat {
                chat: present,
                message,
            }),
            Err(reason) => batch.taken.push(refuse(&intake, &message, reason).await),
        }
    }
    Ok(batch)
}

/// The decision about a message of a batch.
enum BatchDecision {
    Taken(TakenMessage),
    /// The message waits for its files, or for an earlier message of its chat.
    Waits,
    /// The platform has not given the facts to decide whether the message is for Baton.
    Unknown,
}

/// Decides the messages of one chat. Later messages wait behind a message that waits for its files.
async fn decide_messages(
    intake: &MessageIntake<'_>,
    messages: Vec<(usize, IncomingMessage)>,
) -> Result<Vec<(usize, BatchMessage)>, StoreError> {
    let layer = intake.layer;
    let chat = layer.places.moved.current_chat(intake.chat);
    let mut has_waiting = layer.incomplete.has_waiting(&chat);
    let mut is_unknown = false;
    let until = layer.clock().steady().after(PATIENCE);
    let mut decided = Vec::new();
    for (number, message) in messages {
        let decision = if is_unknown {
            BatchDecision::Unknown
        } else {
            tokio::select! {
                biased;
                decision = decide_now(intake, &message, has_waiting) => decision?,
                () = layer.clock().sleep_until(until) => BatchDecision::Unknown,
            }
        };
        is_unknown = matches!(decision, BatchDecision::Unknown);
        let message = if let BatchDecision::Taken(taken) = decision {
            BatchMessage::Taken(taken)
        } else {
            has_waiting = true;
            BatchMessage::Incomplete(message)
        };
        decided.push((number, message));
    }
    Ok(decided)
}

/// Decides one message. `has_waiting` tells whether an earlier message of the chat waits. A message that makes Baton panic
/// is refused.
async fn decide_now(
    intake: &MessageIntake<'_>,
    message: &IncomingMessage,
    has_waiting: bool,
) -> Result<BatchDecision, StoreError> {
    let message = match message {
        IncomingMessage::Readable(message) => message,
        IncomingMessage::Unreadable(message) => {
            // Without an id, the message cannot wait.
            if message.id.is_some() && !intake.can_find_chat().await {
                return Ok(BatchDecision::Unknown);
            }
            let taken = intake.refuse_message(message, 1).await;
            let waits =
                has_waiting && message.id.is_some() && matches!(taken, TakenMessage::Refused(_));
            return Ok(if waits {
                BatchDecision::Waits
            } else {
                BatchDecision::Taken(taken)
            });
        }
    };
    match caught(decide_readable(intake, message, has_waiting)).await {
        Ok(decision) => decision,
        Err(panicked) => {
            tracing::error!(external_id = %message.id, %panicked, "a message is refused");
            let reason = "Baton failed to handle this message".to_owned();
            let message = UnreadableMessage::from_readable(message, reason);
            Ok(BatchDecision::Taken(
                intake.refuse_message(&message, 1).await,
            ))
        }
    }
}

async fn decide_readable(
    intake: &MessageIntake<'_>,
    message: &ReadableMessage,
    has_waiting: bool,
) -> Result<BatchDecision, StoreError> {
    let mut addressed = match intake.check_message(message).await {
        Ok(Some(addressed)) => addressed,
        Ok(None) => return Ok(BatchDecision::Taken(TakenMessage::NotForUs)),
        Err(error) => {
            tracing::warn!(external_id = %message.id, %error, "a message cannot be checked yet, and waits");
            return Ok(BatchDecision::Unknown);
        }
    };
    let needs_download = intake.inbox.files().is_some() && !message.files.is_empty();
    if has_waiting || needs_download {
        return Ok(BatchDecision::Waits);
    }
    note_unwanted_files(&message.files, &mut addressed.message);
    intake
        .accept_message(addressed)
        .await
        .map(BatchDecision::Taken)
}

/// The stored form of a message that waits, or the reason for refusing the message.
fn stored_form(
    layer: &ChatLayer,
    chat: &ChatId,
    message: &IncomingMessage,
) -> Result<NewIncompleteMessage, String> {
    let id = message.id().ok_or("the message has no readable id")?;
    let content = write_message(message).map_err(|error| error.to_string())?;
    Ok(NewIncompleteMessage {
        channel: layer.connector.channel(),
        account: layer.connector.account(),
        chat: chat.to_string(),
        external_id: id.clone(),
        content,
    })
}

/// Whether the message waits in the store already. After an error of the store, the commit finds a repeated message.
async fn is_stored(layer: &ChatLayer, inbox: &Inbox, message: &IncomingMessage) -> bool {
    let (channel, account) = (layer.connector.channel(), layer.connector.account());
    let Some(id) = message.id() else {
        return false;
    };
    let stored = inbox.store().incomplete_message(&channel, &account, id);
    stored.await.is_ok_and(|stored| stored.is_some())
}

async fn refuse(
    intake: &MessageIntake<'_>,
    message: &IncomingMessage,
    reason: String,
) -> TakenMessage {
    match message {
        IncomingMessage::Unreadable(message) => intake.refuse_message(message, 1).await,
        IncomingMessage::Readable(message) => {
            let message = UnreadableMessage::from_readable(message, reason.clone());
            match intake.refuse_message(&message, 1).await {
                TakenMessage::Refused(mut refused) => {
                    refused.reason = reason;
                    TakenMessage::Refused(refused)
                }
                other => other,
            }
        }
    }
}
