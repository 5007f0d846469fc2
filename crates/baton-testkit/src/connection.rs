//! A connection that a test can cut in the middle, like a network failure.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Cuts the connection of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire(Arc<AtomicU8>);

const CUT: u8 = 1;
const ABORTED: u8 = 2;

impl Wire {
    /// Stops all writing; the next read or write ends the connection.
    pub(crate) fn cut(&self) {
        self.0.store(CUT, Ordering::Release);
    }

    #[cfg(feature = "discord")]
    /// Cuts the connection with a TCP reset, so the other end sees an error.
    pub(crate) fn abort(&self) {
        self.0.store(ABORTED, Ordering::Release);
    }
}

pub(crate) struct Cuttable(pub(super) TcpListener);

impl Listener for Cuttable {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        (
            Stream {
                stream,
                wire: Wire::default(),
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Cuttable>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Cuttable>) -> Self {
        stream.io().wire.clone()
    }
}

pub(crate) struct Stream {
    stream: TcpStream,
    wire: Wire,
}

impl Stream {
    fn check(&self) -> io::Result<()> {
        if self.wire.0.load(Ordering::Acquire) != 0 {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.wire.0.load(Ordering::Acquire) == ABORTED {
            // Without a zero linger time, the connection would be closed normally.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
