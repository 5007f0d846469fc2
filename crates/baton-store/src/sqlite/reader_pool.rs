//! The reading connections. They are separate from the writing one, so a reader never waits for a commit.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::store::StoreError;
use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::database_file;
use super::write_failure::to_store_error;

/// The most reads at once. Each connection has its own page cache.
const AT_ONCE: usize = 4;

/// A few connections, opened at the first use.
pub(super) struct ReaderPool {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl ReaderPool {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            idle: Arc::default(),
            permits: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Runs `read` on one consistent state of the database, on a blocking thread.
    pub(super) async fn run_query<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let permit = Arc::clone(&self.permits)
            .acquire_owned()
            .await
            .map_err(|_| StoreError::Closed)?;
        let (path, idle) = (self.path.clone(), Arc::clone(&self.idle));
        let task = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = match kept {
                Some(connection) => connection,
                None => database_file::open_reader(&path)?,
            };
            let result = run_in_snapshot(&connection, read);
            if result.is_ok() {
                idle.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(connection);
            }
            result.map_err(|error| to_store_error(&error, &path))
        });
        task.await.map_err(|error| StoreError::Failed {
            detail: format!("a read failed: {error}"),
        })?
    }
}

fn run_in_snapshot<T>(
    connection: &Connection,
    read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let transaction = connection.unchecked_transaction()?;
    let found = read(&transaction)?;
    transaction.finish()?;
    Ok(found)
}
