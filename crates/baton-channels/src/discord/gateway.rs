//! What happens on Discord, as it happens: the connections that tell us, one a shard.

use std::sync::Arc;
use std::time::Duration;

use baton_core::inbox::Inbox;
use futures_util::StreamExt;
use reqwest::Method;
use secrecy::ExposeSecret;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use twilight_gateway::error::ReceiveMessageErrorType;
use twilight_gateway::queue::InMemoryQueue;
use twilight_gateway::{CloseFrame, ConfigBuilder, Intents, Message, Shard, ShardId};

use super::Shared;
use super::events::Events;
use super::pause::Pause;
use super::rest::{Call, RestError};
use super::settings::{DiscordSettings, Trigger};
use super::wire::{Event, GatewayBot};

/// Follows what happens until it is told to stop; an error where it can never.
pub(super) async fn follow(
    shared: &Arc<Shared>,
    inbox: &Inbox,
    shutdown: CancellationToken,
) -> Result<(), String> {
    let bot = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        bot = ask(shared) => bot?,
    };
    let limit = &bot.session_start_limit;
    let queue = InMemoryQueue::new(
        limit.max_concurrency.max(1),
        limit.remaining,
        Duration::from_millis(limit.reset_after),
        limit.total,
    );
    let settings = &shared.settings;
    let url = settings
        .gateway
        .as_ref()
        .map_or(bot.url.as_str(), |url| url.as_str());
    let token = settings.token.expose_secret().to_owned();
    let config = ConfigBuilder::new(token, intents(settings))
        .proxy_url(url.trim_end_matches('/').to_owned())
        .queue(queue)
        .build();
    let events = Events::new(shared, inbox, shutdown.clone());
    let mut shards = JoinSet::new();
    for number in 0..bot.shards.max(1) {
        let id = ShardId::new(number, bot.shards.max(1));
        let connection = Shard::with_config(id, config.clone());
        shards.spawn(run(connection, events.of(number), shutdown.clone()));
    }
    let mut ended = Ok(());
    while let Some(result) = shards.join_next().await {
        let result = result.unwrap_or_else(|_| Err("a part of it has died".to_owned()));
        if result.is_err() {
            ended = result;
            break;
        }
    }
    shards.shutdown().await;
    // Also where nobody told us to, but Discord.
    shutdown.cancel();
    events.ended().await;
    ended
}

/// How the gateway is to be used, as soon as Discord says.
async fn ask(shared: &Shared) -> Result<GatewayBot, String> {
    let mut pause = Pause::default();
    loop {
        let error = match shared
            .rest
            .call(Call::new(Method::GET, "gateway/bot"))
            .await
        {
            Ok(bot) => return Ok(bot),
            Err(error) => error,
        };
        if let RestError::Refused { status: 401, .. } = error {
            return Err(TOKEN.to_owned());
        }
        tracing::warn!(%error, "Discord cannot be reached yet");
        pause.pass(shared.clock()).await;
    }
}

const TOKEN: &str = "Discord does not know the bot's token; make a new one on the page of the \
                     application, under Bot";

/// What we want to be told.
fn intents(settings: &DiscordSettings) -> Intents {
    let mut intents = Intents::GUILDS | Intents::GUILD_MESSAGES;
    let places = || settings.places.iter().map(|place| &place.answering);
    if settings.direct.is_some() {
        intents |= Intents::DIRECT_MESSAGES;
    }
    // What mentions us is told whole without it.
    if places().any(|answering| answering.trigger != Trigger::Mention) {
        intents |= Intents::MESSAGE_CONTENT;
    }
    if places().any(|answering| answering.reactions) {
        intents |= Intents::GUILD_MESSAGE_REACTIONS;
    }
    if settings
        .direct
        .as_ref()
        .is_some_and(|direct| direct.reactions)
    {
        intents |= Intents::DIRECT_MESSAGE_REACTIONS;
    }
    intents
}

async fn run(
    mut shard: Shard<InMemoryQueue>,
    events: Events,
    shutdown: CancellationToken,
) -> Result<(), String> {
    loop {
        let message = tokio::select! {
            biased;
            () = shutdown.cancelled() => {
                shard.close(CloseFrame::NORMAL);
                // It says so to Discord, and would connect again after that.
                let said = async { while !matches!(shard.next().await, None | Some(Ok(Message::Close(_)) | Err(_))) {} };
                let clock = events.clock();
                let limit = clock.steady().after(Duration::from_secs(1));
                tokio::select! {
                    () = said => {}
                    () = clock.sleep_until(limit) => {}
                }
                return Ok(());
            }
            message = shard.next() => message,
        };
        match message {
            Some(Ok(Message::Text(text))) => match serde_json::from_str::<Event>(&text) {
                Ok(event) => events.happened(event),
                Err(error) => tracing::warn!(%error, "an event of Discord is not understood"),
            },
            Some(Ok(Message::Close(frame))) => {
                let code = frame.map_or(1_000, |frame| frame.code);
                if let Some(reason) = fatal(code) {
                    return Err(reason.to_owned());
                }
                tracing::info!(
                    code,
                    "the connection to Discord has ended and is made again"
                );
            }
            // Without what was received, which is people's, or a session's.
            Some(Err(error)) => {
                let away = matches!(error.kind(), ReceiveMessageErrorType::Reconnect);
                let what = if away {
                    "cannot be reached"
                } else {
                    "is not understood"
                };
                tracing::warn!("Discord's gateway {what}; it is tried again");
            }
            None => return Err("Discord has ended the connection for good".to_owned()),
        }
    }
}

/// What Discord says when no further try will do better.
fn fatal(code: u16) -> Option<&'static str> {
    Some(match code {
        4_004 => TOKEN,
        4_010 | 4_011 => "Discord wants another number of shards; start Baton again",
        4_012 => "Discord no longer speaks this version of its gateway; get a newer Baton",
        4_013 => "Discord does not know what the bot asks to be told; get a newer Baton",
        4_014 => {
            "Discord does not let the bot read what is not for it: turn on Message Content Intent on \
             the page of the application, under Bot, or write trigger = \"mention\" in every place"
        }
        _ => return None,
    })
}
