//! The bridge to live sessions: coding agents that people run in their own terminals.
//!
//! # Layout
//!
//! * [`bridge_message`]: the protocol, one line of JSON for each event and each answer.
//! * [`hook_command`]: the work of `baton hook`. [`event_socket`]: the socket between hooks and the daemon.
//!   [`event_spool`]: events that wait on disk for the daemon. [`private_folder`]: the folder of both.

pub mod bridge_message;
pub mod event_socket;
pub mod event_spool;
pub mod hook_command;
pub mod private_folder;
