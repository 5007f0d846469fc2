//! The spool: events on disk that the daemon has not taken yet, because it was down or slow.
//!
//! # Layout
//!
//! * [`spool_writer`]: the hook's side, appends. [`spool_reader`]: the daemon's side, takes everything away.
//!
//! # Order
//!
//! All hooks append to one file, under a lock. A hook exits only after its event is in the file. So if one event of a
//! session comes before another, the file has them in this order. The daemon [takes](spool_reader::EventSpool::take)
//! the spool before it keeps a further event of the socket, so the order also holds across a restart of the daemon.
//!
//! # Files
//!
//! `events.ndjson` grows. The daemon renames this file to `taken.ndjson` before reading it, so that hooks are never
//! held up. `single-*.ndjson` have the events of hooks that did not get the lock in time, because a process stopped with
//! the lock; these events come after all others. `unreadable.ndjson` keeps lines that are no events.

pub mod spool_reader;
pub mod spool_writer;

/// The file to which all hooks append.
const EVENTS: &str = "events.ndjson";
/// The file that the daemon reads.
const TAKEN: &str = "taken.ndjson";
/// The lock of the names and of the end of `events.ndjson`.
const LOCK: &str = "lock";
/// The beginning of the names of files with one event.
const SINGLE: &str = "single-";
/// The ending of the names of all files with events.
const LINES: &str = ".ndjson";
/// The file for lines that are no events.
const UNREADABLE: &str = "unreadable.ndjson";

/// The most bytes of all events in the spool. The limit is Baton's own, so that a daemon that never comes back does not
/// fill the disk.
pub const LARGEST_SPOOL: u64 = 64 * 1024 * 1024;
