//! Statements, prepared once and kept. Where debug assertions are on, [`plans`] is asked of each new
//! one whether what it costs grows with what was.

use rusqlite::{CachedStatement, Connection};

#[cfg(debug_assertions)]
mod plans;

/// Prepares statements.
pub(super) trait Statements {
    /// The statement, prepared now or earlier.
    fn statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>>;
}

impl Statements for Connection {
    fn statement(&self, sql: &str) -> rusqlite::Result<CachedStatement<'_>> {
        #[cfg(debug_assertions)]
        plans::check(self, sql)?;
        self.prepare_cached(sql)
    }
}
