//! Detects images that are cut off or broken. A model's server refuses the whole request for such an image.
//! An agent with the image in its session is then refused again with every later message.
//!
//! The check does not decode the image: decoding needs four bytes a pixel and a decoder for each kind. Damage
//! inside the image data, such as a scrambled JPEG, is not detected. Most servers accept such an image.

use std::io::{self, Read};

use flate2::Crc;
use flate2::read::ZlibDecoder;
use imagesize::ImageType;

pub(super) fn is_complete(kind: ImageType, bytes: &[u8]) -> bool {
    let whole = match kind {
        ImageType::Png => check_png(bytes),
        ImageType::Jpeg => check_jpeg(bytes),
        ImageType::Gif => check_gif(bytes),
        ImageType::Webp => check_webp(bytes),
        _ => None,
    };
    whole.is_some()
}

/// Checks the checksums of all chunks, and the amount of pixel data.
fn check_png(bytes: &[u8]) -> Option<()> {
    let mut rest = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?;
    let mut least = 0;
    let mut data = Vec::new();
    loop {
        let (length, after) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (chunk, after) = after.split_at_checked(length.checked_add(4)?)?;
        let (sum, after) = after.split_first_chunk()?;
        let mut crc = Crc::new();
        crc.update(chunk);
        if crc.sum() != u32::from_be_bytes(*sum) {
            return None;
        }
        let (kind, content) = chunk.split_first_chunk::<4>()?;
        match kind {
            b"IHDR" => least = least_png_data(content)?,
            b"IDAT" => data.extend_from_slice(content),
            b"IEND" => break,
            _ => {}
        }
        rest = after;
    }
    // The limit protects from a few bytes that decompress to any size.
    let mut pixels = ZlibDecoder::new(data.as_slice()).take(least);
    let there = io::copy(&mut pixels, &mut io::sink()).ok()?;
    (least > 0 && there == least).then_some(())
}

/// The least number of bytes of pixel data, from the header.
fn least_png_data(header: &[u8]) -> Option<u64> {
    let (width, rest) = header.split_first_chunk()?;
    let (height, rest) = rest.split_first_chunk()?;
    let [depth, colour, ..] = rest else {
        return None;
    };
    let channels = match colour {
        0 | 3 => 1,
        4 => 2,
        2 => 3,
        6 => 4,
        _ => return None,
    };
    let pixels = u64::from(u32::from_be_bytes(*width)) * u64::from(u32::from_be_bytes(*height));
    Some(pixels.checked_mul(channels * u64::from(*depth))? / 8)
}

/// Follows the segments up to the end marker.
fn check_jpeg(bytes: &[u8]) -> Option<()> {
    const START: u8 = 0xd8;
    const END: u8 = 0xd9;
    const SCAN: u8 = 0xda;
    let mut rest = bytes.strip_prefix(&[0xff, START])?;
    loop {
        let (&[0xff, marker], after) = rest.split_first_chunk()? else {
            return None;
        };
        rest = match marker {
            END => return Some(()),
            // Any number of fill bytes may stand before a marker.
            0xff => rest.get(1..)?,
            _ => {
                let (length, _) = after.split_first_chunk()?;
                after.get(usize::from(u16::from_be_bytes(*length))..)?
            }
        };
        if marker == SCAN {
            // The image data ends at the next marker that is neither an escape nor a restart.
            let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7);
            rest = rest.get(rest.windows(2).position(ends)?..)?;
        }
    }
}

/// Follows the blocks up to the trailer.
fn check_gif(bytes: &[u8]) -> Option<()> {
    let (screen, mut rest) = bytes.split_first_chunk::<13>()?;
    rest = rest.get(colour_table_size(screen[10])..)?;
    loop {
        let (kind, after) = rest.split_first()?;
        rest = match kind {
            b';' => return Some(()),
            b'!' => skip_blocks(after.get(1..)?)?,
            b',' => {
                let (picture, after) = after.split_first_chunk::<9>()?;
                skip_blocks(after.get(colour_table_size(picture[8]) + 1..)?)?
            }
            _ => return None,
        };
    }
}

/// The size of a colour table, in bytes.
fn colour_table_size(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        return 0;
    }
    3 << ((flags & 7) + 1)
}

/// Skips blocks that each begin with their length. An empty block is the last.
fn skip_blocks(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let (&length, after) = rest.split_first()?;
        rest = after.get(usize::from(length)..)?;
        if length == 0 {
            return Some(rest);
        }
    }
}

/// Compares the length in the header with the number of bytes.
fn check_webp(bytes: &[u8]) -> Option<()> {
    let (length, rest) = bytes.strip_prefix(b"RIFF")?.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    (rest.len() >= length).then_some(())
}
