//! Ingests one message at a time: stores the message or passes over it, and moves the cursor of the channel.

use baton_core::message::NewMessage;
use baton_core::panics::caught;
use baton_core::store::{CursorMove, Ingest, Ingested, RefusedMessage, StoreError};

use super::{IngestWorker, ShutDown};
use crate::discord::attachments::FilePolicy;
use crate::discord::backoff::{BackoffTimer, BoundedTries};
use crate::discord::discord_id::Id;
use crate::discord::message_filter::{AddressedMessage, filter_message};
use crate::discord::rest::RestError;
use crate::discord::wire::{DiscordMessage, IncomingMessage, UnreadableMessage};
use crate::discord::{ACCOUNT, CHANNEL, read_cursor, status};

/// After this many messages not for the bot, the cursor is moved past these messages.
const PASSED: u32 = 50;

/// The number of tries for the files of a message, over at least half a minute. Then the message is stored
/// without the missing files, because later messages wait.
const FILE_TRIES: u32 = 7;

/// The number of tries to learn from Discord whether a message is for the bot, over three minutes. Then the
/// message is stored as refused, because later messages wait.
pub(super) const TRIES: u32 = 12;

impl IngestWorker {
    /// Handles one message, until the message is stored or known not to be for the bot. New messages and
    /// missed messages both come here.
    pub(super) async fn handle_message(
        &mut self,
        message: &IncomingMessage,
    ) -> Result<(), ShutDown> {
        if message
            .id()
            .is_some_and(|id| self.early_deletions.contains(&id))
        {
            self.pass_over(message.id()).await;
            return Ok(());
        }
        let message = match message {
            IncomingMessage::Read(message) => message,
            IncomingMessage::Unreadable(message) => {
                return self.refuse_message(message, TRIES).await;
            }
        };
        match caught(self.ingest_message(message)).await {
            Ok(done) => done,
            Err(panicked) => {
                tracing::error!(channel = %self.channel, external_id = %message.id, %panicked, "a message is refused");
                let reason = "Baton failed at this message".to_owned();
                self.refuse_message(&UnreadableMessage::from_readable(message, reason), TRIES)
                    .await
            }
        }
    }

    pub(super) async fn ingest_message(
        &mut self,
        message: &DiscordMessage,
    ) -> Result<(), ShutDown> {
        let us = self.shared.wait_for_ids().await.user;
        if message.author.id == us && status::is_progress(message) {
            // The cursor must not pass a progress message: if this process dies, the next process finds the
            // message in the gap.
            return Ok(());
        }
        let addressed = match self.filter_message(us, message).await {
            Ok(Some(addressed)) => addressed,
            Ok(None) => {
                self.pass_over(Some(message.id)).await;
                return Ok(());
            }
            Err(error) => {
                let message = UnreadableMessage::from_readable(message, error.to_string());
                // `filter_message` has asked Discord often enough.
                return self.refuse_message(&message, 1).await;
            }
        };
        let mut pause = BackoffTimer::default();
        while addressed.is_direct
            && let Err(error) = self
                .shared
                .direct_channels
                .remember(&self.inbox, self.channel)
                .await
        {
            self.wait_for_store(&error, &mut pause).await?;
        }
        let messages = vec![addressed.message];
        self.record_messages(Some(message.id), messages, Vec::new())
            .await?;
        Ok(())
    }

    /// Decides whether a message is for the bot, and converts the message. Retries after errors, and at the
    /// end without the files. The error is the one of the last try.
    async fn filter_message(
        &self,
        us: Id,
        message: &DiscordMessage,
    ) -> Result<Option<AddressedMessage>, RestError> {
        let mut tries = BoundedTries::at_most(TRIES);
        let mut number = 0;
        loop {
            number += 1;
            let files = if number < FILE_TRIES {
                FilePolicy::RequireAll
            } else {
                FilePolicy::LeaveOut
            };
            let error = match filter_message(&self.shared, &self.inbox, us, message, files).await {
                Ok(addressed) => return Ok(addressed),
                Err(error @ RestError::Refused { .. }) => {
                    tracing::warn!(channel = %self.channel, external_id = %message.id, %error, "a message is not looked at");
                    return Ok(None);
                }
                Err(error) => error,
            };
            tracing::warn!(channel = %self.channel, external_id = %message.id, %error, "a message waits to be looked at");
            if !tries.wait_for_next(self.shared.clock(), &error).await {
                return Err(error);
            }
        }
    }

    /// Stores the messages, and moves the cursor past them.
    pub(super) async fn record_messages(
        &mut self,
        id: Option<Id>,
        messages: Vec<NewMessage>,
        unreadable: Vec<RefusedMessage>,
    ) -> Result<Vec<Ingested>, ShutDown> {
        let position = self.position.max(id);
        let mut pause = BackoffTimer::default();
        loop {
            let ingest = Ingest {
                messages: messages.clone(),
                refused: unreadable.clone(),
                cursor: position.map(|position| self.cursor_move(position)),
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

    /// Moves the cursor past a message that is not for the bot.
    pub(super) async fn pass_over(&mut self, id: Option<Id>) {
        self.advance_position(self.position.max(id));
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
        tracing::error!(channel = %self.channel, %error, "the store failed; trying again");
        pause.wait_once(self.shared.clock()).await;
        Ok(())
    }

    /// Moves the position of this worker, which the cursor follows. A lower position would move the cursor back over
    /// handled messages.
    pub(super) fn advance_position(&mut self, to: Option<Id>) {
        debug_assert!(
            to >= self.position,
            "the cursor never moves backwards: from {:?} to {to:?}",
            self.position
        );
        self.position = to;
    }

    fn cursor_move(&self, position: Id) -> CursorMove {
        CursorMove {
            channel: CHANNEL.into(),
            account: ACCOUNT.into(),
            reader: self.channel.to_string(),
            position: position.to_string(),
        }
    }

    pub(super) async fn read_channel_cursor(&self, channel: Id) -> Result<Option<Id>, ShutDown> {
        let mut pause = BackoffTimer::default();
        loop {
            match read_cursor(&self.inbox, &channel.to_string()).await {
                Ok(position) => return Ok(position.and_then(|it| it.parse().ok())),
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
    }

    /// Moves the cursor past the passed messages. After an error, these messages are read again, and nothing
    /// is lost.
    pub(super) async fn move_cursor(&mut self) {
        if let Some(position) = self.position.filter(|_| self.passed > 0) {
            self.passed = 0;
            let moved = self
                .inbox
                .store()
                .set_cursor(self.cursor_move(position))
                .await;
            if let Err(error) = moved {
                tracing::debug!(channel = %self.channel, %error, "the cursor is not moved");
            }
        }
    }
}
