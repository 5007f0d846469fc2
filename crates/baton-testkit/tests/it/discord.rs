//! The fake Discord, with twilight as the bot.

use std::sync::Arc;

use baton_testkit::agent_run::within;
use baton_testkit::discord::Discord;
use twilight_gateway::{ConfigBuilder, EventTypeFlags, Intents, Shard, ShardId, StreamExt as _};
use twilight_http::Client;
use twilight_model::gateway::event::Event;

mod checks;
mod interactions;
mod messages;

/// A bot that takes whatever comes.
struct Bot {
    client: Arc<Client>,
    shard: Shard,
}

impl Bot {
    fn new(discord: &Discord) -> Self {
        choose_cryptography();
        let host = discord.rest_url().replace("http://", "");
        let client = Client::builder()
            .token(discord.token().to_owned())
            .proxy(host, true)
            .build();
        let intents = Intents::all();
        let config = ConfigBuilder::new(discord.token().to_owned(), intents)
            .proxy_url(discord.gateway_url())
            .build();
        Self {
            client: Arc::new(client),
            shard: Shard::with_config(ShardId::ONE, config),
        }
    }

    /// The next event that this finds something in; those before are passed over.
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

    /// Until all servers are there.
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

/// Our id as twilight's.
fn id<T>(id: baton_testkit::discord::Snowflake) -> twilight_model::id::Id<T> {
    twilight_model::id::Id::new(id.0)
}

/// The connections are plain, and yet the libraries build what they need for TLS.
fn choose_cryptography() {
    // Another test of this process was first.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// A client that sends what it is told, unlike twilight.
fn http() -> reqwest::Client {
    choose_cryptography();
    reqwest::Client::new()
}
