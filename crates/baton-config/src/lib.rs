//! The vocabulary of configuration tables, and the interface by which a channel brings its own table.
//!
//! # Layout
//!
//! * [`channel_module`]: a channel before its start, as the program sees the channel; [`channel_config`]: the parsed
//!   table of a channel.
//! * [`chat_table`]: the table of a chat platform, with [`place_table`] (its places), [`answering_table`] (the keys
//!   that the places of all platforms share), [`direct_table`] (direct messages), [`person_list`] (lists of people)
//!   and `chat_summary`.
//! * [`secret_location`]: the location of a secret. [`channel_address`]: the address of a platform's server.
//!   [`translation_tables`] and [`description_tables`]: translated commands. [`table_schema`]: the JSON schema of a table.

pub mod answering_table;
pub mod channel_address;
pub mod channel_config;
pub mod channel_module;
mod chat_summary;
pub mod chat_table;
pub mod description_tables;
pub mod direct_table;
pub mod person_list;
pub mod place_table;
pub mod secret_location;
pub mod table_schema;
pub mod translation_tables;

pub use answering_table::AnsweringTable;
pub use channel_address::AddressSchemes;
pub use channel_config::{
    Answerer, ChannelConfig, ChannelOpenError, ChannelParts, ChannelSecrets, ChannelSummary,
};
pub use channel_module::{ChannelExample, ChannelModule, ProjectKeys};
pub use chat_table::{ChatKeys, ChatTable, PLACES};
pub use description_tables::DescriptionTables;
pub use direct_table::DirectTable;
pub use person_list::WrittenId;
pub use place_table::{PlaceTable, ScopeKey};
pub use secret_location::{SecretError, SecretLocation};
pub use translation_tables::TranslationTables;
