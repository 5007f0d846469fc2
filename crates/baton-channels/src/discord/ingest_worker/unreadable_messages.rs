//! Unreadable messages: each is stored as refused, in raw form, and later messages go on.

use std::sync::Arc;

use baton_core::authority::Right;
use baton_core::hex::hex;
use baton_core::message::{Author, NewMessage, Priority};
use baton_core::name::ExternalId;
use baton_core::store::{Ingested, RefusedMessage};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{IngestWorker, ShutDown};
use crate::discord::backoff::BoundedTries;
use crate::discord::discord_id::Id;
use crate::discord::discord_settings::{Answering, Trigger};
use crate::discord::message_filter::matches_trigger;
use crate::discord::place_directory::{ChannelInfo, ChannelKind};
use crate::discord::reply_route::{self, ReplyRoute};
use crate::discord::rest::RestError;
use crate::discord::wire::UnreadableMessage;

/// The author's name for a message without a readable author.
const NOBODY: &str = "somebody";

impl IngestWorker {
    /// Stores an unreadable message as refused, if the message may be for the bot. `tries` limits the
    /// requests to Discord about an unknown channel.
    pub(super) async fn refuse_message(
        &mut self,
        message: &UnreadableMessage,
        tries: u32,
    ) -> Result<(), ShutDown> {
        let (channel, reason) = (self.channel, &message.reason);
        let id = message.id.map(|id| id.to_string());
        let Some(refused) = self.refused_message(message, tries).await else {
            tracing::warn!(%channel, external_id = id, reason, "a message that is not for the bot cannot be read");
            self.pass_over(message.id).await;
            return Ok(());
        };
        let kept = self
            .record_messages(message.id, Vec::new(), vec![refused])
            .await?;
        if let Some(Ingested::Refused(kept)) = kept.first() {
            tracing::warn!(
                %channel, external_id = id, reason,
                "a message cannot be taken, and is kept as refused; baton trace {} shows it",
                kept.id
            );
        }
        Ok(())
    }

    /// The place of the message; `None` if the bot does not listen there. Without an answer of Discord, the
    /// most likely persona gets the message, so that an operator can find the message in the store.
    async fn find_place(&self, message: &UnreadableMessage, tries: u32) -> Option<RefusalPlace> {
        let (channel, places) = (self.channel, &self.shared.places);
        let mut tries = BoundedTries::at_most(tries);
        loop {
            let error = match places.find_channel(&self.shared.rest, channel).await {
                Ok(known) => {
                    let answering = places.answer_settings(channel, &known)?;
                    let known = Some(known);
                    return Some(RefusalPlace { answering, known });
                }
                Err(RestError::Refused { .. }) => return None,
                Err(error) => error,
            };
            tracing::warn!(%channel, external_id = ?message.id, %error, "a message waits to be refused");
            if !tries.wait_for_next(self.shared.clock(), &error).await {
                let answering = places.likely_settings(channel, message.server)?;
                let known = None;
                return Some(RefusalPlace { answering, known });
            }
        }
    }

    /// The refused message to store; `None` if the message is not for the bot.
    async fn refused_message(
        &self,
        message: &UnreadableMessage,
        tries: u32,
    ) -> Option<RefusedMessage> {
        let us = self.shared.wait_for_ids().await.user;
        if !message.may_be_from_person() {
            return None;
        }
        let place = self.find_place(message, tries).await?;
        let answering = &place.answering;
        let is_triggered = place.may_match_trigger(us, || {
            let mut named = message.named.iter().copied();
            message.mentions_id(us) || named.any(|role| self.shared.places.is_our_role(role))
        });
        let author = message.author.as_ref();
        // An unreadable author may be one to whom the bot listens.
        let may_speak =
            author.is_none_or(|author| author.id != us && (answering.allow_bots || !author.bot));
        if !is_triggered || !may_speak {
            return None;
        }
        let thread = answering.thread_per_request
            && place
                .known
                .is_some_and(|known| known.kind == ChannelKind::Channel);
        let route = message.id.map(|id| ReplyRoute {
            channel: self.channel,
            message: id,
            thread,
        });
        let target = route.map_or(self.channel, |route| route.target());
        let refused = NewMessage {
            external_id: external_id(message),
            route: self
                .inbox
                .route(reply_route::channel_place(target), &answering.persona)?,
            author: author.map_or_else(unknown_author, |author| author.to_author(None)),
            text: message
                .content
                .clone()
                .unwrap_or_else(|| message.raw_beginning()),
            attachments: Vec::new(),
            reply_to: None,
            reply_route: route
                .and_then(|route| serde_json::to_value(route).ok())
                .unwrap_or_default(),
            extra: Value::Null,
            priority: Priority::default(),
        };
        Some(RefusedMessage {
            message: refused,
            reason: format!("it could not be read: {}", message.reason),
            raw: message.raw_beginning(),
            // An unreadable message may come from Baton itself, and must not be answered. The notice also
            // goes only to an author who may certainly speak to the bot, in a place where the bot certainly
            // answers.
            is_told: route.is_some()
                && place.known.is_some()
                && author.is_some_and(|user| {
                    let author = user.to_author(None);
                    let sender = answering.describe_person(user.id, author, user.bot, &[]);
                    sender.has_right(Right::Speak)
                }),
        })
    }
}

/// The place of a refused message.
struct RefusalPlace {
    answering: Arc<Answering>,
    /// `None` if Discord does not tell the kind of the channel.
    known: Option<ChannelInfo>,
}

impl RefusalPlace {
    /// Whether a message may be for the bot. In an unknown place, only one message is certainly for others: a
    /// message without the required mention.
    fn may_match_trigger(&self, us: Id, mentioned: impl FnOnce() -> bool) -> bool {
        match &self.known {
            Some(known) => matches_trigger(&self.answering, known, us, mentioned),
            None => self.answering.trigger != Trigger::Mention || mentioned(),
        }
    }
}

fn unknown_author() -> Author {
    Author {
        id: NOBODY.into(),
        name: NOBODY.to_owned(),
    }
}

/// The message's id; without a readable id, a hash that is the same when Discord sends the message again.
fn external_id(message: &UnreadableMessage) -> ExternalId {
    if let Some(id) = message.id {
        return id.to_string().into();
    }
    let digest = hex(Sha256::digest(message.raw_beginning()));
    format!("unreadable-{}", &digest[..32]).into()
}
