//! The chat layer: everything that chat platforms have in common.
//!
//! A platform is a [`connector`]: a small set of requests and events. The chat layer decides which messages are for
//! Baton, and stores them in order. It reads missed messages, sends replies once, asks for approvals, shows progress,
//! and runs commands.
//!
//! # Layout
//!
//! * [`connector`]: the interface of a platform, with its data types.
//! * [`connection`]: the connections to a platform, each again after a loss.
//! * `chat_channel`: the channel for the rest of Baton. `chat_layer`: the state that all parts share.
//! * [`chat_settings`]: the settings that all platforms share. `place_directory`: the known chats. `principals`: the
//!   roles of people. `reply_route`: the destination of the answers to a message. `moved_chats`: chats with another id.
//! * `ingest`: messages from people, from the connector to the store.
//! * `delivery`: replies and notices, from the outbox to the connector.
//! * `approvals`: approvals as cards with buttons, and the decisions of people.
//! * `actions`: commands, buttons, forms and reactions; [`projects`]: new places.
//! * `offered_commands`: [`command_specs`] and [`conversation_specs`], the commands to offer; [`command_translations`], with the check of the
//!   translations, [`translation_check`]; [`command_registration`], the lists of commands at the platform.
//! * `status`: the typing indicator, drafts or progress messages, and queue marks.
//! * [`text`]: texts in pieces that fit a platform's messages.
//! * [`backoff`]: the pause before another try. [`late_value`]: a value that tasks wait for.
//! * [`http`]: tools for connectors that speak HTTP and JSON.

mod actions;
mod approvals;
pub mod backoff;
mod chat_channel;
mod chat_layer;
pub mod chat_settings;
pub mod connection;
pub mod connector;
mod delivery;
pub mod http;
mod ingest;
pub mod late_value;
mod moved_chats;
mod offered_commands;
mod place_directory;
mod principals;
mod reply_route;
mod status;
pub mod text;

pub use actions::{platform_permissions, projects};
pub use chat_channel::ChatChannel;
pub(crate) use chat_layer::ChatLayer;
pub use offered_commands::{
    command_registration, command_specs, command_translations, conversation_specs,
    translation_check,
};
