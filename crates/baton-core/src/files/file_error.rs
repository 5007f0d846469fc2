//! The reasons for refusing a file.

use std::io;
use std::path::PathBuf;

/// The reason for refusing a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file exceeds the size limit.
    #[error("{name} is larger than {} MiB; send a smaller file, or a link to the file", limit / (1024 * 1024))]
    TooLarge {
        /// The name of the file.
        name: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// All uploads without a message exceed their limit together.
    #[error(
        "{name} was not stored: the uploads without a message would exceed their limit of {} MiB (`uploads_mib` \
         in [files]). Send the messages of the other uploads, or try again in a day, when unused uploads are removed",
        limit / (1024 * 1024)
    )]
    TooManyUploads {
        /// The name of the file.
        name: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A message names a file that was not uploaded to its conversation, or is already removed.
    #[error(
        "file {id:?} is unknown for this room and persona, or older than a day; send the file again"
    )]
    Unknown {
        /// The id in the message.
        id: String,
    },
    /// Writing to the disk failed.
    #[error("{name} was not stored: {error}; free some space, or check that Baton may write to {}", folder.display())]
    Disk {
        /// The name of the file.
        name: String,
        /// The folder of all files.
        folder: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
}
