//! The parts of the bridge through their public interface: hooks, the socket, and the spool.

#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test that cannot go on fails, and hooks have no clock that a test could move"
)]

mod event_order;
mod held_decisions;
mod hook_events;
mod keepers;
mod refused_sockets;
mod socket_clients;
mod spooled_events;
