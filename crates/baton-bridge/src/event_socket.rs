//! The socket of the bridge: hooks and other tools hand events to the daemon, and get an answer after the event is on
//! disk.
//!
//! # Layout
//!
//! * [`socket_client`]: the side of a hook, without a runtime. [`socket_server`]: the side of the daemon;
//!   [`line_reader`] and [`client_connection`]: the lines of one client.
//!
//! The lines themselves are in [`bridge_message`](crate::bridge_message).

pub mod socket_client;
pub mod socket_server;

mod client_connection;
mod line_reader;

/// The name of the socket in its folder.
pub const SOCKET_NAME: &str = "bridge.sock";
