//! The files of messages.

use baton_chat::connector::IncomingFile;

use crate::telegram::telegram_wire::{MediaFile, MessageContent, PhotoSize};

/// The files of a message. `number` is the number of the message, for files without a name.
pub(crate) fn list_files(content: &MessageContent, number: i64) -> Vec<IncomingFile> {
    let live_photo = content.live_photo.as_ref().map(|live| &live.photo);
    let photos = [Some(&content.photo), live_photo];
    let photo = photos.into_iter().flatten().find_map(|it| largest_size(it));
    let photo = photo.map(|photo| IncomingFile {
        name: format!("photo-{number}.jpg"),
        size: photo.file_size,
        reference: photo.file_id.clone(),
    });
    // An animation is also a document, for older clients.
    let is_animation = content.animation.is_some();
    let document = content.document.as_ref().filter(|_| !is_animation);
    let others = [
        (content.animation.as_ref(), "animation", "mp4"),
        (document, "document", ""),
        (content.video.as_ref(), "video", "mp4"),
        (content.video_note.as_ref(), "video-note", "mp4"),
        (content.audio.as_ref(), "audio", "mp3"),
        (content.voice.as_ref(), "voice", "ogg"),
    ];
    let others = others.into_iter().filter_map(|(file, kind, ending)| {
        let file = file?;
        Some(IncomingFile {
            name: file_name(file, kind, ending, number),
            size: file.file_size,
            reference: file.file_id.clone(),
        })
    });
    photo.into_iter().chain(others).collect()
}

/// The largest size of a photo.
fn largest_size(sizes: &[PhotoSize]) -> Option<&PhotoSize> {
    let usable = |size: &&PhotoSize| !size.file_id.is_empty();
    let area = |size: &&PhotoSize| {
        let area = size.width.saturating_mul(size.height);
        (area, size.file_size)
    };
    let largest = sizes.iter().filter(usable).max_by_key(area);
    // A photo without a reference is still a photo, which the agent is told about.
    largest.or(sizes.last())
}

/// The name from the author, or one with the kind of the file and its number.
fn file_name(file: &MediaFile, kind: &str, usual_ending: &str, number: i64) -> String {
    let name = file.file_name.as_deref().map(str::trim);
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        return name.to_owned();
    }
    let told = file.mime_type.as_deref().and_then(ending_of_type);
    match told.unwrap_or(usual_ending) {
        "" => format!("{kind}-{number}"),
        ending => format!("{kind}-{number}.{ending}"),
    }
}

/// The ending of the names of files with this MIME type. Clients name nearly all other files.
fn ending_of_type(mime_type: &str) -> Option<&'static str> {
    Some(match mime_type {
        "application/json" => "json",
        "application/pdf" => "pdf",
        "application/zip" => "zip",
        "audio/aac" => "aac",
        "audio/flac" | "audio/x-flac" => "flac",
        "audio/mp4" | "audio/x-m4a" => "m4a",
        "audio/mpeg" | "audio/mp3" => "mp3",
        "audio/ogg" | "audio/opus" => "ogg",
        "audio/wav" | "audio/x-wav" => "wav",
        "image/gif" => "gif",
        "image/jpeg" => "jpg",
        "image/png" => "png",
        "image/webp" => "webp",
        "text/csv" => "csv",
        "text/html" => "html",
        "text/markdown" => "md",
        "text/plain" => "txt",
        "video/mp4" => "mp4",
        "video/quicktime" => "mov",
        "video/webm" => "webm",
        _ => return None,
    })
}
