//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::server::LogFormat;

/// Stands between the places where people write and the agents that answer. Without a command it
/// runs, until Ctrl-C.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What goes with every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Common {
    /// The configuration file [default: baton/baton.toml in the user's configuration folder, if it
    /// is there]
    #[arg(long, global = true, value_name = "FILE", env = "BATON_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The folder that everything is kept in [default: baton in the user's data folder]
    #[arg(long, global = true, value_name = "FOLDER", env = "BATON_DATA")]
    pub(crate) data: Option<PathBuf>,
    /// The address to listen on; with port 0 any free one [default: 127.0.0.1:7420]
    #[arg(long, global = true, value_name = "ADDRESS:PORT", env = "BATON_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
    /// What to log: error, warn, info, debug, trace, or a filter as `RUST_LOG` takes it
    #[arg(long, global = true, value_name = "FILTER", env = "RUST_LOG")]
    pub(crate) log: Option<String>,
    /// How to write a log line
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What else can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// How many messages were received, and what became of them
    Status,
    /// What happened to a message or a delivery, step by step
    Trace {
        /// Its number, or the id that the page and the API show
        #[arg(value_name = "MESSAGE_ID")]
        id: String,
    },
    /// What was given up
    #[command(subcommand)]
    Dead(Dead),
    /// The configuration
    #[command(subcommand)]
    Config(Config),
}

/// What can be done about what was given up.
#[derive(Debug, Subcommand)]
pub(crate) enum Dead {
    /// List it, newest first
    List {
        /// At most this many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
        limit: u16,
    },
    /// Try it again, as if it had never been tried
    Replay {
        /// Its number
        id: i64,
    },
    /// Forget it for good
    Drop {
        /// Its number
        id: i64,
    },
}

/// What an example can be of.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum ExampleOf {
    /// A bot on Discord
    Discord,
}

/// What can be asked about the configuration.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Config {
    /// Say what is wrong with it, or what would run
    Check,
    /// Print its JSON schema, for an editor
    Schema,
    /// Print an example with every key, or one of a channel
    Example {
        /// The channel
        channel: Option<ExampleOf>,
    },
}
