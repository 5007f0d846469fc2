//! The failures of the store.

/// The text for people after a failure of the store. The real reason names files of this machine, so it goes
/// only to the log.
pub const NOT_NOW: &str = "Baton could not read or store the data; try again in a while";

/// A failure of the store. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("{path}: the disk is full; free some space, then try again")]
    Full {
        /// The path of the database.
        path: String,
    },
    /// Another program writes to the database.
    #[error("{path}: another program uses the database; stop that program, then try again")]
    Locked {
        /// The path of the database.
        path: String,
    },
    /// The contents of the file are damaged.
    #[error(
        "{path}: the database is damaged ({detail}); restore a backup, or move the file away to begin with an \
         empty database"
    )]
    Corrupt {
        /// The path of the database.
        path: String,
        /// The damage.
        detail: String,
    },
    /// A later version of Baton has used this database.
    #[error(
        "{path}: the database has version {found}, and this program supports {known}; run a newer Baton"
    )]
    Newer {
        /// The path of the database.
        path: String,
        /// The version of the database.
        found: u32,
        /// The newest version that this program supports.
        known: u32,
    },
    /// The database belongs to another program.
    #[error(
        "{path}: this database belongs to another program; choose another folder for Baton's data, or move the \
         file away"
    )]
    Foreign {
        /// The path of the database.
        path: String,
    },
    /// The file is missing, or the operating system denies access.
    #[error("{path}: {detail}; check that the folder exists and may be written to")]
    Denied {
        /// The path of the database.
        path: String,
        /// The error of the operating system.
        detail: String,
    },
    /// Any other failure.
    #[error(
        "the store failed: {detail}; nothing was changed. Try again, and restart Baton if the failure continues"
    )]
    Failed {
        /// The description of the failure.
        detail: String,
    },
    /// The program shuts down, or the writer of the store has died.
    #[error("the store is closed; wait until Baton has stopped, then start Baton again")]
    Closed,
}
