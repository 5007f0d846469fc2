//! A file that is whole before anybody reads it: in memory, without a name in any folder, and sealed, so
//! that nobody changes or cuts it afterwards. It is gone with the last who has it open.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use nix::fcntl::{FcntlArg, SealFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};

/// A file that holds these bytes for good.
pub(super) fn file(bytes: &[u8]) -> io::Result<OwnedFd> {
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

/// Where a process of ours opens it, from the beginning, for as long as we have it open.
pub(super) fn path(file: &OwnedFd) -> PathBuf {
    let process = std::process::id();
    format!("/proc/{process}/fd/{}", file.as_raw_fd()).into()
}
