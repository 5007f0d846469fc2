//! Tests of the fake Discord, with the twilight library as the bot.

use baton_testkit::agent_run::within;
use baton_testkit::discord::Discord;
use futures_util::StreamExt as _;
use twilight_gateway::{
    ConfigBuilder, EventTypeFlags, Intents, Message, Shard, ShardId, StreamExt as _,
};
use twilight_http::Client;
use twilight_model::gateway::event::Event;

mod checks;
mod faults;
mod gateway;
mod interactions;
mod messages;
mod places;

/// A bot that receives all events.
struct Bot {
    client: Client,
    shard: Shard,
}

impl Bot {
    fn new(discord: &Discord) -> Self {
        Self::sharded(discord, 0, 1, Intents::all())
    }

    fn sharded(discord: &Discord, index: u32, of: u32, intents: Intents) -> Self {
        choose_cryptography();
        let host = discord.rest_url().replace("http://", "");
        let client = Client::builder()
            .token(discord.token().to_owned())
            .proxy(host, true)
            .build();
        let config = ConfigBuilder::new(discord.token().to_owned(), intents)
            .proxy_url(discord.gateway_url())
            .build();
        discord.check_answers();
        let shard = Shard::with_config(ShardId::new(index, of), config);
        Self { client, shard }
    }

    /// Waits until the gateway refuses the bot for good, and returns the close code.
    async fn until_closed(&mut self) -> Option<u16> {
        let search = async {
            loop {
                let message = self
                    .shard
                    .next()
                    .await
                    .expect("a shard tells before it ends");
                if let Ok(Message::Close(frame)) = message {
                    let fatal = frame.filter(|frame| matches!(frame.code, 4004 | 4010..=4014));
                    if let Some(frame) = fatal {
                        return Some(frame.code);
                    }
                }
            }
        };
        within("the gateway shuts it out", search).await
    }

    /// Waits for the next event in which `find` finds a value. Earlier events are skipped.
    async fn until<T>(&mut self, what: &str, mut find: impl FnMut(Event) -> Option<T>) -> T {
        let search = async {
            loop {
                let event = self.shard.next_event(EventTypeFlags::all()).await;
                if let Ok(event) = event.expect("a shard never ends")
                    && let Some(found) = find(event)
                {
                    return found;
                }
            }
        };
        within(what, search).await
    }

    /// Waits until all servers are available.
    async fn ready(&mut self, servers: usize) {
        let mut there = 0;
        self.until("ready", |event| {
            if matches!(event, Event::GuildCreate(_)) {
                there += 1;
            }
            (there == servers).then_some(())
        })
        .await;
    }
}

/// Converts an id to twilight's type.
fn id<T>(id: baton_testkit::discord::Snowflake) -> twilight_model::id::Id<T> {
    twilight_model::id::Id::new(id.0)
}

/// Installs the TLS provider, which the libraries need even for plain connections.
fn choose_cryptography() {
    // Fails if another test of this process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client that sends requests unchanged, unlike twilight.
fn http() -> reqwest::Client {
    choose_cryptography();
    reqwest::Client::new()
}
