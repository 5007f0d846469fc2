//! The work of `baton hook`: hands one event of a coding agent to the daemon. The agent waits for the end of this
//! process, so the process is quick, and never disturbs the agent: no error code, and no output besides a decision.
//!
//! # Layout
//!
//! * [`hook_input`]: the JSON of the agent becomes a message. [`hook_delivery`]: the message reaches the daemon or the
//!   spool. [`hook_report`]: the last failure, for operators.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hook_delivery::{DeliveredHook, deliver_event, wait_for_decision};
use hook_input::HookInput;

pub mod hook_delivery;
pub mod hook_input;
pub mod hook_report;

/// The longest time until the event is with the daemon or in the spool. The agent stands still meanwhile.
pub const PATIENCE: Duration = Duration::from_millis(400);

/// The folder of the bridge in the data folder of Baton: the socket, the spool, and the last failure.
pub fn bridge_folder(data: &Path) -> PathBuf {
    data.join("bridge")
}

/// Hands the event on standard input to the daemon, and prints the decision if the event waits for one. A failure is in
/// [`hook_report`] afterwards.
pub fn run_hook(folder: &Path) {
    #[expect(
        clippy::disallowed_methods,
        reason = "a hook is a process of its own, without a clock that a test could move"
    )]
    let deadline = Instant::now() + PATIENCE;
    let input = match HookInput::read_input(deadline) {
        Ok(input) => input,
        Err(error) => return hook_report::write_report(folder, &error.to_string()),
    };
    let message = input.to_message();
    match deliver_event(folder, &message, input.waits_for_decision(), deadline) {
        Ok(DeliveredHook::Undecided(client)) => {
            let Some(decision) = wait_for_decision(folder, &message, client) else {
                return;
            };
            let output = input.complete_output(decision);
            // The agent may have ended meanwhile.
            let mut stdout = std::io::stdout().lock();
            let _ = writeln!(stdout, "{output}").and_then(|()| stdout.flush());
        }
        Ok(DeliveredHook::Kept | DeliveredHook::Spooled) => {}
        Err(error) => hook_report::write_report(folder, &error.to_string()),
    }
}
