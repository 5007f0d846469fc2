//! `baton hook`: the process that a coding agent starts for each event. Quick, and silent: the agent reads the exit code
//! and the output of the process, and error code 2 would stop the agent's tool.

use std::ffi::{OsStr, OsString};
use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;

use baton_bridge::hook_command::{bridge_folder, hook_report, run_hook};
use etcetera::BaseStrategy;

/// The word on the command line.
const HOOK: &str = "hook";

/// Runs the hook if the command line asks for it. Returns whether the command line does.
///
/// The usual parser of the command line would end the process with an error code, for example at an option of a later
/// version.
pub(crate) fn run_if_asked() -> bool {
    let mut words = std::env::args_os().skip(1);
    if words.next().as_deref() != Some(OsStr::new(HOOK)) {
        return false;
    }
    let Some(folder) = data_folder(words).map(|data| bridge_folder(&data)) else {
        return true;
    };
    // The panic is in the report. Its usual lines would appear in the terminal of the agent.
    panic::set_hook(Box::new(|_| {}));
    if panic::catch_unwind(AssertUnwindSafe(|| run_hook(&folder))).is_err() {
        hook_report::write_report(
            &folder,
            "the hook failed for an unknown reason; please report this fault",
        );
    }
    true
}

/// The data folder: the option `--data`, then `BATON_DATA`, then the usual folder of the user.
fn data_folder(words: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let words: Vec<_> = words.collect();
    let named = words.windows(2).find(|pair| pair[0] == "--data");
    let named = named.map(|pair| pair[1].clone());
    if let Some(folder) = named.or_else(|| std::env::var_os("BATON_DATA")) {
        return Some(folder.into());
    }
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.data_dir().join("baton"))
}
