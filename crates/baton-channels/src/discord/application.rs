//! What the page of the application says that would leave us deaf.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;

use super::Shared;
use super::rest::Call;

/// How long Discord may take to tell it. Without it, we go on.
const ASKING: Duration = Duration::from_secs(5);

/// Of the application, only what matters here.
#[derive(Deserialize)]
struct Application {
    /// Where Discord sends commands and buttons, instead of over the gateway.
    #[serde(default)]
    interactions_endpoint_url: Option<String>,
}

/// Says in the log what an operator has to change there.
pub(super) async fn check(shared: &Shared) {
    let clock = shared.clock();
    let limit = clock.steady().after(ASKING);
    let asked = shared.rest.call(Call::new(Method::GET, "applications/@me"));
    let application: Application = tokio::select! {
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
