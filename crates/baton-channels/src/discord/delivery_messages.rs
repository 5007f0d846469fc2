//! Sends the messages of a delivery, so that people see each message once.

use baton_core::id::ApprovalId;

use super::approval_card::ApprovalKey;
use super::discord_id::Id;
use super::limits;
use super::message_pages::MessagePages;
use super::reply_route::ReplyRoute;
use super::rest::{
    AllowedMentions, AttachmentUpload, CreateMessage, FileUpload, PagePosition, Patience,
    ReplyReference, RestError, code,
};
use super::wire::{DiscordMessage, IncomingMessage};
use super::{BotState, reply_thread};

/// The maximum number of pages to search for messages of an earlier try: 1,000 messages. Earlier messages are
/// too old to matter.
const LOOKED_THROUGH: usize = 10;

/// The messages of one delivery.
pub(super) struct DeliveryMessages<'a> {
    pub(super) shared: &'a BotState,
    pub(super) route: ReplyRoute,
    /// The number of the delivery.
    pub(super) delivery: i64,
    /// The bot's messages since the answered message, in order; empty unless an earlier try may have sent
    /// some.
    pub(super) sent: Vec<DiscordMessage>,
    /// The outcome of the message before the next one.
    before: LastOutcome,
}

/// The outcome of the last message of a delivery. Messages are sent in order: after a message sent now, no
/// earlier try can have sent the next message.
#[derive(Clone, Copy)]
enum LastOutcome {
    /// The delivery has no message yet.
    Nothing,
    /// An earlier try sent the message.
    WasSent(Id),
    Sent,
}

impl<'a> DeliveryMessages<'a> {
    pub(super) fn new(shared: &'a BotState, route: ReplyRoute, delivery: i64) -> Self {
        Self {
            shared,
            route,
            delivery,
            sent: Vec::new(),
            before: LastOutcome::Nothing,
        }
    }

    /// The key of an approval for the buttons.
    pub(super) fn approval_key(&self, approval: ApprovalId) -> ApprovalKey {
        ApprovalKey {
            approval,
            message: self.route.message,
        }
    }

    /// Fetches the messages that an earlier try may have sent. Discord's own check ends after a few minutes.
    pub(super) async fn fetch_sent(&mut self) -> Result<(), RestError> {
        self.sent = fetch_own_messages(self.shared, self.route).await?;
        Ok(())
    }

    /// Finds the message that an earlier try sent.
    fn find_sent(&self, content: &str, answers: Option<Id>) -> Option<Id> {
        // Discord removes white space at both ends.
        let content = content.trim();
        let mut sent = self.sent.iter();
        let found = sent.find(|sent| {
            let follows = match self.before {
                LastOutcome::Nothing => true,
                LastOutcome::WasSent(before) => sent.id > before,
                LastOutcome::Sent => false,
            };
            follows && sent.replied_to() == answers && sent.content.trim() == content
        })?;
        Some(found.id)
    }

    /// Sends message `number` of this delivery, unless an earlier try sent the message. Message 0 replies to
    /// the message of the person.
    pub(super) async fn send_message(
        &mut self,
        number: usize,
        message: CreateMessage,
        files: Vec<FileUpload>,
    ) -> Result<Id, RestError> {
        let answers = self.route.replied_to().filter(|_| number == 0);
        if let Some(id) = self.find_sent(&message.content, answers) {
            self.before = LastOutcome::WasSent(id);
            return Ok(id);
        }
        let sent = self.send_anew(number, message, files).await?;
        self.before = LastOutcome::Sent;
        Ok(sent)
    }

    /// Sends the message, even if an earlier try has sent the same text.
    pub(super) async fn send_anew(
        &self,
        number: usize,
        mut message: CreateMessage,
        files: Vec<FileUpload>,
    ) -> Result<Id, RestError> {
        let answers = self.route.replied_to().filter(|_| number == 0);
        let nonce = delivery_nonce(self.route.message, self.delivery, number);
        message.nonce = Some(nonce);
        message.enforce_nonce = Some(true);
        message.allowed_mentions = Some(AllowedMentions::NONE_IN_REPLY);
        message.message_reference = answers.map(|message_id| ReplyReference {
            message_id,
            fail_if_not_exists: false,
        });
        message.attachments = AttachmentUpload::list_files(&files);
        let target = self.route.target();
        let rest = &self.shared.rest;
        let mut mended = false;
        loop {
            let sent = rest.create_message(target, &message, files.clone(), Patience::Short);
            let error = match sent.await {
                Ok(created) => return Ok(created.id),
                Err(error) if mended => return Err(error),
                Err(error) => error,
            };
            match error.code() {
                Some(code::UNKNOWN_CHANNEL) if self.route.thread => {
                    reply_thread::create_thread(self.shared, self.route).await?;
                }
                Some(code::ARCHIVED) => reply_thread::reopen_thread(self.shared, target).await?,
                // Without the permission to reply, the message is sent without the reference.
                Some(code::MAY_NOT_QUOTE) => message.message_reference = None,
                _ => return Err(error),
            }
            mended = true;
        }
    }
}

/// The bot's messages since the answered message, in order, from the last [`LOOKED_THROUGH`] pages.
pub(super) async fn fetch_own_messages(
    shared: &BotState,
    route: ReplyRoute,
) -> Result<Vec<DiscordMessage>, RestError> {
    let us = shared.wait_for_ids().await.user;
    let mut pages = MessagePages::new(&shared.rest, route.target());
    let mut which = PagePosition::Newest;
    let mut ours = Vec::new();
    for page_number in 1.. {
        let page = match pages.fetch_page(which).await {
            Ok(page) => page,
            // The thread does not exist yet, or the channel will refuse the delivery too.
            Err(RestError::Refused { .. }) => break,
            Err(error) => return Err(error),
        };
        let oldest = page.messages.iter().filter_map(IncomingMessage::id).min();
        let since = page
            .messages
            .into_iter()
            .filter_map(IncomingMessage::into_read);
        let since = since.filter(|message| message.id > route.message);
        ours.extend(since.filter(|message| message.author.id == us));
        let Some(oldest) = oldest.filter(|oldest| page.more && *oldest > route.message) else {
            break;
        };
        if page_number == LOOKED_THROUGH {
            tracing::warn!(channel = %route.target(), before = %oldest, "what was said there before is not looked through");
            break;
        }
        which = PagePosition::Before(oldest);
    }
    ours.sort_by_key(|message| message.id);
    Ok(ours)
}

/// The nonce by which Discord recognizes a message for a few minutes. Two messages never share a nonce, even
/// if the delivery numbers start again with another data folder.
fn delivery_nonce(message: Id, delivery: i64, number: usize) -> String {
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
        let most = delivery_nonce(Id(u64::MAX), i64::MAX, 99);
        assert!(most.len() <= limits::NONCE, "{most}");
        let message = Id(1_400_000_000_000_000_000);
        assert_ne!(delivery_nonce(message, 1, 0), delivery_nonce(message, 1, 1));
        assert_ne!(delivery_nonce(message, 1, 0), delivery_nonce(message, 2, 0));
        assert_ne!(
            delivery_nonce(message, 1, 0),
            delivery_nonce(Id(message.0 + 1), 1, 0)
        );
    }
}
