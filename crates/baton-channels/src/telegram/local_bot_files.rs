//! Files of a Bot API server on this machine. Such a server, started with `--local`, gives an absolute path in place of an
//! address.
//!
//! The path comes from the server, so only files below the configured folder are read. No error names a path, because the
//! path holds the token of the bot.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use baton_chat::connector::{ConnectorError, FileDownload, Refusal, RequestFailure};
use bytes::{Bytes, BytesMut};
use nix::fcntl::{OFlag, open, openat};
use nix::sys::stat::Mode;
use tokio::io::AsyncReadExt;

/// The size of one piece, in bytes.
const PIECE: usize = 64 * 1024;

/// The reason why a local file is not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum LocalFileError {
    #[error(
        "the Bot API server keeps its files on its own disk; name its folder with `server_files` in [channels.telegram]"
    )]
    NoFolder,
    #[error(
        "the Bot API server names a file outside of the folder `server_files` in [channels.telegram]"
    )]
    Outside,
    #[error("the Bot API server names a file that is no regular file")]
    NotAFile,
    #[error(
        "a file of the Bot API server cannot be read ({0}); `server_files` in [channels.telegram] is the server's \
         folder on this machine, under the same path, and the user of Baton needs the right to read it"
    )]
    Unreadable(#[from] io::Error),
}

impl From<LocalFileError> for ConnectorError {
    fn from(error: LocalFileError) -> Self {
        // Another try would find the same path.
        Self::new(RequestFailure::Refused(Refusal::Other), error.to_string())
    }
}

/// The path of a file on the disk of the Bot API server; `None` for a file with an address at the server.
pub(super) fn as_local_path(file_path: &str) -> Option<&Path> {
    let path = Path::new(file_path);
    path.is_absolute().then_some(path)
}

/// Opens a file below the folder. Links are followed first, and the file must then be below the folder.
pub(super) async fn open_local_file(
    folder: Option<&Path>,
    path: &Path,
) -> Result<LocalDownload, LocalFileError> {
    let folder = folder.ok_or(LocalFileError::NoFolder)?.to_owned();
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || open_below(&folder, &path)).await;
    let file = opened.map_err(io::Error::other)??;
    Ok(LocalDownload {
        file: tokio::fs::File::from_std(file),
    })
}

fn open_below(folder: &Path, path: &Path) -> Result<File, LocalFileError> {
    let (folder, path) = (folder.canonicalize()?, path.canonicalize()?);
    let inner: PathBuf = match path.strip_prefix(&folder) {
        Ok(inner) => inner.to_owned(),
        Err(_) => return Err(LocalFileError::Outside),
    };
    // Every name is opened alone and without following links, because the folder may change meanwhile.
    let flags = OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW;
    let mut above: OwnedFd =
        open(&folder, flags | OFlag::O_DIRECTORY, Mode::empty()).map_err(io::Error::from)?;
    let mut names = inner.iter().peekable();
    while let Some(name) = names.next() {
        let kind = if names.peek().is_some() {
            OFlag::O_DIRECTORY
        } else {
            // A plain open of a pipe would wait for a writer.
            OFlag::O_NONBLOCK
        };
        above = openat(&above, name, flags | kind, Mode::empty()).map_err(io::Error::from)?;
    }
    let file = File::from(above);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(LocalFileError::NotAFile)
    }
}

/// A local file, read in pieces.
pub(super) struct LocalDownload {
    file: tokio::fs::File,
}

#[async_trait]
impl FileDownload for LocalDownload {
    async fn next_piece(&mut self) -> Result<Option<Bytes>, ConnectorError> {
        let mut piece = BytesMut::with_capacity(PIECE);
        let read = self.file.read_buf(&mut piece).await;
        let read = read.map_err(LocalFileError::Unreadable)?;
        Ok((read > 0).then(|| piece.freeze()))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use nix::unistd::mkfifo;

    use super::*;

    /// The words of the refusal; empty if the file is opened.
    fn refusal(folder: &Path, path: &Path) -> String {
        match open_below(folder, path) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn only_regular_files_below_the_folder_are_opened() {
        let outer = tempfile::tempdir().expect("a folder");
        let folder = outer.path().join("server");
        let inner = folder.join("42:secret/documents");
        std::fs::create_dir_all(&inner).expect("a folder");
        std::fs::create_dir(outer.path().join("server-other")).expect("a folder");
        let outside = outer.path().join("server-other/passwords");
        std::fs::write(&outside, "secret").expect("a file");
        std::fs::write(inner.join("file"), "words").expect("a file");
        symlink(&outside, inner.join("link")).expect("a link");
        symlink(outer.path(), folder.join("up")).expect("a link");
        symlink(inner.join("file"), folder.join("within")).expect("a link");
        mkfifo(&inner.join("pipe"), Mode::S_IRWXU).expect("a pipe");
        assert_eq!(refusal(&folder, &inner.join("file")), "");
        assert_eq!(refusal(&folder, &folder.join("within")), "");
        for path in [
            outside,
            inner.join("link"),
            folder.join("up/server-other/passwords"),
            inner.join("../../../server-other/passwords"),
        ] {
            let refusal = refusal(&folder, &path);
            assert!(
                refusal.contains("outside of the folder"),
                "{path:?}: {refusal}"
            );
        }
        for path in [inner.join("pipe"), inner.clone(), folder.clone()] {
            let refusal = refusal(&folder, &path);
            assert!(refusal.contains("no regular file"), "{path:?}: {refusal}");
        }
        let missing = refusal(&folder, &inner.join("missing"));
        assert!(missing.contains("`server_files`"), "{missing}");
        assert!(!missing.contains("secret"), "{missing}");
    }

    #[test]
    fn only_absolute_paths_are_local() {
        assert_eq!(as_local_path("documents/file_1.pdf"), None);
        let path = "/var/lib/telegram-bot-api/file";
        assert_eq!(as_local_path(path), Some(Path::new(path)));
    }
}
