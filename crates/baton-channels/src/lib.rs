//! The channels: each connects one chat platform to the [inbox](baton_core::inbox::Inbox).
//!
//! # Layout
//!
//! * [`web`]: the page, and the HTTP API of the comments and of the queue for workers.
//! * [`discord`]: a bot in servers, threads and direct conversations.
//! * [`chunks`]: long texts in pieces that fit a platform's messages.

pub mod chunks;
pub mod discord;
pub mod web;
