//! Fakes with fault switches, the simulated clock, the crash harness. Never in the product.
//!
//! # Layout
//!
//! * [`agent_contract`]: what every agent must hold to; [`agent_run`] runs one turn of one.
//! * [`scripted_agent`]: an agent that does what the test says, when the test says it.
//! * [`model_server`]: a fake model server; [`messages_api`]: what the Claude CLI talks to. `wire`,
//!   `visits`, `script`: what fake servers share.
//! * [`claude_cli`]: the real Claude CLI in a home of its own; [`acp_agents`]: real agents of the Agent
//!   Client Protocol.
//! * [`discord`]: a fake Discord, HTTP and gateway, which checks every request against Discord's own
//!   description.
//! * [`lifeline`]: tells when processes are gone.
//! * [`clock`]: a clock that stands still until it is moved.
//! * [`platform`]: a fake chat platform with fault switches, and [`channel`], which connects to it.
//! * [`channel_contract`]: what every channel must hold to.
//! * [`baton`]: Baton over a folder of its own, started, killed, and started again.
//! * [`crash`]: the crash harness; [`layered`] is what it stands between a store and its callers;
//!   [`tally`] counts a database's rows anew.
//! * [`skipped`]: tests that cannot run on this machine.

pub mod acp_agents;
pub mod agent_contract;
pub mod agent_run;
pub mod baton;
pub mod channel;
pub mod channel_contract;
pub mod claude_cli;
pub mod clock;
pub mod crash;
pub mod discord;
pub mod layered;
pub mod lifeline;
pub mod messages_api;
pub mod model_server;
pub mod platform;
mod script;
pub mod scripted_agent;
pub mod skipped;
pub mod tally;
mod visits;
mod wire;
