//! Discord as a channel of this build: its table, its summary, and the channel that the table describes.

use std::fmt;
use std::sync::Arc;

use baton_chat::chat_settings::{ChatSettings, PlaceSettings};
use baton_config::table_schema::optional_table_schema;
use baton_config::{
    Answerer, ChannelConfig, ChannelExample, ChannelModule, ChannelOpenError, ChannelParts,
    ChannelSummary, ProjectKeys, SecretLocation,
};
use baton_core::channel::Channel;
use schemars::Schema;
use serde::Serialize;
use serde_json::Value;

use super::discord_table::{DirectTable, DiscordTable, PlaceTable};
use super::{CHANNEL, DiscordSettings, open_channel};

/// The key of the bot's token.
const TOKEN: &str = "token";

/// Discord as a channel of this build.
#[derive(Debug)]
pub struct DiscordModule;

impl ChannelModule for DiscordModule {
    fn name(&self) -> &'static str {
        CHANNEL
    }

    fn schema(&self) -> Schema {
        optional_table_schema::<DiscordTable>("The bot on Discord.")
    }

    fn example(&self) -> ChannelExample {
        ChannelExample {
            about: "An example for a bot on Discord",
            section: include_str!("discord_section.toml"),
            whole_file: include_str!("discord_example.toml"),
        }
    }

    fn parse(&self, table: Value) -> Result<Box<dyn ChannelConfig>, serde_json::Error> {
        let table: DiscordTable = serde_json::from_value(table)?;
        Ok(Box::new(table))
    }

    fn project_keys(&self) -> Option<ProjectKeys> {
        Some(ProjectKeys {
            places: "places",
            chat: "channel",
            workspace: "server",
        })
    }
}

impl ChannelConfig for DiscordTable {
    fn check_values(&self, report: &mut dyn FnMut(&[&str], &str)) {
        self.report_values(report);
    }

    fn list_answerers(&self) -> Vec<Answerer<'_>> {
        self.find_answerers()
    }

    fn list_secrets(&self) -> Vec<(&'static str, &SecretLocation)> {
        vec![(TOKEN, &self.token)]
    }

    fn summary(&self) -> ChannelSummary {
        let summary = DiscordSummary {
            places: self.places.len(),
            direct: self.direct.is_some(),
            token: &self.token,
        };
        ChannelSummary {
            line: summary.to_string(),
            facts: serde_json::to_value(&summary).unwrap_or_default(),
        }
    }

    fn find_place(&self, name: &str) -> Option<PlaceSettings> {
        self.places.get(name)?.place_settings()
    }

    fn build(&self, parts: ChannelParts) -> Result<Arc<dyn Channel>, ChannelOpenError> {
        let channel = open_channel(self.settings(parts)).map_err(ChannelOpenError::new)?;
        Ok(Arc::new(channel))
    }
}

impl DiscordTable {
    fn settings(&self, parts: ChannelParts) -> DiscordSettings {
        let usual = DiscordSettings::new(parts.secrets.read_key(TOKEN), parts.clock);
        let places = self.places.values().filter_map(PlaceTable::place_settings);
        DiscordSettings {
            api: self.api_url().and_then(Result::ok).unwrap_or(usual.api),
            gateway: self.gateway_url().and_then(Result::ok),
            chat: ChatSettings {
                places: places.collect(),
                direct: self
                    .direct
                    .as_ref()
                    .and_then(DirectTable::answering_settings),
                messages: self.messages.unwrap_or(usual.chat.messages),
                projects: parts.projects,
                ..usual.chat
            },
            offered_in: self.offered_in.into(),
            translations: self.parse_translations().0,
            ..usual
        }
    }
}

/// A summary of the table for people and programs.
#[derive(Serialize)]
struct DiscordSummary<'a> {
    /// The number of configured places.
    places: usize,
    /// Whether the bot answers direct messages.
    direct: bool,
    /// The location of the token, not its value.
    token: &'a SecretLocation,
}

impl fmt::Display for DiscordSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.places {
            0 => f.write_str("direct messages")?,
            1 => f.write_str("1 place")?,
            places => write!(f, "{places} places")?,
        }
        if self.direct && self.places > 0 {
            f.write_str(" and direct messages")?;
        }
        write!(f, "; the token is in {}", self.token)
    }
}
