use proptest::prelude::*;

use super::*;

#[test]
fn each_kind_is_known_by_what_is_in_it() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x02\0\0\0\x03";
    let jpeg = b"\xff\xd8\xff\xc0\0\x11\x08\0\x03\0\x02\x03";
    let gif = b"GIF89a\x02\0\x03\0\0\0\0";
    let webp = b"RIFF\x1a\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x01\0\0\x02\0\0";
    for (bytes, media_type) in [
        (&png[..], "image/png"),
        (jpeg, "image/jpeg"),
        (gif, "image/gif"),
        (webp, "image/webp"),
    ] {
        assert_eq!(about(bytes), Some((media_type, 6)));
    }
    assert_eq!(about(b"BM\x1a\0\0\0"), None);
    assert_eq!(about(b""), None);
}

proptest! {
    /// Whoever can write to us can send whatever they like.
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
        if let Some((_, pixels)) = about(&[begins, &rest].concat()) {
            prop_assert!((1..=WIDEST * WIDEST).contains(&pixels));
        }
    }
}
