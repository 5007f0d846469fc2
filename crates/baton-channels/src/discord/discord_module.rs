//! Discord as a channel of this build: its name, its table, and its examples.

use baton_config::table_schema::optional_table_schema;
use baton_config::{ChannelConfig, ChannelExample, ChannelModule, ProjectKeys};
use schemars::Schema;
use serde_json::Value;

use super::CHANNEL;
use super::discord_table::{DiscordTable, PROJECT_KEYS};

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
        Ok(Box::new(serde_json::from_value::<DiscordTable>(table)?))
    }

    fn project_keys(&self) -> Option<ProjectKeys> {
        Some(PROJECT_KEYS)
    }
}
