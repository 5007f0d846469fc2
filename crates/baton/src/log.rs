//! The log: to standard error, so that standard output is for answers.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::cli::Common;
use crate::config::problem::{Problem, Problems};
use crate::config::server::{LogFormat, ServerTable};

/// What is logged where nobody says otherwise.
const USUAL: &str = "info,refinery_core=warn";

/// Starts it. The command line goes before the configuration.
pub(crate) fn start(common: &Common, server: &ServerTable) -> Result<(), Problems> {
    let filter = common.log.as_deref().or(server.log.as_deref());
    let filter = EnvFilter::try_new(filter.unwrap_or(USUAL)).map_err(|error| Problem {
        at: String::new(),
        what: format!(
            "the log filter (--log, RUST_LOG, or `log` in [server]) is not understood: {error}; \
             use a level such as info, or target=level"
        ),
    })?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // Somebody else has started one only in tests.
    let _ = match common.log_format.unwrap_or(server.log_format) {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    Ok(())
}
