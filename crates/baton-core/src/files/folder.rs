//! A folder that is held open. Agents may write below the folders that we read and clear: so names are
//! looked up one at a time, in the very folder that is open, and no link is followed.

use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use nix::dir::Dir;
use nix::errno::Errno;
use nix::fcntl::{AtFlags, OFlag, openat, renameat};
use nix::sys::stat::{Mode, SFlag, UtimensatFlags, fstatat, mkdirat, utimensat};
use nix::sys::time::TimeSpec;
use nix::unistd::{UnlinkatFlags, unlinkat};

use crate::clock::Wall;

/// How a folder is opened.
const FOLDER: OFlag = OFlag::O_DIRECTORY
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_CLOEXEC);

/// How deep a folder is cleared; each level is a file that we hold open.
const DEEPEST: usize = 64;
/// How many names of a folder are looked at before they are removed.
const AT_ONCE: usize = 1_024;

/// A folder that is held open.
#[derive(Debug)]
pub(super) struct Folder(OwnedFd);

impl Folder {
    /// Opens a folder that is ours to choose: a link on the way to it was set by whoever runs us.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let flags = (OFlag::O_DIRECTORY | OFlag::O_CLOEXEC).bits();
        let folder = options.read(true).custom_flags(flags).open(path)?;
        Ok(Self(folder.into()))
    }

    /// The same, which is made where it is not there; nobody else may look into it.
    pub(super) fn open_or_make(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Self::open(path)
    }

    /// A folder in it.
    pub(super) fn inner(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self(openat(&self.0, plain(name)?, FOLDER, Mode::empty())?))
    }

    /// The same, which is made where it is not there.
    pub(super) fn make(&self, name: &OsStr) -> io::Result<Self> {
        match mkdirat(&self.0, plain(name)?, Mode::S_IRWXU) {
            // A new name is durable when its folder is.
            Ok(()) => self.sync()?,
            Err(Errno::EEXIST) => {}
            Err(error) => return Err(error.into()),
        }
        self.inner(name)
    }

    /// A new file in it, for us alone.
    pub(super) fn create(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        Ok(openat(&self.0, plain(name)?, flags, mode)?.into())
    }

    /// A file in it, to be read; `None` where something else has that name. Never waits, as opening a
    /// pipe would.
    pub(super) fn read(&self, name: &OsStr) -> io::Result<Option<File>> {
        let flags = OFlag::O_RDONLY
            | OFlag::O_NOFOLLOW
            | OFlag::O_NONBLOCK
            | OFlag::O_NOCTTY
            | OFlag::O_CLOEXEC;
        match openat(&self.0, plain(name)?, flags, Mode::empty()) {
            Ok(file) => {
                let file = File::from(file);
                // What was opened is looked at, not what has the name by now.
                Ok(file.metadata()?.is_file().then_some(file))
            }
            // A link; a socket.
            Err(Errno::ELOOP | Errno::ENXIO | Errno::EOPNOTSUPP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// When a file in it was changed last, and its size in bytes; `None` where it is no file.
    pub(super) fn about(&self, name: &OsStr) -> io::Result<Option<(Wall, u64)>> {
        let about = fstatat(&self.0, plain(name)?, AtFlags::AT_SYMLINK_NOFOLLOW)?;
        let is_file = about.st_mode & SFlag::S_IFMT.bits() == SFlag::S_IFREG.bits();
        let changed = Wall(about.st_mtime.saturating_mul(1_000));
        let size = u64::try_from(about.st_size).unwrap_or_default();
        Ok(is_file.then_some((changed, size)))
    }

    /// A file in it is in use now: where it was changed last before that, it is as if it was changed now.
    pub(super) fn note_use(&self, name: &OsStr, now: Wall) -> io::Result<()> {
        let about = match self.about(name) {
            Ok(about) => about,
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if about.is_some_and(|(changed, _)| changed < now) {
            let now = TimeSpec::new(now.0.div_euclid(1_000), 0);
            utimensat(&self.0, name, &now, &now, UtimensatFlags::NoFollowSymlink)?;
        }
        Ok(())
    }

    /// The names in it.
    pub(super) fn names(&self) -> io::Result<impl Iterator<Item = io::Result<OsString>> + use<>> {
        let entries = Dir::openat(&self.0, ".", FOLDER, Mode::empty())?;
        Ok(entries.into_iter().filter_map(|entry| match entry {
            Ok(entry) => {
                let name = OsStr::from_bytes(entry.file_name().to_bytes());
                plain(name).is_ok().then(|| Ok(name.to_owned()))
            }
            Err(error) => Some(Err(error.into())),
        }))
    }

    /// Moves a file from it into another folder; returns when its name there is on disk.
    pub(super) fn move_to(&self, other: &Self, name: &OsStr) -> io::Result<()> {
        let name = plain(name)?;
        renameat(&self.0, name, &other.0, name)?;
        other.sync()
    }

    /// Removes a file.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, plain(name)?, UnlinkatFlags::NoRemoveDir)?)
    }

    /// Removes a folder that is empty.
    pub(super) fn remove_empty(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, plain(name)?, UnlinkatFlags::RemoveDir)?)
    }

    /// Removes whatever has that name, with all that is in it.
    pub(super) fn remove_all(&self, name: &OsStr) -> io::Result<()> {
        self.remove_to_depth(name, DEEPEST)
    }

    fn remove_to_depth(&self, name: &OsStr, depth: usize) -> io::Result<()> {
        match unlinkat(&self.0, plain(name)?, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => return Ok(()),
            // Two ways to say that it is a folder.
            Err(Errno::EISDIR | Errno::EPERM) => {}
            Err(error) => return Err(error.into()),
        }
        let depth = depth.checked_sub(1).ok_or_else(|| {
            io::Error::other(format!("folders are nested deeper than {DEEPEST} levels"))
        })?;
        let folder = self.inner(name)?;
        loop {
            let names = folder.names()?.take(AT_ONCE);
            let names = names.collect::<io::Result<Vec<_>>>()?;
            if names.is_empty() {
                return self.remove_empty(name);
            }
            for name in names {
                folder.remove_to_depth(&name, depth)?;
            }
        }
    }

    /// Returns when the names in it are on disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(nix::unistd::fsync(&self.0)?)
    }
}

/// Refuses what is more than a name.
fn plain(name: &OsStr) -> io::Result<&OsStr> {
    let bytes = name.as_bytes();
    if matches!(bytes, b"" | b"." | b"..") || bytes.contains(&b'/') {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{} is not a name of a file", name.display()),
        ));
    }
    Ok(name)
}
