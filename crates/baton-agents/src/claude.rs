//! `claude`: the Claude Code CLI. Here is what it says and is told; nothing here starts a process.
//!
//! * [`events`]: what its standard output says (`--output-format stream-json`).
//! * [`outgoing`]: what is written to its standard input (`--input-format stream-json`).
//! * [`questions`]: the questions that it asks people, and their answers.

pub mod events;
pub mod outgoing;
pub mod questions;
