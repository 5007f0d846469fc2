//! The shared state of all parts of the connector.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_chat::connector::{ConnectionStates, ConnectorError, MovedChat, RequestFailure, Urgency};
use baton_core::clock::Clock;
use secrecy::ExposeSecret;

use super::actions::group_admins::GroupAdmins;
use super::actions::prompt_mark::PromptKey;
use super::bot_api::{BotApi, BotApiError, BotApiResult};
use super::chat_address::ChatAddress;
use super::send_budget::SendBudget;
use super::send_budget::send_priority::SendPriority;
use super::sending::group_topics::GroupTopics;
use super::sending::topic_reports::SeenTopics;
use super::telegram_settings::TelegramSettings;

/// The longest wait of a request for its turn. A request with a longer wait comes again later, so that it does not
/// delay other chats.
const PATIENCE: Duration = Duration::from_secs(5);

/// The error of a request to a chat, for the chat layer. A group that became a supergroup has another number.
pub(super) fn convert_error(chat: i64, error: BotApiError) -> ConnectorError {
    let moved_to = match &error {
        BotApiError::Refused(refusal) => refusal.moved_to,
        _ => None,
    };
    let Some(to) = moved_to else {
        return error.into();
    };
    let moved = MovedChat {
        from: ChatAddress::new(chat, None).into(),
        to: ChatAddress::new(to, None).into(),
    };
    ConnectorError::chat_moved(moved, error.to_string())
}

/// The shared state of all parts of the connector.
pub(super) struct TelegramAccount {
    pub(super) settings: TelegramSettings,
    pub(super) api: BotApi,
    pub(super) budget: SendBudget,
    pub(super) connections: ConnectionStates,
    pub(super) admins: GroupAdmins,
    /// The secret that seals the bot's prompts.
    pub(super) prompt_key: PromptKey,
    /// Whether the server refused disabled buttons, which servers before version 10.3 do not know.
    has_no_disabled_buttons: AtomicBool,
    pub(super) seen_topics: SeenTopics,
    pub(super) group_topics: GroupTopics,
}

impl TelegramAccount {
    pub(super) fn new(settings: TelegramSettings) -> Result<Self, reqwest::Error> {
        let clock = Arc::clone(&settings.chat.clock);
        let api = BotApi::new(&settings.server, &settings.token, Arc::clone(&clock))?;
        Ok(Self {
            prompt_key: PromptKey::from_token(settings.token.expose_secret()),
            budget: SendBudget::new(settings.limits, clock),
            settings,
            api,
            connections: ConnectionStates::default(),
            admins: GroupAdmins::default(),
            has_no_disabled_buttons: AtomicBool::default(),
            seen_topics: SeenTopics::default(),
            group_topics: GroupTopics::default(),
        })
    }

    pub(super) fn clock(&self) -> &Arc<dyn Clock> {
        &self.settings.chat.clock
    }

    /// Makes a request within the budget of the chat. A rate limit of Telegram stops all requests of the bot.
    pub(super) async fn spend_turn<T>(
        &self,
        chat: i64,
        priority: SendPriority,
        urgency: Urgency,
        request: impl Future<Output = BotApiResult<T>>,
    ) -> Result<BotApiResult<T>, ConnectorError> {
        let patience = match urgency {
            Urgency::CanWait => PATIENCE,
            Urgency::NowOrNever => Duration::ZERO,
        };
        let permit = self.budget.take_permit(chat, priority, patience).await;
        let permit = permit.map_err(|after| {
            let failure = RequestFailure::NotTaken { after: Some(after) };
            ConnectorError::new(failure, "the limit on messages in this chat is reached")
        })?;
        let answer = request.await;
        // The pause of a refusal begins before the turn of the next request.
        self.note_rate_limit(&answer);
        if matches!(answer, Err(BotApiError::Unreachable { .. })) {
            permit.give_back();
        }
        Ok(answer)
    }

    /// Makes a request that the limits do not count. In a pause that Telegram asked for, the request is not made.
    pub(super) async fn make_uncounted<T>(
        &self,
        request: impl Future<Output = BotApiResult<T>>,
    ) -> BotApiResult<T> {
        if let Some(after) = self.budget.remaining_pause() {
            return Err(BotApiError::RateLimited { after });
        }
        let answer = Box::pin(request).await;
        self.note_rate_limit(&answer);
        answer
    }

    /// Stops all requests of the bot for as long as Telegram asks.
    fn note_rate_limit<T>(&self, answer: &BotApiResult<T>) {
        let pause = answer.as_ref().err().and_then(BotApiError::requested_pause);
        if let Some(pause) = pause {
            tracing::warn!(?pause, "Telegram asks the bot to pause");
            self.budget.note_limited(pause);
        }
    }

    /// Records that the server does not know disabled buttons.
    pub(super) fn note_no_disabled_buttons(&self) {
        self.has_no_disabled_buttons.store(true, Ordering::Relaxed);
    }

    /// Whether the server is known to refuse disabled buttons.
    pub(super) fn lacks_disabled_buttons(&self) -> bool {
        self.has_no_disabled_buttons.load(Ordering::Relaxed)
    }
}
