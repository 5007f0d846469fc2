//! The signals that the program handles.

use nix::libc::SIGXFSZ;
use nix::sys::signal::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::program_failure::ProgramFailure;

/// The signals that stop the program: Ctrl-C, SIGTERM, and SIGHUP.
pub(crate) struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
    /// `None` if the parent process (such as `nohup`) has set SIGHUP to be ignored.
    hangup: Option<Signal>,
}

impl StopSignals {
    pub(crate) fn new() -> Result<Self, ProgramFailure> {
        let hangup = (!is_ignored(Number::SIGHUP)).then(|| listen_for(SignalKind::hangup()));
        Ok(Self {
            interrupt: listen_for(SignalKind::interrupt())?,
            terminate: listen_for(SignalKind::terminate())?,
            hangup: hangup.transpose()?,
        })
    }

    /// Waits for the first signal.
    pub(crate) async fn wait_for_stop(&mut self) {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = hangup => {}
        }
    }

    /// Waits for a second signal. A closing terminal may send SIGHUP twice, so SIGHUP does not count here.
    pub(crate) async fn wait_for_second(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Makes a write beyond the file size limit fail like a write to a full disk, for the lifetime of the
/// returned value. By default, the signal would end the program. Child processes get the default back.
pub(crate) fn outlive_full_files() -> Result<Signal, ProgramFailure> {
    listen_for(SignalKind::from_raw(SIGXFSZ))
}

fn listen_for(kind: SignalKind) -> Result<Signal, ProgramFailure> {
    signal(kind).map_err(|error| ProgramFailure::System {
        what: "signals cannot be received",
        error,
    })
}

/// Whether the signal was ignored at the program's start. Only Linux provides this.
fn is_ignored(number: Number) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| (mask >> (number as i32 - 1)) & 1 == 1)
}
