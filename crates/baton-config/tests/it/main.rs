//! The tables of channels, tested through the traits that a channel implements.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on says so by panicking"
)]

mod chat_table;
