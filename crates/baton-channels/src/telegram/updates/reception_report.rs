//! The state of the connection to Telegram for operators, and the pauses after failed tries.

use std::time::Duration;

use baton_chat::backoff::BackoffTimer;
use baton_chat::connector::{ConnectionStage, ConnectionState};

use crate::telegram::bot_api::BotApiError;
use crate::telegram::telegram_account::TelegramAccount;

/// The number of the only connection.
const CONNECTION: u32 = 0;

/// Why no further try can succeed with a wrong token.
const WRONG_TOKEN: &str = "Telegram does not know the token of the bot, or has revoked it; ask BotFather for the token, \
     and write it into the configuration (docs/telegram.md)";

/// Why no further try can succeed at a server that the bot has left.
const LOGGED_OUT: &str = "the bot is logged out of this Bot API server, because it uses another server now; write the address of \
     that server into the configuration (docs/telegram.md), or wait 10 minutes after `logOut` to come back";

/// The tries to receive updates, as operators see them.
pub(crate) struct ReceptionReport<'a> {
    account: &'a TelegramAccount,
    pause: BackoffTimer,
    /// The failed tries in a row.
    failures: u32,
    last_loss: Option<String>,
}

impl<'a> ReceptionReport<'a> {
    /// A connection that is being opened.
    pub(crate) fn begin_report(account: &'a TelegramAccount) -> Self {
        let report = Self {
            account,
            pause: BackoffTimer::default(),
            failures: 0,
            last_loss: None,
        };
        report.set_stage(ConnectionStage::Connecting);
        report
    }

    /// Reports a successful try. The log gets `news` if the connection was not live.
    pub(crate) fn note_success(&mut self, news: &'static str) {
        if !self.is_live() {
            self.failures = 0;
            self.pause = BackoffTimer::default();
            self.set_stage(ConnectionStage::Live);
            tracing::info!("{news}");
        }
    }

    /// Whether the last try was successful.
    pub(crate) fn is_live(&self) -> bool {
        self.failures == 0 && self.current_stage() == Some(ConnectionStage::Live)
    }

    /// Reports a fault that ends no connection, such as one refused update. The connection stays live.
    pub(crate) fn note_fault(&mut self, what: String) {
        self.last_loss = Some(what);
        self.set_stage(ConnectionStage::Live);
    }

    /// Waits before another try, at least for `least`. `what` describes the error for operators. Returns an error if no
    /// further try can succeed.
    pub(crate) async fn wait_after(
        &mut self,
        error: &BotApiError,
        what: String,
        least: Duration,
    ) -> Result<(), String> {
        if let BotApiError::Refused(refusal) = error {
            if refusal.is_logged_out() {
                return Err(LOGGED_OUT.to_owned());
            }
            if refusal.is_wrong_token() {
                return Err(WRONG_TOKEN.to_owned());
            }
        }
        let requested = error.requested_pause().unwrap_or_default();
        self.wait_after_loss(what, least.max(requested)).await;
        Ok(())
    }

    /// Waits before another try after a loss that is no error of a request.
    pub(crate) async fn wait_after_loss(&mut self, what: String, least: Duration) {
        tracing::warn!(
            error = what,
            "Baton receives no updates of Telegram now, and tries again"
        );
        self.failures = self.failures.saturating_add(1);
        self.last_loss = Some(what);
        let pause = self.pause.next_pause_at_least(Some(least));
        let clock = self.account.clock();
        let until = clock.steady().after(pause);
        self.set_stage(ConnectionStage::Waiting { until });
        clock.sleep_until(until).await;
    }

    fn current_stage(&self) -> Option<ConnectionStage> {
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
