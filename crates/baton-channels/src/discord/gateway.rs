//! The connections to Discord's gateway, one for each shard.

use std::sync::Arc;

use baton_chat::backoff::BackoffTimer;
use baton_chat::chat_settings::{ChatSettings, Trigger};
use baton_chat::connection::ConnectionKeeper;
use baton_chat::connection::session_starts::SessionStarts;
use baton_chat::connection::web_socket::SocketOpener;
use baton_chat::connector::EventSink;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::discord_account::DiscordAccount;
use super::discord_settings::PLATFORM;
use super::gateway_events::ShardEventHandler;
use super::rest::{DiscordRefusal, RestError};
use super::wire::GatewayBot;
use super::{application_check, command_registration};

mod gateway_connection;
mod gateway_context;
mod gateway_frame;
mod shard;

use gateway_context::{GatewayContext, UNKNOWN_TOKEN};
use shard::GatewayShard;

/// The largest frame, in bytes. The description of the largest servers takes a few MiB.
const LONGEST: usize = 32 << 20;

/// Keeps the connections open until `shutdown`. Returns an error if no further try can succeed.
pub(super) async fn run_shards(
    account: &Arc<DiscordAccount>,
    events: &Arc<dyn EventSink>,
    shutdown: CancellationToken,
) -> Result<(), String> {
    let shutdown = shutdown.child_token();
    let (bot, url) = tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        bot = fetch_gateway(account) => bot?,
    };
    tokio::select! {
        () = shutdown.cancelled() => return Ok(()),
        () = application_check::check_application(account) => {}
    }
    let (settings, clock) = (&account.settings, account.clock());
    let shards = bot.shards.max(1);
    let gateway = Arc::new(GatewayContext {
        url,
        token: settings.token.clone(),
        intents: required_intents(&settings.chat),
        shards,
        sockets: SocketOpener::new(PLATFORM, LONGEST, Arc::clone(clock))?,
        starts: SessionStarts::new(
            PLATFORM,
            Arc::clone(account) as _,
            Arc::clone(clock),
            bot.session_start_limit.to_allowance(),
        ),
    });
    let commands = tokio::spawn(command_registration::keep_registered(
        Arc::clone(account),
        Arc::clone(events),
        shutdown.clone(),
    ));
    let keeper = ConnectionKeeper {
        platform: PLATFORM,
        clock: Arc::clone(clock),
        states: account.connections.clone(),
    };
    let (account, events) = (Arc::clone(account), Arc::clone(events));
    let new_shard = move |number| GatewayShard {
        gateway: Arc::clone(&gateway),
        number,
        events: ShardEventHandler {
            account: Arc::clone(&account),
            sink: events.for_connection(number),
            shard: number,
        },
        session: None,
        permit: None,
    };
    let ended = keeper.keep_shards(shards, &shutdown, new_shard).await;
    // A fatal error of Discord also ends the registration.
    shutdown.cancel();
    let _ = commands.await;
    ended
}

/// Asks Discord for the gateway's settings and address, until Discord answers.
async fn fetch_gateway(account: &DiscordAccount) -> Result<(GatewayBot, Url), String> {
    let mut pause = BackoffTimer::default();
    loop {
        let after = match account.rest.fetch_gateway_bot().await {
            Ok(bot) => {
                let url = account
                    .settings
                    .gateway
                    .clone()
                    .map_or_else(|| bot.url.parse(), Ok);
                match url {
                    Ok(url) => return Ok((bot, url)),
                    Err(error) => {
                        tracing::warn!(url = bot.url, %error, "the address of Discord's gateway is invalid");
                        pause.next_pause()
                    }
                }
            }
            Err(RestError::Refused(DiscordRefusal { status: 401, .. })) => {
                return Err(UNKNOWN_TOKEN.to_owned());
            }
            Err(error) => {
                tracing::warn!(%error, "Discord cannot be reached yet");
                pause.next_pause_at_least(error.requested_pause())
            }
        };
        let clock = account.clock();
        clock.sleep_until(clock.steady().after(after)).await;
    }
}

/// The events to subscribe to, <https://docs.discord.com/developers/events/gateway#gateway-intents>.
mod intent {
    pub(super) const GUILDS: u64 = 1;
    pub(super) const GUILD_MESSAGES: u64 = 1 << 9;
    pub(super) const GUILD_MESSAGE_REACTIONS: u64 = 1 << 10;
    pub(super) const DIRECT_MESSAGES: u64 = 1 << 12;
    pub(super) const DIRECT_MESSAGE_REACTIONS: u64 = 1 << 13;
    /// Discord closes the connection of a bot that asks for this intent without the permission.
    pub(super) const MESSAGE_CONTENT: u64 = 1 << 15;
}

fn required_intents(settings: &ChatSettings) -> u64 {
    let mut intents = intent::GUILDS | intent::GUILD_MESSAGES;
    let places = || settings.places.iter().map(|place| &place.answering);
    if settings.direct.is_some() {
        intents |= intent::DIRECT_MESSAGES;
    }
    // A message that mentions the bot has its text without this intent too.
    if places().any(|answering| answering.trigger != Trigger::Mention) {
        intents |= intent::MESSAGE_CONTENT;
    }
    if places().any(|answering| answering.reactions) {
        intents |= intent::GUILD_MESSAGE_REACTIONS;
    }
    if settings
        .direct
        .as_ref()
        .is_some_and(|direct| direct.reactions)
    {
        intents |= intent::DIRECT_MESSAGE_REACTIONS;
    }
    intents
}
