//! Why a command did not happen: it was refused, or `SQLite` could not.

use std::path::Path;

use baton_core::store::StoreError;
use rusqlite::ErrorCode;

/// Either way nothing of the command is kept.
#[derive(Debug)]
pub(super) enum Failure<E> {
    /// The command's own answer.
    Refused(E),
    /// That of `SQLite`.
    Sql(rusqlite::Error),
}

impl<E> From<rusqlite::Error> for Failure<E> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// What `SQLite` says, in the store's words.
pub(super) fn explain(error: &rusqlite::Error, path: &Path) -> StoreError {
    let path = path.display().to_string();
    let detail = error.to_string();
    let extended = error.sqlite_error().map(|error| error.extended_code);
    if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
        // The file that readers and the writer share cannot grow.
        return StoreError::Full { path };
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::Full { path },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StoreError::Locked { path },
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt { path, detail }
        }
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
            StoreError::Denied { path, detail }
        }
        _ => StoreError::Failed { detail },
    }
}
