//! The connection to Telegram: requests for updates, one after the other.
//!
//! Telegram repeats updates until a later request names a greater offset. So a request acknowledges only updates that the
//! store has already.

use std::sync::Arc;
use std::time::Duration;

use baton_chat::backoff::BackoffTimer;
use baton_chat::chat_settings::Trigger;
use baton_chat::connector::{ConnectionStage, ConnectionState, EventSink};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::bot_api::{BotApiError, BotApiResult, BotDescription, LONGEST_POLL};
use super::menu_registration;
use super::telegram_account::TelegramAccount;
use super::update_batches::UpdateBatches;

/// The longest time without the answer to a request for updates. Then Baton opens a new connection.
const SILENCE: Duration = Duration::from_secs(90);

/// The shortest pause after a conflict with another reader of the updates. Telegram delays its answer by the same time.
const CONFLICT: Duration = Duration::from_secs(3);

/// The most updates of one request, as Telegram permits.
const MOST_UPDATES: usize = 100;

/// The number of the only connection.
const CONNECTION: u32 = 0;

/// Why no further try can succeed with a wrong token.
const WRONG_TOKEN: &str = "Telegram does not know the token of the bot, or has revoked it; ask BotFather for the token, \
     and write it into the configuration (docs/telegram.md)";

/// Passes updates to the chat layer until `shutdown`. Returns an error if no further try can succeed.
pub(super) async fn pass_updates(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
    shutdown: CancellationToken,
) -> Result<(), String> {
    let shutdown = shutdown.child_token();
    let menus = tokio::spawn(menu_registration::keep_registered(
        Arc::clone(account),
        shutdown.clone(),
    ));
    let ended = shutdown
        .run_until_cancelled(poll_updates(account, events))
        .await;
    shutdown.cancel();
    let _ = menus.await;
    ended.unwrap_or(Ok(()))
}

async fn poll_updates(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
) -> Result<(), String> {
    let mut poller = UpdatePoller {
        account,
        pause: BackoffTimer::default(),
        failures: 0,
        last_loss: None,
        most: MOST_UPDATES,
    };
    poller.set_stage(ConnectionStage::Connecting);
    let bot = loop {
        match account.api.fetch_bot().await {
            Ok(bot) => break bot,
            Err(error) => poller.wait_after(error).await?,
        }
    };
    check_settings(account, &bot);
    let Ok(mut batches) = UpdateBatches::open(account, events, &bot).await else {
        // The program ends.
        return Ok(());
    };
    loop {
        let wait = if batches.is_unfinished() {
            Duration::ZERO
        } else {
            LONGEST_POLL
        };
        let (mark, most) = (events.begin_fetch(), poller.most);
        match poller.fetch_updates(batches.next_offset(), wait).await {
            Ok(updates) => {
                poller.note_success();
                let caught_up = (updates.len() < most).then_some(mark);
                if batches.take_updates(&updates, caught_up).await.is_err() {
                    return Ok(());
                }
            }
            Err(error) => poller.wait_after(error).await?,
        }
    }
}

/// Tells the operator about settings of the bot that hide messages.
fn check_settings(account: &TelegramAccount, bot: &BotDescription) {
    let mut places = account.settings.chat.places.iter();
    let wants_all = places.any(|place| place.answering.trigger == Trigger::Every);
    if wants_all && !bot.can_read_all_group_messages {
        tracing::warn!(
            "the bot is in privacy mode, so Telegram hides messages of groups without a command, a mention or a reply; \
             make the bot an administrator of the group, or switch privacy mode off with /setprivacy in BotFather and \
             add the bot to the group again"
        );
    }
}

/// The requests for updates, and their failures.
struct UpdatePoller<'a> {
    account: &'a TelegramAccount,
    pause: BackoffTimer,
    /// The failed tries in a row.
    failures: u32,
    last_loss: Option<String>,
    /// The most updates of the next request. After an answer that is too long, one update at a time.
    most: usize,
}

impl UpdatePoller<'_> {
    /// Fetches updates, unless Telegram stays silent for too long.
    async fn fetch_updates(&self, offset: Option<i64>, wait: Duration) -> BotApiResult<Vec<Value>> {
        let clock = self.account.clock();
        tokio::select! {
            updates = self.account.api.fetch_updates(offset, wait, self.most) => updates,
            () = clock.sleep_until(clock.steady().after(SILENCE)) => Err(BotApiError::Unknown {
                reason: format!("no answer for {} s; Baton opens a new connection", SILENCE.as_secs()),
            }),
        }
    }

    fn note_success(&mut self) {
        self.most = MOST_UPDATES;
        if self.failures > 0 || self.stage() != Some(ConnectionStage::Live) {
            self.failures = 0;
            self.pause = BackoffTimer::default();
            self.set_stage(ConnectionStage::Live);
            tracing::info!("Telegram gives updates");
        }
    }

    /// Waits before another try. Returns an error if no further try can succeed.
    async fn wait_after(&mut self, error: BotApiError) -> Result<(), String> {
        let (mut least, mut what) = (Duration::ZERO, error.to_string());
        if matches!(error, BotApiError::UnreadableAnswer { .. }) {
            self.most = 1;
        }
        if let BotApiError::Refused(refusal) = &error {
            if refusal.is_wrong_token() {
                return Err(WRONG_TOKEN.to_owned());
            }
            if refusal.is_conflict() {
                least = CONFLICT;
                what = self.describe_conflict().await;
            }
        }
        tracing::warn!(error = what, "Telegram gives no updates now");
        self.failures = self.failures.saturating_add(1);
        self.last_loss = Some(what);
        let pause = self.pause.next_pause_at_least(error.requested_pause());
        let clock = self.account.clock();
        let until = clock.steady().after(pause.max(least));
        self.set_stage(ConnectionStage::Waiting { until });
        clock.sleep_until(until).await;
        Ok(())
    }

    /// Describes the other reader of the updates.
    async fn describe_conflict(&self) -> String {
        match self.account.api.fetch_webhook().await {
            Ok(webhook) if !webhook.url.is_empty() => format!(
                "a webhook takes the updates of this bot: {}; remove the webhook with deleteWebhook, or use another bot",
                webhook.url
            ),
            _ => "another program reads the updates of this bot; stop the other program, or use another bot".to_owned(),
        }
    }

    fn stage(&self) -> Option<ConnectionStage> {
        let states = self.account.connections.current_states();
        states.get(&CONNECTION).map(|state| state.stage)
    }

    fn set_stage(&self, stage: ConnectionStage) {
        let shown = ConnectionState {
            stage,
            since: self.account.clock().wall(),
            failures: self.failures,
            last_loss: self.last_loss.clone(),
        };
        self.account.connections.set_state(CONNECTION, shown);
    }
}
