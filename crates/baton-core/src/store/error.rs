//! Why the store could not do what it was asked.

/// What people are told where the store could not: why names files of this machine, and is for the log.
pub const NOT_NOW: &str = "what was asked for could not be read or stored; try again in a while";

/// The store could not; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// No room on the disk.
    #[error("{path}: the disk is full; free some space, then try again")]
    Full {
        /// The database.
        path: String,
    },
    /// Somebody else writes to the database.
    #[error("{path}: another program holds the database; stop it, then try again")]
    Locked {
        /// The database.
        path: String,
    },
    /// The file is not what was written.
    #[error(
        "{path}: the database is damaged ({detail}); restore a backup, or move it aside to begin anew"
    )]
    Corrupt {
        /// The database.
        path: String,
        /// What is wrong with it.
        detail: String,
    },
    /// A later version of Baton has used this database.
    #[error(
        "{path}: the database is of version {found}, this program knows {known}; run the newer program"
    )]
    Newer {
        /// The database.
        path: String,
        /// Its version.
        found: u32,
        /// The newest that we know.
        known: u32,
    },
    /// Another program's database.
    #[error(
        "{path}: this is the database of another program; name another folder for Baton's data, or move the \
         file aside"
    )]
    Foreign {
        /// The database.
        path: String,
    },
    /// Not allowed, or not there.
    #[error("{path}: {detail}; check that the folder exists and may be written to")]
    Denied {
        /// The database.
        path: String,
        /// What the system said.
        detail: String,
    },
    /// Anything else.
    #[error(
        "the store failed: {detail}; nothing was changed: try again, and restart Baton if it goes on"
    )]
    Failed {
        /// What it said.
        detail: String,
    },
    /// The program is going down, or what writes has died.
    #[error("the store is closed; wait until Baton has stopped, then start it again")]
    Closed,
}
