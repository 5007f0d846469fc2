//! What comes out of a program: its reply and its complaints, both at once, so that it waits for neither.

use baton_core::agent::TurnIo;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::child::{Complaints, Pipes};
use crate::text::Utf8Pieces;

/// How much is read at once, in bytes.
const PIECE: usize = 8 * 1024;

/// How listening ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It has nothing more to say.
    All,
    /// It said more than it may.
    TooMuch,
}

/// What a program wrote as its reply.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) text: String,
    limit: usize,
}

impl Written {
    /// Nothing yet, and at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit,
        }
    }
}

/// Hears what comes, until there is nothing more or it is too much.
pub(super) async fn listen_to(
    pipes: Pipes,
    io: &TurnIo,
    written: &mut Written,
    complaints: &mut Complaints,
) -> Heard {
    let Pipes { stdout, stderr, .. } = pipes;
    let overhear = async {
        complaints.overhear(stderr).await;
        Ok(())
    };
    match futures_util::try_join!(listen(stdout, io, written), overhear) {
        Ok(_) => Heard::All,
        Err(TooMuch) => Heard::TooMuch,
    }
}

struct TooMuch;

async fn listen(
    mut stdout: impl AsyncRead + Unpin,
    io: &TurnIo,
    written: &mut Written,
) -> Result<(), TooMuch> {
    let mut pieces = Utf8Pieces::default();
    let mut buffer = vec![0; PIECE];
    loop {
        // A pipe that cannot be read any more has nothing more to say.
        let read = stdout.read(&mut buffer).await.unwrap_or_default();
        let text = if read == 0 {
            pieces.finish()
        } else {
            pieces.push(&buffer[..read])
        };
        if written.text.len() + text.len() > written.limit {
            return Err(TooMuch);
        }
        if !text.is_empty() {
            written.text.push_str(&text);
            io.say(text).await;
        }
        if read == 0 {
            return Ok(());
        }
    }
}
