//! Completes the messages that wait for their files: downloads the files, and receives each message in the order of its
//! chat.

use std::sync::Arc;

use baton_core::inbox::Inbox;
use baton_core::name::ExternalId;
use baton_core::panics::{caught, contain};
use baton_core::store::{IncompleteMessage, Ingest, StoreError};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, info_span};

use super::incoming_files::left_out_notes;
use super::message_intake::{MessageIntake, TakenMessage};
use super::refused_messages::log_refused;
use super::store_retry::wait_for_store;
use super::stored_message::{read_message, write_message};
use crate::ChatLayer;
use crate::backoff::BackoffTimer;
use crate::connector::{ChatId, IncomingMessage, ReadableMessage, UnreadableMessage};

/// Completes the waiting messages of all chats until `shutdown`, in tasks.
pub(super) fn start_completing(
    layer: &Arc<ChatLayer>,
    inbox: &Inbox,
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
) {
    let completing = keep_completing(
        Arc::clone(layer),
        inbox.clone(),
        tasks.clone(),
        shutdown.clone(),
    );
    tasks.spawn(contain(
        "the messages that wait for their files",
        completing,
    ));
}

/// Starts a worker for each chat with waiting messages.
async fn keep_completing(
    layer: Arc<ChatLayer>,
    inbox: Inbox,
    tasks: TaskTracker,
    shutdown: CancellationToken,
) {
    let mut news = layer.incomplete.changes();
    loop {
        for chat in layer.incomplete.take_idle_chats() {
            let (layer, inbox) = (Arc::clone(&layer), inbox.clone());
            let (span, shutdown) = (
                info_span!(parent: None, "chat", chat = chat.as_str()),
                shutdown.clone(),
            );
            let work = async move {
                let completed = complete_chat(&layer, &inbox, chat);
                if let Some(Err(error)) = shutdown.run_until_cancelled(completed).await {
                    tracing::debug!(%error, "waiting messages are completed at the next start");
                }
            };
            tasks.spawn(work.instrument(span));
        }
        tokio::select! {
            () = shutdown.cancelled() => return,
            changed = news.changed() => if changed.is_err() { return },
        }
    }
}

/// Completes the messages of one chat, until none waits. Fails only if the store is closed.
async fn complete_chat(
    layer: &Arc<ChatLayer>,
    inbox: &Inbox,
    chat: ChatId,
) -> Result<(), StoreError> {
    let mut pause = BackoffTimer::default();
    let mut has_failed = false;
    loop {
        let step = complete_next(layer, inbox, &chat, &mut has_failed);
        // Boxed, so that the large future of a message is freed with the message.
        match caught(Box::pin(step)).await {
            Ok(Ok(true)) => pause = BackoffTimer::default(),
            Ok(Ok(false)) => return Ok(()),
            Ok(Err(error)) => wait_for_store(layer, error, &mut pause).await?,
            Err(panicked) => {
                tracing::error!(%chat, %panicked, "Baton failed to complete a message, and tries again");
                pause.wait_once(layer.clock()).await;
            }
        }
    }
}

/// Completes the first waiting message of a chat. Returns whether a message waited. `has_failed` tells whether the
/// platform failed to give a file, or a fact about the chat, in time for the message before.
async fn complete_next(
    layer: &Arc<ChatLayer>,
    inbox: &Inbox,
    chat: &ChatId,
    has_failed: &mut bool,
) -> Result<bool, StoreError> {
    let store = inbox.store();
    let (channel, account) = (layer.connector.channel(), layer.connector.account());
    let first = {
        // No commit adds a message between the read and the removal of the chat.
        let _turn = layer.incomplete.take_turn().await;
        let chat = layer.places.moved.current_chat(chat);
        let first = store.first_incomplete(&channel, &account, chat.as_str());
        let first = first.await?;
        if first.is_none() {
            layer.incomplete.remove_chat(&chat);
        }
        first
    };
    let Some(waiting) = first else {
        return Ok(false);
    };
    let (message, taken) = take_waiting(layer, inbox, chat, &waiting, has_failed).await?;
    // An edit changes the message only before the commit.
    let _turn = layer.incomplete.take_turn().await;
    let id = &waiting.external_id;
    let now = store.incomplete_message(&channel, &account, id).await?;
    let now = now.filter(|now| now.id == waiting.id);
    if let Some(now) = now {
        receive_message(layer, inbox, message.as_deref(), taken, &waiting, &now).await?;
    } else {
        tracing::debug!(external_id = %id, "a message was deleted while it waited for its files");
    }
    let chat = layer.places.moved.current_chat(chat);
    let bytes = waiting.content.len();
    layer.incomplete.remove_message(&chat, bytes);
    Ok(true)
}

