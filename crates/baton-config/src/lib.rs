//! The vocabulary of configuration tables, and the interface by which a channel brings its own table.
//!
//! # Layout
//!
//! * [`channel_module`]: a channel before its start, as the program sees the channel; [`channel_config`]: a read table
//!   of a channel.
//! * [`secret_location`]: the location of a secret. [`table_schema`]: the JSON schema of a table.

pub mod channel_config;
pub mod channel_module;
pub mod secret_location;
pub mod table_schema;

pub use channel_config::{
    Answerer, ChannelConfig, ChannelOpenError, ChannelParts, ChannelSecrets, ChannelSummary,
};
pub use channel_module::{ChannelExample, ChannelModule, ProjectKeys};
pub use secret_location::{SecretError, SecretLocation};
