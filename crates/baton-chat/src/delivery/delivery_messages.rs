//! Sends the parts of a delivery, so that people see each part once.

use baton_core::delivery::Delivery;
use baton_core::id::{ApprovalId, ConversationId, DeliveryId};
use baton_core::name::ExternalId;
use baton_core::store::NOT_NOW;

use super::reply_thread::{self, ReplyThread};
use crate::ChatLayer;
use crate::approvals::approval_button::ApprovalKey;
use crate::connector::{
    Capabilities, ChatId, ConnectorError, MovedChat, OutgoingMessage, OwnMessage, OwnMessageSearch,
    Refusal, RequestFailure, SendKey, SendTarget, Urgency, search_history,
};
use crate::moved_chats;
use crate::reply_route::ReplyRoute;

/// The sender of the parts of one delivery.
pub(crate) struct DeliveryMessages<'a> {
    pub(crate) layer: &'a ChatLayer,
    pub(crate) route: ReplyRoute,
    /// The number of the delivery.
    pub(crate) delivery: DeliveryId,
    /// The conversation of the delivery, which has at most one thread.
    conversation: ConversationId,
    /// Baton's messages since the answered message, in order; empty unless an earlier try may have sent
    /// some.
    pub(crate) sent: Vec<OwnMessage>,
    /// The outcome of the part before the next one.
    before: LastOutcome,
    /// Whether an earlier try may have sent the next part, without a trace that Baton can find.
    next_is_maybe_repeated: bool,
}

/// The outcome of the last handled part of a delivery. Parts are sent in order: after a part sent now, no earlier
/// try can have sent the next part.
#[derive(Clone, Copy)]
enum LastOutcome {
    /// No part was handled yet.
    Nothing,
    /// An earlier try sent the part, which is the message at this index in [`DeliveryMessages::sent`].
    WasSent(usize),
    Sent,
}

impl<'a> DeliveryMessages<'a> {
    pub(crate) fn new(layer: &'a ChatLayer, route: ReplyRoute, delivery: &Delivery) -> Self {
        Self {
            layer,
            route,
            delivery: delivery.id,
            conversation: delivery.conversation,
            sent: Vec::new(),
            before: LastOutcome::Nothing,
            next_is_maybe_repeated: delivery.maybe_repeated
                && !layer.connector.account_capabilities().recognizes_repeats,
        }
    }

