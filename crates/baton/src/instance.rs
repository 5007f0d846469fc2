//! One Baton for each data folder. Each process that works in the folder holds its lock. The serving process
//! also writes a file with its address and token.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// The lock file. Nobody removes the file, because a lock on a removed file does not exclude other processes.
const LOCK: &str = "baton.lock";
/// The file with the address and token of the running Baton; only its owner can read the file.
const DAEMON: &str = "daemon.json";
/// The database.
const DATABASE: &str = "baton.db";
const FILES: &str = "files";
/// The longest wait for the lock of a folder without a reachable Baton.
const LOCK_WAIT: Duration = Duration::from_secs(2);
/// The most bytes of a valid `daemon.json`.
const LONGEST: u64 = 1 << 14;

/// The reason why the data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstanceError {
    /// Another process uses the folder.
    #[error(
        "the data folder {folder} is in use by {by}; stop that process, or choose another folder with --data"
    )]
    Held {
        /// The folder.
        folder: PathBuf,
        /// A description of the other process.
        by: String,
    },
    /// The system refused an operation.
    #[error("the data folder cannot be used: {path}: {error}; choose another with --data")]
    Denied {
        /// The path of the operation.
        path: PathBuf,
        /// The error of the system.
        error: io::Error,
    },
}

/// A running Baton, from its file.
#[derive(Clone, Debug)]
pub(crate) struct RunningDaemon {
    /// The process id.
    pub(crate) pid: u32,
    /// The address of the server.
    pub(crate) address: SocketAddr,
    /// The token for commands.
    pub(crate) token: SecretString,
}

impl RunningDaemon {
    fn is_alive(&self) -> bool {
        let pid = i32::try_from(self.pid).map(Pid::from_raw);
        pid.is_ok_and(|pid| kill(pid, None) != Err(Errno::ESRCH))
    }
}

#[derive(Serialize, Deserialize)]
struct DaemonFile {
    pid: u32,
    address: SocketAddr,
    token: String,
}

/// The right to work in a data folder; ends on drop.
#[derive(Debug)]
pub(crate) struct InstanceLock {
    folder: PathBuf,
    /// The kernel releases the lock when the process ends for any reason.
    _lock: File,
}

/// The holder of a data folder.
pub(crate) enum FolderHolder {
    /// This process. The folder was free.
    Us(InstanceLock),
    /// A running Baton.
    Daemon(RunningDaemon),
}

impl InstanceLock {
    /// Takes the folder, and creates a missing folder.
    pub(crate) fn take_folder(folder: &Path) -> Result<Self, InstanceError> {
        match Self::take_or_find(folder)? {
            FolderHolder::Us(instance) => Ok(instance),
            FolderHolder::Daemon(daemon) => Err(InstanceError::Held {
                folder: folder.to_owned(),
                by: format!(
                    "another Baton (process {}, at http://{})",
                    daemon.pid, daemon.address
                ),
            }),
        }
    }

    /// Takes the folder, or returns the running Baton.
    pub(crate) fn take_or_find(folder: &Path) -> Result<FolderHolder, InstanceError> {
        let denied = |path: &Path| {
            let path = path.to_owned();
            move |error| InstanceError::Denied { path, error }
        };
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(denied(folder))?;
        let path = folder.join(LOCK);
        let lock = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .map_err(denied(&path))?;
        match lock.try_lock() {
            Ok(()) => return Ok(FolderHolder::Us(Self::from_lock(folder, lock))),
            Err(TryLockError::Error(error)) => return Err(denied(&path)(error)),
            Err(TryLockError::WouldBlock) => {}
        }
        if let Some(daemon) = read_daemon_file(folder).filter(RunningDaemon::is_alive) {
            return Ok(FolderHolder::Daemon(daemon));
        }
        if let Some(lock) = wait_for_lock(lock) {
            let lock = lock.map_err(denied(&path))?;
            return Ok(FolderHolder::Us(Self::from_lock(folder, lock)));
        }
        match read_daemon_file(folder) {
            Some(daemon) => Ok(FolderHolder::Daemon(daemon)),
            None => Err(InstanceError::Held {
                folder: folder.to_owned(),
                by: "another Baton that is just starting or stopping, or one of its commands"
                    .to_owned(),
            }),
        }
    }

    fn from_lock(folder: &Path, lock: File) -> Self {
        let instance = Self {
            folder: folder.to_owned(),
            _lock: lock,
        };
        // This process has the lock, so the writer of the file has ended.
        instance.remove_daemon_file();
        instance
    }

