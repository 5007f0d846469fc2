//! The reason for a failed command: a refusal, or an error of `SQLite`.

use std::path::Path;

use baton_core::store::StoreError;
use rusqlite::ErrorCode;

/// The failure of a command. In both cases, nothing of the command is stored.
#[derive(Debug)]
pub(super) enum WriteFailure<E> {
    /// The command's own error.
    Refused(E),
    /// The error of `SQLite`.
    Sql(rusqlite::Error),
}

impl<E> From<rusqlite::Error> for WriteFailure<E> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Converts an error of `SQLite` to an error of the store.
pub(super) fn to_store_error(error: &rusqlite::Error, path: &Path) -> StoreError {
    let path = path.display().to_string();
    let detail = error.to_string();
    let extended = error.sqlite_error().map(|error| error.extended_code);
    if extended == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) {
        // The shared-memory file of readers and writer cannot grow.
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