    /// The abilities of the platform in the chat of the answers. A named thread has the abilities of the chat around.
    pub(crate) fn capabilities(&self) -> &'a Capabilities {
        let connector = &*self.layer.connector;
        connector.capabilities(&self.route.target(connector))
    }

    /// The key of an approval for the buttons.
    pub(crate) fn approval_key(&self, approval: ApprovalId) -> ApprovalKey {
        ApprovalKey::new(approval, &self.route.message)
    }

    /// Fetches the messages that an earlier try may have sent, because the platform may recognize repeated messages
    /// only for a few minutes.
    pub(crate) async fn fetch_sent(&mut self) -> Result<(), ConnectorError> {
        if self.find_chat().await?.is_none() {
            // No try has sent anything into a thread without a known id.
            self.next_is_maybe_repeated = false;
            return Ok(());
        }
        let search = self.find_own_messages().await?;
        self.sent = search.into_found();
        Ok(())
    }

    /// Finds the message of a part that an earlier try sent. Returns its index.
    fn find_sent(&self, number: usize, text: &str) -> Option<usize> {
        // A platform may remove white space at both ends.
        let text = text.trim();
        let mut sent = self.sent.iter().enumerate();
        let found = sent.find(|(index, sent)| {
            let follows = match self.before {
                LastOutcome::Nothing => true,
                LastOutcome::WasSent(before) => *index > before,
                LastOutcome::Sent => false,
            };
            let quoted = sent.reply_to.as_ref();
            follows && self.route.may_quote(number, quoted) && sent.text.trim() == text
        })?;
        Some(found.0)
    }

    /// Skips part `number`, which an earlier try has sent with a receipt. The search for the next part begins after
    /// this message.
    pub(crate) fn skip_message(&mut self, number: usize, id: Option<&str>, text: &str) {
        let found = if let Some(id) = id {
            self.sent.iter().position(|sent| sent.id.as_str() == id)
        } else {
            self.find_sent(number, text)
        };
        // Somebody may have deleted the message. Then only the messages before it tell the position.
        if let Some(index) = found {
            self.before = LastOutcome::WasSent(index);
        }
    }

    /// Returns the message of part `number` if an earlier try sent the part. The search for the next part then begins
    /// after this message.
    pub(crate) fn take_sent(&mut self, number: usize, text: &str) -> Option<ExternalId> {
        let index = self.find_sent(number, text)?;
        self.before = LastOutcome::WasSent(index);
        self.sent.get(index).map(|sent| sent.id.clone())
    }

    /// Sends part `number` of this delivery, unless an earlier try sent the part. Part 0 replies to the message of the
    /// person. Returns the id, if the platform tells it.
    pub(crate) async fn send_message(
        &mut self,
        number: usize,
        message: OutgoingMessage,
    ) -> Result<Option<ExternalId>, ConnectorError> {
        if let Some(sent) = self.take_sent(number, &message.text) {
            return Ok(Some(sent));
        }
        let message = OutgoingMessage {
            is_maybe_repeated: self.next_is_maybe_repeated,
            ..message
        };
        let sent = self.send_anew(number, message).await?;
        self.before = LastOutcome::Sent;
        // The parts are sent in order, so no try has sent the parts after this one.
        self.next_is_maybe_repeated = false;
        Ok(sent)
    }

    /// The destination of part `number`. The chat may have moved during this try. A missing named thread is created.
    async fn prepare_target(&self, number: usize) -> Result<SendTarget, ConnectorError> {
        let route = self.route.clone().follow_moves(&self.layer.places.moved);
        let chat = reply_thread::prepare_answer_chat(self.layer, self.conversation, &route).await?;
        // A reply refers to a message of the same chat.
        let may_quote = number == 0 && chat == route.target(&*self.layer.connector);
        Ok(SendTarget {
            chat,
            reply_to: route.replied_to().filter(|_| may_quote),
        })
    }

    /// The chat of the answers; `None` if the chat does not exist yet.
    pub(crate) async fn find_chat(&self) -> Result<Option<ChatId>, ConnectorError> {
        reply_thread::find_answer_chat(self.layer, self.conversation, &self.route).await
    }

    /// Baton's messages since the answered message, as [`find_own_messages`].
    pub(crate) async fn find_own_messages(&self) -> Result<OwnMessageSearch, ConnectorError> {
        find_own_messages(self.layer, self.conversation, &self.route).await
    }

    /// Records the move of a chat that the error reports.
    pub(crate) async fn follow_move(&self, error: &ConnectorError) -> Result<(), ConnectorError> {
        let Some(MovedChat { from, to }) = error.moved.as_deref() else {
            return Ok(());
        };
        let recorded = moved_chats::record_move(self.layer, from, to).await;
        // The store is closed, so the next process makes the request again.
        recorded.map_err(|_| ConnectorError::new(RequestFailure::NotTaken { after: None }, NOT_NOW))
    }

    /// Whether a later try can find a message that this try has sent. A failed search counts as yes, because the search of
    /// a later try may succeed.
    async fn can_find_own_messages(&self) -> bool {
        let found = self.find_own_messages().await;
        !matches!(found, Ok(OwnMessageSearch::Incomplete(_)))
    }

    /// Sends the part, even if an earlier try has sent the same text.
    pub(crate) async fn send_anew(
        &self,
        number: usize,
        message: OutgoingMessage,
    ) -> Result<Option<ExternalId>, ConnectorError> {
        let connector = &*self.layer.connector;
        let inbox = self.layer.wait_for_inbox().await;
        let key = SendKey {
            data: inbox.views().data_id(),
            answered: self.route.message.clone(),
            delivery: self.delivery,
            part: number,
        };
        let (mut knows_thread, mut has_moved) = (false, false);
        // The reasons that this call has removed. The same reason again ends the call.
        let mut mended = Vec::new();
        let mut target = match self.prepare_target(number).await {
            Err(error) if error.moved.is_some() => {
                has_moved = true;
                self.follow_move(&error).await?;
                self.prepare_target(number).await?
            }
            prepared => prepared?,
        };
        loop {
            let sent = connector.send(&target, &message, Some(&key), Urgency::CanWait);
            let error = match sent.await {
                Ok(created) => return Ok(created),
                // The platform has the message. Where Baton cannot look for it, another try would repeat it.
                Err(error)
                    if error.failure == RequestFailure::UnreadableAnswer
                        && !self.can_find_own_messages().await =>
                {
                    tracing::warn!(%error, "the id of a sent message is unreadable");
                    return Ok(None);
                }
                Err(error) => error,
            };
            if error.moved.is_some() && !has_moved {
                has_moved = true;
                self.follow_move(&error).await?;
                target = self.prepare_target(number).await?;
                continue;
            }
            let Some(refusal) = error.refusal().filter(|refusal| !mended.contains(refusal)) else {
                return Err(error);
            };
            match refusal {
                Refusal::NoSuchChat if self.route.thread && !knows_thread => {
                    let (layer, conversation) = (self.layer, self.conversation);
                    let thread = reply_thread::create_thread(layer, conversation, &self.route);
                    if thread.await? == ReplyThread::Known {
                        // Another task has just created the thread, or somebody has deleted it since.
                        knows_thread = true;
                        continue;
                    }
                }
                Refusal::NoSuchChat if self.route.thread => {
                    reply_thread::recreate_thread(self.layer, &self.route).await?;
                }
                Refusal::ThreadGone => {
                    let (layer, conversation) = (self.layer, self.conversation);
                    let gone = &target.chat;
                    let next =
                        reply_thread::replace_gone_thread(layer, conversation, &self.route, gone);
                    let Some(chat) = next.await? else {
                        return Err(error);
                    };
                    target = SendTarget {
                        chat,
                        reply_to: None,
                    };
                }
                Refusal::ThreadClosed => {
                    reply_thread::reopen_thread(self.layer, &target.chat).await?;
                }
                // Without the permission to reply, the message is sent without the quote.
                Refusal::CannotQuote => target.reply_to = None,
                _ => return Err(error),
            }
            mended.push(refusal);
        }
    }
}

