//! The side of a hook. Blocking, because a hook is a process of its own with one task.

#![expect(
    clippy::disallowed_methods,
    reason = "a hook is a process of its own, without a clock that a test could move"
)]

use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::geteuid;

use super::SOCKET_NAME;
use crate::bridge_message::{BridgeAnswer, BridgeMessage, HookDecision, LONGEST_LINE};
use crate::private_folder::PrivateFolder;

/// An event did not reach the daemon, or has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The daemon does not listen, or does not answer in time.
    #[error("the daemon of Baton does not answer: {0}")]
    NoAnswer(#[from] io::Error),
    /// Another process listens in the place of the daemon.
    #[error("the user with the number {0} listens on the socket of Baton; nothing was sent")]
    OtherListener(u32),
    /// A file of another kind or owner has the name of the socket.
    #[error("the file {0} is no socket of yours; remove the file and start Baton again")]
    NoSocket(String),
    /// The daemon refused the event.
    #[error("the daemon of Baton refused the event: {reason}")]
    Refused {
        /// The reason.
        reason: String,
        /// Whether a later try can succeed.
        retry: bool,
    },
    /// The daemon speaks another protocol.
    #[error(
        "the daemon of Baton gave an answer that is unknown here; install one version of Baton"
    )]
    Unreadable,
}

/// An open connection to the daemon.
#[derive(Debug)]
pub struct SocketClient {
    reader: BufReader<UnixStream>,
}

/// The state of an event after [`send_event`](SocketClient::send_event).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptEvent {
    /// Nothing follows.
    Done,
    /// A decision follows on this connection.
    DecisionFollows,
}

impl SocketClient {
    /// Connects to the socket in this folder. Refuses a file that is no socket of this user, and a listener that is
    /// another user.
    pub fn connect(folder: &PrivateFolder) -> Result<Self, ClientError> {
        let path = folder.file_path(SOCKET_NAME);
        let facts = std::fs::symlink_metadata(&path)?;
        let own = geteuid().as_raw();
        if !facts.file_type().is_socket() || facts.uid() != own {
            let shown = folder.path().join(SOCKET_NAME);
            return Err(ClientError::NoSocket(shown.display().to_string()));
        }
        let stream = UnixStream::connect(&path)?;
        let listener = getsockopt(&stream, PeerCredentials).map_err(io::Error::from)?;
        if listener.uid() != own {
            return Err(ClientError::OtherListener(listener.uid()));
        }
        Ok(Self {
            reader: BufReader::new(stream),
        })
    }

    /// Sends an event, and waits until the daemon has the event on disk, at most until `deadline`.
    pub fn send_event(
        &mut self,
        message: &BridgeMessage,
        deadline: Instant,
    ) -> Result<KeptEvent, ClientError> {
        let stream = self.reader.get_ref();
        stream.set_write_timeout(Some(time_left(deadline)?))?;
        (&*stream).write_all(message.to_line().as_bytes())?;
        match self.read_answer(Some(deadline))? {
            BridgeAnswer::Kept {
                decision_follows: true,
                ..
            } => Ok(KeptEvent::DecisionFollows),
            BridgeAnswer::Kept { .. } => Ok(KeptEvent::Done),
            BridgeAnswer::Refused { reason, retry, .. } => {
                Err(ClientError::Refused { reason, retry })
            }
            BridgeAnswer::Decision { .. } => Err(ClientError::Unreadable),
        }
    }

    /// Waits for the decision about the last event, without a limit in time.
    pub fn wait_for_decision(&mut self) -> Result<HookDecision, ClientError> {
        match self.read_answer(None)? {
            BridgeAnswer::Decision { decision, .. } => Ok(decision),
            BridgeAnswer::Refused { reason, retry, .. } => {
                Err(ClientError::Refused { reason, retry })
            }
            BridgeAnswer::Kept { .. } => Err(ClientError::Unreadable),
        }
    }

    fn read_answer(&mut self, deadline: Option<Instant>) -> Result<BridgeAnswer, ClientError> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let left = deadline.map(time_left).transpose()?;
            self.reader.get_ref().set_read_timeout(left)?;
            let room = LONGEST_LINE.saturating_sub(line.len()) as u64;
            let read = (&mut self.reader).take(room).read_until(b'\n', &mut line);
            match read {
                Ok(0) if room == 0 => return Err(ClientError::Unreadable),
                Ok(0) => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                Ok(_) => {}
                // The bytes so far are in the line. The deadline is checked above.
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
        }
        serde_json::from_slice(&line).map_err(|_| ClientError::Unreadable)
    }
}

/// The time until the deadline. An error after the deadline.
fn time_left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(io::ErrorKind::TimedOut.into());
    }
    Ok(left)
}
