//! What the system tells the program.

use nix::libc::SIGXFSZ;
use nix::sys::signal::Signal as Number;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Failure;

/// Ctrl-C, what a service manager sends, or the end of the terminal.
pub(crate) struct Stop {
    interrupt: Signal,
    terminate: Signal,
    /// `None` where whoever started us, such as `nohup`, had the end of the terminal ignored.
    hangup: Option<Signal>,
}

impl Stop {
    pub(crate) fn new() -> Result<Self, Failure> {
        let hangup = (!is_ignored(Number::SIGHUP)).then(|| listen(SignalKind::hangup()));
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hangup: hangup.transpose()?,
        })
    }

    /// Returns when the program is to stop.
    pub(crate) async fn asked(&mut self) {
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

    /// Returns when it is to stop at once. A terminal that ends may say so twice, and means it once.
    pub(crate) async fn asked_again(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// As long as this is held, a file that may not grow is an error of whoever writes to it, as a full disk is,
/// and not the end of the program. Programs that it starts find what the system does by itself.
pub(crate) fn outlive_full_files() -> Result<Signal, Failure> {
    listen(SignalKind::from_raw(SIGXFSZ))
}

fn listen(kind: SignalKind) -> Result<Signal, Failure> {
    signal(kind).map_err(|error| Failure::System {
        what: "signals cannot be received",
        error,
    })
}

/// Whether that signal was ignored when the program began; only Linux tells.
fn is_ignored(number: Number) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| (mask >> (number as i32 - 1)) & 1 == 1)
}
