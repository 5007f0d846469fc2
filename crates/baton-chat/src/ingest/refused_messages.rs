//! Refused messages: each unreadable message is stored as refused, in raw form, and later messages go on.

use std::sync::Arc;

use baton_core::authority::Right;
use baton_core::hex::hex;
use baton_core::message::{Author, NewMessage, Priority};
use baton_core::name::ExternalId;
use baton_core::place::Place;
use baton_core::store::{Ingested, RefusedMessage};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::message_filter::{matches_trigger, store_error};
use super::message_intake::{MessageIntake, TakenMessage};
use crate::backoff::BoundedTries;
use crate::chat_settings::{Answering, Trigger};
use crate::connector::{ChatId, ChatInfo, ConnectorError, UnreadableMessage};
use crate::http::tolerant_parsing;
use crate::reply_route::ReplyRoute;

/// The author's name for a message without a readable author.
const NOBODY: &str = "somebody";

impl MessageIntake<'_> {
    /// Decides the stored form of an unreadable message: a refused message, if the message may be for Baton. `tries`
    /// limits the requests to the platform about an unknown chat.
    pub(super) async fn refuse_message(
        &self,
        message: &UnreadableMessage,
        tries: u32,
    ) -> TakenMessage {
        if let Some(refused) = self.refused_message(message, tries).await {
            return TakenMessage::Refused(Box::new(refused));
        }
        self.log_passed_over(message);
        TakenMessage::NotForUs
    }

    /// Decides the stored form of a message without a readable chat, like [`Self::refuse_message`]. The chat of this
    /// intake is no chat of the platform, so the platform is not asked.
    pub(super) fn refuse_unplaced(&self, message: &UnreadableMessage) -> Option<RefusedMessage> {
        let places = &self.layer.places;
        let Some(answering) = places.likely_settings(self.chat, message.workspace.as_ref()) else {
            let id = message.id.as_ref().map(ToString::to_string);
            let (bytes, reason) = (raw_beginning(message).len(), &message.reason);
            tracing::error!(
                external_id = id,
                bytes,
                reason,
                "a message is left out, because its chat is unreadable and no place fits"
            );
            return None;
        };
        let place = RefusalPlace {
            answering,
            known: None,
            thread: None,
        };
        let refused = message
            .may_be_from_person
            .then(|| self.refused_in(&place, message, None))
            .flatten();
        if refused.is_none() {
            self.log_passed_over(message);
        }
        refused
    }

    fn log_passed_over(&self, message: &UnreadableMessage) {
        let (id, reason) = (
            message.id.as_ref().map(ToString::to_string),
            &message.reason,
        );
        tracing::warn!(chat = %self.chat, external_id = id, reason, "a message that is not for Baton cannot be read");
    }

    /// The place of the message; `None` if Baton does not listen there. Without an answer of the platform, the
    /// most likely persona gets the message, so that an operator can find the message in the store.
    async fn find_place(&self, message: &UnreadableMessage, tries: u32) -> Option<RefusalPlace> {
        let (chat, places) = (self.chat, &self.layer.places);
        let mut tries = BoundedTries::at_most(tries);
        loop {
            let error = match self.find_known(chat).await {
                Ok((known, thread)) => {
                    let answering = places.answer_settings(chat, &known)?;
                    let known = Some(known);
                    return Some(RefusalPlace {
                        answering,
                        known,
                        thread,
                    });
                }
                Err(error) if error.is_refused() => return None,
                Err(error) => error,
            };
            tracing::warn!(%chat, external_id = ?message.id, %error, "an unreadable message cannot be checked yet");
            if !tries.wait_for_next(self.layer.clock(), &error).await {
                self.use_up_tries();
                self.note_failure();
                let answering = places.likely_settings(chat, message.workspace.as_ref())?;
                return Some(RefusalPlace {
                    answering,
                    known: None,
                    thread: None,
                });
            }
        }
    }

    /// Whether the platform tells about the chat now, or refuses to tell for good.
    pub(super) async fn can_find_chat(&self) -> bool {
        let found = self.find_known(self.chat).await;
        found.map_or_else(|error| error.is_refused(), |_| true)
    }

    /// The facts about the chat, and the place of a named thread.
    async fn find_known(&self, chat: &ChatId) -> Result<(ChatInfo, Option<Place>), ConnectorError> {
        let known = self.layer.find_chat(chat).await?;
        let thread = self.layer.find_thread_place(self.inbox, chat).await;
        let thread = thread.map_err(|error| store_error(&error))?;
        Ok(match thread {
            Some(place) => (known.into_own_thread(), Some(place)),
            None => (known, None),
        })
    }

    /// The refused message to store; `None` if the message is not for Baton.
    async fn refused_message(
        &self,
        message: &UnreadableMessage,
        tries: u32,
    ) -> Option<RefusedMessage> {
        if !message.may_be_from_person {
            return None;
        }
        let place = self.find_place(message, tries).await?;
        self.refused_in(&place, message, message.id.clone())
    }

    /// The refused message in its place. `answers` is the message to which a reply can go.
    fn refused_in(
        &self,
        place: &RefusalPlace,
        message: &UnreadableMessage,
        answers: Option<ExternalId>,
    ) -> Option<RefusedMessage> {
        let answering = &place.answering;
        let is_triggered = place.may_match_trigger(message.may_mention_us);
        let sender = message.sender.as_ref();
        // An unreadable author may be one to whom Baton listens.
        let may_speak =
            sender.is_none_or(|sender| !sender.is_us && (answering.allow_bots || !sender.is_bot));
        if !is_triggered || !may_speak {
            return None;
        }
        let connector = &*self.layer.connector;
        let known = place.known.as_ref();
        let makes_thread =
            known.is_some_and(|known| self.layer.makes_thread(answering, self.chat, known));
        let route = answers.map(|id| ReplyRoute {
            chat: self.chat.clone(),
            message: id,
            thread: makes_thread,
            moved_from: None,
        });
        let address = route
            .as_ref()
            .map_or_else(|| self.chat.clone(), |route| route.address(connector));
        let at = place.thread.clone();
        let at = at.unwrap_or_else(|| self.layer.place_of(&address));
        let refused = NewMessage {
            external_id: external_id(message),
            part_ids: Vec::new(),
            route: self.inbox.route(at, &answering.persona)?,
            author: sender.map_or_else(unknown_author, |sender| sender.author.clone()),
            text: message
                .text
                .clone()
                .unwrap_or_else(|| raw_beginning(message)),
            attachments: Vec::new(),
            reply_to: None,
            reply_route: route.as_ref().map(ReplyRoute::to_value).unwrap_or_default(),
            extra: Value::Null,
            priority: Priority::default(),
        };
        Some(RefusedMessage {
            message: refused,
            reason: format!("the message could not be read: {}", message.reason),
            raw: raw_beginning(message),
            // An unreadable message may come from Baton itself, and must not be answered. The notice also goes
            // only to an author who may certainly speak to Baton, in a place where Baton certainly answers.
            is_told: route.is_some()
                && place.known.is_some()
                && sender.is_some_and(|sender| {
                    let author = sender.author.clone();
                    let sender = answering.describe_person(author, sender.is_bot, &[]);
                    sender.has_right(Right::Speak)
                }),
        })
    }
}

