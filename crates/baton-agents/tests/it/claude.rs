//! The `claude` agent: against the real CLI, and against a program that stands in for it.

mod stand_in;
mod with_claude;
