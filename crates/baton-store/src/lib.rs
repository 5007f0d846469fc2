//! The embedded `SQLite` store, and the conformance suite for all stores.
//!
//! # Layout
//!
//! * [`sqlite`]: one file, one writer thread with group commit, and separate reading connections.
//!   `sqlite/commands/`: one file for each command. `sqlite/queries/`: the reads.
//! * [`conformance`]: the requirements for every store, written against the trait.
//! * `migrations/`: the tables, which define the stored data.

pub mod conformance;
pub mod sqlite;
