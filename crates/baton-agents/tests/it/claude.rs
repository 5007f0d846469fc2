//! Tests the `claude` agent against the real CLI, and against a stand-in for the CLI.

mod stand_in;
mod with_claude;
