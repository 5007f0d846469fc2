//! A channel before its start, as the program sees the channel.

use std::fmt::Debug;

use schemars::Schema;
use serde_json::Value;

use crate::channel_config::ChannelConfig;

/// A channel of this build. The channel gives the schema, the examples and the checks of `[channels.NAME]`.
pub trait ChannelModule: Debug + Send + Sync {
    /// The key of the table below `[channels]`.
    fn name(&self) -> &'static str;

    /// The JSON schema of the optional table, with a description.
    fn schema(&self) -> Schema;

    /// The examples for people.
    fn example(&self) -> ChannelExample;

    /// Converts a table that fits the schema.
    fn parse(&self, table: Value) -> Result<Box<dyn ChannelConfig>, serde_json::Error>;

    /// The keys for the place of a new project; `None` means that people cannot add projects on this channel.
    fn project_keys(&self) -> Option<ProjectKeys> {
        None
    }
}

/// The examples of a channel's table.
#[derive(Clone, Copy, Debug)]
pub struct ChannelExample {
    /// The purpose of [`whole_file`](Self::whole_file), in one line.
    pub about: &'static str,
    /// The table with every key and a comment on each, as a part of the example of the whole configuration. The text
    /// ends with a blank line.
    pub section: &'static str,
    /// A whole configuration for this channel alone.
    pub whole_file: &'static str,
}

/// The keys in a channel's table for the place of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectKeys {
    /// The key of the table of places, below the channel's table.
    pub places: &'static str,
    /// The key of a place for the id of a chat.
    pub chat: &'static str,
    /// The key of a place for the id of a workspace, instead of a chat.
    pub workspace: &'static str,
}
