//! Keepers of events for tests, and a running socket.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use baton_bridge::bridge_message::{BridgeMessage, HookDecision};
use baton_bridge::event_socket::socket_server::{
    EventKeeper, EventRefusal, KeptMessage, SocketServer,
};
use baton_bridge::private_folder::PrivateFolder;
use baton_core::clock::SystemClock;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A keeper in memory. Gives each event to the test, which waits for events.
pub(crate) struct MemoryKeeper {
    kept: mpsc::UnboundedSender<BridgeMessage>,
    /// The events of this type wait for a decision.
    undecided: &'static str,
    open: mpsc::UnboundedSender<oneshot::Sender<HookDecision>>,
    refusal: Mutex<Option<EventRefusal>>,
}

#[async_trait]
impl EventKeeper for MemoryKeeper {
    async fn keep_event(&self, message: BridgeMessage) -> Result<KeptMessage, EventRefusal> {
        if let Some(refusal) = self.refusal.lock().unwrap().clone() {
            return Err(refusal);
        }
        let is_undecided = message.kind == self.undecided;
        self.kept.send(message).unwrap();
        if !is_undecided {
            return Ok(KeptMessage::Done);
        }
        let (decide, decision) = oneshot::channel();
        self.open.send(decide).unwrap();
        Ok(KeptMessage::Undecided(decision))
    }
}

/// A socket in a folder of its own.
pub(crate) struct RunningSocket {
    /// Removed with the value.
    temporary: Option<TempDir>,
    pub(crate) folder: PathBuf,
    pub(crate) kept: mpsc::UnboundedReceiver<BridgeMessage>,
    pub(crate) open: mpsc::UnboundedReceiver<oneshot::Sender<HookDecision>>,
    keeper: Arc<MemoryKeeper>,
    end: CancellationToken,
    serving: JoinHandle<()>,
}

impl RunningSocket {
    pub(crate) fn start() -> Self {
        let temporary = TempDir::new().unwrap();
        let mut socket = Self::start_in(&temporary.path().join("bridge"));
        socket.temporary = Some(temporary);
        socket
    }

    pub(crate) fn start_in(folder: &Path) -> Self {
        let (kept_in, kept) = mpsc::unbounded_channel();
        let (open_in, open) = mpsc::unbounded_channel();
        let keeper = Arc::new(MemoryKeeper {
            kept: kept_in,
            undecided: "undecided",
            open: open_in,
            refusal: Mutex::new(None),
        });
        let private = PrivateFolder::open_or_create(folder).unwrap();
        let server = SocketServer::open(private).unwrap();
        let end = CancellationToken::new();
        let serving =
            tokio::spawn(server.serve(keeper.clone(), SystemClock::shared(), end.clone()));
        Self {
            temporary: None,
            folder: folder.to_owned(),
            kept,
            open,
            keeper,
            end,
            serving,
        }
    }

    pub(crate) fn refuse_events(&self, reason: &str, retry: bool) {
        *self.keeper.refusal.lock().unwrap() = Some(EventRefusal {
            reason: reason.to_owned(),
            retry,
        });
    }

    /// Ends the socket, and waits for its clients.
    pub(crate) async fn stop(&mut self) {
        self.end.cancel();
        (&mut self.serving).await.unwrap();
    }
}

/// An event of a session.
pub(crate) fn event(kind: &str, content: &str) -> BridgeMessage {
    let json = serde_json::json!({ "type": kind, "sessionId": "s1", "content": content });
    let mut message: BridgeMessage = serde_json::from_value(json).unwrap();
    message.set_event_id(&format!("{kind}-{content}"));
    message
}
