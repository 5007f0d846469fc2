//! The hook's side of the spool.

#![expect(
    clippy::disallowed_methods,
    reason = "a hook is a process of its own, without a clock that a test could move"
)]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;

use super::{EVENTS, LARGEST_SPOOL, LINES, LOCK, SINGLE};
use crate::bridge_message::BridgeMessage;
use crate::private_folder::PrivateFolder;

/// The pause between two tries to get the lock. Holders need microseconds.
const LOCK_PAUSE: Duration = Duration::from_millis(2);

/// An event is not in the spool.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The spool has no room.
    #[error(
        "the spool in {0} has {LARGEST_SPOOL} bytes, which is the limit; start the daemon of Baton"
    )]
    Full(String),
    /// The system failed.
    #[error("the spool in {0} cannot be written: {1}")]
    System(String, io::Error),
}

/// Appends an event, and waits until the event is on disk. `patience` bounds the wait for the lock.
///
/// Only an `Ok` means that the event is in the spool. After an error, the spool is unchanged.
pub fn append_event(
    folder: &PrivateFolder,
    message: &BridgeMessage,
    patience: Duration,
) -> Result<(), SpoolError> {
    append_line(folder, &message.to_line(), patience)
}

fn append_line(folder: &PrivateFolder, line: &str, patience: Duration) -> Result<(), SpoolError> {
    let name = folder.path().display().to_string();
    let written = match take_lock(folder, patience) {
        Ok(Some(lock)) => append_locked(folder, line, lock),
        // A stopped hook can hold the lock for ever.
        Ok(None) => write_single(folder, line),
        Err(error) => Err(error),
    };
    match written {
        Ok(true) => Ok(()),
        Ok(false) => Err(SpoolError::Full(name)),
        Err(error) => Err(SpoolError::System(name, error)),
    }
}

/// Takes the lock; `None` if another process has it for too long.
pub(super) fn take_lock(folder: &PrivateFolder, patience: Duration) -> io::Result<Option<File>> {
    let lock = open_file(folder, LOCK)?;
    let end = Instant::now() + patience;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(Some(lock)),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() >= end => return Ok(None),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
        }
    }
}

/// Appends a line under the lock, and waits for the disk without the lock. So the waits of many hooks overlap.
fn append_locked(folder: &PrivateFolder, line: &str, lock: File) -> io::Result<bool> {
    let mut file = open_file(folder, EVENTS)?;
    let length = file.metadata()?.len();
    if length + line.len() as u64 > LARGEST_SPOOL {
        return Ok(false);
    }
    if let Err(error) = file.write_all(line.as_bytes()) {
        // A part of a line would spoil the next line.
        file.set_len(length)?;
        return Err(error);
    }
    drop(lock);
    file.sync_data()?;
    folder.sync()?;
    Ok(true)
}

/// Writes a file with this event alone. The number of these files is bounded by the number of hooks that wait.
fn write_single(folder: &PrivateFolder, line: &str) -> io::Result<bool> {
    let id = uuid::Uuid::now_v7();
    let hidden = format!("{id}.part");
    let mut file = open_file(folder, &hidden)?;
    file.write_all(line.as_bytes())?;
    file.sync_data()?;
    let name = format!("{SINGLE}{id}{LINES}");
    std::fs::rename(folder.file_path(&hidden), folder.file_path(&name))?;
    folder.sync()?;
    Ok(true)
}

fn open_file(folder: &PrivateFolder, name: &str) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(folder.file_path(name))
}
