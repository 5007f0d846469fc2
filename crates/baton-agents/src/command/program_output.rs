//! Reads the standard output and the standard error of a program at the same time, so that neither pipe fills
//! up and blocks the program.

use baton_core::agent::TurnIo;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::child::{ChildPipes, StderrTail};
use crate::safe_text::Utf8Pieces;

/// The size of one read, in bytes.
const PIECE: usize = 8 * 1024;

/// The reason why reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputEnd {
    /// Both streams ended.
    All,
    /// The output was longer than the limit.
    TooMuch,
}

/// The program's standard output so far.
#[derive(Debug)]
pub(crate) struct OutputText {
    pub(crate) text: String,
    limit: usize,
}

impl OutputText {
    /// An empty text, with a limit in bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            limit,
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// Reads both streams until their end, or until the output is too long. Shows the output with `io` as it arrives.
pub(crate) async fn read_output(
    pipes: ChildPipes,
    io: Option<&TurnIo>,
    written: &mut OutputText,
    complaints: &mut StderrTail,
) -> OutputEnd {
    let ChildPipes { stdout, stderr, .. } = pipes;
    let read_stderr = async {
        complaints.read_stream(stderr).await;
        Ok(())
    };
    match futures_util::try_join!(read_stdout(stdout, io, written), read_stderr) {
        Ok(_) => OutputEnd::All,
        Err(TooMuch) => OutputEnd::TooMuch,
    }
}

struct TooMuch;

async fn read_stdout(
    mut stdout: impl AsyncRead + Unpin,
    io: Option<&TurnIo>,
    written: &mut OutputText,
) -> Result<(), TooMuch> {
    let mut pieces = Utf8Pieces::default();
    let mut buffer = vec![0; PIECE];
    loop {
        // A read error counts as the end of the pipe.
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
            if let Some(io) = io {
                io.say(text).await;
            }
        }
        if read == 0 {
            return Ok(());
        }
    }
}
