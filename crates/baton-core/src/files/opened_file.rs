//! A stored file, open for reading.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use tokio::io::AsyncReadExt;

use super::blocking_work::run_blocking;
use super::open_folder::OpenFolder;

/// An open file.
#[derive(Debug)]
pub struct Opened {
    /// The file, at its beginning.
    pub file: tokio::fs::File,
    /// The size in bytes at the time of opening.
    pub size: u64,
}

impl Opened {
    /// Reads at most `most` bytes from the beginning. The file may have grown since its opening.
    pub async fn bytes(self, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.take(most).read_to_end(&mut bytes).await?;
        Ok(bytes)
    }
}

/// Opens a file below this folder; `None` if the file is missing or cannot be opened.
pub(super) async fn open_below(root: PathBuf, location: PathBuf) -> Option<Opened> {
    match find_below(root, location.clone()).await {
        Ok(opened) => opened,
        Err(error) => {
            let location = location.display();
            tracing::warn!(%location, %error, "a stored file cannot be opened");
            None
        }
    }
}

/// Opens a file below this folder; `None` if there is no such file. After an error, a later try may succeed.
pub(super) async fn find_below(root: PathBuf, location: PathBuf) -> io::Result<Option<Opened>> {
    let opened = run_blocking(move || {
        let mut names: Vec<_> = location
            .as_os_str()
            .as_bytes()
            .split(|it| *it == b'/')
            .collect();
        let Some(name) = names.pop() else {
            return Ok(None);
        };
        let mut folder = OpenFolder::open(&root)?;
        for name in names {
            folder = folder.open_inner(OsStr::from_bytes(name))?;
        }
        let Some(file) = folder.open_file(OsStr::from_bytes(name))? else {
            return Ok(None);
        };
        let size = file.metadata()?.len();
        let file = tokio::fs::File::from_std(file);
        Ok(Some(Opened { file, size }))
    });
    match opened.await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened,
    }
}
