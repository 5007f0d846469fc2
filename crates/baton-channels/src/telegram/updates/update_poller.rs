//! The connection to Telegram by long polls: requests for updates, one after the other.
//!
//! Telegram repeats updates until a later request names a greater offset. So a request acknowledges only updates that the
//! store has already.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use baton_chat::connector::EventSink;
use serde_json::Value;

use super::held_updates::UpdateSource;
use super::poll_size::PollSize;
use super::reception_report::ReceptionReport;
use super::update_intake::UpdateIntake;
use super::update_receiver::meet_bot;
use crate::telegram::bot_api::{BotApiError, BotApiResult, LONGEST_POLL, WebhookDescription};
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::webhook::webhook_registration::OwnWebhook;

/// The longest time without the answer to a request for updates. Then Baton opens a new connection.
const SILENCE: Duration = Duration::from_secs(90);

/// The wait for updates while Baton waits for the report about a topic. The time is enough for a report that is on its
/// way.
const URGENT_POLL: Duration = Duration::from_secs(5);

/// Why Baton cannot go on after an answer without the number of any update.
const NO_NUMBERS: &str = "Telegram gave updates without numbers; if you use another Bot API server, install a newer version of it";

/// The shortest pause after a conflict with another reader of the updates. Telegram delays its answer by the same time.
const CONFLICT: Duration = Duration::from_secs(3);

/// Passes updates to the chat layer, for ever. Returns an error if no further try can succeed.
pub(crate) async fn poll_updates(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
) -> Result<(), String> {
    let mut report = ReceptionReport::begin_report(account);
    let bot = meet_bot(account, &mut report).await?;
    let Ok(mut intake) = UpdateIntake::open_intake(account, events, &bot, UpdateSource::Poll).await
    else {
        // The program ends.
        return Ok(());
    };
    let own_webhook = OwnWebhook::of_bot(&**events, &bot);
    let mut size = PollSize::default();
    'polls: loop {
        let (mark, most) = (events.begin_fetch(), size.update_limit());
        let wait = if !report.is_live() {
            // The operator learns at once that the connection works.
            Duration::ZERO
        } else if mark.is_urgent() {
            URGENT_POLL
        } else {
            LONGEST_POLL
        };
        let mut fetching = pin!(fetch_updates(account, intake.next_offset(), wait, most));
        let fetched = loop {
            tokio::select! {
                biased;
                fetched = &mut fetching => break fetched,
                // The dropped request has acknowledged nothing, and Telegram gives its updates again.
                () = events.until_outdated(mark) => continue 'polls,
                () = intake.until_due() => {
                    if intake.take_updates([], None, None).await.is_err() {
                        return Ok(());
                    }
                }
            }
        };
        let error = match fetched {
            Ok(updates) => {
                let offset = next_offset(&updates, intake.next_offset());
                if offset.is_none() && !updates.is_empty() {
                    // Baton can acknowledge none of these updates, so Telegram would give them again at once.
                    report
                        .wait_after_loss(NO_NUMBERS.to_owned(), Duration::ZERO)
                        .await;
                    continue;
                }
                report.note_success("Telegram gives updates");
                size.note_updates(updates.len());
                let caught_up = (updates.len() < most).then_some(mark);
                if intake
                    .take_updates(updates, offset, caught_up)
                    .await
                    .is_err()
                {
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

/// The number after the updates of a poll. `current` is the number before them. Telegram counts up by one, so an update
/// without a readable number counts too. `None` without updates, and without any number.
fn next_offset(updates: &[Value], current: Option<i64>) -> Option<i64> {
    let numbers = updates.iter().enumerate().rev();
    let mut numbers = numbers.filter_map(|(place, update)| Some((place + 1, read_number(update)?)));
    let (counted, last) = match numbers.next() {
        Some((counted, number)) => (counted, number.saturating_add(1)),
        None if updates.is_empty() => return None,
        None => (0, current?),
    };
    let after = i64::try_from(updates.len() - counted).unwrap_or(1);
    Some(last.saturating_add(after))
}

/// The number of an update. Telegram would take a negative number for a position from the end.
fn read_number(update: &Value) -> Option<i64> {
    let number = update.get("update_id")?.as_i64()?;
    (number >= 0).then_some(number)
}
