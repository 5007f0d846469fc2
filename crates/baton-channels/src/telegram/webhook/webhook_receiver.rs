//! Updates by webhook: the listener, the intake of updates and the registration work side by side.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use baton_chat::backoff::BackoffTimer;
use baton_chat::connector::{EventBatch, EventSink};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::webhook_intake::pass_arrivals;
use super::webhook_listener::{WebhookGate, serve_calls};
use super::webhook_registration::{OwnWebhook, keep_webhook};
use super::webhook_settings::WebhookSettings;
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::updates::held_updates::UpdateSource;
use crate::telegram::updates::reception_report::ReceptionReport;
use crate::telegram::updates::update_intake::UpdateIntake;
use crate::telegram::updates::update_receiver::meet_bot;

/// The most updates that wait for their commit. Telegram sends fewer at once.
const MOST_WAITING: usize = 64;

/// The shortest pause between two questions whether Telegram has sent all updates.
const QUESTION_PAUSE: Duration = Duration::from_secs(1);

/// Passes updates to the chat layer until `shutdown`. Returns an error if no further try can succeed.
pub(crate) async fn receive_calls(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
    webhook: &WebhookSettings,
    shutdown: &CancellationToken,
) -> Result<(), String> {
    let listener = open_listener(webhook).map_err(|error| {
        format!("Baton cannot listen for the webhook of Telegram: {error}; start Baton again")
    })?;
    let mut report = ReceptionReport::begin_report(account);
    let meeting = meet_bot(account, &mut report);
    let Some(bot) = shutdown.run_until_cancelled(meeting).await.transpose()? else {
        return Ok(());
    };
    let Ok(mut intake) =
        UpdateIntake::open_intake(account, events, &bot, UpdateSource::Webhook).await
    else {
        // The program ends.
        return Ok(());
    };
    let (sender, arrivals) = mpsc::channel(MOST_WAITING);
    let gate = WebhookGate::new(webhook.clone(), sender, Arc::clone(account.clock()));
    let own = OwnWebhook::of_bot(&**events, &bot);
    let work = async {
        tokio::select! {
            // The program ends.
            _ = pass_arrivals(&mut intake, arrivals) => Ok(()),
            failed = keep_webhook(account, &own, webhook, &mut report) => failed,
            () = answer_doubts(account, &**events) => Ok(()),
        }
    };
    let mut serving = pin!(serve_calls(listener, gate, shutdown.clone()));
    tokio::select! {
        ended = work => {
            if shutdown.is_cancelled() {
                // The last answers: Telegram would repeat an update without one.
                serving.await;
            }
            ended
        }
        () = &mut serving => Ok(()),
    }
}

/// The listener for this call of `run`. The bound one stays for another call after a panic.
fn open_listener(webhook: &WebhookSettings) -> std::io::Result<TcpListener> {
    let listener = webhook.listener.try_clone()?;
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

/// Tells the chat layer when Telegram has sent all updates, each time when the chat layer must know.
///
/// A poll shows the end of the updates by itself. With a webhook, Telegram tells the number of updates that Baton has not
/// acknowledged, and an acknowledged update is stored.
async fn answer_doubts(account: &TelegramAccount, events: &dyn EventSink) {
    let clock = account.clock();
    loop {
        let mark = events.begin_fetch();
        if !mark.is_urgent() {
            events.until_outdated(mark).await;
            continue;
        }
        let mut pause = BackoffTimer::default();
        loop {
            let state = account.api.fetch_webhook().await;
            if state.is_ok_and(|state| state.pending_update_count == 0) {
                break;
            }
            let pause = pause.next_pause_at_least(Some(QUESTION_PAUSE));
            clock.sleep_until(clock.steady().after(pause)).await;
        }
        let batch = EventBatch {
            caught_up: Some(mark),
            ..EventBatch::default()
        };
        if events.take_batch(batch).await.is_err() {
            // The program ends, and the intake says so.
            std::future::pending::<()>().await;
        }
    }
}
