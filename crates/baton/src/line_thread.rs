//! Lines written by a separate thread, so that the caller never waits. A stopped terminal, a reader
//! that left, or a full disk loses lines, and does nothing worse.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// The most bytes waiting to be written: the log of a busy program for some seconds.
const QUEUE_LIMIT: usize = 1024 * 1024;

/// The time limit for the last lines at the end of the program.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Lines that could not be written, reported once writing works again.
pub(crate) struct LostLines {
    /// The number of lines.
    pub(crate) lines: u64,
    /// The error of the last failed write.
    pub(crate) why: String,
}

/// The handle of the writing thread. On drop, the thread writes the remaining lines, for at most
/// [`LAST_LINES`].
pub(crate) struct LineThread(LineSender);

/// Passes lines to the writing thread. Each write is one line, and never fails.
#[derive(Clone)]
pub(crate) struct LineSender(Arc<SharedLines>);

struct SharedLines {
    queue: Mutex<LineQueue>,
    changed: Condvar,
}

#[derive(Default)]
struct LineQueue {
    lines: VecDeque<Vec<u8>>,
    /// The size of all waiting lines and of the line being written.
    bytes: usize,
    lost: Option<LostLines>,
    /// Whether no more lines can come.
    ended: bool,
}

impl LineThread {
    /// Starts a thread that writes to `out`. After a failure, the thread calls `report_lost` with the
    /// number of lost lines.
    pub(crate) fn start_writing(
        out: impl AsFd,
        report_lost: impl Fn(LostLines) + Send + 'static,
    ) -> io::Result<Self> {
        // A duplicate descriptor, because the standard streams have a lock on which callers would wait.
        let out = out.as_fd().try_clone_to_owned()?;
        let shared = Arc::new(SharedLines {
            queue: Mutex::default(),
            changed: Condvar::new(),
        });
        let sender = LineSender(Arc::clone(&shared));
        std::thread::Builder::new()
            .name("lines".to_owned())
            .spawn(move || shared.write_all(&mut LineOutput::new(out), report_lost))?;
        Ok(Self(sender))
    }

    /// A handle for adding lines.
    pub(crate) fn new_sender(&self) -> LineSender {
        self.0.clone()
    }

    /// Adds a line.
    pub(crate) fn add_line(&self, line: impl std::fmt::Display) {
        self.0.enqueue_line(format!("{line}\n").into_bytes());
    }
}

impl Drop for LineThread {
    fn drop(&mut self) {
        let SharedLines { queue, changed } = &*self.0.0;
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.ended = true;
        changed.notify_all();
        let unwritten = |queue: &mut LineQueue| queue.bytes > 0;
        drop(changed.wait_timeout_while(queue, LAST_LINES, unwritten));
    }
}

impl LineSender {
    fn enqueue_line(&self, line: Vec<u8>) {
        let mut queue = self.0.lock_queue();
        if queue.bytes.saturating_add(line.len()) > QUEUE_LIMIT {
            queue.count_lost_line("the reader is too slow");
            return;
        }
        queue.bytes += line.len();
        queue.lines.push_back(line);
        self.0.changed.notify_all();
    }
}

impl Write for LineSender {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.enqueue_line(line.to_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SharedLines {
    fn lock_queue(&self) -> MutexGuard<'_, LineQueue> {
        // Every change under the lock is complete, so a panic elsewhere leaves no half-made change.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes lines until no more can come.
    fn write_all(&self, out: &mut LineOutput, report_lost: impl Fn(LostLines)) {
        while let Some(line) = self.next_line() {
            let written = out.write_line(&line);
            let mut queue = self.lock_queue();
            queue.bytes -= line.len();
            let lost = match written {
                Ok(()) => queue.lost.take(),
                Err(error) => {
                    queue.count_lost_line(&error.to_string());
                    None
                }
            };
            drop(queue);
            if let Some(lost) = lost {
                report_lost(lost);
            }
            self.changed.notify_all();
        }
    }

    fn next_line(&self) -> Option<Vec<u8>> {
        let queue = self.lock_queue();
        let waits = |queue: &mut LineQueue| queue.lines.is_empty() && !queue.ended;
        let queue = self.changed.wait_while(queue, waits);
        queue
            .unwrap_or_else(PoisonError::into_inner)
            .lines
            .pop_front()
    }
}

impl LineQueue {
    fn count_lost_line(&mut self, why: &str) {
        let lost = self.lost.get_or_insert(LostLines {
            lines: 0,
            why: String::new(),
        });
        lost.lines += 1;
        why.clone_into(&mut lost.why);
    }
}

/// The destination of the lines.
struct LineOutput {
    file: File,
    /// Whether a line was written only in part.
    torn: bool,
}

impl LineOutput {
    fn new(out: OwnedFd) -> Self {
        Self {
            file: out.into(),
            torn: false,
        }
    }

    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.write_bytes(b"\n")?;
            self.torn = false;
        }
        self.write_bytes(line)
    }

    /// Writes all bytes, and waits as long as necessary.
    fn write_bytes(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    self.torn = !bytes.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Another program on the same terminal may have made the descriptor non-blocking.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.wait_until_writable()?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn wait_until_writable(&self) -> io::Result<()> {
        let mut out = [PollFd::new(self.file.as_fd(), PollFlags::POLLOUT)];
        poll(&mut out, PollTimeout::NONE)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
