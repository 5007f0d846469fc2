//! The channels, driven as their users drive them: over HTTP, against the real store.
//!
//! # Layout
//!
//! * [`discord`]: the other channel.
//! * [`world`]: a Baton with a web channel, and how to talk to it. [`events`]: its event stream.
//!   [`worker`]: what an outside worker does.
//! * `approvals`, `activities`, `commands`, `posting`, `files`, `reading`, `searching`, `stream`, `idle`, `queue`, `elsewhere`, `leases`, `limits`, `access`,
//!   `rooms`, `operators`, `description`: one part of the API each. Tests that carry a number are
//!   rows of the project's scenarios.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod access;
mod activities;
mod approvals;
mod commands;
mod connections;
mod description;
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
mod queue;
mod reading;
mod rooms;
mod searching;
mod stream;
mod worker;
mod world;