/// The place of a refused message.
struct RefusalPlace {
    answering: Arc<Answering>,
    /// `None` if the platform does not tell the kind of the chat.
    known: Option<ChatInfo>,
    /// The place of the conversation, if the chat is a named thread of Baton.
    thread: Option<Place>,
}

impl RefusalPlace {
    /// Whether a message may be for Baton. In an unknown place, only one message is certainly for others: a
    /// message without the required mention.
    fn may_match_trigger(&self, is_mentioned: bool) -> bool {
        match &self.known {
            Some(known) => matches_trigger(&self.answering, known, is_mentioned),
            None => self.answering.trigger != Trigger::Mention || is_mentioned,
        }
    }
}

/// Logs the refused messages of a commit, with the numbers that operators need.
pub(super) fn log_refused(ingested: &[Ingested]) {
    for kept in ingested {
        if let Ingested::Refused(kept) = kept {
            let reason = kept.reason.as_deref().unwrap_or_default();
            tracing::warn!(
                external_id = %kept.external_id, reason,
                "a message is refused; `baton trace {}` shows the message",
                kept.id
            );
        }
    }
}

fn unknown_author() -> Author {
    Author {
        id: NOBODY.into(),
        name: NOBODY.to_owned(),
    }
}

/// The stored raw form of the message.
fn raw_beginning(message: &UnreadableMessage) -> String {
    tolerant_parsing::cut_bytes(&message.raw, tolerant_parsing::RAW)
}

/// The message's id; without a readable id, a hash that is the same when the platform sends the message again.
fn external_id(message: &UnreadableMessage) -> ExternalId {
    if let Some(id) = &message.id {
        return id.clone();
    }
    let digest = hex(Sha256::digest(raw_beginning(message)));
    format!("unreadable-{}", &digest[..32]).into()
}
