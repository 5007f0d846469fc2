use super::*;

fn files(fields: Value) -> Vec<(String, u64, String)> {
    let files = readable(fields).files.into_iter();
    files
        .map(|file| (file.name, file.size, file.reference))
        .collect()
}

fn file(name: &str, size: u64, reference: &str) -> Vec<(String, u64, String)> {
    vec![(name.to_owned(), size, reference.to_owned())]
}

#[test]
fn the_largest_size_of_a_photo_is_taken() {
    let photo = json!([
        { "file_id": "s", "width": 90, "height": 90, "file_size": 1 },
        { "file_id": "l", "width": 1280, "height": 960, "file_size": 3 },
        "unreadable",
        { "file_id": "m", "width": 320, "height": 240, "file_size": 2 },
    ]);
    assert_eq!(
        files(json!({ "photo": photo })),
        file("photo-5.jpg", 3, "l")
    );
    assert_eq!(
        files(json!({ "live_photo": { "photo": photo, "file_id": "v" } })),
        file("photo-5.jpg", 3, "l")
    );
}

#[test]
fn each_kind_of_file_has_a_name_with_an_ending() {
    let sent = json!({ "file_id": "f", "file_size": 9 });
    for (kind, name) in [
        ("voice", "voice-5.ogg"),
        ("audio", "audio-5.mp3"),
        ("video", "video-5.mp4"),
        ("video_note", "video-note-5.mp4"),
        ("animation", "animation-5.mp4"),
        ("document", "document-5"),
    ] {
        assert_eq!(files(json!({ kind: sent })), file(name, 9, "f"));
    }
    let typed = json!({ "file_id": "f", "mime_type": "application/pdf" });
    assert_eq!(
        files(json!({ "document": typed })),
        file("document-5.pdf", 0, "f")
    );
    let voice = json!({ "file_id": "f", "mime_type": "audio/ogg" });
    assert_eq!(
        files(json!({ "voice": voice })),
        file("voice-5.ogg", 0, "f")
    );
}

#[test]
fn the_name_from_the_author_is_kept() {
    let sent = json!({ "file_id": "f", "file_name": " build.log ", "mime_type": "image/png" });
    assert_eq!(
        files(json!({ "document": sent })),
        file("build.log", 0, "f")
    );
}

#[test]
fn an_animation_is_one_file() {
    let sent = json!({ "file_id": "f", "file_name": "owl.mp4" });
    let fields = json!({ "animation": sent, "document": sent });
    assert_eq!(files(fields), file("owl.mp4", 0, "f"));
}

#[test]
fn an_unreadable_part_of_a_file_costs_only_itself() {
    let sent = json!({ "file_id": 7, "file_name": [], "file_size": -1 });
    assert_eq!(files(json!({ "video": sent })), file("video-5.mp4", 0, ""));
}
