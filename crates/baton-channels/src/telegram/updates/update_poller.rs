//! The connection to Telegram by long polls: requests for updates, one after the other.
//!
//! Telegram repeats updates until a later request names a greater offset. So a request acknowledges only updates that the
//! store has already.

use std::sync::Arc;
use std::time::Duration;

use baton_chat::connector::EventSink;
use serde_json::Value;

use super::poll_size::PollSize;
use super::reception_report::ReceptionReport;
use super::update_batches::UpdateBatches;
use super::update_receiver::meet_bot;
use crate::telegram::bot_api::{BotApiError, BotApiResult, LONGEST_POLL, WebhookDescription};
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::webhook::webhook_registration::OwnWebhook;

/// The longest time without the answer to a request for updates. Then Baton opens a new connection.
const SILENCE: Duration = Duration::from_secs(90);

/// The wait for updates while Baton waits for the report about a topic. The time is enough for a report that is on its
/// way.
const URGENT_POLL: Duration = Duration::from_secs(5);

/// The shortest pause after a conflict with another reader of the updates. Telegram delays its answer by the same time.
const CONFLICT: Duration = Duration::from_secs(3);

/// Passes updates to the chat layer, for ever. Returns an error if no further try can succeed.
pub(crate) async fn poll_updates(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
) -> Result<(), String> {
    let mut report = ReceptionReport::begin_report(account);
    let bot = meet_bot(account, &mut report).await?;
    let Ok(mut batches) = UpdateBatches::open_batches(account, events, &bot).await else {
        // The program ends.
        return Ok(());
    };
    let own_webhook = OwnWebhook::of_bot(&**events, &bot);
    let mut size = PollSize::default();
    loop {
        let (mark, most) = (events.begin_fetch(), size.update_limit());
        let wait = if batches.is_unfinished() {
            Duration::ZERO
        } else if mark.is_urgent() {
            URGENT_POLL
        } else {
            LONGEST_POLL
        };
        let fetched = tokio::select! {
            biased;
            fetched = fetch_updates(account, batches.next_offset(), wait, most) => fetched,
            // The dropped request has acknowledged nothing, and Telegram gives its updates again.
            () = events.until_outdated(mark) => continue,
        };
        let error = match fetched {
            Ok(updates) => {
                report.note_success("Telegram gives updates");
                size.note_updates(updates.len());
                let caught_up = (updates.len() < most).then_some(mark);
                if batches.take_updates(&updates, caught_up).await.is_err() {
                    return Ok(());
                }
                continue;
            }
            Err(error) => error,
        };
        if matches!(error, BotApiError::UnreadableAnswer { .. }) {
            size.note_unreadable();
        }
        let (mut what, mut least) = (error.to_string(), Duration::ZERO);
        if is_conflict(&error) {
            let webhook = account.api.fetch_webhook().await.unwrap_or_default();
            if own_webhook.end_own(account, &webhook.url).await {
                continue;
            }
            what = describe_conflict(account, &webhook);
            least = CONFLICT;
        }
        report.wait_after(&error, what, least).await?;
    }
}

/// Fetches updates, unless Telegram stays silent for too long.
async fn fetch_updates(
    account: &TelegramAccount,
    offset: Option<i64>,
    wait: Duration,
    most: usize,
) -> BotApiResult<Vec<Value>> {
    let clock = account.clock();
    tokio::select! {
        updates = account.api.fetch_updates(offset, wait, most) => updates,
        () = clock.sleep_until(clock.steady().after(SILENCE)) => Err(BotApiError::Unknown {
            reason: format!("no answer for {} s; Baton opens a new connection", SILENCE.as_secs()),
        }),
    }
}

fn is_conflict(error: &BotApiError) -> bool {
    matches!(error, BotApiError::Refused(refusal) if refusal.is_conflict())
}

/// Describes the other reader of the updates.
fn describe_conflict(account: &TelegramAccount, webhook: &WebhookDescription) -> String {
    if webhook.url.is_empty() {
        return "another program reads the updates of this bot; stop the other program, or use another bot".to_owned();
    }
    format!(
        "a webhook takes the updates of this bot: {}; remove the webhook with deleteWebhook, or use another bot",
        account.api.hide_token(&webhook.url)
    )
}
