//! The registration of the webhook at Telegram, and its end.
//!
//! Telegram reports neither an unreachable webhook nor a replacement by another program. So Baton asks for the state of
//! the webhook: often after the start, because an operator sets the proxy up at this time, and later rarely.

use std::time::Duration;

use baton_chat::connector::{BatchCursor, EventBatch, EventSink};
use baton_core::store::StoreError;

use super::webhook_settings::WebhookSettings;
use crate::telegram::bot_api::{BotDescription, WebhookDescription};
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::updates::reception_report::ReceptionReport;

/// The pause before the first look at the state of the webhook. Each further pause is twice as long, up to
/// [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_PAUSE: Duration = Duration::from_mins(15);

/// The maximum length of Telegram's reason in a message to operators, in characters.
const LONGEST_REASON: usize = 300;

/// The address of the webhook that Baton itself has set, as the store keeps it. So Baton can tell its own webhook from
/// the one of another program.
pub(crate) struct OwnWebhook<'a> {
    events: &'a dyn EventSink,
    reader: String,
}

impl<'a> OwnWebhook<'a> {
    pub(crate) fn of_bot(events: &'a dyn EventSink, bot: &BotDescription) -> Self {
        Self {
            events,
            reader: format!("{} webhook", bot.id),
        }
    }

    /// Whether Baton has set a webhook with this address. Returns an error if the program ends.
    pub(crate) async fn is_ours(&self, address: &str) -> Result<bool, StoreError> {
        let stored = self.events.batch_cursor(&self.reader).await?;
        Ok(!address.is_empty() && stored.is_some_and(|stored| stored == address))
    }

    /// Keeps the address; an empty one after the end of the webhook. Returns an error if the program ends.
    async fn keep_address(&self, address: &str) -> Result<(), StoreError> {
        let cursor = BatchCursor {
            reader: self.reader.clone(),
            position: address.to_owned(),
        };
        let batch = EventBatch {
            cursor: Some(cursor),
            ..EventBatch::default()
        };
        self.events.take_batch(batch).await
    }

    /// Ends the webhook with this address, if Baton has set it. Returns whether the webhook has ended.
    pub(crate) async fn end_own(&self, account: &TelegramAccount, address: &str) -> bool {
        if !self.is_ours(address).await.unwrap_or(false) {
            return false;
        }
        let shown = account.api.hide_token(address);
        if let Err(error) = account.api.delete_webhook().await {
            tracing::warn!(%error, address = shown, "the earlier webhook of Baton cannot be removed");
            return false;
        }
        tracing::info!(
            address = shown,
            "Baton has removed its earlier webhook, and polls"
        );
        self.keep_address("").await.is_ok()
    }
}

/// Keeps the webhook registered, for ever. Returns an error if no further try can succeed.
pub(crate) async fn keep_webhook(
    account: &TelegramAccount,
    own: &OwnWebhook<'_>,
    webhook: &WebhookSettings,
    report: &mut ReceptionReport<'_>,
) -> Result<(), String> {
    loop {
        if let Err(error) = register_webhook(account, own, webhook).await {
            let RegistrationError::Refused(error) = error else {
                // The program ends.
                return Ok(());
            };
            let what = format!("the webhook cannot be set: {error}");
            report.wait_after(&error, what, Duration::ZERO).await?;
            continue;
        }
        report.note_success("Telegram sends updates to the webhook");
        let loss = watch_webhook(account, webhook, report).await;
        report.wait_after_loss(loss, Duration::ZERO).await;
    }
}

/// The error of a registration.
#[derive(Debug, thiserror::Error)]
enum RegistrationError {
    #[error(transparent)]
    Refused(#[from] crate::telegram::bot_api::BotApiError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

async fn register_webhook(
    account: &TelegramAccount,
    own: &OwnWebhook<'_>,
    webhook: &WebhookSettings,
) -> Result<(), RegistrationError> {
    let address = webhook.url.as_str();
    let earlier = account.api.fetch_webhook().await?.url;
    let is_known = earlier.is_empty() || earlier == address || own.is_ours(&earlier).await?;
    if !is_known {
        tracing::warn!(
            earlier = account.api.hide_token(&earlier),
            "Baton replaces the webhook of another program; use each bot for one program only"
        );
    }
    // The address is stored before the request, so that Baton knows its webhook after a crash in between.
    own.keep_address(address).await?;
    Ok(account.api.set_webhook(webhook).await?)
}

/// Looks at the state of the webhook until the webhook is no longer the one of Baton. Returns the reason.
async fn watch_webhook(
    account: &TelegramAccount,
    webhook: &WebhookSettings,
    report: &mut ReceptionReport<'_>,
) -> String {
    let clock = account.clock();
    let (mut pause, mut last_error) = (FIRST_PAUSE, None);
    loop {
        clock.sleep_until(clock.steady().after(pause)).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        let state = match account.api.fetch_webhook().await {
            Ok(state) => state,
            Err(error) => {
                tracing::debug!(%error, "the state of the webhook is unknown");
                continue;
            }
        };
        if state.url.is_empty() {
            return "somebody removed the webhook of Baton".to_owned();
        }
        if state.url != webhook.url.as_str() {
            return format!(
                "another program replaced the webhook of Baton: {}; stop the other program, or use another bot",
                account.api.hide_token(&state.url)
            );
        }
        if state.last_error_date > last_error {
            last_error = state.last_error_date;
            report.note_fault(describe_fault(account, &state));
        }
    }
}

/// Describes the last failed call of the webhook, and logs it.
fn describe_fault(account: &TelegramAccount, state: &WebhookDescription) -> String {
    let reason = state.last_error_message.as_deref().unwrap_or("no reason");
    let reason = account.api.hide_token(reason);
    let reason: String = reason.chars().take(LONGEST_REASON).collect();
    let (waiting, date) = (state.pending_update_count, state.last_error_date);
    tracing::warn!(
        reason,
        date,
        waiting,
        "Telegram could not give an update to the webhook; docs/telegram.md explains the reasons"
    );
    format!("Telegram could not give an update to the webhook: {reason}; {waiting} updates wait")
}
