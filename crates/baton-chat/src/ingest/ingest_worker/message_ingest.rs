//! Ingests one message at a time: stores the message or passes over it, and moves the cursor of the chat.

use baton_core::panics::caught;
use baton_core::store::{CursorMove, Ingest, StoreError};

use super::{IngestWorker, ShutDown};
use crate::backoff::BackoffTimer;
use crate::connector::{ChatId, IncomingMessage, Position, ReadableMessage, UnreadableMessage};
use crate::ingest::account_cursor::{cursor_move, read_cursor};
use crate::ingest::message_intake::{MessageIntake, TakenMessage};
use crate::ingest::refused_messages::log_refused;
use crate::ingest::store_retry;
use crate::status::progress_text::is_progress;

/// After this many messages not for Baton, the cursor is moved past these messages.
const PASSED: u32 = 50;

impl IngestWorker {
    /// Handles one message, until the message is stored or known not to be for Baton. New messages and missed
    /// messages both come here.
    pub(super) async fn handle_message(
        &mut self,
        message: &IncomingMessage,
    ) -> Result<(), ShutDown> {
        if message
            .id()
            .is_some_and(|id| self.early_deletions.contains(id))
        {
            self.pass_over(message.position()).await;
            return Ok(());
        }
        let message = match message {
            IncomingMessage::Readable(message) => message,
            IncomingMessage::Unreadable(message) => return self.refuse_message(message).await,
        };
        match caught(self.ingest_message(message)).await {
            Ok(done) => done,
            Err(panicked) => {
                tracing::error!(chat = %self.chat, external_id = %message.id, %panicked, "a message is refused");
                let reason = "Baton failed to handle this message".to_owned();
                self.refuse_message(&UnreadableMessage::from_readable(message, reason))
                    .await
            }
        }
    }

    pub(super) async fn ingest_message(
        &mut self,
        message: &ReadableMessage,
    ) -> Result<(), ShutDown> {
        if message.sender.is_us && is_progress(&message.text, message.is_silent) {
            // The cursor must not pass a progress message: if this process dies, the next process finds the
            // message in the gap.
            return Ok(());
        }
        let taken = self.intake().take_readable(message).await;
        // The only error is that the store is closed.
        let taken = taken.map_err(|_| ShutDown)?;
        self.record_message(Some(&message.position), taken).await
    }

    /// Ingests a message whose position says nothing about earlier messages.
    pub(super) async fn ingest_without_cursor(
        &mut self,
        message: &ReadableMessage,
    ) -> Result<(), ShutDown> {
        let taken = self.intake().take_readable(message).await;
        self.record_message(None, taken.map_err(|_| ShutDown)?)
            .await
    }

    async fn refuse_message(&mut self, message: &UnreadableMessage) -> Result<(), ShutDown> {
        let intake = self.intake();
        let taken = intake.refuse_message(message, intake.tries()).await;
        self.record_message(message.position.as_ref(), taken).await
    }

    fn intake(&self) -> MessageIntake<'_> {
        MessageIntake::new(&self.layer, &self.inbox, &self.chat)
    }

    /// Stores the form of a message, and moves the cursor past the message.
    async fn record_message(
        &mut self,
        position: Option<&Position>,
        taken: TakenMessage,
    ) -> Result<(), ShutDown> {
        let mut ingest = Ingest::default();
        match taken {
            TakenMessage::NotForUs => {
                self.pass_over(position).await;
                return Ok(());
            }
            TakenMessage::ForUs(message) => ingest.messages.push(*message),
            TakenMessage::Refused(refused) => ingest.refused.push(*refused),
        }
        let position = self.later_than_handled(position);
        ingest.cursor = position.as_ref().map(|position| self.cursor_move(position));
        let mut pause = BackoffTimer::default();
        loop {
            match self.inbox.ingest(ingest.clone()).await {
                Ok(kept) => {
                    log_refused(&kept);
                    self.advance_position(position);
                    self.passed = 0;
                    return Ok(());
                }
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
    }

    /// Moves the cursor past a message that is not for Baton.
    pub(super) async fn pass_over(&mut self, position: Option<&Position>) {
        let position = self.later_than_handled(position);
        self.pass_to(position);
        if self.passed >= PASSED {
            self.move_cursor().await;
        }
    }

    /// Moves the position past messages that the store does not get. The stored cursor follows with
    /// [`Self::move_cursor`].
    pub(super) fn pass_to(&mut self, position: Option<Position>) {
        self.advance_position(position);
        self.passed += 1;
    }

    /// Waits before another call to the store. Returns an error if the store is closed.
    pub(super) async fn wait_for_store(
        &self,
        error: &StoreError,
        pause: &mut BackoffTimer,
    ) -> Result<(), ShutDown> {
        let waited = store_retry::wait_for_store(&self.layer, error.clone(), pause).await;
        waited.map_err(|_| ShutDown)
    }

    /// The position of this worker after a message at `position`. Earlier messages leave the position as it is.
    pub(super) fn later_than_handled(&self, position: Option<&Position>) -> Option<Position> {
        let handled = self.position.as_ref();
        let later = position.filter(|position| self.layer.is_later(position, handled));
        later.or(handled).cloned()
    }

    /// Moves the position of this worker, which the cursor follows. A lower position would move the cursor back over
    /// handled messages.
    pub(super) fn advance_position(&mut self, to: Option<Position>) {
        debug_assert!(
            self.position.as_ref().is_none_or(|position| {
                to.as_ref()
                    .is_some_and(|to| self.layer.compare_positions(to, position).is_ge())
            }),
            "the cursor never moves backwards: from {:?} to {to:?}",
            self.position
        );
        self.position = to;
    }

    fn cursor_move(&self, position: &Position) -> CursorMove {
        let (reader, position) = (self.chat.to_string(), position.to_string());
        cursor_move(&*self.layer.connector, reader, position)
    }

    pub(super) async fn read_chat_cursor(
        &self,
        chat: &ChatId,
    ) -> Result<Option<Position>, ShutDown> {
        let mut pause = BackoffTimer::default();
        loop {
            match read_cursor(&*self.layer.connector, &self.inbox, chat.as_str()).await {
                Ok(stored) => {
                    return Ok(stored.and_then(|stored| self.layer.parse_position(&stored)));
                }
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
    }

    /// Moves the cursor past the passed messages. After an error, these messages are read again, and nothing is
    /// lost.
    pub(super) async fn move_cursor(&mut self) {
        if self.passed > 0
            && let Some(position) = &self.position
        {
            let cursor = self.cursor_move(position);
            self.passed = 0;
            let moved = self.inbox.store().set_cursor(cursor).await;
            if let Err(error) = moved {
                tracing::debug!(chat = %self.chat, %error, "the cursor is not moved");
            }
        }
    }
}
