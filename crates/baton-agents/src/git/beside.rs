//! Where git works: a folder beside the one that is wanted.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tokio::runtime::Handle;

use super::CloneError;

/// A folder beside the one that is wanted, where nobody else works. Dropped, all of it is removed, in a
/// thread of its own: it can be much.
pub(super) struct Beside {
    path: PathBuf,
    wanted: PathBuf,
    /// Until it is put there or removed.
    work: Option<Work>,
}

impl Beside {
    /// An empty one, where nothing is at `wanted`.
    pub(super) async fn new(wanted: &Path) -> Result<Self, CloneError> {
        let at = wanted.to_owned();
        let work = blocking(wanted, move || Work::begin(&at)).await?;
        Ok(Self {
            path: work.path.clone(),
            wanted: wanted.to_owned(),
            work: Some(work),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts it where it is wanted.
    pub(super) async fn put(mut self) -> Result<(), CloneError> {
        let (work, at) = (self.work.take(), self.wanted.clone());
        let put = move || work.map_or(Ok(()), |work| work.put(&at));
        blocking(&self.wanted, put).await
    }

    /// Removes it; when this returns, nothing is left.
    pub(super) async fn remove(mut self) {
        let work = self.work.take();
        let removed = blocking(&self.wanted, move || {
            drop(work);
            Ok(())
        });
        if let Err(error) = removed.await {
            tracing::warn!(%error, "what was not cloned is not removed");
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // Without a runtime it is removed here, and so where the runtime takes nothing more.
        if let (Some(work), Ok(runtime)) = (self.work.take(), Handle::try_current()) {
            runtime.spawn_blocking(move || drop(work));
        }
    }
}

/// The folder itself, held. Dropped, all of it is removed.
struct Work {
    path: PathBuf,
    /// Held as long as we work there; it ends with us.
    _lock: File,
    put: bool,
}

impl Work {
    fn begin(wanted: &Path) -> Result<Self, CloneError> {
        let disk = |error| CloneError::disk(wanted, error);
        match fs::symlink_metadata(wanted) {
            Ok(_) => return Err(CloneError::Taken(wanted.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(disk(error)),
        }
        let begun = Self::empty(wanted).map_err(disk)?;
        begun.ok_or_else(|| CloneError::Busy(wanted.to_owned()))
    }

    /// An empty one; `None` where another process works there.
    fn empty(wanted: &Path) -> io::Result<Option<Self>> {
        let parent = wanted.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent)?;
        // Always the same, so that the next try finds it.
        let mut name = OsString::from(".");
        name.push(wanted.file_name().unwrap_or_default());
        name.push(".clone");
        let path = parent.join(name);
        match fs::create_dir(&path) {
            Err(error) if !fs::symlink_metadata(&path).is_ok_and(|it| it.is_dir()) => {
                return Err(error);
            }
            _ => {}
        }
        let lock = File::open(&path)?;
        // A disk that knows no locks is nobody else's, as far as we can know.
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
            put: false,
        }))
    }

    fn put(mut self, wanted: &Path) -> Result<(), CloneError> {
        // Empty but for us, or it fails: what came meanwhile is not written over.
        fs::rename(&self.path, wanted).map_err(|error| CloneError::disk(wanted, error))?;
        self.put = true;
        Ok(())
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if !self.put {
            // Where a git that was just killed still wrote, the next try removes the rest.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// What waits for the disk, where nothing else waits for it.
async fn blocking<T: Send + 'static>(
    wanted: &Path,
    work: impl FnOnce() -> Result<T, CloneError> + Send + 'static,
) -> Result<T, CloneError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(CloneError::disk(wanted, io::Error::other(error))),
    }
}
