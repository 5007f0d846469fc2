//! The side of the daemon: the socket, and the clients.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::clock::Clock;
use nix::unistd::geteuid;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::SOCKET_NAME;
use super::client_connection::ClientConnection;
use crate::bridge_message::{BridgeMessage, HookDecision};
use crate::private_folder::PrivateFolder;

/// The most clients that send events at the same time. A further client waits in the queue of the system. A client that
/// waits for a decision does not count.
pub const MOST_CLIENTS: usize = 64;

/// The pause after a connection that could not be accepted, for example without free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The keeper of the events that clients send.
#[async_trait]
pub trait EventKeeper: Send + Sync + 'static {
    /// Puts an event on disk. Only after `Ok` does the client get its answer, and go on.
    async fn keep_event(&self, message: BridgeMessage) -> Result<KeptMessage, EventRefusal>;
}

/// An event that is on disk.
#[derive(Debug)]
pub enum KeptMessage {
    /// Nothing follows.
    Done,
    /// The client waits for a decision. The end of the client's wait closes the channel.
    Undecided(oneshot::Receiver<HookDecision>),
}

/// An event is not on disk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct EventRefusal {
    /// The reason, and what to do.
    pub reason: String,
    /// Whether a later try can succeed.
    pub retry: bool,
}

/// The socket cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// A file of another kind or owner has the name of the socket.
    #[error("the file {0} is no socket of yours; move the file away, and start Baton again")]
    Occupied(String),
    /// The system failed.
    #[error("the socket {0} cannot be opened: {1}")]
    System(String, io::Error),
}

/// The open socket. The drop removes the file.
#[derive(Debug)]
pub struct SocketServer {
    listener: UnixListener,
    folder: PrivateFolder,
}

impl SocketServer {
    /// Opens the socket in a folder. Only one daemon may use the folder: the socket of an earlier one is removed.
    pub fn open(folder: PrivateFolder) -> Result<Self, SocketError> {
        let path = folder.file_path(SOCKET_NAME);
        let shown = folder.path().join(SOCKET_NAME).display().to_string();
        let listener = match remove_stale(&path) {
            Ok(true) => UnixListener::bind(&path),
            Ok(false) => return Err(SocketError::Occupied(shown)),
            Err(error) => Err(error),
        };
        // Before this line, only the private folder protects the socket.
        let opened = listener.and_then(|listener| {
            fs::set_permissions(&path, Permissions::from_mode(0o600))?;
            Ok(listener)
        });
        match opened {
            Ok(listener) => Ok(Self { listener, folder }),
            Err(error) => Err(SocketError::System(shown, error)),
        }
    }

    /// Serves clients until `end`, and then waits until each event that a client has sent completely is answered.
    pub async fn serve(
        self,
        keeper: Arc<dyn EventKeeper>,
        clock: Arc<dyn Clock>,
        end: CancellationToken,
    ) {
        let permits = Arc::new(Semaphore::new(MOST_CLIENTS));
        let clients = TaskTracker::new();
        while let Some((permit, stream)) = tokio::select! {
            () = end.cancelled() => None,
            client = self.next_client(&permits, &*clock) => Some(client),
        } {
            let (keeper, clock) = (Arc::clone(&keeper), Arc::clone(&clock));
            let connection = ClientConnection::new(stream, permit, keeper, clock);
            let end = end.clone();
            clients.spawn(connection.serve(end));
        }
        clients.close();
        clients.wait().await;
    }

    async fn next_client(
        &self,
        permits: &Arc<Semaphore>,
        clock: &dyn Clock,
    ) -> (tokio::sync::OwnedSemaphorePermit, UnixStream) {
        loop {
            let permit = Arc::clone(permits).acquire_owned().await;
            let permit = permit.expect("nobody closes the semaphore");
            match self.listener.accept().await {
                Ok((stream, _)) if is_own(&stream) => return (permit, stream),
                Ok(_) => {
                    tracing::warn!("another user tried to connect to the socket of the bridge");
                }
                Err(error) => {
                    tracing::warn!("the socket of the bridge accepts no client now: {error}");
                    clock.sleep_until(clock.steady().after(ACCEPT_PAUSE)).await;
                }
            }
        }
    }
}

impl Drop for SocketServer {
    fn drop(&mut self) {
        // The next daemon removes a file that stays.
        fs::remove_file(self.folder.file_path(SOCKET_NAME)).ok();
    }
}

/// Whether the client is a process of this user.
fn is_own(stream: &UnixStream) -> bool {
    stream
        .peer_cred()
        .is_ok_and(|client| client.uid() == geteuid().as_raw())
}

/// Removes the socket of an earlier daemon. Returns whether the name is free.
fn remove_stale(path: &std::path::Path) -> io::Result<bool> {
    let facts = match fs::symlink_metadata(path) {
        Ok(facts) => facts,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    if !facts.file_type().is_socket() || facts.uid() != geteuid().as_raw() {
        return Ok(false);
    }
    fs::remove_file(path)?;
    Ok(true)
}
