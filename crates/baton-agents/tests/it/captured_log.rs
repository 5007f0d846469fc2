//! The log of the whole test process, in memory. A subscriber for a single test would miss entries: `tracing`
//! caches for all threads whether a place in the code has listeners.

use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Writer;

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Starts the capture; later calls have no effect.
pub(crate) fn start_capture() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt().with_writer(|| Writer).finish();
        tracing::subscriber::set_global_default(subscriber)
            .expect("no other test of this crate sets a subscriber for the process");
    });
}

/// All entries since the start of the capture, of all tests in this process.
pub(crate) fn captured_log() -> String {
    let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
    String::from_utf8_lossy(&log).into_owned()
}
