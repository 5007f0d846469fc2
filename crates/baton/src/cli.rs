//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use baton_channels::channel_list::built_channels;
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, Parser, Subcommand};
use jiff::{Span, SpanRelativeTo};

use crate::config::server_table::LogFormat;

/// Connects chat platforms with the agents that answer there. Without a command, Baton runs until Ctrl-C.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    pub(crate) common: CommonOptions,
    #[command(subcommand)]
    pub(crate) command: Option<CliCommand>,
}

/// The options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct CommonOptions {
    /// The configuration file [default: baton/baton.toml in the user's configuration folder, if the file
    /// exists]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "BATON_CONFIG",
        hide_env_values = true
    )]
    pub(crate) config: Option<PathBuf>,
    /// The folder for the database and all files [default: baton in the user's data folder]
    #[arg(
        long,
        global = true,
        value_name = "FOLDER",
        env = "BATON_DATA",
        hide_env_values = true
    )]
    pub(crate) data: Option<PathBuf>,
    /// The address to listen on; port 0 means any free port [default: 127.0.0.1:7420]
    #[arg(
        long,
        global = true,
        value_name = "ADDRESS:PORT",
        env = "BATON_LISTEN",
        hide_env_values = true
    )]
    pub(crate) listen: Option<SocketAddr>,
    /// The log filter: error, warn, info, debug, trace, or a filter in the syntax of `RUST_LOG`
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        env = "RUST_LOG",
        hide_env_values = true
    )]
    pub(crate) log: Option<String>,
    /// The format of log lines
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<LogFormat>,
    /// Answer in JSON, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum CliCommand {
    /// Show the number of received messages, and the states of messages and deliveries
    Status,
    /// Show the history of a message or a delivery, step by step
    Trace {
        /// The number of the message or delivery, or its id on the page or in the API
        #[arg(value_name = "MESSAGE_ID")]
        id: String,
    },
    /// Show and handle dead letters: messages and deliveries that Baton gave up
    #[command(subcommand)]
    Dead(DeadLetterCommand),
    /// Show the topics of chat platforms, and close idle ones
    #[command(subcommand)]
    Topics(TopicCommand),
    /// Check the configuration, or print its schema or an example
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// The commands for topics.
#[derive(Debug, Subcommand)]
pub(crate) enum TopicCommand {
    /// List all topics that Baton knows, with the work in each
    List,
    /// Close the idle topics that Baton made; a later reply opens its topic again
    Prune(PruneOptions),
}

/// The choice of topics to end.
#[derive(Debug, Args)]
pub(crate) struct PruneOptions {
    /// Only this topic, as `baton topics list` writes it, such as -1001234567890/7; at any age, also a topic that
    /// people made; can be given several times
    #[arg(long = "topic", value_name = "TOPIC", allow_hyphen_values = true)]
    pub(crate) topics: Vec<String>,
    /// Only topics without a message and without a reply for this time, such as 30d or 12h
    #[arg(long, value_name = "AGE", default_value = "30d", value_parser = parse_age)]
    pub(crate) older_than: Duration,
    /// Delete the topics with all their messages, also the messages of people
    #[arg(long)]
    pub(crate) delete: bool,
    /// Show the chosen topics, and change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// Parses a time such as `30d`. A day has 24 hours.
fn parse_age(text: &str) -> Result<Duration, String> {
    let span: Span = text
        .parse()
        .map_err(|_| "write a time such as 30d, 12h or 90m".to_owned())?;
    let age = span.to_duration(SpanRelativeTo::days_are_24_hours());
    let age = age.ok().and_then(|age| Duration::try_from(age).ok());
    age.ok_or_else(|| {
        "the time must be positive, in weeks, days, hours, minutes or seconds".to_owned()
    })
}

/// The commands for dead letters.
#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetterCommand {
    /// List the dead letters, newest first
    List {
        /// The most dead letters to list
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=200))]
        limit: u16,
    },
    /// Try a dead letter again, as if for the first time
    Replay {
        /// The number of the dead letter
        id: i64,
    },
    /// Remove a dead letter for good
    Drop {
        /// The number of the dead letter
        id: i64,
    },
}

/// The channels with an example of their own.
fn example_choices() -> PossibleValuesParser {
    let choices = built_channels().map(|module| {
        let about = module.example().about;
        PossibleValue::new(module.name()).help(about)
    });
    choices.into()
}

/// The commands for the configuration.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Report all mistakes, or a summary of the program to run
    Check,
    /// Print the JSON schema of the configuration, for an editor
    Schema,
    /// Print an example with every key, or an example for one channel
    Example {
        /// The channel of the example
        #[arg(value_parser = example_choices())]
        channel: Option<String>,
    },
}
