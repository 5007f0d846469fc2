//! Sends replies and notices: texts with files, in one or several parts.

use baton_core::channel::DeliverError;
use baton_core::delivery::Delivery;
use baton_core::inbox::Inbox;
use baton_core::message::Attachment;
use baton_core::store::{DeliveryPart, NOT_NOW, OutcomeError, PartReceipt};

use super::delivery_messages::DeliveryMessages;
use super::message_part::MessagePart;
use super::outgoing_files::{self, FileReadError};
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
    /// The stored parts.
    parts: Vec<DeliveryPart>,
    /// The receipt of the first part.
    first: Option<PartReceipt>,
}

/// The outcome of the request for one part.
enum PartOutcome {
    /// The platform has the part.
    Sent(PartReceipt),
    /// Some files of the part cannot be sent. The part is sent in another form.
    WithFewerFiles(FewerFiles),
}

/// A part without the files that cannot be sent.
struct FewerFiles {
    /// The rest of the part.
    rest: MessagePart,
    /// A text for each file that cannot be sent.
    left: Vec<String>,
}

/// Sends a text with files. Returns the platform's id of the first part.
pub(super) async fn send_text(
    sender: &mut DeliveryMessages<'_>,
    delivery: &Delivery,
    markdown: &str,
    files: &[Attachment],
) -> Result<Option<String>, DeliverError> {
    let inbox = sender.layer.wait_for_inbox().await;
    let mut text = TextDelivery {
        sender,
        delivery,
        inbox,
        markdown,
        files,
        parts: Vec::new(),
        first: None,
    };
    if delivery.has_earlier_try() {
        text.begin_parts(&[]).await?;
    }
    if text.parts.is_empty() {
        let rendered = text.render_parts().await;
        text.begin_parts(&rendered).await?;
    }
    text.send_parts().await
}

/// The texts for people about files that cannot be sent.
fn render_not_sent(format: TextFormat, left: &[String]) -> Vec<MessagePart> {
    if left.is_empty() {
        return Vec::new();
    }
    let notice = format!("*Not sent: {}.*", left.join("; "));
    let split = text_splitting::split_text(format, &notice, usize::MAX);
    let texts = split.messages.into_iter();
    texts.map(MessagePart::from_text).collect()
}

/// Converts an error of the store. If a newer attempt has taken over, the store ignores the outcome of this attempt.
fn store_failure(error: &OutcomeError) -> DeliverError {
    match error {
        OutcomeError::Outdated(_) => DeliverError::Unknown {
            reason: error.to_string(),
        },
        OutcomeError::Store(_) => {
            tracing::error!(%error, "the parts of a delivery cannot be stored yet");
            DeliverError::Later {
                reason: NOT_NOW.to_owned(),
                after: None,
            }
        }
    }
}

impl TextDelivery<'_, '_> {
    /// Stores the parts, unless an earlier attempt has stored parts.
    async fn begin_parts(&mut self, rendered: &[MessagePart]) -> Result<(), DeliverError> {
        let contents = rendered.iter().map(MessagePart::to_value).collect();
        let attempt = self.delivery.current_attempt();
        let stored = self.inbox.store().begin_parts(attempt, contents).await;
        self.parts = stored.map_err(|error| store_failure(&error))?;
        Ok(())
    }

    /// Renders the text into parts. The files go with the last part of the text, or follow a text that is
    /// too long beside files.
    async fn render_parts(&self) -> Vec<MessagePart> {
        let capabilities = self.sender.capabilities();
        let (format, limits) = (capabilities.text, capabilities.files);
        let most = self.sender.layer.settings.messages;
        let split = move |it: &str| match limits.count {
            0 => text_splitting::cut_text(format, it, most),
            _ => text_splitting::split_text(format, it, most),
        };
        let split = text_splitting::process_text(self.markdown, split).await;
        let SplitText { messages, whole } = split;
        let whole_size = whole.as_ref().map(|whole| whole.len() as u64);
        let choice = outgoing_files::choose_files(limits, whole_size, self.files);
        let mut parts: Vec<_> = messages.into_iter().map(MessagePart::from_text).collect();
        let has_files = whole.is_some() || !choice.attachments.is_empty();
        let takes_files = |part: &MessagePart| {
            let mut captions = limits.caption.iter();
            captions.all(|limit| limit.measure_text(&part.text) <= limit.size)
        };
        if has_files && !parts.last().is_some_and(takes_files) {
            parts.push(MessagePart::default());
        }
        if let Some(last) = parts.last_mut() {
            last.whole_text = whole.map(|_| text_splitting::FILE.to_owned());
            last.attachments = choice.attachments;
        }
        // Notes about unsent files come after the message with the files.
        parts.extend(render_not_sent(format, &choice.left));
        parts
    }

