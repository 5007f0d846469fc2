//! The program as people use it: the real binary, its files, its exit codes, its HTTP address.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cli_commands;
mod configuration;
#[cfg(any(feature = "discord", feature = "telegram"))]
mod day_model;
#[cfg(feature = "discord")]
mod discord;
mod frozen_process;
mod full_disk;
mod golden;
mod hook_process;
mod house;
mod instance;
mod kill_recovery;
mod log;
mod models;
mod process;
mod program;
#[cfg(feature = "discord")]
mod projects;
mod prompts;
mod secrets;
mod shutdown;
mod stream_checks;
#[cfg(feature = "telegram")]
mod telegram;
#[cfg(feature = "telegram")]
mod token_secrecy;
mod topic_commands;
#[cfg(all(feature = "discord", feature = "telegram"))]
mod with_a_transcriber;
mod with_claude;
