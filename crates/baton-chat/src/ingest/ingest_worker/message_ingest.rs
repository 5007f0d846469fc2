//! Ingests one message at a time: stores the message or passes over it, and moves the cursor of the chat.

use baton_core::message::NewMessage;
use baton_core::panics::caught;
use baton_core::store::{CursorMove, Ingest, Ingested, RefusedMessage, StoreError};

use super::{IngestWorker, ShutDown};
use crate::connector::{
    ChatId, ConnectorError, IncomingMessage, Position, ReadableMessage, UnreadableMessage,
};
use crate::http::backoff::{BackoffTimer, BoundedTries};
use crate::ingest::incoming_files::FilePolicy;
use crate::ingest::message_filter::{AddressedMessage, filter_message};
use crate::status::progress_message::is_progress;

/// After this many messages not for Baton, the cursor is moved past these messages.
const PASSED: u32 = 50;

/// The number of tries for the files of a message, over at least half a minute. Then the message is stored
/// without the missing files, because later messages wait.
const FILE_TRIES: u32 = 7;

/// The number of tries to learn from the platform whether a message is for Baton, over three minutes. Then the
/// message is stored as refused, because later messages wait.
pub(super) const TRIES: u32 = 12;

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
            IncomingMessage::Unreadable(message) => {
                return self.refuse_message(message, TRIES).await;
            }
        };
        match caught(self.ingest_message(message)).await {
            Ok(done) => done,
            Err(panicked) => {
                tracing::error!(chat = %self.chat, external_id = %message.id, %panicked, "a message is refused");
                let reason = "Baton failed at this message".to_owned();
                self.refuse_message(&UnreadableMessage::from_readable(message, reason), TRIES)
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
        let addressed = match self.filter_message(message).await {
            Ok(Some(addressed)) => addressed,
            Ok(None) => {
                self.pass_over(Some(&message.position)).await;
                return Ok(());
            }
            Err(error) => {
                let message = UnreadableMessage::from_readable(message, error.to_string());
                // `filter_message` has asked the platform often enough.
                return self.refuse_message(&message, 1).await;
            }
        };
        let mut pause = BackoffTimer::default();
        while addressed.is_direct
            && let Err(error) = self
                .layer
                .direct_chats
                .remember(&self.layer, &self.inbox, &self.chat)
                .await
        {
            self.wait_for_store(&error, &mut pause).await?;
        }
        let messages = vec![addressed.message];
        self.record_messages(Some(&message.position), messages, Vec::new())
            .await?;
        Ok(())
    }

    /// Decides whether a message is for Baton, and converts the message. Retries after errors, and at the end
    /// without the files. The error is the one of the last try.
    async fn filter_message(
        &self,
        message: &ReadableMessage,
    ) -> Result<Option<AddressedMessage>, ConnectorError> {
        let mut tries = BoundedTries::at_most(TRIES);
        let mut number = 0;
        loop {
            number += 1;
            let files = if number < FILE_TRIES {
                FilePolicy::RequireAll
            } else {
                FilePolicy::LeaveOut
            };
            let error = match filter_message(&self.layer, &self.inbox, message, files).await {
                Ok(addressed) => return Ok(addressed),
                Err(error) if error.is_refused() => {
                    tracing::warn!(chat = %self.chat, external_id = %message.id, %error, "a message is not looked at");
                    return Ok(None);
                }
                Err(error) => error,
            };
            tracing::warn!(chat = %self.chat, external_id = %message.id, %error, "a message waits to be looked at");
            if !tries.wait_for_next(self.layer.clock(), &error).await {
                return Err(error);
            }
        }
    }

    /// Stores the messages, and moves the cursor past them.
    pub(super) async fn record_messages(
        &mut self,
        position: Option<&Position>,
        messages: Vec<NewMessage>,
        unreadable: Vec<RefusedMessage>,
    ) -> Result<Vec<Ingested>, ShutDown> {
        let position = self.later_than_handled(position);
        let mut pause = BackoffTimer::default();
        loop {
            let ingest = Ingest {
                messages: messages.clone(),
                refused: unreadable.clone(),
                gaps: Vec::new(),
                cursor: position.as_ref().map(|position| self.cursor_move(position)),
            };
            match self.inbox.ingest(ingest).await {
                Ok(kept) => {
                    self.advance_position(position);
                    self.passed = 0;
                    return Ok(kept);
                }
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
    }

    /// Moves the cursor past a message that is not for Baton.
    pub(super) async fn pass_over(&mut self, position: Option<&Position>) {
        let position = self.later_than_handled(position);
        self.advance_position(position);
        self.passed += 1;
        if self.passed >= PASSED {
            self.move_cursor().await;
        }
    }

    /// Waits before another call to the store. Returns an error if the store is closed.
    pub(super) async fn wait_for_store(
        &self,
        error: &StoreError,
        pause: &mut BackoffTimer,
    ) -> Result<(), ShutDown> {
        if *error == StoreError::Closed {
            return Err(ShutDown);
        }
        tracing::error!(chat = %self.chat, %error, "the store failed; trying again");
        pause.wait_once(self.layer.clock()).await;
        Ok(())
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
        CursorMove {
            channel: self.layer.connector.channel(),
            account: self.layer.connector.account(),
            reader: self.chat.to_string(),
            position: position.to_string(),
        }
    }

    pub(super) async fn read_chat_cursor(
        &self,
        chat: &ChatId,
    ) -> Result<Option<Position>, ShutDown> {
        let mut pause = BackoffTimer::default();
        loop {
            match self.layer.read_cursor(&self.inbox, chat.as_str()).await {
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
