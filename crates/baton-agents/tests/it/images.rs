//! Images among the files of a turn.

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use baton_core::files::Received;
use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use tempfile::TempDir;

/// An image of one red pixel, in base64.
pub(crate) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/// An image of one pixel in a file of this name.
pub(crate) fn image(folder: &TempDir, name: &str) -> Received {
    file(folder, name, &BASE64_STANDARD.decode(PNG).unwrap())
}

/// A black image with this width and height.
pub(crate) fn sized(folder: &TempDir, name: &str, width: u32, height: u32) -> Received {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    // One bit a pixel, greyscale.
    header.extend([1, 0, 0, 0, 0]);
    let rows = vec![0; ((width.div_ceil(8) + 1) * height).try_into().unwrap()];
    let mut pixels = ZlibEncoder::new(Vec::new(), Compression::fast());
    pixels.write_all(&rows).unwrap();
    let pixels = pixels.finish().unwrap();
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", Vec::new())] {
        let length = u32::try_from(content.len()).unwrap();
        let chunk = [&kind[..], &content].concat();
        let mut crc = Crc::new();
        crc.update(&chunk);
        bytes.extend(length.to_be_bytes());
        bytes.extend(chunk);
        bytes.extend(crc.sum().to_be_bytes());
    }
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
        is_heard: false,
    }
}
