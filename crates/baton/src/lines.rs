//! Lines that are written on a thread of their own, so that whoever says something waits for nobody. A
//! terminal that is held, a reader that left and a full disk cost lines, and nothing else.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// How much may wait to be written, in bytes: what a busy program logs in some seconds.
const ROOM: usize = 1024 * 1024;

/// How long the last lines have when the program ends.
const LAST_LINES: Duration = Duration::from_secs(1);

/// What became of lines that could not be written; told when writing works again.
pub(crate) struct Gap {
    /// How many there were.
    pub(crate) lines: u64,
    /// Why the last of them was not written.
    pub(crate) why: String,
}

/// The way to a thread that writes. Dropped, what was said is written first, as far as that is possible
/// within [`LAST_LINES`].
pub(crate) struct Lines(Pen);

/// Hands lines to that thread. Each write is a line, and never fails.
#[derive(Clone)]
pub(crate) struct Pen(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    lines: VecDeque<Vec<u8>>,
    /// Of all that wait and the one that is being written.
    bytes: usize,
    gap: Option<Gap>,
    /// Nobody says anything any more.
    ended: bool,
}

impl Lines {
    /// Writes to `out`. `after_gap` hears of lines that were lost, on the writing thread.
    pub(crate) fn to(out: impl AsFd, after_gap: impl Fn(Gap) + Send + 'static) -> io::Result<Self> {
        // A descriptor of our own: the standard streams have a lock, at which others would wait.
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

    /// What lines are handed in with.
    pub(crate) fn pen(&self) -> Pen {
        self.0.clone()
    }

    /// Says a line.
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
            queue.lost("nobody takes them");
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
        // Every change under the lock is whole: a panic elsewhere leaves nothing half done.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what comes until nothing more can come.
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

/// Where lines go.
struct Output {
    file: File,
    /// A line was begun, and not ended.
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

    /// Writes all of it, and waits for as long as that takes.
    fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.file.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => {
                    bytes = &bytes[written..];
                    self.torn = !bytes.is_empty();
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Another program that shares our terminal has chosen so.
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
