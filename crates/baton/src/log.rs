//! The log. It goes to standard error, because standard output is for answers. The log never ends the
//! program or makes it wait: see [`line_thread`](crate::line_thread).

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::IsTerminal;
use std::panic::{Location, PanicHookInfo};

use tracing_subscriber::EnvFilter;

use crate::cli::CommonOptions;
use crate::config::config_problem::ConfigProblem;
use crate::config::server_table::{LogFormat, ServerTable};
use crate::line_thread::{LineThread, LostLines};
use crate::program_failure::ProgramFailure;

/// The default log filter.
const DEFAULT_FILTER: &str = "info,refinery_core=warn";

/// Starts the log. The command line overrides the configuration. Dropping the result writes the remaining
/// lines.
pub(crate) fn start_log(
    common: &CommonOptions,
    server: &ServerTable,
) -> Result<LineThread, ProgramFailure> {
    let filter = common.log.as_deref().or(server.log.as_deref());
    let filter = EnvFilter::try_new(filter.unwrap_or(DEFAULT_FILTER)).map_err(|error| ConfigProblem {
        at: String::new(),
        what: format!(
            "the log filter (--log, RUST_LOG, or `log` in [server]) is invalid: {error}; use a level such as \
             info, or target=level"
        ),
    });
    let filter = filter.map_err(|problem| ProgramFailure::Configuration(problem.into()))?;
    let lines = LineThread::start_writing(std::io::stderr(), log_lost_lines).map_err(|error| {
        ProgramFailure::System {
            what: "no log can be written",
            error,
        }
    })?;
    let sender = lines.new_sender();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        // The subscriber would report errors on standard error, and would panic if that failed.
        .log_internal_errors(false)
        .with_writer(move || sender.clone());
    // Only in tests, another log can exist already.
    let _ = match common.log_format.unwrap_or(server.log_format) {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    std::panic::set_hook(Box::new(log_panic));
    Ok(lines)
}

/// Logs the number of lost lines.
fn log_lost_lines(lost: LostLines) {
    let LostLines { lines, why } = lost;
    tracing::warn!(lines, why, "log lines were lost; writing works again");
}

/// Logs a panic like any other line, because the default hook would wait for standard error.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let at = panic.location().map(Location::to_string);
    let what = panic.payload_as_str().unwrap_or_default();
    let trace = Backtrace::capture();
    let trace = (trace.status() == BacktraceStatus::Captured).then(|| trace.to_string());
    tracing::error!(
        at,
        trace,
        "a task panicked; this is an error in Baton: {what}"
    );
}
