//! Sends replies and notices: texts with files, in one or several parts.

use baton_core::channel::DeliverError;
use baton_core::delivery::Delivery;
use baton_core::inbox::Inbox;
use baton_core::message::Attachment;
use baton_core::store::{DeliveryPart, NOT_NOW, OutcomeError, PartReceipt};

use super::delivery_messages::DeliveryMessages;
use super::message_part::MessagePart;
use super::outgoing_files::{self, Uploads};
use crate::ChatLayer;
use crate::connector::{ConnectorError, OutgoingFile, OutgoingMessage, Refusal};
use crate::text::TextFormat;
use crate::text::text_splitting::{self, SplitText};

/// A text with files, on its way to the platform.
struct TextDelivery<'a, 'b> {
    sender: &'b mut DeliveryMessages<'a>,
    delivery: &'b Delivery,
    inbox: Inbox,
    markdown: &'b str,
    files: &'b [Attachment],
    /// The receipt of the first part.
    first: Option<PartReceipt>,
}

/// Sends a text with files. Returns the platform's id of the first part.
pub(super) async fn send_text(
    sender: &mut DeliveryMessages<'_>,
    delivery: &Delivery,
    markdown: &str,
    files: &[Attachment],
) -> Result<Option<String>, DeliverError> {
    let inbox = sender.layer.wait_for_inbox().await;
    let (rendered, uploads) = render_parts(sender.layer, &inbox, markdown, files).await;
    let contents = rendered.iter().map(MessagePart::to_value).collect();
    let attempt = delivery.current_attempt();
    let stored = inbox.store().begin_parts(attempt, contents).await;
    let stored = stored.map_err(|error| match error {
        OutcomeError::Outdated(_) => outdated(&error),
        OutcomeError::Store(_) => {
            tracing::error!(%error, "the parts of a delivery cannot be stored yet");
            DeliverError::Later {
                reason: NOT_NOW.to_owned(),
                after: None,
            }
        }
    })?;
    let text = TextDelivery {
        sender,
        delivery,
        inbox,
        markdown,
        files,
        first: None,
    };
    text.send_parts(&stored, &rendered, uploads).await
}

/// Renders a text into parts. Also returns the files, which go with the last part of the text.
async fn render_parts(
    layer: &ChatLayer,
    inbox: &Inbox,
    markdown: &str,
    files: &[Attachment],
) -> (Vec<MessagePart>, Uploads) {
    let format = layer.connector.text_format();
    let limits = layer.connector.capabilities().files;
    // On a platform without files, all of a long text is in messages.
    let most = match limits.count {
        0 => usize::MAX,
        _ => layer.settings.messages,
    };
    let split = move |it: &str| text_splitting::split_text(format, it, most);
    let SplitText { messages, whole } = text_splitting::process_text(markdown, split).await;
    let has_whole = whole.is_some();
    let whole = has_whole.then(|| whole_text(text_splitting::FILE, markdown));
    let all = 0..files.len();
    let uploads = outgoing_files::read_uploads(inbox, limits, whole, files, all).await;
    let mut parts: Vec<_> = messages.into_iter().map(MessagePart::from_text).collect();
    if parts.is_empty() && !uploads.files.is_empty() {
        parts.push(MessagePart::default());
    }
    if let Some(last) = parts.last_mut() {
        last.whole_text = has_whole.then(|| text_splitting::FILE.to_owned());
        last.attachments.clone_from(&uploads.attachments);
    }
    // Notes about unsent files come after the message with the files.
    let notes = render_not_sent(format, &uploads.left);
    parts.extend(notes.into_iter().map(MessagePart::from_text));
    (parts, uploads)
}

/// The file with the whole text of a long reply.
fn whole_text(name: &str, markdown: &str) -> OutgoingFile {
    OutgoingFile {
        name: name.to_owned(),
        bytes: markdown.to_owned().into(),
    }
}

/// The text for people about files that were not sent.
fn render_not_sent(format: TextFormat, left: &[String]) -> Vec<String> {
    if left.is_empty() {
        return Vec::new();
    }
    let notice = format!("*Not sent: {}.*", left.join("; "));
    text_splitting::split_text(format, &notice, usize::MAX).messages
}

/// The end of an attempt that a newer attempt has taken over. The store ignores this outcome.
fn outdated(error: &OutcomeError) -> DeliverError {
    DeliverError::Unknown {
        reason: error.to_string(),
    }
}

