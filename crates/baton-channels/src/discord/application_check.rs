//! Checks the settings of the application on Discord for one mistake: without interactions, Baton gets no
//! commands.

use std::time::Duration;

use super::discord_account::DiscordAccount;

/// The time limit for the check. Without an answer, Baton goes on.
const ASKING: Duration = Duration::from_secs(5);

/// Logs an error if an operator must change a setting.
pub(super) async fn check_application(account: &DiscordAccount) {
    let clock = account.clock();
    let limit = clock.steady().after(ASKING);
    let asked = account.rest.fetch_current_application();
    let application = tokio::select! {
        application = asked => match application {
            Ok(application) => application,
            Err(error) => {
                tracing::warn!(%error, "the settings of the application at Discord are unknown");
                return;
            }
        },
        () = clock.sleep_until(limit) => return,
    };
    let endpoint = application.interactions_endpoint_url;
    if let Some(endpoint) = endpoint.filter(|endpoint| !endpoint.is_empty()) {
        tracing::error!(
            endpoint,
            "Discord sends commands and buttons to that address and not to Baton: make Interactions Endpoint \
             URL empty on the page of the application, under General Information"
        );
    }
}
