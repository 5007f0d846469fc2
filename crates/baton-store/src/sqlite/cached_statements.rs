//! Prepares each statement once, and caches the prepared statement. In debug builds, [`query_plans`] checks
//! each new statement for scans of growing tables.

use rusqlite::{CachedStatement, Connection};

#[cfg(debug_assertions)]
mod query_plans;

/// Prepares statements.
pub(super) trait CachedStatements {
    /// Returns the cached statement, or prepares it.
    fn prepare_statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>>;
}

impl CachedStatements for Connection {
    fn prepare_statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        #[cfg(debug_assertions)]
        query_plans::check_plan(self, sql)?;
        self.prepare_cached(sql)
    }
}
