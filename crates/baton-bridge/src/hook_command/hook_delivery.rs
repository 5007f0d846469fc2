//! The message reaches the daemon, or the spool.

#![expect(
    clippy::disallowed_methods,
    reason = "a hook is a process of its own, without a clock that a test could move"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use crate::bridge_message::{BridgeMessage, HookDecision};
use crate::event_socket::socket_client::{ClientError, KeptEvent, SocketClient};
use crate::event_spool::spool_writer::{SpoolError, append_event};
use crate::private_folder::{FolderError, PrivateFolder};

/// The part of the patience that is kept for the spool.
const SPOOL_TIME: Duration = Duration::from_millis(100);

/// The pause between two tries to reach the daemon while a decision is open. The daemon may restart meanwhile.
const RECONNECT_PAUSE: Duration = Duration::from_secs(1);

/// The longest wait for the answer to an event that is sent again.
const RECONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// The state of the event of a hook.
#[derive(Debug)]
pub enum DeliveredHook {
    /// The daemon has the event.
    Kept,
    /// The daemon has the event, and a decision follows.
    Undecided(SocketClient),
    /// The spool has the event.
    Spooled,
}

/// An event is lost.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The daemon refused the event for good.
    #[error(transparent)]
    Refused(ClientError),
    /// The spool refused the event.
    #[error("{0}; before that: {1}")]
    Spool(SpoolError, ClientError),
}

/// Hands an event to the daemon; to the spool if the daemon does not take it in time.
pub fn deliver_event(
    folder: &Path,
    message: &BridgeMessage,
    waits_for_decision: bool,
    deadline: Instant,
) -> Result<DeliveredHook, DeliveryError> {
    let folder = PrivateFolder::open_or_create(folder)?;
    let left = deadline.saturating_duration_since(Instant::now());
    let socket_deadline = Instant::now() + left.saturating_sub(SPOOL_TIME);
    let reached = SocketClient::connect(&folder).and_then(|mut client| {
        let kept = client.send_event(message, socket_deadline)?;
        Ok((client, kept))
    });
    match reached {
        Ok((client, KeptEvent::DecisionFollows)) if waits_for_decision => {
            Ok(DeliveredHook::Undecided(client))
        }
        Ok(_) => Ok(DeliveredHook::Kept),
        Err(error @ ClientError::Refused { retry: false, .. }) => {
            Err(DeliveryError::Refused(error))
        }
        Err(error) => {
            let left = deadline.saturating_duration_since(Instant::now());
            match append_event(&folder, message, left) {
                Ok(()) => Ok(DeliveredHook::Spooled),
                Err(spool) => Err(DeliveryError::Spool(spool, error)),
            }
        }
    }
}

/// Waits for the decision, also across a restart of the daemon. The agent ends the wait by a signal. `None` if nobody
/// decides.
pub fn wait_for_decision(
    folder: &Path,
    message: &BridgeMessage,
    mut client: SocketClient,
) -> Option<HookDecision> {
    loop {
        match client.wait_for_decision() {
            Ok(decision) => return Some(decision),
            Err(ClientError::NoAnswer(_)) => client = reconnect(folder, message)?,
            Err(_) => return None,
        }
    }
}

/// Sends an event with an open decision again. `None` if the daemon knows no open decision.
fn reconnect(folder: &Path, message: &BridgeMessage) -> Option<SocketClient> {
    loop {
        std::thread::sleep(RECONNECT_PAUSE);
        let folder = PrivateFolder::open(folder).ok()?;
        let sent = SocketClient::connect(&folder).and_then(|mut client| {
            let kept = client.send_event(message, Instant::now() + RECONNECT_PATIENCE)?;
            Ok((client, kept))
        });
        match sent {
            Ok((client, KeptEvent::DecisionFollows)) => return Some(client),
            Err(ClientError::NoAnswer(_) | ClientError::Refused { retry: true, .. }) => {}
            Ok((_, KeptEvent::Done)) | Err(_) => return None,
        }
    }
}
