//! Decides the form of a platform's message in the store. New messages, missed messages and batches all come here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_core::clock::Steady;
use baton_core::inbox::Inbox;
use baton_core::message::NewMessage;
use baton_core::store::{RefusedMessage, StoreError};

use super::incoming_files::{self, FilePolicy};
use super::message_filter::{AddressedMessage, filter_message};
use super::store_retry::wait_for_store;
use crate::ChatLayer;
use crate::backoff::{BackoffTimer, BoundedTries};
use crate::connector::{ChatId, ConnectorError, ReadableMessage, UnreadableMessage};

/// The number of tries for the files of a message, over at least half a minute. Then the message is stored
/// without the missing files, because later messages wait.
const FILE_TRIES: u32 = 7;

/// The time for all tries for the files of a message that waits in a table of its own. Later, no new try begins.
const FILE_TIME: Duration = Duration::from_mins(20);

/// The number of tries to learn from the platform whether a message is for Baton, over three minutes. Then the
/// message is stored as refused, because later messages wait.
const TRIES: u32 = 12;

/// The intake of the messages of one chat.
pub(super) struct MessageIntake<'a> {
    pub(super) layer: &'a ChatLayer,
    pub(super) inbox: &'a Inbox,
    pub(super) chat: &'a ChatId,
    /// Whether a message of this intake has used up its tries. Then each further message gets one try, and is stored
    /// without missing files, because other chats may wait.
    is_used_up: AtomicBool,
    /// Whether the platform failed to give a file, or the facts about the chat, in time.
    has_failed: AtomicBool,
    /// The time after which no new try for files begins; `None` if only the number of tries counts.
    files_until: Option<Steady>,
}

/// The form of a platform's message in the store.
#[derive(Clone, Debug)]
pub(super) enum TakenMessage {
    /// Nothing, because the message is not for Baton.
    NotForUs,
    /// A stored message.
    ForUs(Box<NewMessage>),
    /// A message stored as refused.
    Refused(Box<RefusedMessage>),
}

impl<'a> MessageIntake<'a> {
    pub(super) fn new(layer: &'a ChatLayer, inbox: &'a Inbox, chat: &'a ChatId) -> Self {
        Self {
            layer,
            inbox,
            chat,
            is_used_up: AtomicBool::new(false),
            has_failed: AtomicBool::new(false),
            files_until: None,
        }
    }

    /// Limits the time for the files of the messages.
    pub(super) fn with_file_time(self) -> Self {
        let files_until = Some(self.layer.clock().steady().after(FILE_TIME));
        Self {
            files_until,
            ..self
        }
    }
}

impl MessageIntake<'_> {
    /// The number of tries for the next message.
    pub(super) fn tries(&self) -> u32 {
        if self.is_used_up.load(Ordering::Relaxed) {
            1
        } else {
            TRIES
        }
    }

    pub(super) fn use_up_tries(&self) {
        self.is_used_up.store(true, Ordering::Relaxed);
    }

    /// Whether the platform did not give in time what a message needs. Then the next message would probably fail too.
    pub(super) fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::Relaxed)
    }

    pub(super) fn note_failure(&self) {
        self.has_failed.store(true, Ordering::Relaxed);
    }

    /// Whether a new try for files may begin.
    fn has_file_time(&self) -> bool {
        let now = self.layer.clock().steady();
        self.files_until.is_none_or(|until| now < until)
    }

    /// Decides in one try whether a message is for Baton. The message gets no files.
    pub(super) async fn check_message(
        &self,
        message: &ReadableMessage,
    ) -> Result<Option<AddressedMessage>, ConnectorError> {
        match filter_message(self.layer, self.inbox, message).await {
            Err(error) if error.is_refused() => {
                tracing::warn!(chat = %self.chat, external_id = %message.id, %error, "a message cannot be checked, and is passed over");
                Ok(None)
            }
            checked => checked,
        }
    }

    /// Decides the stored form of a readable message. Fails only if the store is closed.
    pub(super) async fn take_readable(
        &self,
        message: &ReadableMessage,
    ) -> Result<TakenMessage, StoreError> {
        let addressed = match self.filter_with_tries(message).await {
            Ok(Some(addressed)) => addressed,
            Ok(None) => return Ok(TakenMessage::NotForUs),
            Err(error) => {
                let message = UnreadableMessage::from_readable(message, error.to_string());
                // The filter has asked the platform often enough.
                return Ok(self.refuse_message(&message, 1).await);
            }
        };
        self.accept_message(addressed).await
    }

    /// The stored form of a message for Baton. Fails only if the store is closed.
    pub(super) async fn accept_message(
        &self,
        addressed: AddressedMessage,
    ) -> Result<TakenMessage, StoreError> {
        let mut pause = BackoffTimer::default();
        while addressed.is_direct
            && let Err(error) = self
                .layer
                .direct_chats
                .remember(&*self.layer.connector, self.inbox, self.chat)
                .await
        {
            wait_for_store(self.layer, error, &mut pause).await?;
        }
        Ok(TakenMessage::ForUs(Box::new(addressed.message)))
    }

    /// Decides whether a message is for Baton, and converts the message. Retries after errors, and at the end
    /// without the files. The error is the one of the last try.
    async fn filter_with_tries(
        &self,
        message: &ReadableMessage,
    ) -> Result<Option<AddressedMessage>, ConnectorError> {
        let most = self.tries();
        let mut tries = BoundedTries::at_most(most);
        let mut number = 0;
        loop {
            number += 1;
            let files = if number < FILE_TRIES.min(most) && self.has_file_time() {
                FilePolicy::RequireAll
            } else {
                self.use_up_tries();
                FilePolicy::LeaveOut
            };
            let error = match self.try_with_files(message, files).await {
                Ok(addressed) => return Ok(addressed),
                Err(error) => error,
            };
            tracing::warn!(chat = %self.chat, external_id = %message.id, %error, "a message cannot be checked yet");
            if !tries.wait_for_next(self.layer.clock(), &error).await {
                self.note_failure();
                return Err(error);
            }
        }
    }

    /// Decides in one try whether a message is for Baton, and downloads its files.
    async fn try_with_files(
        &self,
        message: &ReadableMessage,
        policy: FilePolicy,
    ) -> Result<Option<AddressedMessage>, ConnectorError> {
        let Some(mut addressed) = self.check_message(message).await? else {
            return Ok(None);
        };
        let (files, new) = (&message.files, &mut addressed.message);
        let fetched = incoming_files::fetch_files(self.layer, self.inbox, files, policy, new);
        if fetched.await? {
            self.note_failure();
        }
        Ok(Some(addressed))
    }
}