impl TextDelivery<'_, '_> {
    /// Sends the stored parts, in order. `rendered` and `uploads` are from this attempt.
    async fn send_parts(
        mut self,
        stored: &[DeliveryPart],
        rendered: &[MessagePart],
        uploads: Uploads,
    ) -> Result<Option<String>, DeliverError> {
        let mut uploads = Some(uploads);
        let mut not_sent = Vec::new();
        for (number, stored_part) in stored.iter().enumerate() {
            let part = MessagePart::parse(&stored_part.content)?;
            if let Some(receipt) = &stored_part.receipt {
                let id = receipt.platform_id.as_deref();
                self.sender.skip_message(number, id, &part.text);
                self.first.get_or_insert_with(|| receipt.clone());
                continue;
            }
            let files = if part.whole_text.is_none() && part.attachments.is_empty() {
                Vec::new()
            } else {
                // The files are read again only for a part that an earlier attempt has rendered differently.
                let same = rendered.get(number) == Some(&part);
                if let Some(uploads) = uploads.take().filter(|_| same) {
                    uploads.files
                } else {
                    let uploads = self.read_again(&part).await;
                    not_sent.extend(uploads.left);
                    uploads.files
                }
            };
            let sent = self.send_part(number, &part, files, &mut not_sent).await?;
            let Some(receipt) = sent else {
                continue;
            };
            self.first.get_or_insert_with(|| receipt.clone());
            // The last part needs no receipt of its own, because `delivery_sent` follows at once. So a delivery of a
            // single part costs no further commit.
            if number + 1 < stored.len() || !not_sent.is_empty() {
                self.record_sent(number, receipt).await?;
            }
        }
        // These notes are not stored, because only the answer of the platform names the files that are too large.
        let format = self.sender.layer.connector.text_format();
        for (number, note) in (stored.len()..).zip(render_not_sent(format, &not_sent)) {
            let part = MessagePart::from_text(note);
            // Without files, nothing is too large.
            let mut left = Vec::new();
            let sent = self.send_part(number, &part, Vec::new(), &mut left).await?;
            if let Some(receipt) = sent {
                self.first.get_or_insert(receipt);
            }
        }
        Ok(self.first.and_then(|first| first.platform_id))
    }

    /// Reads the files of a stored part.
    async fn read_again(&self, part: &MessagePart) -> Uploads {
        let limits = self.sender.layer.connector.capabilities().files;
        let whole = part.whole_text.as_deref();
        let whole = whole.map(|name| whole_text(name, self.markdown));
        let attachments = part.attachments.iter().copied();
        outgoing_files::read_uploads(&self.inbox, limits, whole, self.files, attachments).await
    }

    /// Sends one part, and leaves out files that the platform finds too large. Returns the receipt;
    /// `None` if nothing is left to send.
    async fn send_part(
        &mut self,
        number: usize,
        part: &MessagePart,
        mut files: Vec<OutgoingFile>,
        not_sent: &mut Vec<String>,
    ) -> Result<Option<PartReceipt>, DeliverError> {
        // Platforms refuse an empty message.
        while !(part.text.is_empty() && files.is_empty()) {
            let outgoing = OutgoingMessage {
                files: files.clone(),
                ..OutgoingMessage::text(part.text.as_str())
            };
            match self.sender.send_message(number, outgoing).await {
                // The text matters more than the files, and the file with the whole text more than other
                // files.
                Err(error) if error.refusal() == Some(Refusal::TooLarge) && !files.is_empty() => {
                    let kept = usize::from(part.whole_text.is_some() && files.len() > 1);
                    let too_large = files.drain(kept..);
                    not_sent.extend(too_large.map(|file| format!("{} is too large", file.name)));
                }
                sent => {
                    let sent = sent.map_err(ConnectorError::into_deliver_error)?;
                    let platform_id = sent.map(|id| id.to_string());
                    return Ok(Some(PartReceipt { platform_id }));
                }
            }
        }
        Ok(None)
    }

    /// Records the receipt of one part, so that no later try sends the part again.
    async fn record_sent(&self, number: usize, receipt: PartReceipt) -> Result<(), DeliverError> {
        let attempt = self.delivery.current_attempt();
        match self.inbox.store().part_sent(attempt, number, receipt).await {
            Ok(()) => Ok(()),
            Err(error @ OutcomeError::Outdated(_)) => Err(outdated(&error)),
            Err(OutcomeError::Store(error)) => {
                // Without the receipt, a later try may repeat the part. So no further part is sent now.
                tracing::error!(%error, part = number, "the receipt of a part is not stored");
                Err(DeliverError::Unknown {
                    reason: NOT_NOW.to_owned(),
                })
            }
        }
    }
}
