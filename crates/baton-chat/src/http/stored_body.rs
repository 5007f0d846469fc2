//! The content of a stored file, as a part of a request. The memory holds one piece of the file.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use baton_core::files::Opened;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

/// The longest piece, in bytes.
const PIECE: usize = 64 * 1024;

/// The rest of an open file.
pub(super) struct StoredBody {
    file: File,
    /// The bytes that are not sent yet.
    left: u64,
}

impl StoredBody {
    /// All bytes of an open file, up to its size.
    pub(super) fn new(opened: Opened) -> Self {
        Self {
            file: opened.file,
            left: opened.size,
        }
    }
}

impl Body for StoredBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let most = usize::try_from(this.left).map_or(PIECE, |left| left.min(PIECE));
        let mut piece = vec![0; most];
        let mut room = ReadBuf::new(&mut piece);
        let read = ready!(Pin::new(&mut this.file).poll_read(context, &mut room));
        let size = room.filled().len();
        if let Err(error) = read {
            return Poll::Ready(Some(Err(error)));
        }
        if size == 0 {
            // Somebody has cut the file, and the platform expects the announced size.
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        piece.truncate(size);
        this.left -= size as u64;
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
