//! The space of all uploads that no message has named yet.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The space of the smallest file, in bytes: one block of most file systems.
const BLOCK_SIZE: u64 = 4_096;

/// The space of all uploads that no message has named yet, in bytes.
#[derive(Debug, Default)]
pub(super) struct UploadSpace(AtomicU64);

impl UploadSpace {
    /// Adds an upload from an earlier run.
    pub(super) fn add_upload(&self, size: u64) {
        self.0.fetch_add(disk_space(size), Ordering::Relaxed);
    }

    /// Subtracts an upload, because it was removed or a message has named it.
    pub(super) fn subtract_upload(&self, size: u64) {
        self.release_bytes(disk_space(size));
    }

    fn release_bytes(&self, bytes: u64) {
        let less = |total: u64| Some(total.saturating_sub(bytes));
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}

fn disk_space(size: u64) -> u64 {
    size.max(1).div_ceil(BLOCK_SIZE).saturating_mul(BLOCK_SIZE)
}

/// The space of one upload. A drop releases the space.
#[derive(Debug)]
pub(super) struct UploadShare {
    uploads: Arc<UploadSpace>,
    limit: u64,
    bytes: u64,
}

impl UploadShare {
    /// A share without any space yet; `limit` is for all uploads together, in bytes.
    pub(super) fn new(uploads: &Arc<UploadSpace>, limit: u64) -> Self {
        Self {
            uploads: Arc::clone(uploads),
            limit,
            bytes: 0,
        }
    }

    /// Reserves the space for a file of this size; `false` if the limit leaves too little.
    #[must_use]
    pub(super) fn grow_to(&mut self, size: u64) -> bool {
        let more = disk_space(size).saturating_sub(self.bytes);
        let fits = |total: u64| total.checked_add(more).filter(|total| *total <= self.limit);
        let total = &self.uploads.0;
        let grown = total.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits);
        if grown.is_ok() {
            self.bytes += more;
        }
        grown.is_ok()
    }

    /// The limit for all uploads together, in bytes.
    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// Leaves the space reserved after the drop, because the file stays.
    pub(super) fn keep_reserved(mut self) {
        self.bytes = 0;
    }
}

impl Drop for UploadShare {
    fn drop(&mut self) {
        self.uploads.release_bytes(self.bytes);
    }
}
