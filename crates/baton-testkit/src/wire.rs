//! An HTTP answer in pieces, with an end chosen by the test.

use std::collections::VecDeque;
use std::io;

use axum::body::Body;
use futures_util::stream;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// The event after the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The proper end of the answer.
    Whole,
    /// Silence without an end.
    Silence,
    /// The connection breaks.
    Break,
}

/// Tracks whether the caller stayed to the end.
pub(crate) struct Caller {
    hung_up: Option<watch::Sender<usize>>,
}

impl Caller {
    /// A caller who counts as hung up unless [served](Self::is_served).
    pub(crate) fn new(hung_up: &watch::Sender<usize>) -> Self {
        Self {
            hung_up: Some(hung_up.clone()),
        }
    }

    pub(crate) fn is_served(&mut self) {
        self.hung_up = None;
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if let Some(hung_up) = &self.hung_up {
            hung_up.send_modify(|count| *count += 1);
        }
    }
}

/// A body of these pieces. Each piece is sent before the next one is taken, so that pieces arrive separately.
pub(crate) fn written(
    pieces: VecDeque<Vec<u8>>,
    end: End,
    caller: Caller,
    down: CancellationToken,
) -> Body {
    let state = (pieces, caller, down);
    Body::from_stream(stream::unfold(
        state,
        move |(mut pieces, mut caller, down)| async move {
            tokio::task::yield_now().await;
            if let Some(piece) = pieces.pop_front() {
                if pieces.is_empty() && end == End::Whole {
                    caller.is_served();
                }
                return Some((Ok(piece), (pieces, caller, down)));
            }
            match end {
                End::Whole => return None,
                End::Break => {}
                End::Silence => down.cancelled().await,
            }
            caller.is_served();
            Some((Err(broken()), (pieces, caller, down)))
        },
    ))
}

/// A body that the test writes piece by piece. An empty piece ends the answer properly. If the writer is
/// dropped without an empty piece, the connection breaks.
pub(crate) fn driven(
    pieces: mpsc::UnboundedReceiver<Vec<u8>>,
    caller: Caller,
    down: CancellationToken,
) -> Body {
    let state = (pieces, caller, down);
    Body::from_stream(stream::unfold(
        state,
        async |(mut pieces, mut caller, down)| {
            tokio::task::yield_now().await;
            let piece = tokio::select! {
                piece = pieces.recv() => piece,
                () = down.cancelled() => None,
            };
            let piece = match piece {
                Some(piece) if piece.is_empty() => {
                    caller.is_served();
                    return None;
                }
                Some(piece) => Ok(piece),
                None => {
                    caller.is_served();
                    Err(broken())
                }
            };
            Some((piece, (pieces, caller, down)))
        },
    ))
}

fn broken() -> io::Error {
    io::Error::new(
        io::ErrorKind::ConnectionAborted,
        "the script breaks the connection",
    )
}
