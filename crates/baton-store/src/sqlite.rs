//! The embedded store: one `SQLite` file in WAL mode, synced at every commit.
//!
//! One thread does all writes. The thread takes all queued commands, runs them one after another, and claims
//! the work that became possible. Then the thread commits once, and only then answers. Each command therefore
//! costs a share of a commit, and commands do not race. A failed command does not affect the others in its
//! commit: see `writer_thread`.
//!
//! # Layout
//!
//! * `message_store`, `turn_store` and the other files with the names of traits: each method becomes a command
//!   for the writer, or a query for a reader.
//! * `commands`: one file for each write. `queries`: the reads. `row_values`: converts rows to values.
//! * `writer_thread`: the only writer. `write_transaction`: one of its transactions. `reader_pool`: the reading
//!   connections. `cached_statements`: prepares statements for both. `database_file`: opens the file.
//!   `write_failure`: the reason why a command failed.
//! * The parts of the writer: `conversation_rows`, `turn_rows`, `session_rows`, `approval_outcomes`, `outbox`,
//!   `delivery_parts`, `dead_letter_target` (messages and deliveries by number), `claim_ready_work`, `tally` (counts),
//!   `incomplete_message_writes` (messages that wait for their files).
//! * `moved_places`: places by their address, also after a move of their chat.
//! * `invariants`: what the rows promise, checked in debug builds.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use baton_core::clock::{Clock, Steady};
use baton_core::name::DataId;
use baton_core::store::{Change, Store, StoreError, StoreViews};
use tokio::sync::{broadcast, watch};

mod approval_outcomes;
mod approval_store;
mod approval_views;
mod cached_statements;
mod claim_ready_work;
mod commands;
mod control_store;
mod conversation_rows;
mod cursor_store;
mod database_file;
mod dead_letter_target;
mod delivery_parts;
mod delivery_store;
mod gap_store;
mod incomplete_message_store;
mod incomplete_message_writes;
mod invariants;
mod message_store;
mod message_views;
mod moved_places;
mod operation_columns;
mod outbox;
mod place_store;
mod queries;
mod queue_views;
mod reader_pool;
mod row_values;
mod session_rows;
mod sign_in_store;
mod tally;
mod time_store;
mod timeline_views;
mod topic_store;
mod turn_rows;
mod turn_store;
mod unanswerable_messages;
mod write_failure;
mod write_transaction;
mod writer_thread;

use reader_pool::ReaderPool;
use writer_thread::WriterHandle;

/// The most changes that a slow listener may miss before it must read the store.
const CHANGES_KEPT: usize = 4_096;

/// The embedded store.
pub struct Sqlite {
    writer: WriterHandle,
    readers: ReaderPool,
    changes: broadcast::Sender<Change>,
    next_deadline: watch::Receiver<Option<Steady>>,
    data_id: DataId,
}

/// The number of writes since the store was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteCounts {
    /// Durable commits.
    pub commits: u64,
    /// Commands in these commits.
    pub commands: u64,
}

impl Sqlite {
    /// Opens the database at `path`. A missing database is created, and an older one is migrated. All leases
    /// begin again with their full length, and all pauses end, because steady time of an earlier run has no
    /// meaning now.
    ///
    /// Blocks on the disk.
    pub fn open(path: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let connection = database_file::open_writer(path, clock.steady(), clock.wall())?;
        let data_id = database_file::read_data_id(&connection, path)?;
        let changes = broadcast::Sender::new(CHANGES_KEPT);
        let (deadline, next_deadline) = watch::channel(None);
        let writer = WriterHandle::start(path, connection, clock, changes.clone(), deadline)?;
        Ok(Self {
            writer,
            readers: ReaderPool::new(path),
            changes,
            next_deadline,
            data_id,
        })
    }

    /// The number of writes since the store was opened. `commands` divided by `commits` is the average number
    /// of commands in a commit.
    pub fn write_counts(&self) -> WriteCounts {
        self.writer.write_counts()
    }
}

impl StoreViews for Sqlite {
    fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    fn data_id(&self) -> DataId {
        self.data_id.clone()
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn close(&self) {
        self.writer.close().await;
    }
}
