//! Tests impossible on this machine. `./test` names them in its last lines, and counts them as skipped
//! instead of passed.

use std::io::Write;

/// The variable with the path of the record for `./test`.
const FILE: &str = "BATON_TEST_SKIPPED";

/// Records the reason why the calling test does not run. The test returns right afterwards.
///
/// # Panics
///
/// Panics if the record cannot be written, because the test would count as passed.
pub fn report_skipped(reason: &str) {
    let thread = std::thread::current();
    let line = format!("{}: {reason}\n", thread.name().unwrap_or("a test"));
    eprint!("SKIPPED: {line}");
    if let Some(file) = std::env::var_os(FILE) {
        let file = std::fs::OpenOptions::new().append(true).open(file);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .expect("the file of skipped tests can be written");
    }
}
