//! A folder that only its owner can open. Whoever can write there could replace the socket or the spool.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use nix::unistd::geteuid;

/// A folder is not private, so Baton uses nothing in it.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder is missing, or cannot be opened or made.
    #[error("the folder {path} cannot be used: {error}")]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// The reason.
        error: io::Error,
    },
    /// Another user owns the folder.
    #[error(
        "the folder {path} belongs to the user with the number {owner}, not to you; move it away"
    )]
    OtherOwner {
        /// The folder.
        path: PathBuf,
        /// The number of the owner.
        owner: u32,
    },
    /// Other users can open the folder.
    #[error("other users can open the folder {path}; run: chmod 700 {path}")]
    Open {
        /// The folder.
        path: PathBuf,
    },
}

/// An open folder that was private when it was opened. All names are relative to the open folder, so a later
/// replacement of a part of its path changes nothing.
#[derive(Debug)]
pub struct PrivateFolder {
    file: File,
    path: PathBuf,
}

impl PrivateFolder {
    /// Opens a folder. A link in the place of the folder is refused.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable {
            path: path.to_owned(),
            error,
        };
        let file = fs::OpenOptions::new()
            .read(true)
            .custom_flags((OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW).bits())
            .open(path)
            .map_err(unusable)?;
        let facts = file.metadata().map_err(unusable)?;
        if facts.uid() != geteuid().as_raw() {
            return Err(FolderError::OtherOwner {
                path: path.to_owned(),
                owner: facts.uid(),
            });
        }
        if facts.mode() & 0o077 != 0 {
            return Err(FolderError::Open {
                path: path.to_owned(),
            });
        }
        Ok(Self {
            file,
            path: path.to_owned(),
        })
    }

    /// Opens a folder, and makes the folder first if it is missing.
    pub fn open_or_create(path: &Path) -> Result<Self, FolderError> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        match made {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                Err(FolderError::Unusable {
                    path: path.to_owned(),
                    error,
                })
            }
            _ => Self::open(path),
        }
    }

    /// The path of the folder, for people.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file below the open folder. The path is short, and independent of the folder's own path.
    pub(crate) fn file_path(&self, name: &str) -> PathBuf {
        use std::os::fd::AsRawFd;
        PathBuf::from(format!("/proc/self/fd/{}/{name}", self.file.as_raw_fd()))
    }

    /// Writes the names of the folder to the disk.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}
