//! The registration of the bot's webhook. `webhook_delivery` calls the address.

use baton_core::clock::Steady;
use serde_json::{Value, json};

use super::answer::{ApiError, Done};
use super::requests::Call;
use super::world::World;

/// The ports that Telegram calls.
const PORTS: [u16; 4] = [443, 80, 88, 8443];
/// The shortest time between two registrations, in seconds.
const BETWEEN: u64 = 1;

/// The address for updates.
#[derive(Clone, Debug, Default)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: Option<String>,
    pub(super) max_connections: i64,
    pub(super) last_error: Option<(i64, String)>,
    /// The number of the registration. A new one begins the delivery anew.
    pub(super) number: u64,
}

impl Webhook {
    /// The address of another program.
    pub(super) fn foreign(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            max_connections: 40,
            ..Self::default()
        }
    }
}

/// The registrations so far.
#[derive(Debug, Default)]
pub(super) struct Registrations {
    count: u64,
    /// The time of the last one.
    last: Option<Steady>,
}

pub(super) fn set_webhook(world: &mut World, call: &Call) -> Done {
    let url = call.text("url").unwrap_or_default();
    if url.is_empty() {
        return Ok(delete_webhook(world, call));
    }
    check_url(url)?;
    let secret = call.text("secret_token").map(str::to_owned);
    if let Some(secret) = &secret {
        check_secret(secret)?;
    }
    let now = world.clock.steady();
    let last = world.registrations.last;
    if last.is_some_and(|last| now.since(last).as_secs() < BETWEEN) {
        return Err(ApiError::too_fast(BETWEEN));
    }
    world.registrations.last = Some(now);
    if call.is("drop_pending_updates") {
        world.updates.queue.clear();
    }
    world.updates.remember_allowed(call.get("allowed_updates"));
    let max_connections = call.number("max_connections").unwrap_or(40);
    let is_same = world.webhook.as_ref().is_some_and(|webhook| {
        webhook.url == url && webhook.secret == secret && webhook.max_connections == max_connections
    });
    if is_same && !call.is("drop_pending_updates") {
        return Ok(json!(true));
    }
    world.registrations.count += 1;
    world.webhook = Some(Webhook {
        url: url.to_owned(),
        secret,
        max_connections,
        last_error: None,
        number: world.registrations.count,
    });
    Ok(json!(true))
}

fn check_url(url: &str) -> Result<(), ApiError> {
    if url.starts_with("http://127.0.0.1:") {
        return Ok(());
    }
    let Some(rest) = url.strip_prefix("https://") else {
        return Err(ApiError::bad_request(
            "bad webhook: An HTTPS URL must be provided for webhook",
        ));
    };
    let host = rest.split('/').next().unwrap_or_default();
    let port = host.rsplit_once(':').map(|(_, port)| port);
    if port.is_some_and(|port| !port.parse().is_ok_and(|port: u16| PORTS.contains(&port))) {
        return Err(ApiError::bad_request(
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        ));
    }
    Ok(())
}

fn check_secret(secret: &str) -> Result<(), ApiError> {
    if secret.len() > 256 {
        return Err(ApiError::bad_request("secret token is too long"));
    }
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if !secret.chars().all(is_letter) {
        return Err(ApiError::bad_request(
            "secret token contains unallowed characters",
        ));
    }
    Ok(())
}

pub(super) fn delete_webhook(world: &mut World, call: &Call) -> Value {
    if call.is("drop_pending_updates") {
        world.updates.queue.clear();
    }
    world.webhook = None;
    json!(true)
}

pub(super) fn describe_webhook(world: &World) -> Value {
    let webhook = world.webhook.clone().unwrap_or_default();
    let mut json = json!({
        "url": webhook.url, "has_custom_certificate": false, "pending_update_count": world.updates.queue.len(),
    });
    if world.webhook.is_some() {
        json["max_connections"] = json!(webhook.max_connections);
    }
    if let Some((date, what)) = webhook.last_error {
        json["last_error_date"] = json!(date);
        json["last_error_message"] = json!(what);
    }
    if let Some(allowed) = &world.updates.allowed {
        json["allowed_updates"] = json!(allowed);
    }
    json
}
