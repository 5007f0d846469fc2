//! The channels: each connects one chat platform to the [inbox](baton_core::inbox::Inbox).
//!
//! # Layout
//!
//! * [`web`]: the page, and the HTTP API of the comments and of the queue for workers.
//! * [`discord`]: the connector for Discord, under the chat layer of `baton-chat`.

pub mod discord;
pub mod web;
