//! A folder that is held open. Agents may write below the folders that Baton reads and clears. Every name is
//! therefore looked up alone, relative to the open folder, and no link is followed.

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

/// The flags for opening a folder.
const FOLDER: OFlag = OFlag::O_DIRECTORY
    .union(OFlag::O_NOFOLLOW)
    .union(OFlag::O_CLOEXEC);

/// The maximum depth of folders to remove. Each level costs an open file.
const MAX_DEPTH: usize = 64;
/// The number of names to read before their removal.
const NAMES_AT_ONCE: usize = 1_024;

/// A folder that is held open.
#[derive(Debug)]
pub(super) struct OpenFolder(OwnedFd);

impl OpenFolder {
    /// Opens the folder at a path from the configuration. The operator controls such a path, so links in it
    /// are followed.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let flags = (OFlag::O_DIRECTORY | OFlag::O_CLOEXEC).bits();
        let folder = options.read(true).custom_flags(flags).open(path)?;
        Ok(Self(folder.into()))
    }

    /// Opens a folder, and creates it if it is missing. Only the user of Baton may read the new folder.
    pub(super) fn open_or_make(path: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Self::open(path)
    }

    pub(super) fn open_inner(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self(openat(
            &self.0,
            check_name(name)?,
            FOLDER,
            Mode::empty(),
        )?))
    }

    /// Opens a subfolder, and creates it if it is missing.
    pub(super) fn open_or_make_inner(&self, name: &OsStr) -> io::Result<Self> {
        match mkdirat(&self.0, check_name(name)?, Mode::S_IRWXU) {
            // The new name is durable only after a sync of the folder.
            Ok(()) => self.sync_names()?,
            Err(Errno::EEXIST) => {}
            Err(error) => return Err(error.into()),
        }
        self.open_inner(name)
    }

    /// Creates a new file. Only the user of Baton may read and write it.
    pub(super) fn create_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlag::O_WRONLY | OFlag::O_CREAT | OFlag::O_EXCL | OFlag::O_CLOEXEC;
        let mode = Mode::S_IRUSR | Mode::S_IWUSR;
        Ok(openat(&self.0, check_name(name)?, flags, mode)?.into())
    }

    /// Opens a file for reading; `None` if the name belongs to anything but a regular file. Never blocks,
    /// while a plain open of a pipe would.
    pub(super) fn open_file(&self, name: &OsStr) -> io::Result<Option<File>> {
        let flags = OFlag::O_RDONLY
            | OFlag::O_NOFOLLOW
            | OFlag::O_NONBLOCK
            | OFlag::O_NOCTTY
            | OFlag::O_CLOEXEC;
        match openat(&self.0, check_name(name)?, flags, Mode::empty()) {
            Ok(file) => {
                let file = File::from(file);
                // The check reads the opened file, because the name may already belong to another file.
                Ok(file.metadata()?.is_file().then_some(file))
            }
            // A link, or a socket.
            Err(Errno::ELOOP | Errno::ENXIO | Errno::EOPNOTSUPP) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The time of the last change and the size in bytes of a file; `None` if it is no regular file.
    pub(super) fn file_info(&self, name: &OsStr) -> io::Result<Option<(Wall, u64)>> {
        let about = fstatat(&self.0, check_name(name)?, AtFlags::AT_SYMLINK_NOFOLLOW)?;
        let is_file = about.st_mode & SFlag::S_IFMT.bits() == SFlag::S_IFREG.bits();
        let changed = Wall(about.st_mtime.saturating_mul(1_000));
        let size = u64::try_from(about.st_size).unwrap_or_default();
        Ok(is_file.then_some((changed, size)))
    }

    /// Sets the change time of a file to `now`, unless the file is newer. Does nothing if the file is
    /// missing.
    pub(super) fn refresh_time(&self, name: &OsStr, now: Wall) -> io::Result<()> {
        let about = match self.file_info(name) {
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

    pub(super) fn list_names(
        &self,
    ) -> io::Result<impl Iterator<Item = io::Result<OsString>> + use<>> {
        let entries = Dir::openat(&self.0, ".", FOLDER, Mode::empty())?;
        Ok(entries.into_iter().filter_map(|entry| match entry {
            Ok(entry) => {
                let name = OsStr::from_bytes(entry.file_name().to_bytes());
                check_name(name).is_ok().then(|| Ok(name.to_owned()))
            }
            Err(error) => Some(Err(error.into())),
        }))
    }

    /// Moves a file to another folder. Returns after the new name is on disk.
    pub(super) fn move_to(&self, other: &Self, name: &OsStr) -> io::Result<()> {
        let name = check_name(name)?;
        renameat(&self.0, name, &other.0, name)?;
        other.sync_names()
    }

    pub(super) fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(
            &self.0,
            check_name(name)?,
            UnlinkatFlags::NoRemoveDir,
        )?)
    }

    pub(super) fn remove_empty(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(
            &self.0,
            check_name(name)?,
            UnlinkatFlags::RemoveDir,
        )?)
    }

    /// Removes a file, or a subfolder with its contents. Does nothing if the name is missing.
    pub(super) fn remove_all(&self, name: &OsStr) -> io::Result<()> {
        self.remove_to_depth(name, MAX_DEPTH)
    }

    fn remove_to_depth(&self, name: &OsStr, depth: usize) -> io::Result<()> {
        match unlinkat(&self.0, check_name(name)?, UnlinkatFlags::NoRemoveDir) {
            Ok(()) | Err(Errno::ENOENT) => return Ok(()),
            // Two possible errors for a folder.
            Err(Errno::EISDIR | Errno::EPERM) => {}
            Err(error) => return Err(error.into()),
        }
        let depth = depth.checked_sub(1).ok_or_else(|| {
            io::Error::other(format!("folders are nested deeper than {MAX_DEPTH} levels"))
        })?;
        let folder = self.open_inner(name)?;
        loop {
            let names = folder.list_names()?.take(NAMES_AT_ONCE);
            let names = names.collect::<io::Result<Vec<_>>>()?;
            if names.is_empty() {
                return self.remove_empty(name);
            }
            for name in names {
                folder.remove_to_depth(&name, depth)?;
            }
        }
    }

    /// Returns after the names in the folder are on disk.
    pub(super) fn sync_names(&self) -> io::Result<()> {
        Ok(nix::unistd::fsync(&self.0)?)
    }
}

/// Refuses a path, an empty name, `.` and `..`.
fn check_name(name: &OsStr) -> io::Result<&OsStr> {
    let bytes = name.as_bytes();
    if matches!(bytes, b"" | b"." | b"..") || bytes.contains(&b'/') {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{} is not a file name", name.display()),
        ));
    }
    Ok(name)
}