    /// Sends the stored parts, in order.
    async fn send_parts(mut self) -> Result<Option<String>, DeliverError> {
        let mut number = 0;
        while let Some(stored) = self.parts.get(number) {
            let part = MessagePart::parse(&stored.content)?;
            if let Some(receipt) = &stored.receipt {
                let id = receipt.platform_id.as_deref();
                self.sender.skip_message(number, id, &part.text);
                self.first.get_or_insert_with(|| receipt.clone());
                number += 1;
                continue;
            }
            match self.send_part(number, &part).await? {
                PartOutcome::Sent(receipt) => {
                    self.first.get_or_insert_with(|| receipt.clone());
                    // The last part needs no receipt of its own, because `delivery_sent` follows at once. So a
                    // delivery of a single part costs no further commit.
                    if number + 1 < self.parts.len() {
                        self.record_sent(number, receipt).await?;
                    }
                    number += 1;
                }
                PartOutcome::WithFewerFiles(fewer) => self.replace_part(number, fewer).await?,
            }
        }
        Ok(self.first.and_then(|first| first.platform_id))
    }

    /// Sends one part, unless an earlier try sent the part.
    async fn send_part(
        &mut self,
        number: usize,
        part: &MessagePart,
    ) -> Result<PartOutcome, DeliverError> {
        let sent = if let Some(sent) = self.sender.take_sent(number, &part.text) {
            Ok(Some(sent))
        } else {
            let files = match self.read_files(part).await {
                Ok(files) => files,
                Err(FileReadError::Missing(readable)) => {
                    return Ok(PartOutcome::WithFewerFiles(FewerFiles {
                        rest: MessagePart {
                            attachments: readable.attachments,
                            ..part.clone()
                        },
                        left: readable.left,
                    }));
                }
                Err(FileReadError::NotNow(error)) => {
                    return Err(DeliverError::Later {
                        reason: format!("a file of the reply cannot be read now: {error}"),
                        after: None,
                    });
                }
            };
            let message = OutgoingMessage {
                files,
                is_silent: self.delivery.is_muted,
                ..OutgoingMessage::text(part.text.as_str())
            };
            self.sender.send_message(number, message).await
        };
        match sent {
            Ok(sent) => {
                let platform_id = sent.map(|id| id.to_string());
                Ok(PartOutcome::Sent(PartReceipt { platform_id }))
            }
            Err(error) if error.refusal() == Some(Refusal::TooLarge) && part.has_files() => {
                let fewer = self.leave_out_large_files(part);
                Ok(PartOutcome::WithFewerFiles(fewer))
            }
            Err(error) => Err(ConnectorError::into_deliver_error(error)),
        }
    }

    /// Reads the files of a part.
    async fn read_files(&self, part: &MessagePart) -> Result<Vec<OutgoingFile>, FileReadError> {
        let whole = part.whole_text.as_ref().map(|name| OutgoingFile {
            name: name.clone(),
            content: self.markdown.to_owned().into(),
        });
        let (files, attempt) = (self.files, self.delivery.attempt);
        let read = outgoing_files::check_files(&self.inbox, files, &part.attachments, attempt);
        Ok(whole.into_iter().chain(read.await?).collect())
    }

    /// Leaves files out of a part that the platform finds too large. First leaves out all attachments, because the file
    /// with the whole text matters more. If the part has no attachments, leaves out this file.
    fn leave_out_large_files(&self, part: &MessagePart) -> FewerFiles {
        let chosen = part.attachments.iter();
        let chosen = chosen.filter_map(|index| self.files.get(*index));
        let mut left: Vec<_> = chosen.map(|file| file.name.as_str()).collect();
        let mut rest = MessagePart {
            attachments: Vec::new(),
            ..part.clone()
        };
        if part.attachments.is_empty() {
            rest.whole_text = None;
            left.extend(part.whole_text.as_deref());
        }
        let left = left.iter().map(|name| format!("{name} is too large"));
        FewerFiles {
            rest,
            left: left.collect(),
        }
    }

    /// Stores another form of a part. The note about the unsent files becomes the last part, so that no later try
    /// forgets the note.
    async fn replace_part(&mut self, number: usize, fewer: FewerFiles) -> Result<(), DeliverError> {
        let format = self.sender.capabilities().text;
        // Platforms refuse an empty message.
        let rest = Some(fewer.rest).filter(|rest| !rest.is_empty());
        let notes = render_not_sent(format, &fewer.left);
        let rest = rest.iter().map(MessagePart::to_value);
        let later = self.parts.drain(number..).skip(1);
        let contents: Vec<_> = rest
            .chain(later.map(|part| part.content))
            .chain(notes.iter().map(MessagePart::to_value))
            .collect();
        self.parts
            .extend(contents.iter().map(|content| DeliveryPart {
                content: content.clone(),
                receipt: None,
            }));
        let attempt = self.delivery.current_attempt();
        let store = self.inbox.store();
        let replaced = store.replace_parts(attempt, number, contents).await;
        replaced.map_err(|error| store_failure(&error))
    }

    /// Records the receipt of one part, so that no later try sends the part again.
    async fn record_sent(&self, number: usize, receipt: PartReceipt) -> Result<(), DeliverError> {
        let attempt = self.delivery.current_attempt();
        match self.inbox.store().part_sent(attempt, number, receipt).await {
            Ok(()) => Ok(()),
            Err(error @ OutcomeError::Outdated(_)) => Err(store_failure(&error)),
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
