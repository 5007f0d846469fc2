//! The type of a recording, from its content. Servers take the type from the ending of the file's name, and
//! platforms give wrong endings: Slack sends MP4 under other names.

/// The ending and the media type for a recording with this beginning; `None` for an unknown container.
pub(super) fn detect_container(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let has = |at: usize, mark: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(mark));
    Some(match bytes {
        _ if has(0, b"OggS") => ("ogg", "audio/ogg"),
        _ if has(0, b"RIFF") && has(8, b"WAVE") => ("wav", "audio/wav"),
        _ if has(0, b"fLaC") => ("flac", "audio/flac"),
        _ if has(4, b"ftyp") => ("m4a", "audio/mp4"),
        _ if has(0, &[0x1a, 0x45, 0xdf, 0xa3]) => ("webm", "audio/webm"),
        _ if has(0, b"ID3") => ("mp3", "audio/mpeg"),
        // The layer bits are zero in AAC, and never zero in MP3.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => ("aac", "audio/aac"),
        [0xff, second, ..] if second & 0xe0 == 0xe0 => ("mp3", "audio/mpeg"),
        _ => return None,
    })
}

/// The name with this ending instead of its own.
pub(super) fn with_ending(name: &str, ending: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_tells_the_type() {
        for (bytes, ending) in [
            (&b"OggS\0\x02"[..], "ogg"),
            (b"RIFF\x24\0\0\0WAVEfmt ", "wav"),
            (b"fLaC\0", "flac"),
            (b"\0\0\0\x20ftypM4A ", "m4a"),
            (b"\x1a\x45\xdf\xa3\x9f", "webm"),
            (b"ID3\x04", "mp3"),
            (b"\xff\xfb\x90", "mp3"),
            (b"\xff\xf1\x50", "aac"),
        ] {
            assert_eq!(detect_container(bytes).map(|it| it.0), Some(ending));
        }
        for bytes in [&b""[..], b"\xff", b"RIFF", b"hello"] {
            assert_eq!(detect_container(bytes), None);
        }
    }

    #[test]
    fn a_name_gets_the_right_ending() {
        assert_eq!(with_ending("audio_message.ogg", "m4a"), "audio_message.m4a");
        assert_eq!(with_ending("voice", "ogg"), "voice.ogg");
    }
}
