//! Finds the file of a program before the shim starts. The shim would report a missing program too late, in
//! its own words, and with the path.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::StartError;

/// The search path when `PATH` is unset.
const USUAL: &str = "/usr/local/bin:/usr/bin:/bin";

/// The number of bytes that the system reads of a file to find the interpreter.
const FIRST_LINE: u64 = 256;

/// The file of a program, found as `exec` finds it. A name with a slash is a path relative to `directory`.
/// Any other name is searched in the folders of `path`.
pub(super) fn find_program(
    name: &str,
    path: Option<&OsStr>,
    directory: Option<&Path>,
) -> Result<PathBuf, StartError> {
    let here = std::path::absolute(directory.unwrap_or(Path::new(".")))?;
    if name.contains('/') {
        return check_runnable(here.join(name));
    }
    let mut result = Err(StartError::NotFound);
    if name.is_empty() {
        return result;
    }
    for folder in std::env::split_paths(path.unwrap_or(OsStr::new(USUAL))) {
        match check_runnable(here.join(folder).join(name)) {
            // A file that is not executable is reported only if no other folder holds the program.
            Err(StartError::NotFound) => {}
            Err(error) => result = Err(error),
            found => return found,
        }
    }
    result
}

/// Whether this user can run the program `name`. A name with a slash is a path relative to `directory`; any
/// other name is searched in the folders of `path`. For a script, the interpreter must exist too.
pub fn can_run(name: &str, path: &OsStr, directory: Option<&Path>) -> bool {
    find_program(name, Some(path), directory).is_ok()
}

fn check_runnable(file: PathBuf) -> Result<PathBuf, StartError> {
    match file.metadata() {
        Ok(about) if about.is_file() && access(&file, AccessFlags::X_OK).is_ok() => {
            match read_interpreter(&file) {
                // The carriage return becomes part of the interpreter's name, or of its last
                // argument.
                Some(line) if line.ends_in_return => {
                    Err(StartError::NoInterpreter { windows: true })
                }
                Some(line) if line.path.is_absolute() && !line.path.exists() => {
                    Err(StartError::NoInterpreter { windows: false })
                }
                _ => Ok(file),
            }
        }
        Ok(_) => Err(StartError::NotExecutable),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(StartError::NotExecutable)
        }
        Err(_) => Err(StartError::NotFound),
    }
}

struct InterpreterLine {
    path: PathBuf,
    /// Whether the line has a Windows line ending, which changes the interpreter's name.
    ends_in_return: bool,
}

/// The interpreter in the first line of a file, parsed as the system does; `None` if there is none.
fn read_interpreter(file: &Path) -> Option<InterpreterLine> {
    let mut beginning = Vec::new();
    // A file may be executable but unreadable.
    let file = File::open(file).ok()?;
    file.take(FIRST_LINE).read_to_end(&mut beginning).ok()?;
    let line = beginning.strip_prefix(b"#!")?;
    let line = line.split(|byte| *byte == b'\n').next()?;
    let mut words = line.split(|byte| matches!(byte, b' ' | b'\t' | 0));
    let path = words.find(|word| !word.is_empty())?;
    Some(InterpreterLine {
        path: Path::new(OsStr::from_bytes(path)).to_owned(),
        ends_in_return: line.ends_with(b"\r"),
    })
}
