//! The channels: each connects one chat platform to the [inbox](baton_core::inbox::Inbox).
//!
//! # Layout
//!
//! * [`web`]: the page, and the HTTP API of the comments and of the queue for workers.
//! * [`channel_list`]: the list of all other channels. Each is a connector under the chat layer of `baton-chat`, with a
//!   folder and a Cargo feature of its own.
//! * `discord`: Discord.
//! * `telegram`: Telegram.

pub mod channel_list;
#[cfg(feature = "discord")]
pub mod discord;
#[cfg(feature = "telegram")]
pub mod telegram;
pub mod web;
