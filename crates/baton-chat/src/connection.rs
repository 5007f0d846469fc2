//! The connections to a platform: each again after a loss, with growing pauses.
//!
//! A platform implements [`ConnectionRun`], and [`ConnectionKeeper`] does the rest. A run may be a WebSocket, or a
//! series of long polls. [`session_starts`] keeps to the number of sessions that a platform allows. `web_socket`, of
//! the feature with this name, is a WebSocket with limits on sizes and times.

mod connection_end;
mod connection_keeper;
mod connection_run;
mod kept_connection;
mod reconnect_plan;
pub mod session_starts;
#[cfg(feature = "web-socket")]
pub mod web_socket;

pub use connection_end::{ConnectionEnd, ConnectionLoss, LossReason};
pub use connection_keeper::ConnectionKeeper;
pub use connection_run::ConnectionRun;
