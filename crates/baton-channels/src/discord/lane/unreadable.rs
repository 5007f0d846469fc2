//! Unreadable messages: each is stored as refused, in raw form, and later messages go on.

use baton_core::hex::hex;
use baton_core::message::{Author, NewMessage, Priority};
use baton_core::name::ExternalId;
use baton_core::store::{Ingested, RefusedMessage};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Lane, ShutDown};
use crate::discord::hear::is_meant;
use crate::discord::pause::Pause;
use crate::discord::places::Kind;
use crate::discord::rest::RestError;
use crate::discord::route::{ReplyRoute, place};
use crate::discord::wire::UnreadableMessage;

/// The author's name for a message without a readable author.
const NOBODY: &str = "somebody";

impl Lane {
    /// Stores an unreadable message as refused, if it may be for the bot.
    pub(super) async fn refuse(&mut self, message: &UnreadableMessage) -> Result<(), ShutDown> {
        let (channel, reason) = (self.channel, &message.reason);
        let id = message.id.map(|id| id.to_string());
        let Some(refused) = self.refused(message).await else {
            tracing::warn!(%channel, message = id, reason, "a message that is not for the bot cannot be read");
            self.pass_over(message.id).await;
            return Ok(());
        };
        let kept = self.keep(message.id, Vec::new(), vec![refused]).await?;
        if let Some(Ingested::Refused(kept)) = kept.first() {
            tracing::warn!(
                %channel, message = id, reason,
                "a message cannot be read, and is kept as refused; baton trace {} shows it",
                kept.id
            );
        }
        Ok(())
    }

    /// The refused message to store; `None` if it is not for the bot.
    async fn refused(&self, message: &UnreadableMessage) -> Option<RefusedMessage> {
        let us = self.shared.us().await.user;
        if !message.may_be_said() {
            return None;
        }
        let mut pause = Pause::default();
        let known = loop {
            let found = self.shared.places.find(&self.shared.rest, self.channel);
            match found.await {
                Ok(known) => break known,
                Err(RestError::Refused { .. }) => return None,
                Err(_) => pause.pass(self.shared.clock()).await,
            }
        };
        let answering = self.shared.places.answering(self.channel, &known)?;
        let is_meant = is_meant(&answering, &known, us, || message.names(us));
        let author = message.author.as_ref();
        // An unreadable author may be one to whom the bot listens.
        let is_heard =
            author.is_none_or(|author| author.id != us && (answering.allow_bots || !author.bot));
        if !is_meant || !is_heard {
            return None;
        }
        let thread = answering.thread_per_request && known.kind == Kind::Channel;
        let route = message.id.map(|id| ReplyRoute {
            channel: self.channel,
            message: id,
            thread,
        });
        let target = route.map_or(self.channel, |route| route.target());
        let refused = NewMessage {
            external_id: external_id(message),
            route: self.inbox.route(place(target), &answering.persona)?,
            author: author.map_or_else(nobody, |author| author.author(None)),
            text: message.content.clone().unwrap_or_else(|| message.raw()),
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
            raw: message.raw(),
            // An unreadable message may come from Baton itself, and must not be answered. The notice also goes
            // only to an author who may certainly speak to the bot.
            is_told: route.is_some()
                && author.is_some_and(|author| answering.hears(author.id, author.bot, &[])),
        })
    }
}

fn nobody() -> Author {
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
    let digest = hex(Sha256::digest(message.raw()));
    format!("unreadable-{}", &digest[..32]).into()
}
