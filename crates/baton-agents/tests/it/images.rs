//! Images that came with a turn.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use baton_core::files::Received;
use tempfile::TempDir;

/// One red dot, in base64.
pub(crate) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/// A dot in a file of that name.
pub(crate) fn image(folder: &TempDir, name: &str) -> Received {
    file(folder, name, &BASE64_STANDARD.decode(PNG).unwrap())
}

/// The beginning of an image that is so wide and high; the rest is missing.
pub(crate) fn sized(folder: &TempDir, name: &str, width: u32, height: u32) -> Received {
    let mut bytes = BASE64_STANDARD.decode(PNG).unwrap();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    file(folder, name, &bytes)
}

pub(crate) fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> Received {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    Received {
        path,
        name: name.to_owned(),
        size: bytes.len().try_into().unwrap(),
        root: folder.path().to_owned(),
    }
}
