//! Prepares each statement once, and caches the prepared statement. In debug builds, [`plans`] checks each
//! new statement for scans of growing tables.

use rusqlite::{CachedStatement, Connection};

#[cfg(debug_assertions)]
mod plans;

/// Prepares statements.
pub(super) trait Statements {
    /// Returns the cached statement, or prepares it.
    fn statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>>;
}

impl Statements for Connection {
    fn statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        #[cfg(debug_assertions)]
        plans::check(self, sql)?;
        self.prepare_cached(sql)
    }
}
