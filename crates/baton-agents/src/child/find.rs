//! Where a program is. The shim would say it in words of its own, too late, and with the path.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};

use super::StartError;

/// Where programs are looked for without a `PATH`.
const USUAL: &str = "/usr/local/bin:/usr/bin:/bin";

/// The file that a name stands for, as `exec` finds it: by `path`, unless it is a path itself, which
/// begins where the child runs.
pub(super) fn find(
    name: &str,
    path: Option<&OsStr>,
    directory: Option<&Path>,
) -> Result<PathBuf, StartError> {
    let here = std::path::absolute(directory.unwrap_or(Path::new(".")))?;
    if name.contains('/') {
        return runnable(here.join(name));
    }
    let mut result = Err(StartError::NotFound);
    if name.is_empty() {
        return result;
    }
    for folder in std::env::split_paths(path.unwrap_or(OsStr::new(USUAL))) {
        match runnable(here.join(folder).join(name)) {
            // One that may not be run is told of only where there is no other.
            Err(StartError::NotFound) => {}
            Err(error) => result = Err(error),
            found => return found,
        }
    }
    result
}

fn runnable(file: PathBuf) -> Result<PathBuf, StartError> {
    match file.metadata() {
        Ok(about) if about.is_file() && access(&file, AccessFlags::X_OK).is_ok() => Ok(file),
        Ok(_) => Err(StartError::NotExecutable),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(StartError::NotExecutable)
        }
        Err(_) => Err(StartError::NotFound),
    }
}
