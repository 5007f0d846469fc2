//! Tests of the stores through their public interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod sqlite_conformance;
mod sqlite_faults;
mod sqlite_listening;
mod sqlite_tally;
