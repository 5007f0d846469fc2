//! Decides the form of a platform's message in the store. New messages, missed messages and batches all come here.

use std::sync::atomic::{AtomicBool, Ordering};

use baton_core::inbox::Inbox;
use baton_core::message::NewMessage;
use baton_core::store::{RefusedMessage, StoreError};

use super::incoming_files::FilePolicy;
use super::message_filter::{AddressedMessage, filter_message};
use super::store_retry::wait_for_store;
use crate::ChatLayer;
use crate::backoff::{BackoffTimer, BoundedTries};
use crate::connector::{ChatId, ConnectorError, ReadableMessage, UnreadableMessage};

/// The number of tries for the files of a message, over at least half a minute. Then the message is stored
/// without the missing files, because later messages wait.
const FILE_TRIES: u32 = 7;

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
            let files = if number < FILE_TRIES.min(most) {
                FilePolicy::RequireAll
            } else {
                self.use_up_tries();
                FilePolicy::LeaveOut
            };
            let error = match filter_message(self.layer, self.inbox, message, files).await {
                Ok(addressed) => return Ok(addressed),
                Err(error) if error.is_refused() => {
                    tracing::warn!(chat = %self.chat, external_id = %message.id, %error, "a message cannot be checked, and is passed over");
                    return Ok(None);
                }
                Err(error) => error,
            };
            tracing::warn!(chat = %self.chat, external_id = %message.id, %error, "a message cannot be checked yet");
            if !tries.wait_for_next(self.layer.clock(), &error).await {
                return Err(error);
            }
        }
    }
}