    /// The path of the database.
    pub(crate) fn database_path(&self) -> PathBuf {
        database_path(&self.folder)
    }

    /// The folder for files of messages and replies.
    pub(crate) fn files_folder(&self) -> PathBuf {
        self.folder.join(FILES)
    }

    /// Writes the file with the address and token of this process, so that commands find the process.
    pub(crate) fn announce_process(
        &self,
        address: SocketAddr,
        token: &SecretString,
    ) -> Result<(), InstanceError> {
        let path = self.folder.join(DAEMON);
        let written = DaemonFile {
            pid: std::process::id(),
            address,
            token: token.expose_secret().to_owned(),
        };
        write_daemon_file(&path, &written).map_err(|error| InstanceError::Denied { path, error })
    }

    fn remove_daemon_file(&self) {
        // A remaining file does no harm, because the lock is free.
        let _ = std::fs::remove_file(self.folder.join(DAEMON));
    }
}

impl Drop for InstanceLock {
    fn drop(&mut self) {
        self.remove_daemon_file();
    }
}

/// Waits for a lock that is soon released. A command may be about to end. After a kill of Baton, a new child
/// process can hold the lock until its program begins. Returns `None` after [`LOCK_WAIT`].
fn wait_for_lock(lock: File) -> Option<io::Result<File>> {
    let (locked, wait) = mpsc::channel();
    std::thread::spawn(move || {
        let outcome = lock.lock().map(|()| lock);
        // If the receiver is gone, the lock is released again.
        let _ = locked.send(outcome);
    });
    wait.recv_timeout(LOCK_WAIT).ok()
}

/// The path of the database in a data folder.
pub(crate) fn database_path(folder: &Path) -> PathBuf {
    folder.join(DATABASE)
}

/// Writes the whole file or nothing, and never lets other users read the file.
fn write_daemon_file(path: &Path, written: &DaemonFile) -> io::Result<()> {
    let draft = path.with_extension("json.new");
    let _ = std::fs::remove_file(&draft);
    let mut file = OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(&draft)?;
    serde_json::to_writer(&mut file, written)?;
    file.flush()?;
    std::fs::rename(&draft, path)
}

fn read_daemon_file(folder: &Path) -> Option<RunningDaemon> {
    let mut text = String::new();
    File::open(folder.join(DAEMON))
        .ok()?
        .take(LONGEST)
        .read_to_string(&mut text)
        .ok()?;
    let written: DaemonFile = serde_json::from_str(&text).ok()?;
    Some(RunningDaemon {
        pid: written.pid,
        address: written.address,
        token: written.token.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    #[test]
    fn the_folder_has_one_holder_and_its_token_one_reader() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("new");
        let address = "127.0.0.1:7420".parse().unwrap();
        let first = InstanceLock::take_folder(&folder).unwrap();
        first.announce_process(address, &"secret".into()).unwrap();
        let mode = std::fs::metadata(folder.join(DAEMON))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);

        let error = InstanceLock::take_folder(&folder).unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:7420"), "{error}");
        assert!(!error.contains("secret"), "{error}");
        let FolderHolder::Daemon(daemon) = InstanceLock::take_or_find(&folder).unwrap() else {
            panic!("the lock was taken twice");
        };
        assert_eq!(daemon.token.expose_secret(), "secret");

        drop(first);
        assert!(!folder.join(DAEMON).exists());
        InstanceLock::take_folder(&folder).unwrap();
    }
    #[test]
    fn a_lock_that_a_dead_one_still_holds_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        let written = DaemonFile {
            pid: gone.id(),
            address: "127.0.0.1:7420".parse().unwrap(),
            token: "secret".to_owned(),
        };
        write_daemon_file(&folder.path().join(DAEMON), &written).unwrap();
        let held = File::create(folder.path().join(LOCK)).unwrap();
        held.lock().unwrap();
        let of = format!(":{} ", held.metadata().unwrap().ino());
        let path = folder.path().to_owned();
        let taker = std::thread::spawn(move || InstanceLock::take_folder(&path));
        let waits = || {
            let locks = std::fs::read_to_string("/proc/locks").unwrap();
            let mut locks = locks.lines();
            locks.any(|lock| lock.contains("->") && lock.contains(&of))
        };
        while !waits() && !taker.is_finished() {
            std::thread::yield_now();
        }
        drop(held);
        taker.join().unwrap().unwrap();
    }
}
