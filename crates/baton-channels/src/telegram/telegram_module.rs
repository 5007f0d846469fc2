//! Telegram as a channel of this build: its name, its table, and its examples.

use baton_config::table_schema::optional_table_schema;
use baton_config::{ChannelConfig, ChannelExample, ChannelModule};
use schemars::Schema;
use serde_json::Value;

use super::CHANNEL;
use super::telegram_table::TelegramTable;

/// Telegram as a channel of this build.
#[derive(Debug)]
pub struct TelegramModule;

impl ChannelModule for TelegramModule {
    fn name(&self) -> &'static str {
        CHANNEL
    }

    fn schema(&self) -> Schema {
        optional_table_schema::<TelegramTable>("The bot on Telegram.")
    }

    fn example(&self) -> ChannelExample {
        ChannelExample {
            about: "An example for a bot on Telegram",
            section: include_str!("telegram_section.toml"),
            whole_file: include_str!("telegram_example.toml"),
        }
    }

    fn parse(&self, table: Value) -> Result<Box<dyn ChannelConfig>, serde_json::Error> {
        Ok(Box::new(serde_json::from_value::<TelegramTable>(table)?))
    }
}
