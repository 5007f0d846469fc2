//! Fakes with fault switches, the simulated clock and the crash harness. For tests only, never in the
//! product.
//!
//! # Layout
//!
//! * [`agent_contract`]: the contract of every agent; [`agent_run`] runs one turn of an agent.
//! * [`scripted_agent`]: an agent controlled step by step by the test.
//! * [`scripted_transcriber`]: a transcriber controlled by the test.
//! * [`model_server`]: a fake model server; [`messages_api`]: a fake API for the Claude CLI. `wire`,
//!   `visits`, `script`: the shared parts of the fake servers.
//! * [`claude_cli`]: the real Claude CLI with its own home; [`acp_agents`]: real agents with the Agent Client
//!   Protocol.
//! * [`discord`]: a fake Discord, HTTP and gateway, which checks every request against Discord's own
//!   description.
//! * [`telegram`]: a fake Bot API server of Telegram, which checks every request against the description of the
//!   Bot API. `connection`, `held`, `query`: the shared parts of both fake platforms.
//! * [`lifeline`]: detects the end of processes.
//! * [`clock`]: a simulated clock, which stands still until moved; [`quick_clock`]: a clock on which the time passes
//!   faster.
//! * [`platform`]: a fake chat platform with fault switches, and [`channel`], which connects to it.
//! * [`channel_contract`]: the contract of every channel; [`connector_contract`]: the contract of every connector
//!   under the chat layer. `contract_program`: the program of both contracts.
//! * [`transcription_api`]: a fake server of transcriptions.
//! * [`toy_connector`]: a chat platform in memory with fault switches, and its connector.
//! * [`baton`]: Baton with its own folder: started, killed and started again.
//! * [`crash`]: the crash harness; [`layered`]: its layer between a store and the store's callers; [`tally`]:
//!   a new count of a database's rows.
//! * [`skipped`]: tests that cannot run on this machine.

pub mod acp_agents;
pub mod agent_contract;
pub mod agent_run;
pub mod baton;
pub mod channel;
pub mod channel_contract;
pub mod claude_cli;
pub mod clock;
#[cfg(any(feature = "discord", feature = "telegram"))]
mod connection;
pub mod connector_contract;
mod contract_program;
pub mod crash;
#[cfg(feature = "discord")]
pub mod discord;
#[cfg(any(feature = "discord", feature = "telegram"))]
mod held;
pub mod layered;
pub mod lifeline;
pub mod messages_api;
pub mod model_server;
pub mod platform;
#[cfg(any(feature = "discord", feature = "telegram"))]
mod query;
pub mod quick_clock;
mod script;
pub mod scripted_agent;
pub mod scripted_transcriber;
pub mod skipped;
pub mod tally;
#[cfg(feature = "telegram")]
pub mod telegram;
pub mod toy_connector;
pub mod transcription_api;
mod visits;
mod wire;
