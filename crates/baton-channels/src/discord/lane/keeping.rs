//! One message, until it is kept or known to be none for us; and how far the channel is read by that.

use baton_core::message::NewMessage;
use baton_core::panics::caught;
use baton_core::store::{CursorMove, Ingest, Ingested, RefusedMessage, StoreError};

use super::{Lane, ShutDown};
use crate::discord::attachments::WithFiles;
use crate::discord::hear::{Heard, hear};
use crate::discord::id::Id;
use crate::discord::pause::{Pause, Tries};
use crate::discord::rest::RestError;
use crate::discord::wire::{Incoming, Message, UnreadableMessage};
use crate::discord::{ACCOUNT, CHANNEL, presence, read_cursor};

/// How many messages that are not for us may pass before the cursor is moved over them.
const PASSED: u32 = 50;

/// How often a message's files are tried, over half a minute and more. Then it is taken without those that did not
/// come: what is behind it waits.
const FILE_TRIES: u32 = 7;

/// How often Discord is asked for what decides whether a message is for the bot, over three minutes. Then the message
/// is kept as refused: what is behind it waits.
pub(super) const TRIES: u32 = 12;

impl Lane {
    /// One message, until it is kept or known to be none for us. The same function for those that come
    /// and those that were missed.
    pub(super) async fn came(&mut self, message: &Incoming) -> Result<(), ShutDown> {
        if message.id().is_some_and(|id| self.gone.contains(&id)) {
            self.pass_over(message.id()).await;
            return Ok(());
        }
        let message = match message {
            Incoming::Read(message) => message,
            Incoming::Unreadable(message) => return self.refuse(message, TRIES).await,
        };
        match caught(self.said(message)).await {
            Ok(done) => done,
            Err(panicked) => {
                tracing::error!(channel = %self.channel, message = %message.id, %panicked, "a message is refused");
                let reason = "Baton failed at this message".to_owned();
                self.refuse(&UnreadableMessage::not_taken(message, reason), TRIES)
                    .await
            }
        }
    }

    pub(super) async fn said(&mut self, message: &Message) -> Result<(), ShutDown> {
        let us = self.shared.us().await.user;
        if message.author.id == us && presence::is_progress(message) {
            // Behind the cursor, it would not be found where its process dies.
            return Ok(());
        }
        let heard = match self.hear(us, message).await {
            Ok(Some(heard)) => heard,
            Ok(None) => {
                self.pass_over(Some(message.id)).await;
                return Ok(());
            }
            Err(error) => {
                let message = UnreadableMessage::not_taken(message, error.to_string());
                // Discord was asked often enough.
                return self.refuse(&message, 1).await;
            }
        };
        let mut pause = Pause::default();
        while heard.is_direct
            && let Err(error) = self.shared.directs.note(&self.inbox, self.channel).await
        {
            self.wait_for_store(&error, &mut pause).await?;
        }
        let messages = vec![heard.message];
        self.keep(Some(message.id), messages, Vec::new()).await?;
        Ok(())
    }

    /// The part of a message that is for the bot. Retries while this cannot be decided, finally without the files;
    /// the error is the one of the last try.
    async fn hear(&self, us: Id, message: &Message) -> Result<Option<Heard>, RestError> {
        let mut tries = Tries::at_most(TRIES);
        let mut number = 0;
        loop {
            number += 1;
            let files = if number < FILE_TRIES {
                WithFiles::All
            } else {
                WithFiles::ThatCome
            };
            let error = match hear(&self.shared, &self.inbox, us, message, files).await {
                Ok(heard) => return Ok(heard),
                Err(error @ RestError::Refused { .. }) => {
                    tracing::warn!(channel = %self.channel, message = %message.id, %error, "a message is not looked at");
                    return Ok(None);
                }
                Err(error) => error,
            };
            tracing::warn!(channel = %self.channel, message = %message.id, %error, "a message waits to be looked at");
            if !tries.again(self.shared.clock(), &error).await {
                return Err(error);
            }
        }
    }

    /// Stores the messages, and moves the cursor past them.
    pub(super) async fn keep(
        &mut self,
        id: Option<Id>,
        messages: Vec<NewMessage>,
        unreadable: Vec<RefusedMessage>,
    ) -> Result<Vec<Ingested>, ShutDown> {
        let position = self.position.max(id);
        let mut pause = Pause::default();
        loop {
            let ingest = Ingest {
                messages: messages.clone(),
                refused: unreadable.clone(),
                cursor: position.map(|position| self.cursor(position)),
            };
            match self.inbox.ingest(ingest).await {
                Ok(kept) => {
                    self.position = position;
                    self.passed = 0;
                    return Ok(kept);
                }
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
    }

    /// Moves the cursor past a message that is not for the bot.
    pub(super) async fn pass_over(&mut self, id: Option<Id>) {
        self.position = self.position.max(id);
        self.passed += 1;
        if self.passed >= PASSED {
            self.move_cursor().await;
        }
    }

    /// Waits before another call to the store.
    pub(super) async fn wait_for_store(
        &self,
        error: &StoreError,
        pause: &mut Pause,
    ) -> Result<(), ShutDown> {
        if *error == StoreError::Closed {
            return Err(ShutDown);
        }
        tracing::error!(channel = %self.channel, %error, "the store failed; trying again");
        pause.pass(self.shared.clock()).await;
        Ok(())
    }

    fn cursor(&self, position: Id) -> CursorMove {
        CursorMove {
            channel: CHANNEL.into(),
            account: ACCOUNT.into(),
            reader: self.channel.to_string(),
            position: position.to_string(),
        }
    }

    pub(super) async fn read_cursor(&self, channel: Id) -> Result<Option<Id>, ShutDown> {
        let mut pause = Pause::default();
        loop {
            match read_cursor(&self.inbox, &channel.to_string()).await {
                Ok(position) => return Ok(position.and_then(|it| it.parse().ok())),
                Err(error) => self.wait_for_store(&error, &mut pause).await?,
            }
        }
    }

    /// Moves the cursor over what passed. Where that fails it is looked at again, and nothing is lost.
    pub(super) async fn move_cursor(&mut self) {
        if let Some(position) = self.position.filter(|_| self.passed > 0) {
            self.passed = 0;
            let moved = self.inbox.store().set_cursor(self.cursor(position)).await;
            if let Err(error) = moved {
                tracing::debug!(channel = %self.channel, %error, "the cursor is not moved");
            }
        }
    }
}
