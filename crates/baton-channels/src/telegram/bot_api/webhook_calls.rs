//! The requests about the webhook of the bot.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{BotApi, BotApiResult};
use crate::telegram::conversion::update_conversion::READ_UPDATES;
use crate::telegram::webhook::webhook_settings::WebhookSettings;

/// The most updates that Telegram sends at once. Telegram sends the updates of one chat one after the other, whatever
/// this number is.
const MOST_AT_ONCE: u32 = 32;

/// The webhook of the bot, as `getWebhookInfo` tells.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct WebhookDescription {
    /// Empty without a webhook.
    #[serde(default)]
    pub(crate) url: String,
    /// The number of updates that Baton has not acknowledged.
    #[serde(default)]
    pub(crate) pending_update_count: u64,
    /// The time of the last refused or failed call of the webhook, in seconds since 1970.
    pub(crate) last_error_date: Option<i64>,
    /// The reason why the last call was refused or failed.
    pub(crate) last_error_message: Option<String>,
}

/// The body of `setWebhook`.
#[derive(Serialize)]
struct WebhookBody<'a> {
    url: &'a str,
    secret_token: &'a str,
    max_connections: u32,
    allowed_updates: [&'static str; READ_UPDATES.len()],
}

impl BotApi {
    pub(crate) async fn fetch_webhook(&self) -> BotApiResult<WebhookDescription> {
        self.fetch_result("getWebhookInfo", &json!({})).await
    }

    /// Lets Telegram call the address for each update. An earlier webhook of the bot ends.
    pub(crate) async fn set_webhook(&self, webhook: &WebhookSettings) -> BotApiResult {
        let body = WebhookBody {
            url: webhook.url.as_str(),
            secret_token: webhook.secret.text(),
            max_connections: MOST_AT_ONCE,
            allowed_updates: READ_UPDATES,
        };
        self.confirm_success("setWebhook", &body).await
    }

    /// Ends the webhook. Telegram keeps the waiting updates for long polls.
    pub(crate) async fn delete_webhook(&self) -> BotApiResult {
        self.confirm_success("deleteWebhook", &json!({})).await
    }
}
