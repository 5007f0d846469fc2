//! The way of the updates to Baton, and the work beside it: the menus of commands, and the checks at the start.

use std::sync::Arc;
use std::time::Duration;

use baton_chat::chat_settings::Trigger;
use baton_chat::connector::EventSink;
use tokio_util::sync::CancellationToken;

use super::reception_report::ReceptionReport;
use crate::telegram::bot_api::BotDescription;
use crate::telegram::telegram_account::TelegramAccount;
use crate::telegram::{
    actions::menu_registration, updates::update_poller, webhook::webhook_receiver,
};

/// Passes updates to the chat layer until `shutdown`. Returns an error if no further try can succeed.
pub(crate) async fn pass_updates(
    account: &Arc<TelegramAccount>,
    events: &Arc<dyn EventSink>,
    shutdown: CancellationToken,
) -> Result<(), String> {
    let shutdown = shutdown.child_token();
    let menus = tokio::spawn(menu_registration::keep_registered(
        Arc::clone(account),
        shutdown.clone(),
    ));
    let ended = if let Some(webhook) = &account.settings.webhook {
        webhook_receiver::receive_calls(account, events, webhook, &shutdown).await
    } else {
        let polling = update_poller::poll_updates(account, events);
        let ended = shutdown.run_until_cancelled(polling).await;
        ended.unwrap_or(Ok(()))
    };
    shutdown.cancel();
    let _ = menus.await;
    ended
}

/// Asks Telegram for the bot until Telegram answers, and checks the settings of the bot. Returns an error if no further
/// try can succeed.
pub(crate) async fn meet_bot(
    account: &TelegramAccount,
    report: &mut ReceptionReport<'_>,
) -> Result<BotDescription, String> {
    loop {
        match account.api.fetch_bot().await {
            Ok(bot) => {
                check_settings(account, &bot);
                return Ok(bot);
            }
            Err(error) => {
                let what = error.to_string();
                report.wait_after(&error, what, Duration::ZERO).await?;
            }
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
