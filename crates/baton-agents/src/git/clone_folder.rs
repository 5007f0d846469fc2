//! The folder of a running clone, beside the target folder.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::CloneError;

/// A locked folder beside the target folder. Dropping the value removes the folder in a separate thread,
/// because the removal can take long.
pub(super) struct CloneFolder {
    path: PathBuf,
    target: PathBuf,
    /// `None` after the folder was moved or removed.
    work: Option<LockedFolder>,
}

impl CloneFolder {
    /// Makes an empty folder. Fails if the target path exists.
    pub(super) async fn new(target: &Path) -> Result<Self, CloneError> {
        let at = target.to_owned();
        let work = run_blocking(target, move || LockedFolder::create_locked(&at)).await?;
        Ok(Self {
            path: work.path.clone(),
            target: target.to_owned(),
            work: Some(work),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the folder to the target path.
    pub(super) async fn move_to_target(mut self) -> Result<(), CloneError> {
        let (work, at) = (self.work.take(), self.target.clone());
        let put = move || work.map_or(Ok(()), |work| work.move_to_target(&at));
        run_blocking(&self.target, put).await
    }

    /// Removes the folder, and returns after the removal.
    pub(super) async fn remove(mut self) {
        let work = self.work.take();
        let removed = run_blocking(&self.target, move || {
            drop(work);
            Ok(())
        });
        if let Err(error) = removed.await {
            tracing::warn!(%error, "the folder of a failed clone could not be removed");
        }
    }
}

impl Drop for CloneFolder {
    fn drop(&mut self) {
        // Without a runtime, or with one that takes no more tasks, the folder is removed on this thread.
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            runtime.spawn_blocking(move || drop(work));
        }
    }
}

/// The locked folder itself. Dropping the value removes the folder.
struct LockedFolder {
    path: PathBuf,
    /// The lock on the folder. The system releases the lock when Baton dies.
    _lock: File,
    moved: bool,
}

impl LockedFolder {
    fn create_locked(target: &Path) -> Result<Self, CloneError> {
        let disk = |error| CloneError::disk_error(target, error);
        match fs::symlink_metadata(target) {
            Ok(_) => return Err(CloneError::Taken(target.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(disk(error)),
        }
        let begun = Self::create_empty(target).map_err(disk)?;
        begun.ok_or_else(|| CloneError::Busy(target.to_owned()))
    }

    /// Makes an empty folder; `None` while another clone holds the lock.
    fn create_empty(target: &Path) -> io::Result<Option<Self>> {
        let parent = target.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        // Always the same name, so that the next try finds the rest of this one.
        let mut name = OsString::from(".");
        name.push(target.file_name().unwrap_or_default());
        name.push(".clone");
        let path = parent.join(name);
        match fs::create_dir(&path) {
            Err(error) if !fs::symlink_metadata(&path).is_ok_and(|it| it.is_dir()) => {
                return Err(error);
            }
            _ => {}
        }
        let lock = File::open(&path)?;
        // Some file systems do not support locks. The folder then counts as free.
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            return Ok(None);
        }
        for left in fs::read_dir(&path)? {
            let left = left?;
            if left.file_type()?.is_dir() {
                fs::remove_dir_all(left.path())?;
            } else {
                fs::remove_file(left.path())?;
            }
        }
        Ok(Some(Self {
            path,
            _lock: lock,
            moved: false,
        }))
    }

    fn move_to_target(mut self, target: &Path) -> Result<(), CloneError> {
        // The rename fails if the target exists, except for an empty folder. Nothing is overwritten.
        fs::rename(&self.path, target).map_err(|error| CloneError::disk_error(target, error))?;
        self.moved = true;
        Ok(())
    }
}

impl Drop for LockedFolder {
    fn drop(&mut self) {
        if !self.moved {
            // If a git that was just killed still wrote, the next try removes the rest.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Runs work that blocks on the disk, away from the async threads.
async fn run_blocking<T: Send + 'static>(
    target: &Path,
    work: impl FnOnce() -> Result<T, CloneError> + Send + 'static,
) -> Result<T, CloneError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(CloneError::disk_error(target, io::Error::other(error))),
    }
}
