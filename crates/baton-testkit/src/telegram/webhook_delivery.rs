//! Updates by webhook. As at the real server, each chat has a queue of its own: the next update of a chat is sent only
//! after a good answer to the one before, and the updates of other chats are sent at the same time. The first repetition
//! follows at once, and the pause before each further one doubles, up to a minute.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Shared;
use super::webhook::Webhook;

/// The pause before the first doubling. The first repetition has no pause.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause. The real server takes 60 to 120 seconds at random.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// The longest pause that an answer can ask for by `Retry-After`.
const LONGEST_REQUESTED: Duration = Duration::from_hours(1);
/// The time after the last good answer for which several updates are sent at once.
const ACTIVE: Duration = Duration::from_secs(10);
/// The time of answers 410 after which the webhook is removed.
const GONE: Duration = Duration::from_hours(23);

/// The updates of one queue come one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum QueueKey {
    /// Messages and edits of one chat.
    Chat(i64),
    /// Other updates of one chat, by their kind.
    OfChat(&'static str, i64),
    /// Presses of one person.
    Presses(i64),
    /// An update without a queue.
    Alone(i64),
}

/// An update that was not taken.
#[derive(Debug)]
struct FailedUpdate {
    failures: u32,
    pause: Duration,
    wake: Steady,
}

/// The answer of the bot.
#[derive(Debug)]
struct BotAnswer {
    status: u16,
    reason: String,
    retry_after: Duration,
}

struct SentUpdate {
    /// The number of the registration.
    number: u64,
    id: i64,
    answer: std::io::Result<BotAnswer>,
}

#[derive(Default)]
struct WebhookDelivery {
    /// The number of the registration.
    number: u64,
    failed: HashMap<i64, FailedUpdate>,
    in_flight: HashSet<i64>,
    last_success: Option<Steady>,
    first_gone: Option<Steady>,
}

