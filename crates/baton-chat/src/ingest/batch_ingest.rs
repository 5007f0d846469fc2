//! Ingests batches: one commit stores the messages, the cursor and the gaps.

use std::sync::Arc;

use baton_core::inbox::Inbox;
use baton_core::message::NewMessage;
use baton_core::store::{Ingest, RefusedMessage, StoreError};

use super::account_cursor::cursor_move;
use super::batch_intake::{IncompleteOfChat, take_messages};
use super::message_intake::{MessageIntake, TakenMessage};
use super::open_gaps::{GapTurn, OpenGaps, stored_gap};
use super::refused_messages::log_refused;
use super::store_retry::wait_for_store;
use crate::ChatLayer;
use crate::backoff::BackoffTimer;
use crate::connector::{BatchCursor, ChatGap, ChatId, IncomingMessage, UnreadableMessage};

/// The name of the reader of batches without a cursor.
const NO_READER: &str = "batches";

/// A batch, reduced to the chats where Baton listens.
pub(super) struct HeardBatch {
    /// The messages with their chats, in the platform's order.
    pub(super) messages: Vec<(ChatId, IncomingMessage)>,
    /// The messages without a readable chat.
    pub(super) unplaced: Vec<UnreadableMessage>,
    pub(super) cursor: Option<BatchCursor>,
    pub(super) gaps: Vec<ChatGap>,
}

impl HeardBatch {
    /// Whether there is nothing to store.
    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
            && self.unplaced.is_empty()
            && self.cursor.is_none()
            && self.gaps.is_empty()
    }
}

/// The work that follows from a stored batch.
pub(super) struct StoredBatch {
    /// The chats whose gaps must be read.
    pub(super) with_gap: Vec<ChatId>,
    /// The first texts of people in chats whose names must be checked.
    pub(super) prompts: Vec<(ChatId, String)>,
}

/// Stores a batch. Fails only if the store is closed.
pub(super) async fn ingest_batch(
    layer: &Arc<ChatLayer>,
    inbox: &Inbox,
    open_gaps: &OpenGaps,
    batch: HeardBatch,
) -> Result<StoredBatch, StoreError> {
    // Held until the commit, so that the batches of an account stay in order, and no worker closes a gap that this
    // commit opens.
    let turn = open_gaps.take_turn(layer, inbox).await?;
    let gaps = possible_gaps(layer, batch.gaps);
    for gap in &gaps {
        turn.open_gap(gap);
    }
    let (mut to_take, mut with_gap) = (Vec::new(), Vec::new());
    for (chat, message) in batch.messages {
        // The history has this message too, after the missing ones.
        match open_gaps.leave_to_history(&chat, message) {
            Some(message) => to_take.push((chat, message)),
            None => with_gap.push(chat),
        }
    }
    with_gap.extend(gaps.iter().map(|gap| gap.chat.clone()));
    let refused = refuse_unplaced(layer, inbox, batch.cursor.as_ref(), &batch.unplaced);
    let mut ingest = Ingest {
        refused,
        cursor: batch.cursor.map(|cursor| {
            let reader = cursor_reader(&cursor.reader);
            cursor_move(&*layer.connector, reader, cursor.position)
        }),
        gaps: gaps
            .iter()
            .map(|gap| stored_gap(layer, &gap.chat, &gap.after))
            .collect(),
        ..Ingest::default()
    };
    let taken = take_messages(layer, inbox, to_take).await?;
    for taken in taken.taken {
        match taken {
            TakenMessage::NotForUs => {}
            TakenMessage::ForUs(message) => ingest.messages.push(*message),
            TakenMessage::Refused(refused) => ingest.refused.push(*refused),
        }
    }
    let prompts = first_prompts(layer, &ingest.messages);
    commit_batch(layer, inbox, &turn, ingest, taken.incomplete).await?;
    with_gap.sort();
    with_gap.dedup();
    Ok(StoredBatch { with_gap, prompts })
}

/// The first texts of people in chats whose names this process has not checked yet.
fn first_prompts(layer: &ChatLayer, messages: &[NewMessage]) -> Vec<(ChatId, String)> {
    if layer.connector.named_threads().is_none() {
        return Vec::new();
    }
    let texts = messages.iter().filter(|it| !it.text.trim().is_empty());
    let texts = texts.map(|it| (ChatId::from(it.route.place.address.as_str()), &it.text));
    let first = texts.filter(|(chat, _)| layer.checked_names.begin_check(chat));
    first.map(|(chat, text)| (chat, text.clone())).collect()
}

/// The name of the stored cursor. No chat has this name, because ids of chats have no white space.
pub(super) fn cursor_reader(reader: &str) -> String {
    format!("batches of {reader}")
}

/// The refused forms of the messages without a readable chat. The name of the reader stands in for the chat.
fn refuse_unplaced(
    layer: &ChatLayer,
    inbox: &Inbox,
    cursor: Option<&BatchCursor>,
    messages: &[UnreadableMessage],
) -> Vec<RefusedMessage> {
    let chat = cursor.map_or(NO_READER, |cursor| &cursor.reader);
    let chat = ChatId::from(chat);
    let intake = MessageIntake::new(layer, inbox, &chat);
    let refused = messages.iter();
    refused
        .filter_map(|message| intake.refuse_unplaced(message))
        .collect()
}

/// The gaps that can be read.
fn possible_gaps(layer: &ChatLayer, gaps: Vec<ChatGap>) -> Vec<ChatGap> {
    if layer.connector.history().is_some() {
        return gaps;
    }
    for gap in gaps {
        let (chat, after) = (gap.chat, gap.after);
        tracing::error!(%chat, %after, "messages are left out, because the platform has no history");
    }
    Vec::new()
}

/// Stores the batch, together with the messages that wait for their files. The turn is required, because the commit opens
/// gaps.
async fn commit_batch(
    layer: &ChatLayer,
    inbox: &Inbox,
    _turn: &GapTurn<'_>,
    mut ingest: Ingest,
    incomplete: Vec<IncompleteOfChat>,
) -> Result<(), StoreError> {
    // Held until the memory has the messages, so that their worker does not end before.
    let waiting = if incomplete.is_empty() {
        None
    } else {
        Some(layer.incomplete.take_turn().await)
    };
    let messages = incomplete.iter().map(|it| it.message.clone());
    ingest.incomplete = messages.collect();
    let mut pause = BackoffTimer::default();
    loop {
        match inbox.ingest(ingest.clone()).await {
            Ok(kept) => {
                log_refused(&kept);
                if waiting.is_some() {
                    let added = incomplete.iter();
                    let added = added.map(|it| (&it.chat, it.message.content.len()));
                    layer.incomplete.add_messages(added);
                }
                return Ok(());
            }
            Err(error) => wait_for_store(layer, error, &mut pause).await?,
        }
    }
}
