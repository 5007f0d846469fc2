//! The channels: each connects one chat platform to the [inbox](baton_core::inbox::Inbox).
//!
//! # Layout
//!
//! * [`web`]: the page, and the HTTP API of the comment stream and of the queue that outside
//!   workers pull from.
//! * [`discord`]: a bot in servers, threads and direct conversations.
//! * [`chunks`]: long texts in pieces that fit a platform's messages.

pub mod chunks;
pub mod discord;
pub mod web;