/// Finds Baton's messages since the answered message. On a platform that cannot tell, an earlier message may be there,
/// and is not found.
pub(crate) async fn find_own_messages(
    layer: &ChatLayer,
    conversation: ConversationId,
    route: &ReplyRoute,
) -> Result<OwnMessageSearch, ConnectorError> {
    let connector = &*layer.connector;
    let Some(history) = connector.history() else {
        return Ok(OwnMessageSearch::Incomplete(Vec::new()));
    };
    let Some(chat) = reply_thread::find_answer_chat(layer, conversation, route).await? else {
        // No message is in a thread that does not exist yet.
        return Ok(OwnMessageSearch::Complete(Vec::new()));
    };
    if chat != route.target(connector) {
        // A named thread numbers its messages itself. In a thread that replaces the one of the message, nothing tells
        // which of Baton's messages are answers to the message.
        return if route.thread {
            search_history(history, &chat, None, false).await
        } else {
            Ok(OwnMessageSearch::Incomplete(Vec::new()))
        };
    }
    let Some(moved_from) = &route.moved_from else {
        return search_history(history, &chat, Some(&route.message), !route.thread).await;
    };
    // The answered message is in the chat from before the move, and the new chat numbers its messages anew.
    let answered = Some(&route.message);
    let before = search_history(history, moved_from, answered, !route.thread).await?;
    let since = search_history(history, &chat, None, false).await?;
    Ok(before.and(since))
}
