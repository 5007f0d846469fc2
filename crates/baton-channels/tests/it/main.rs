//! Tests of the channels from the outside: over HTTP, with the real store.
//!
//! # Layout
//!
//! * [`discord`]: the Discord channel.
//! * [`telegram`]: the Telegram channel. `chat_baton`: what the tests of both share.
//! * [`world`]: a Baton with a web channel, and its client. [`events`]: the event stream. [`worker`]: the
//!   calls of a worker.
//! * `approvals`, `activities`, `commands`, `posting`, `files`, `reading`, `searching`, `stream`, `idle`,
//!   `queue`, `elsewhere`, `leases`, `limits`, `access`, `rooms`, `operators`, `description`: one part of the
//!   API each. A number in the name of a test is a row of the project's scenarios.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod access;
mod activities;
mod approvals;
#[cfg(any(feature = "discord", feature = "telegram"))]
mod chat_baton;
mod commands;
mod connections;
mod description;
#[cfg(feature = "discord")]
mod discord;
mod elsewhere;
mod events;
mod files;
mod idle;
mod leases;
mod limits;
mod long;
mod older_clients;
mod operators;
mod posting;
#[cfg(any(feature = "discord", feature = "telegram"))]
mod questions;
mod queue;
mod reading;
mod rooms;
mod searching;
mod stream;
#[cfg(feature = "telegram")]
mod telegram;
mod worker;
mod world;
