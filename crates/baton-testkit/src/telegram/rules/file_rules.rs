//! The rules of files and albums.

use serde_json::{Map, Value};

use super::super::requests::Upload;
use super::{Broken, broken, check_caption};

/// The largest photo, in bytes, also on a server of one's own.
const PHOTO: usize = 10 << 20;

pub(super) fn check_album(media: &Value, all: &mut Vec<Broken>) {
    let media = media.as_array().map_or(&[][..], Vec::as_slice);
    if !(2..=10).contains(&media.len()) {
        let what = format!("an album of {} files", media.len());
        all.push(broken(
            what,
            "there must be from 2 to 10 messages in an album",
        ));
    }
    for item in media {
        if let Some(fields) = item.as_object() {
            check_caption(fields, all);
            if fields.contains_key("parse_mode") {
                all.push(broken(
                    "parse_mode is not supported by the fake",
                    "parse_mode is not supported",
                ));
            }
        }
    }
}

/// Checks the sizes of the files. The server accepts at most `most` bytes a file, and photos have a limit of their own.
pub(super) fn check_sizes(
    body: &Map<String, Value>,
    uploads: &[Upload],
    most: usize,
    all: &mut Vec<Broken>,
) {
    for upload in uploads {
        let most = if is_photo(body, upload) { PHOTO } else { most };
        if upload.bytes.len() > most {
            all.push(broken(
                format!("the file {} has {} bytes", upload.name, upload.bytes.len()),
                "file is too big",
            ));
        }
        if upload.bytes.is_empty() {
            all.push(broken(
                format!("the file {} is empty", upload.name),
                "file must be non-empty",
            ));
        }
    }
}

/// Whether a request sends this file as a photo, alone or in an album.
fn is_photo(body: &Map<String, Value>, upload: &Upload) -> bool {
    let reference = format!("attach://{}", upload.part);
    let album = body.get("media").and_then(Value::as_array);
    let mut album = album.into_iter().flatten();
    body.get("photo").and_then(Value::as_str) == Some(reference.as_str())
        || album.any(|item| item["type"] == "photo" && item["media"] == reference.as_str())
}
