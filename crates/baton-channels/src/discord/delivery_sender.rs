//! Sends the messages of a delivery, so that people see each message once.

use baton_core::id::ApprovalId;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::approval_card::QuestionKey;
use super::discord_id::Id;
use super::limits;
use super::message_pages::{Pages, Which};
use super::reply_route::ReplyRoute;
use super::rest::{Call, RestError, Upload, code};
use super::wire::{Incoming, Message};
use super::{Shared, reply_thread};

/// The maximum number of pages to search for messages of an earlier try: 1,000 messages. Earlier messages are
/// too old to matter.
const LOOKED_THROUGH: usize = 10;

/// The messages of one delivery.
pub(super) struct Post<'a> {
    pub(super) shared: &'a Shared,
    pub(super) route: ReplyRoute,
    /// The number of the delivery.
    pub(super) delivery: i64,
    /// The bot's messages since the answered message, in order; empty unless an earlier try may have sent
    /// some.
    pub(super) sent: Vec<Message>,
    /// The outcome of the message before the next one.
    before: Before,
}

/// The outcome of the last message of a delivery. Messages are sent in order: after a message sent now, no
/// earlier try can have sent the next message.
#[derive(Clone, Copy)]
enum Before {
    /// The delivery has no message yet.
    Nothing,
    /// An earlier try sent the message.
    WasSent(Id),
    Sent,
}

/// The needed part of the answer to a sent message.
#[derive(Deserialize)]
struct Created {
    id: Id,
}

impl<'a> Post<'a> {
    pub(super) fn new(shared: &'a Shared, route: ReplyRoute, delivery: i64) -> Self {
        Self {
            shared,
            route,
            delivery,
            sent: Vec::new(),
            before: Before::Nothing,
        }
    }

    /// The key of an approval for the buttons.
    pub(super) fn asks(&self, approval: ApprovalId) -> QuestionKey {
        QuestionKey {
            approval,
            message: self.route.message,
        }
    }

    /// Fetches the messages that an earlier try may have sent. Discord's own check ends after a few minutes.
    pub(super) async fn look(&mut self) -> Result<(), RestError> {
        self.sent = ours_since(self.shared, self.route).await?;
        Ok(())
    }

    /// Finds the message that an earlier try sent.
    fn sent_before(&self, content: &str, answers: Option<Id>) -> Option<Id> {
        // Discord removes white space at both ends.
        let content = content.trim();
        let mut sent = self.sent.iter();
        let found = sent.find(|sent| {
            let follows = match self.before {
                Before::Nothing => true,
                Before::WasSent(before) => sent.id > before,
                Before::Sent => false,
            };
            follows && sent.answers() == answers && sent.content.trim() == content
        })?;
        Some(found.id)
    }

    /// Sends message `number` of this delivery, unless an earlier try sent the message. Message 0 replies to
    /// the message of the person.
    pub(super) async fn send(
        &mut self,
        number: usize,
        body: Value,
        files: Vec<Upload>,
    ) -> Result<Id, RestError> {
        let answers = self.route.answers().filter(|_| number == 0);
        let content = body["content"].as_str().unwrap_or_default();
        if let Some(id) = self.sent_before(content, answers) {
            self.before = Before::WasSent(id);
            return Ok(id);
        }
        let sent = self.send_anew(number, body, files).await?;
        self.before = Before::Sent;
        Ok(sent)
    }

    /// Sends the message, even if an earlier try has sent the same text.
    pub(super) async fn send_anew(
        &self,
        number: usize,
        mut body: Value,
        files: Vec<Upload>,
    ) -> Result<Id, RestError> {
        let answers = self.route.answers().filter(|_| number == 0);
        body["nonce"] = nonce(self.route.message, self.delivery, number).into();
        body["enforce_nonce"] = true.into();
        body["allowed_mentions"] = json!({ "parse": [], "replied_user": false });
        if let Some(answers) = answers {
            body["message_reference"] = json!({
                "message_id": answers,
                "fail_if_not_exists": false,
            });
        }
        if !files.is_empty() {
            let files = files.iter().enumerate();
            let files =
                files.map(|(id, file)| json!({ "id": id.to_string(), "filename": file.name }));
            body["attachments"] = files.collect();
        }
        let target = self.route.target();
        let path = format!("channels/{target}/messages");
        let mut mended = false;
        loop {
            let call = Call::new(Method::POST, path.as_str()).body(&body);
            let sent = self.shared.rest.call(call.files(files.clone())).await;
            let error = match sent {
                Ok(Created { id }) => return Ok(id),
                Err(error) if mended => return Err(error),
                Err(error) => error,
            };
            match error.code() {
                Some(code::UNKNOWN_CHANNEL) if self.route.thread => {
                    reply_thread::make(self.shared, self.route).await?;
                }
                Some(code::ARCHIVED) => reply_thread::reopen(self.shared, target).await?,
                // Without the permission to reply, the message is sent without the reference.
                Some(code::MAY_NOT_QUOTE) => {
                    let fields = body.as_object_mut();
                    fields.map(|fields| fields.remove("message_reference"));
                }
                _ => return Err(error),
            }
            mended = true;
        }
    }
}

/// The bot's messages since the answered message, in order, from the last [`LOOKED_THROUGH`] pages.
pub(super) async fn ours_since(
    shared: &Shared,
    route: ReplyRoute,
) -> Result<Vec<Message>, RestError> {
    let us = shared.us().await.user;
    let mut pages = Pages::of(&shared.rest, route.target());
    let mut which = Which::Newest;
    let mut ours = Vec::new();
    for looked in 1.. {
        let page = match pages.fetch(which).await {
            Ok(page) => page,
            // The thread does not exist yet, or the channel will refuse the delivery too.
            Err(RestError::Refused { .. }) => break,
            Err(error) => return Err(error),
        };
        let oldest = page.messages.iter().filter_map(Incoming::id).min();
        let since = page.messages.into_iter().filter_map(Incoming::into_read);
        let since = since.filter(|message| message.id > route.message);
        ours.extend(since.filter(|message| message.author.id == us));
        let Some(oldest) = oldest.filter(|oldest| page.more && *oldest > route.message) else {
            break;
        };
        if looked == LOOKED_THROUGH {
            tracing::warn!(channel = %route.target(), before = %oldest, "what was said there before is not looked through");
            break;
        }
        which = Which::Before(oldest);
    }
    ours.sort_by_key(|message| message.id);
    Ok(ours)
}

/// The nonce by which Discord recognizes a message for a few minutes. Two messages never share a nonce, even
/// if the delivery numbers start again with another data folder.
fn nonce(message: Id, delivery: i64, number: usize) -> String {
    let nonce = format!("{:x}-{delivery:x}-{number:x}", message.0);
    // The front is the same for all messages of a year, so the front can be cut off.
    let missed = nonce.len().saturating_sub(limits::NONCE);
    nonce.chars().skip(missed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_short_and_a_messages_own() {
        let most = nonce(Id(u64::MAX), i64::MAX, 99);
        assert!(most.len() <= limits::NONCE, "{most}");
        let message = Id(1_400_000_000_000_000_000);
        assert_ne!(nonce(message, 1, 0), nonce(message, 1, 1));
        assert_ne!(nonce(message, 1, 0), nonce(message, 2, 0));
        assert_ne!(nonce(message, 1, 0), nonce(Id(message.0 + 1), 1, 0));
    }
}
