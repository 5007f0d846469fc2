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
const ROOM: usize = 1024 * 1024;

/// The time limit for the last lines at the end of the program.
const LAST_LINES: Duration = Duration::from_secs(1);

/// Lines that could not be written, reported once writing works again.
pub(crate) struct Gap {
    /// The number of lines.
    pub(crate) lines: u64,
    /// The error of the last failed write.
    pub(crate) why: String,
}

/// The handle of the writing thread. On drop, the thread writes the remaining lines, for at most
/// [`LAST_LINES`].
pub(crate) struct Lines(Pen);

/// Passes lines to the writing thread. Each write is one line, and never fails.
#[derive(Clone)]
pub(crate) struct Pen(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Vec<u8>>,
    /// The size of all waiting lines and of the line being written.
    bytes: usize,
    gap: Option<Gap>,
    /// Whether no more lines can come.
    ended: bool,
}

impl Lines {
    /// Starts a thread that writes to `out`. After a failure, the thread calls `after_gap` with the
    /// number of lost lines.
    pub(crate) fn to(out: impl AsFd, after_gap: impl Fn(Gap) + Send + 'static) -> io::Result<Self> {
        // A duplicate descriptor, because the standard streams have a lock on which callers would wait.
        let out = out.as_fd().try_clone_to_owned()?;
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            changed: Condvar::new(),
        });
        let pen = Pen(Arc::clone(&shared));
        std::thread::Builder::new()
            .name("lines".to_owned())
            .spawn(move || shared.write_all(&mut Output::new(out), after_gap))?;
        Ok(Self(pen))
    }

    /// A handle for adding lines.
    pub(crate) fn pen(&self) -> Pen {
        self.0.clone()
    }

    /// Adds a line.
    pub(crate) fn say(&self, line: impl std::fmt::Display) {
        self.0.put(format!("{line}\n").into_bytes());
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        let Shared { queue, changed } = &*self.0.0;
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.ended = true;
        changed.notify_all();
        let unwritten = |queue: &mut Queue| queue.bytes > 0;
        drop(changed.wait_timeout_while(queue, LAST_LINES, unwritten));
    }
}

impl Pen {
    fn put(&self, line: Vec<u8>) {
        let mut queue = self.0.lock();
        if queue.bytes.saturating_add(line.len()) > ROOM {
            queue.lost("the reader is too slow");
            return;
        }
        queue.bytes += line.len();
        queue.lines.push_back(line);
        self.0.changed.notify_all();
    }
}

impl Write for Pen {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.put(line.to_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Every change under the lock is complete, so a panic elsewhere leaves no half-made change.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes lines until no more can come.
    fn write_all(&self, out: &mut Output, after_gap: impl Fn(Gap)) {
        while let Some(line) = self.next() {
            let written = out.write_line(&line);
            let mut queue = self.lock();
            queue.bytes -= line.len();
            let gap = match written {
                Ok(()) => queue.gap.take(),
                Err(error) => {
                    queue.lost(&error.to_string());
                    None
                }
            };
            drop(queue);
            if let Some(gap) = gap {
                after_gap(gap);
            }
            self.changed.notify_all();
        }
    }

    fn next(&self) -> Option<Vec<u8>> {
        let queue = self.lock();
        let waits = |queue: &mut Queue| queue.lines.is_empty() && !queue.ended;
        let queue = self.changed.wait_while(queue, waits);
        queue
            .unwrap_or_else(PoisonError::into_inner)
            .lines
            .pop_front()
    }
}

impl Queue {
    fn lost(&mut self, why: &str) {
        let gap = self.gap.get_or_insert(Gap {
            lines: 0,
            why: String::new(),
        });
        gap.lines += 1;
        why.clone_into(&mut gap.why);
    }
}

/// The destination of the lines.
struct Output {
    file: File,
    /// Whether a line was written only in part.
    torn: bool,
}

impl Output {
    fn new(out: OwnedFd) -> Self {
        Self {
            file: out.into(),
            torn: false,
        }
    }

    fn write_line(&mut self, line: &[u8]) -> io::Result<()> {
        if self.torn {
            self.write(b"\n")?;
            self.torn = false;
        }
        self.write(line)
    }

    /// Writes all bytes, and waits as long as necessary.
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    self.torn = !bytes.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Another program on the same terminal may have made the descriptor non-blocking.
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.until_writable()?,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn until_writable(&self) -> io::Result<()> {
        let mut out = [PollFd::new(self.file.as_fd(), PollFlags::POLLOUT)];
        poll(&mut out, PollTimeout::NONE)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