/// Decides the form of a waiting message in the store, and downloads its files. Returns the message, too, if readable.
async fn take_waiting(
    layer: &ChatLayer,
    inbox: &Inbox,
    chat: &ChatId,
    waiting: &IncompleteMessage,
    has_failed: &mut bool,
) -> Result<(Option<Box<ReadableMessage>>, TakenMessage), StoreError> {
    let read = read_message(&waiting.content);
    // A message keeps the id of its chat, also after a move.
    let of_message = read.as_ref().ok().and_then(IncomingMessage::chat).cloned();
    let chat = of_message.as_ref().unwrap_or(chat);
    let intake = MessageIntake::new(layer, inbox, chat).with_file_time();
    if *has_failed {
        // Later messages wait, and this one would probably fail too.
        intake.use_up_tries();
    }
    let (message, unreadable) = match read {
        Ok(IncomingMessage::Readable(message)) => {
            let taken = caught(intake.take_readable(&message)).await;
            *has_failed = intake.has_failed();
            match taken {
                Ok(taken) => return Ok((Some(message), taken?)),
                Err(panicked) => {
                    tracing::error!(external_id = %message.id, %panicked, "a message is refused");
                    let reason = "Baton failed to handle this message".to_owned();
                    let unreadable = UnreadableMessage::from_readable(&message, reason);
                    (Some(message), unreadable)
                }
            }
        }
        Ok(IncomingMessage::Unreadable(message)) => (None, *message),
        Err(error) => {
            tracing::error!(external_id = %waiting.external_id, %error, "a stored message cannot be read");
            (None, unreadable_row(chat, waiting))
        }
    };
    let taken = intake.refuse_message(&unreadable, intake.tries()).await;
    *has_failed = intake.has_failed();
    Ok((message, taken))
}

/// The refused message for an unreadable row. The row still has the id and the chat of the message.
fn unreadable_row(chat: &ChatId, waiting: &IncompleteMessage) -> UnreadableMessage {
    UnreadableMessage {
        id: Some(waiting.external_id.clone()),
        position: None,
        chat: Some(chat.clone()),
        workspace: None,
        sender: None,
        may_be_from_person: true,
        may_mention_us: true,
        text: None,
        raw: waiting.content.clone(),
        reason: "its stored form is of another version of Baton".to_owned(),
    }
}

/// Stores the complete message, and removes the waiting one, in one commit. `now` is the waiting message after its edits.
async fn receive_message(
    layer: &ChatLayer,
    inbox: &Inbox,
    message: Option<&ReadableMessage>,
    taken: TakenMessage,
    waiting: &IncompleteMessage,
    now: &IncompleteMessage,
) -> Result<(), StoreError> {
    let mut ingest = Ingest {
        completed: vec![now.id],
        ..Ingest::default()
    };
    match taken {
        TakenMessage::NotForUs => {
            let id = message.map(|message| &message.id);
            tracing::warn!(external_id = ?id, "a message that waited is not for Baton, and is passed over");
        }
        TakenMessage::ForUs(mut complete) => {
            if now.content != waiting.content
                && let Ok(IncomingMessage::Readable(edited)) = read_message(&now.content)
            {
                // An edit does not change which files were left out.
                let notes = left_out_notes(&complete.text).to_owned();
                let text = edited.text + &notes;
                if !text.is_empty() || !complete.attachments.is_empty() {
                    complete.text = text;
                }
            }
            ingest.messages.push(*complete);
        }
        TakenMessage::Refused(refused) => ingest.refused.push(*refused),
    }
    let mut pause = BackoffTimer::default();
    loop {
        match inbox.ingest(ingest.clone()).await {
            Ok(kept) => {
                log_refused(&kept);
                return Ok(());
            }
            Err(error) => wait_for_store(layer, error, &mut pause).await?,
        }
    }
}

/// Replaces the text of a message that waits for its files. The caller has the turn of the waiting messages. Returns
/// whether the message waits.
pub(super) async fn edit_waiting(
    layer: &ChatLayer,
    inbox: &Inbox,
    edited: &ReadableMessage,
) -> Result<bool, StoreError> {
    let chat = layer.places.moved.current_chat(&edited.chat);
    if !layer.incomplete.has_waiting(&chat) {
        return Ok(false);
    }
    let store = inbox.store();
    let (channel, account) = (layer.connector.channel(), layer.connector.account());
    let waiting = store.incomplete_message(&channel, &account, &edited.id);
    let Some(waiting) = waiting.await? else {
        return Ok(false);
    };
    // The worker refuses an unreadable row.
    let Ok(IncomingMessage::Readable(mut message)) = read_message(&waiting.content) else {
        return Ok(true);
    };
    if message.is_joined {
        tracing::info!(external_id = %edited.id, "an edit of one of several parts changes nothing");
        return Ok(true);
    }
    message.text.clone_from(&edited.text);
    message.mentions_us |= edited.mentions_us;
    message.edited_at = edited.edited_at;
    match write_message(&IncomingMessage::Readable(message)) {
        Ok(content) => store.revise_incomplete(waiting.id, content).await,
        Err(error) => {
            tracing::error!(external_id = %edited.id, %error, "an edited message keeps its first text");
            Ok(true)
        }
    }
}

/// Removes deleted messages that wait for their files. The caller has the turn of the waiting messages.
pub(super) async fn drop_deleted(
    layer: &ChatLayer,
    inbox: &Inbox,
    chat: &ChatId,
    deleted: &[ExternalId],
) -> Result<(), StoreError> {
    let chat = layer.places.moved.current_chat(chat);
    if !layer.incomplete.has_waiting(&chat) {
        return Ok(());
    }
    let store = inbox.store();
    let (channel, account) = (layer.connector.channel(), layer.connector.account());
    for id in deleted {
        let waiting = store.incomplete_message(&channel, &account, id).await?;
        if let Some(waiting) = waiting {
            store.drop_incomplete(waiting.id).await?;
            tracing::debug!(external_id = %id, "a message that waited for its files was deleted");
        }
    }
    Ok(())
}
