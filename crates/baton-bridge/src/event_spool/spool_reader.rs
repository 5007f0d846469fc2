//! The daemon's side of the spool.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use super::spool_writer::take_lock;
use super::{EVENTS, LINES, SINGLE, TAKEN, UNREADABLE};
use crate::bridge_message::{BridgeMessage, LONGEST_LINE};
use crate::private_folder::PrivateFolder;

/// The longest wait for the lock. A hook holds the lock for microseconds.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// The most bytes of kept lines that are no events.
const MOST_UNREADABLE: u64 = 1024 * 1024;

/// The spool, as the daemon sees it.
#[derive(Debug)]
pub struct EventSpool {
    folder: PrivateFolder,
}

/// The events of one file of the spool, in their order. The file stays until [`remove`](Self::remove).
#[derive(Debug)]
pub struct SpooledEvents {
    path: PathBuf,
    unreadable: PathBuf,
    lines: BufReader<File>,
}

impl EventSpool {
    /// The spool in this folder.
    pub fn new(folder: PrivateFolder) -> Self {
        Self { folder }
    }

    /// The folder of the spool.
    pub fn folder(&self) -> &PrivateFolder {
        &self.folder
    }

    /// Whether the spool has an event. Cheap enough for each event of the socket: one read of a folder.
    pub fn has_events(&self) -> io::Result<bool> {
        Ok(!self.event_files()?.is_empty())
    }

    /// The next events; `None` if the spool is empty. Events that were taken and not removed come first, so an event can
    /// come a second time after a crash, with the same id.
    pub fn take(&self) -> io::Result<Option<SpooledEvents>> {
        let taken = self.folder.file_path(TAKEN);
        if !taken.exists() {
            // After the lock, no hook writes to the file any more.
            let events = self.folder.file_path(EVENTS);
            if events.exists() {
                let Some(_lock) = take_lock(&self.folder, LOCK_PATIENCE)? else {
                    return Err(io::ErrorKind::TimedOut.into());
                };
                fs::rename(events, &taken)?;
                self.folder.sync()?;
            }
        }
        let path = match self.event_files()?.into_iter().find(|name| name != EVENTS) {
            Some(name) => self.folder.file_path(&name),
            None => return Ok(None),
        };
        Ok(Some(SpooledEvents {
            lines: BufReader::new(File::open(&path)?),
            path,
            unreadable: self.folder.file_path(UNREADABLE),
        }))
    }

    /// The names of the files with events: first the taken file, then the file to which hooks append, then the files with
    /// one event.
    fn event_files(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.folder.file_path("."))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let is_single = name.starts_with(SINGLE) && name.ends_with(LINES);
            if is_single || name == EVENTS || name == TAKEN {
                names.push(name);
            }
        }
        names.sort_by_key(|name| (name != TAKEN, name != EVENTS, name.clone()));
        Ok(names)
    }
}

impl SpooledEvents {
    /// The next event; `None` after the last one. A line that is no event is kept apart, and reported in the log.
    pub fn next_event(&mut self) -> io::Result<Option<BridgeMessage>> {
        loop {
            let mut line = Vec::new();
            let limit = LONGEST_LINE as u64;
            (&mut self.lines).take(limit).read_until(b'\n', &mut line)?;
            if line.is_empty() {
                return Ok(None);
            }
            match BridgeMessage::parse_line(&line) {
                Ok(message) => return Ok(Some(message)),
                Err(reason) => self.set_aside(&line, &reason.to_string())?,
            }
        }
    }

    /// Removes the file. Only after each of its events is kept elsewhere.
    pub fn remove(self) -> io::Result<()> {
        fs::remove_file(self.path)
    }

    fn set_aside(&self, line: &[u8], reason: &str) -> io::Result<()> {
        tracing::warn!(
            file = %self.unreadable.display(),
            "a line of the spool is no event, and is kept in this file: {reason}"
        );
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(&self.unreadable)?;
        if file.metadata()?.len() < MOST_UNREADABLE {
            file.write_all(line)?;
        }
        Ok(())
    }
}
