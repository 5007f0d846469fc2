//! The last failure of a hook, for operators. The terminal of the agent never shows it.

use std::fs;
use std::path::Path;

use jiff::Timestamp;

use crate::private_folder::PrivateFolder;

/// The name of the file.
const REPORT: &str = "last-failure.txt";

/// The most bytes of a report.
const LONGEST_REPORT: usize = 4 * 1024;

/// Keeps the failure, in the place of the one before. Without a usable folder, the failure is lost.
pub fn write_report(folder: &Path, failure: &str) {
    let Ok(folder) = PrivateFolder::open(folder) else {
        return;
    };
    let failure = &failure[..failure.floor_char_boundary(LONGEST_REPORT)];
    let line = format!("{} {failure}\n", Timestamp::now());
    // There is no place for a failure of the report.
    let _ = fs::write(folder.file_path(REPORT), line);
}

/// The last failure, with its time; `None` if no hook failed.
pub fn read_report(folder: &PrivateFolder) -> Option<String> {
    let text = fs::read(folder.file_path(REPORT)).ok()?;
    let text = &text[..text.len().min(2 * LONGEST_REPORT)];
    Some(String::from_utf8_lossy(text).trim_end().to_owned())
}
