//! What goes into a program and what comes out of it, all at once: one that writes before it has
//! read everything must not wait for us, nor we for it.

use baton_core::agent::TurnIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

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

/// Says the prompt and hears what comes, until there is nothing more of either or it is too much.
pub(super) async fn talk(
    pipes: Pipes,
    prompt: String,
    io: &TurnIo,
    written: &mut Written,
    complaints: &mut Complaints,
) -> Heard {
    let Pipes {
        mut stdin,
        stdout,
        stderr,
    } = pipes;
    let feed = async move {
        // A program need not read what it is told.
        let _ = stdin.write_all(prompt.as_bytes()).await;
        let _ = stdin.shutdown().await;
        Ok(())
    };
    let overhear = async {
        complaints.overhear(stderr).await;
        Ok(())
    };
    match futures_util::try_join!(feed, listen(stdout, io, written), overhear) {
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
