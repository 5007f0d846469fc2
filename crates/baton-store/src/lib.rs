//! The stores: `SQLite` embedded, and the suite that every store passes.
//!
//! # Layout
//!
//! * [`sqlite`]: one file, one writer thread with group commit, readers of their own.
//!   `sqlite/commands/`: one command, one file. `sqlite/views/`: what is read.
//! * [`conformance`]: what every store must hold to, written against the trait.
//! * `migrations/`: the tables; they are the truth of what is kept.

pub mod conformance;
pub mod sqlite;
