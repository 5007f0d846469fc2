use proptest::prelude::*;

use super::*;

#[test]
fn each_kind_is_known_by_what_is_in_it() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03";
    let jpeg = b"\xff\xd8\xff\xc0\0\x11\x08\0\x03\0\x02\x03";
    let gif = b"GIF89a\x02\0\x03\0\0\0\0";
    let webp = b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x01\0\0\x02\0\0";
    for (bytes, kind) in [
        (&png[..], ImageType::Png),
        (jpeg, ImageType::Jpeg),
        (gif, ImageType::Gif),
        (webp, ImageType::Webp),
    ] {
        assert_eq!(parse_header(bytes, 3), Some((kind, 6)));
        assert_eq!(parse_header(bytes, 2), None);
    }
    assert_eq!(parse_header(b"", WIDEST), None);
    assert_eq!(encode_image("x".to_owned(), b"BM\x1a\0\0\0", WIDEST), None);
}

/// A small, complete image of each kind.
fn complete_images() -> [(ImageType, Vec<u8>); 4] {
    let base64 = |text| BASE64_STANDARD.decode(text).unwrap();
    let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";
    let gif = "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7";
    let jpeg =
        b"\xff\xd8\xff\xe0\0\x04\xff\xd9\xff\xff\xda\0\x02\x12\xff\0\x34\xff\xd0\x56\xff\xd9";
    let webp = b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x01\0\0\x02\0\0VP8 ";
    [
        (ImageType::Png, base64(png)),
        (ImageType::Gif, base64(gif)),
        (ImageType::Jpeg, jpeg.to_vec()),
        (ImageType::Webp, webp.to_vec()),
    ]
}

#[test]
fn one_that_is_cut_off_anywhere_is_not_whole() {
    for (kind, bytes) in complete_images() {
        assert!(image_check::is_complete(kind, &bytes), "{kind:?}");
        for length in 0..bytes.len() {
            let cut = &bytes[..length];
            assert!(
                !image_check::is_complete(kind, cut),
                "{kind:?} of {length} bytes"
            );
        }
    }
}

#[test]
fn a_png_with_any_byte_changed_is_not_whole() {
    let [(kind, png), ..] = complete_images();
    for at in 0..png.len() {
        let mut broken = png.clone();
        broken[at] ^= 1;
        assert!(!image_check::is_complete(kind, &broken), "byte {at}");
    }
}

#[test]
fn a_png_with_sums_that_are_right_and_pixels_that_are_none_is_not_whole() {
    let [(kind, mut png), ..] = complete_images();
    let data = png.windows(4).position(|name| name == b"IDAT").unwrap();
    let chunk = data..data + 4 + 12;
    png[data + 4..chunk.end].fill(b'x');
    let mut crc = flate2::Crc::new();
    crc.update(&png[chunk.clone()]);
    png[chunk.end..][..4].copy_from_slice(&crc.sum().to_be_bytes());
    assert!(!image_check::is_complete(kind, &png));
}

proptest! {
    /// Everybody who can write to Baton can send arbitrary bytes.
    #[test]
    fn what_only_begins_like_an_image_harms_nobody(
        begins in prop::sample::select(vec![
            &b"\x89PNG\r\n\x1a\n"[..],
            b"\xff\xd8\xff",
            b"GIF89a",
            b"RIFF\x1a\0\0\0WEBPVP8 ",
            b"RIFF\x1a\0\0\0WEBPVP8L",
            b"RIFF\x1a\0\0\0WEBPVP8X",
            b"",
        ]),
        rest in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let bytes = [begins, &rest].concat();
        if let Some((kind, pixels)) = parse_header(&bytes, WIDEST) {
            prop_assert!((1..=WIDEST * WIDEST).contains(&pixels));
            image_check::is_complete(kind, &bytes);
        }
    }
}
