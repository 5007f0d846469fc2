//! Reads the gap of a chat on a platform that gives its events in batches.

use std::sync::Arc;

use super::backfill::FetchEnd;
use super::{IngestWorker, ShutDown};
use crate::connector::ReadableMessage;

impl IngestWorker {
    /// Reads the open gap of the chat, if there is one, and closes the gap.
    pub(super) async fn read_open_gap(&mut self) -> Result<(), ShutDown> {
        let (all, layer) = (Arc::clone(&self.all), Arc::clone(&self.layer));
        let inbox = self.inbox.clone();
        while let Some(after) = all.open_gaps.position_before_gap(&self.chat) {
            // After a crash, the cursor tells how much of the gap was read.
            if self.layer.is_later(&after, self.position.as_ref()) {
                self.advance_position(Some(after));
                self.passed += 1;
            }
            let end = self.fetch_pages(None).await?;
            if let FetchEnd::Refused { fetched } = end
                && let Some(history) = layer.connector.history()
            {
                self.give_up_gap(history, fetched).await;
                self.move_cursor().await;
                // Another try would be refused too.
                all.open_gaps.begin_page(&self.chat);
            }
            let turn = all.open_gaps.take_turn(&layer, &inbox).await;
            let closed = match turn {
                Ok(turn) => turn.close_gap(&layer, &inbox, &self.chat).await,
                Err(error) => Err(error),
            };
            // The only error is that the store is closed.
            if closed.map_err(|_| ShutDown)? {
                tracing::debug!(chat = %self.chat, "a gap is closed");
            }
        }
        Ok(())
    }

    /// Takes an edited message that was not for Baton before the edit, on a platform with batches.
    pub(super) async fn ingest_edited(
        &mut self,
        message: &ReadableMessage,
    ) -> Result<(), ShutDown> {
        if self.all.open_gaps.position_before_gap(&self.chat).is_some() {
            // The history gives the edited message, in its order.
            return Ok(());
        }
        self.ingest_without_cursor(message).await
    }
}
