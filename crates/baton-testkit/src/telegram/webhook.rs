//! Updates by webhook: the bot's address is asked once for each update, until it answers well.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Shared;
use super::answer::{ApiError, Done};
use super::requests::Call;
use super::world::World;

/// The address for updates.
#[derive(Clone, Debug, Default)]
pub(super) struct Webhook {
    url: String,
    secret: Option<String>,
    max_connections: i64,
    last_error: Option<(i64, String)>,
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

/// The first pause before a repetition; each next pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

pub(super) fn set(world: &mut World, call: &Call) -> Done {
    let url = call.text("url").unwrap_or_default();
    if url.is_empty() {
        return Ok(delete(world, call));
    }
    if !url.starts_with("http://127.0.0.1:") && !url.starts_with("https://") {
        return Err(ApiError::bad_request(
            "bad webhook: An HTTPS URL must be provided for webhook",
        ));
    }
    let secret = call.text("secret_token").map(str::to_owned);
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-');
    if secret
        .as_ref()
        .is_some_and(|secret| secret.len() > 256 || !secret.chars().all(is_letter))
    {
        return Err(ApiError::bad_request(
            "secret token contains unallowed characters",
        ));
    }
    if call.is("drop_pending_updates") {
        world.updates.queue.clear();
    }
    world.updates.remember_allowed(call.get("allowed_updates"));
    let max_connections = call.number("max_connections").unwrap_or(40);
    world.webhook = Some(Webhook {
        url: url.to_owned(),
        secret,
        max_connections,
        last_error: None,
    });
    Ok(json!(true))
}

pub(super) fn delete(world: &mut World, call: &Call) -> Value {
    if call.is("drop_pending_updates") {
        world.updates.queue.clear();
    }
    world.webhook = None;
    json!(true)
}

pub(super) fn info(world: &World) -> Value {
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

/// Delivers updates to the webhook, one after the other, until the fake ends.
pub(super) async fn deliver(shared: Arc<Shared>) {
    let mut changed = shared.changed.subscribe();
    let clock = shared.lock().clock.clone();
    let mut pause = FIRST_PAUSE;
    loop {
        changed.mark_unchanged();
        let next = {
            let world = shared.lock();
            let reachable = world
                .webhook
                .clone()
                .filter(|webhook| webhook.url.starts_with("http://"));
            reachable.zip(world.updates.queue.front().cloned())
        };
        let Some((webhook, (id, update))) = next else {
            if changed.changed().await.is_err() {
                return;
            }
            continue;
        };
        let failure = match post(&webhook, &update).await {
            Ok(status) if (200..300).contains(&status) => None,
            Ok(status) => Some(format!("Wrong response from the webhook: {status}")),
            Err(error) => Some(format!("Connection failed: {error}")),
        };
        let failed = failure.is_some();
        shared.change(|world| {
            let date = world.date();
            match (failure, &mut world.webhook) {
                (None, _) => world.updates.queue.retain(|(other, _)| *other != id),
                (Some(what), Some(webhook)) => webhook.last_error = Some((date, what)),
                (Some(_), None) => {}
            }
        });
        if failed {
            clock.sleep_until(clock.steady().after(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        } else {
            pause = FIRST_PAUSE;
        }
    }
}

/// Sends one update, and returns the status of the answer. The testkit has no HTTP client of its own, and one
/// request needs none.
async fn post(webhook: &Webhook, update: &Value) -> std::io::Result<u16> {
    let address = webhook.url.trim_start_matches("http://");
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let body = update.to_string();
    let secret = webhook.secret.as_ref();
    let secret = secret.map_or_else(String::new, |secret| {
        format!("X-Telegram-Bot-Api-Secret-Token: {secret}\r\n")
    });
    let length = body.len();
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{secret}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(64 << 10).read_to_end(&mut answer).await?;
    let line = String::from_utf8_lossy(&answer);
    let status = line
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    status.ok_or_else(|| std::io::Error::other("no status"))
}
