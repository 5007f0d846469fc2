//! The JSON of a file.

use baton_core::store::Post;
use serde::Serialize;
use utoipa::ToSchema;

/// Files that a browser may show, by the extension of the name: pictures, which can hold no script.
const SHOWN: [(&str, &str); 5] = [
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
];

/// A file of a comment.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct FileView {
    /// The name of the file.
    pub(crate) name: String,
    /// The size in bytes.
    pub(crate) size: u64,
    /// The path that returns the file.
    pub(crate) url: String,
    /// Whether the file is a picture that a page can show.
    pub(crate) picture: bool,
}

impl FileView {
    /// The files of a post.
    pub(crate) fn of_post(post: &Post) -> Vec<Self> {
        let files = post.files.iter().enumerate();
        files
            .map(|(number, file)| Self {
                name: file.name.clone(),
                size: file.size,
                url: format!("/api/files/{}/{number}", encode_path_part(&post.id)),
                picture: picture_type(&file.name).is_some(),
            })
            .collect()
    }

    /// The size for people. `files.js` makes the same words in the page.
    #[expect(clippy::cast_precision_loss, reason = "two digits are shown")]
    pub(crate) fn size_words(&self) -> String {
        const KIB: f64 = 1024.0;
        let bytes = self.size as f64;
        let (amount, unit) = if bytes < KIB {
            return format!("{} B", self.size);
        } else if bytes < KIB * KIB {
            (bytes / KIB, "KiB")
        } else {
            (bytes / (KIB * KIB), "MiB")
        };
        format!("{amount:.*} {unit}", usize::from(amount < 10.0))
    }
}

/// Encodes an id as a part of a path.
pub(crate) fn encode_path_part(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

/// The content type of a picture that a browser may show; `None` for other files.
pub(crate) fn picture_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    let shown = SHOWN.iter();
    shown
        .filter(|(known, _)| known.eq_ignore_ascii_case(ending))
        .map(|(_, kind)| *kind)
        .next()
}