/// Delivers updates to the webhook until the fake ends.
pub(super) async fn deliver(shared: Arc<Shared>) {
    let mut changed = shared.changed.subscribe();
    let clock = shared.lock().clock.clone();
    let mut delivery = WebhookDelivery::default();
    let mut sending = JoinSet::new();
    loop {
        changed.mark_unchanged();
        let registered = shared.lock().webhook.clone();
        let number = registered.as_ref().map_or(0, |webhook| webhook.number);
        if number != delivery.number {
            // The connections of the earlier registration are closed.
            sending.abort_all();
            delivery = WebhookDelivery {
                number,
                ..WebhookDelivery::default()
            };
        }
        let reachable = registered.filter(|webhook| webhook.url.starts_with("http://"));
        let mut wake = None;
        if let Some(webhook) = reachable {
            let (due, next) = delivery.find_due(&shared, &webhook, clock.steady());
            wake = next;
            for (id, update) in due {
                let webhook = webhook.clone();
                sending.spawn(async move {
                    SentUpdate {
                        number: webhook.number,
                        id,
                        answer: post(&webhook, &update).await,
                    }
                });
            }
        }
        let pause_ends = async {
            match wake {
                Some(wake) => clock.sleep_until(wake).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = changed.changed() => {
                if changed.is_err() {
                    return;
                }
            }
            () = pause_ends => {}
            Some(sent) = sending.join_next() => {
                if let Ok(sent) = sent
                    && sent.number == delivery.number
                {
                    delivery.take_answer(&shared, &*clock, sent);
                }
            }
        }
    }
}

impl WebhookDelivery {
    /// The updates to send now, and the time at which the next one may be due.
    fn find_due(
        &mut self,
        shared: &Shared,
        webhook: &Webhook,
        now: Steady,
    ) -> (Vec<(i64, Value)>, Option<Steady>) {
        let is_active = self
            .last_success
            .is_some_and(|last| now.since(last) < ACTIVE);
        let most = usize::try_from(webhook.max_connections).unwrap_or(1);
        let most = if is_active { most } else { 1 };
        let (mut due, mut wake) = (Vec::new(), None);
        let mut queues = HashSet::new();
        for (id, update) in &shared.lock().updates.queue {
            if !queues.insert(queue_of(*id, update)) || self.in_flight.contains(id) {
                continue;
            }
            let at = self.failed.get(id).map(|failed| failed.wake);
            if let Some(at) = at.filter(|at| *at > now) {
                wake = Some(wake.map_or(at, |wake: Steady| wake.min(at)));
            } else if self.in_flight.len() < most {
                self.in_flight.insert(*id);
                due.push((*id, update.clone()));
            }
        }
        (due, wake)
    }

    fn take_answer(&mut self, shared: &Shared, clock: &dyn Clock, sent: SentUpdate) {
        let (id, now) = (sent.id, clock.steady());
        self.in_flight.remove(&id);
        let (what, retry_after, status) = match sent.answer {
            Ok(answer) if (200..300).contains(&answer.status) => {
                self.last_success = Some(now);
                self.first_gone = None;
                self.failed.remove(&id);
                shared.change(|world| world.updates.queue.retain(|(other, _)| *other != id));
                return;
            }
            Ok(answer) => {
                let BotAnswer { status, reason, .. } = &answer;
                let what = format!("Wrong response from the webhook: {status} {reason}");
                (what, answer.retry_after.min(LONGEST_REQUESTED), *status)
            }
            Err(error) => (format!("Connection failed: {error}"), Duration::ZERO, 0),
        };
        let failed = self.failed.entry(id).or_insert(FailedUpdate {
            failures: 0,
            pause: FIRST_PAUSE,
            wake: now,
        });
        let mut pause = retry_after;
        if retry_after.is_zero() && failed.failures > 0 {
            failed.pause = (failed.pause * 2).min(LONGEST_PAUSE);
            pause = failed.pause;
        }
        failed.failures += 1;
        failed.wake = now.after(pause);
        if status != 410 {
            self.first_gone = None;
        } else if self.first_gone.is_none() {
            self.first_gone = Some(now);
        }
        let is_gone = self.first_gone.is_some_and(|first| now.since(first) > GONE);
        shared.change(|world| {
            let date = world.date();
            if is_gone {
                world.webhook = None;
            } else if let Some(webhook) = &mut world.webhook {
                webhook.last_error = Some((date, what));
            }
        });
    }
}

/// The queue of an update, by the rule of the real server.
fn queue_of(id: i64, update: &Value) -> QueueKey {
    let chat = |kind: &str| update[kind]["chat"]["id"].as_i64();
    for kind in [
        "message",
        "edited_message",
        "channel_post",
        "edited_channel_post",
    ] {
        if let Some(chat) = chat(kind) {
            return QueueKey::Chat(chat);
        }
    }
    for kind in ["my_chat_member", "message_reaction"] {
        if let Some(chat) = chat(kind) {
            return QueueKey::OfChat(kind, chat);
        }
    }
    match update["callback_query"]["from"]["id"].as_i64() {
        Some(person) => QueueKey::Presses(person),
        None => QueueKey::Alone(id),
    }
}

/// Sends one update. The testkit has no HTTP client of its own, and one request needs none.
async fn post(webhook: &Webhook, update: &Value) -> std::io::Result<BotAnswer> {
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
    parse_answer(&String::from_utf8_lossy(&answer))
        .ok_or_else(|| std::io::Error::other("no status"))
}

fn parse_answer(answer: &str) -> Option<BotAnswer> {
    let mut lines = answer.lines();
    let mut first = lines.next()?.splitn(3, ' ').skip(1);
    let status = first.next()?.parse().ok()?;
    let reason = first.next().unwrap_or_default().to_owned();
    let headers = lines.take_while(|line| !line.is_empty());
    let mut headers = headers.filter_map(|line| line.split_once(':'));
    let retry_after = headers.find(|(name, _)| name.eq_ignore_ascii_case("retry-after"));
    let retry_after = retry_after.and_then(|(_, value)| value.trim().parse().ok());
    Some(BotAnswer {
        status,
        reason,
        retry_after: Duration::from_secs(retry_after.unwrap_or(0)),
    })
}
