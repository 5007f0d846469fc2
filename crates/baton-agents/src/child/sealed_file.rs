//! A complete, read-only file in memory, without a path. The file is sealed, so nobody can change or shorten
//! the text. The memory is freed when the last process closes the file.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

/// Creates a sealed file with these bytes.
pub(super) fn create_file(bytes: &[u8]) -> io::Result<OwnedFd> {
    let flags = MFdFlags::MFD_CLOEXEC | MFdFlags::MFD_ALLOW_SEALING;
    let mut file = File::from(memfd_create("baton-input", flags)?);
    file.write_all(bytes)?;
    let seals = SealFlag::F_SEAL_WRITE
        | SealFlag::F_SEAL_GROW
        | SealFlag::F_SEAL_SHRINK
        | SealFlag::F_SEAL_SEAL;
    fcntl(&file, FcntlArg::F_ADD_SEALS(seals))?;
    Ok(file.into())
}

/// The path under which a child process opens the file from its beginning, while Baton holds it open.
pub(super) fn open_path(file: &OwnedFd) -> PathBuf {
    let process = std::process::id();
    format!("/proc/{process}/fd/{}", file.as_raw_fd()).into()
}
