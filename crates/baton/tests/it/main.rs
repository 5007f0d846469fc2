//! The program as people use it: the real binary, its files, its exit codes, its HTTP address.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod commands;
mod configuration;
mod discord;
mod disk;
mod freezing;
mod golden;
mod house;
mod instance;
mod killing;
mod log;
mod models;
mod process;
mod program;
mod projects;
mod prompts;
mod secrets;
mod stopping;
mod told;
mod with_claude;
