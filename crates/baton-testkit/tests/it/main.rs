//! Baton as people see it, with the fake platform and real files: scenarios, crashes, and the contract of
//! channels.

#![expect(
    clippy::unwrap_used,
    reason = "what helpers of tests unwrap is what the tests are about"
)]

mod approval_cards;
mod approvals;
mod batch_faults;
mod channels;
mod commands;
mod connectors;
mod crashes;
#[cfg(feature = "discord")]
mod discord;
mod dying;
mod files;
mod history;
mod model;
mod panics;
mod personas;
mod process;
mod scenarios_with_claude;
mod speech;
#[cfg(feature = "telegram")]
mod telegram;
mod turns;
mod with_claude;
