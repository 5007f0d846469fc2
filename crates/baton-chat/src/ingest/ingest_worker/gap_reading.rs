//! Reads the gap of a chat on a platform that gives its events in batches.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use baton_core::panics::caught;

use super::backfill::FetchEnd;
use super::{IngestWorker, ShutDown};
use crate::connector::{IncomingMessage, ReadableMessage};

impl IngestWorker {
    /// Reads and closes the open gap of the chat. Does nothing if the chat has no open gap.
    pub(super) async fn read_open_gap(&mut self) -> Result<(), ShutDown> {
        let (all, layer) = (Arc::clone(&self.all), Arc::clone(&self.layer));
        if all.open_gaps.position_before_gap(&self.chat).is_some() {
            // These messages came before the gap.
            let chat = layer.places.moved.current_chat(&self.chat);
            layer.incomplete.wait_until_complete(&chat).await;
        }
        while let Some(after) = all.open_gaps.position_before_gap(&self.chat) {
            // After a crash, the cursor may be inside the gap. Then the reading continues at the cursor.
            if self.layer.is_later(&after, self.position.as_ref()) {
                self.pass_to(Some(after));
            }
            let end = self.fetch_pages(None).await?;
            if let FetchEnd::Refused { fetched } = end
                && let Some(history) = layer.connector.history()
            {
                let reason = "the platform refuses the history";
                self.give_up_gap(history, reason, fetched).await?;
                self.move_cursor().await;
            }
            self.close_open_gap().await?;
        }
        Ok(())
    }

    /// Closes the gap of the chat, unless the gap needs another page.
    async fn close_open_gap(&mut self) -> Result<(), ShutDown> {
        let (all, layer) = (Arc::clone(&self.all), Arc::clone(&self.layer));
        let inbox = self.inbox.clone();
        // Usually the history has given all left-out messages, and the rest is empty.
        let rest = all.open_gaps.take_rest(&self.chat);
        if rest.lost > 0 {
            let lost = rest.lost;
            tracing::error!(
                chat = %self.chat,
                lost,
                "messages are lost: Baton left these messages to the history, and the history does not have them"
            );
        }
        self.ingest_kept(rest.messages).await?;
        let turn = all.open_gaps.take_turn(&layer, &inbox).await;
        let closed = match turn {
            Ok(turn) => turn.close_gap(&layer, &inbox, &self.chat).await,
            Err(error) => Err(error),
        };
        // The only error is that the store is closed.
        if closed.map_err(|_| ShutDown)? {
            tracing::debug!(chat = %self.chat, "a gap is closed");
        }
        Ok(())
    }

    /// Ingests left-out messages. Baton loses a message that makes Baton panic, and ingests the other messages.
    pub(super) async fn ingest_kept(
        &mut self,
        kept: VecDeque<IncomingMessage>,
    ) -> Result<(), ShutDown> {
        for message in &kept {
            match caught(self.handle_message(message)).await {
                Ok(done) => done?,
                Err(panicked) => {
                    let id = message.id().map(ToString::to_string);
                    tracing::error!(chat = %self.chat, external_id = id, %panicked, "a message is lost");
                }
            }
        }
        Ok(())
    }

    /// Gives up the open gap of the chat, because Baton always fails at the gap. Does nothing if the chat has no open
    /// gap.
    pub(super) async fn give_up_failing_gap(&mut self) -> Result<(), ShutDown> {
        let (all, layer) = (Arc::clone(&self.all), Arc::clone(&self.layer));
        if all.open_gaps.position_before_gap(&self.chat).is_none() {
            return Ok(());
        }
        if let Some(history) = layer.connector.history() {
            // Without the box, the future of each worker would have room for this future all the time.
            let given_up = self.give_up_gap(history, "Baton failed to read the gap", 0);
            match caught(Box::pin(given_up)).await {
                Ok(done) => done?,
                Err(panicked) => {
                    tracing::error!(chat = %self.chat, %panicked, "the cursor of a chat stays before a gap");
                }
            }
        }
        self.close_open_gap().await?;
        if all.open_gaps.position_before_gap(&self.chat).is_some() {
            // Meanwhile, a batch left further messages to the history.
            self.behind.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Ingests an edited message on a platform with batches. Before the edit, the message was not for Baton.
    pub(super) async fn ingest_edited(
        &mut self,
        message: &ReadableMessage,
    ) -> Result<(), ShutDown> {
        let before_gap = self.all.open_gaps.position_before_gap(&self.chat);
        let is_in_gap = before_gap.is_some_and(|before| {
            let position = &message.position;
            self.layer.is_later(position, Some(&before))
                && self.layer.is_later(position, self.position.as_ref())
        });
        if is_in_gap {
            // The history gives the edited message, in the order of the chat.
            let message = IncomingMessage::Readable(Box::new(message.clone()));
            let is_taken = self
                .all
                .open_gaps
                .leave_to_history(&self.chat, message)
                .is_none();
            debug_assert!(is_taken, "only this worker closes the gap");
            return Ok(());
        }
        self.ingest_without_cursor(message).await
    }
}
